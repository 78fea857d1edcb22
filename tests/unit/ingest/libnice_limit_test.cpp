#include "pipelines/ingest/libnice_limit.h"

#include <catch2/catch.hpp>

using ingest::limitForLibnice;
using Texts = std::vector<std::string>;

namespace {

Texts numbered(int count) {
    Texts addresses;
    for (int i = 0; i < count; ++i) {
        addresses.push_back("10.0.0." + std::to_string(i));
    }
    return addresses;
}

} // namespace

TEST_CASE("on an ordinary machine all addresses can be ranked") {
    const Texts known = numbered(63);
    Texts wanted = known;
    wanted.emplace_back("127.77.8.9"); // in nobody's list
    CHECK(limitForLibnice(wanted, known) == wanted);
    CHECK(limitForLibnice(wanted, {}) == wanted);
}

TEST_CASE("on a machine with many addresses those are left out that libnice would abort on") {
    const Texts known = numbered(70);
    CHECK(limitForLibnice(known, known) == numbered(64));
    CHECK(limitForLibnice({"10.0.0.69", "10.0.0.1", "127.77.8.9"}, known) == Texts{"10.0.0.1"});
    CHECK(limitForLibnice({"127.77.8.9"}, numbered(64)).empty());
}

TEST_CASE("of too many the last ones stay") {
    Texts wanted = numbered(63);
    wanted.emplace_back("172.17.0.1"); // of an interface that libnice leaves out
    wanted.emplace_back("127.77.8.9");
    const Texts kept = limitForLibnice(wanted, numbered(63));
    CHECK(kept.size() == 64);
    CHECK(kept.front() == "10.0.0.1");
    CHECK(kept.back() == "127.77.8.9");
}
