#include "pipelines/fanout/gop_queue.h"

#include "tests/unit/fanout/units.h"

#include <catch2/catch.hpp>

using namespace fanout;
using namespace test;
using namespace std::chrono_literals;

namespace {

std::string taken(GopQueue& queue) {
    std::string text;
    for (const Queued& item : queue.takeAll()) {
        text += (text.empty() ? "" : " ") + describe(item.unit);
    }
    return text;
}

} // namespace

TEST_CASE("a queue with room gives everything back in order") {
    GopQueue queue({1000, 10s});
    CHECK(queue.push({key(0), {}}));
    CHECK(queue.push({sound(10), {}}));
    CHECK(queue.push({picture(33), {}}));
    CHECK(queue.span() == 33ms);
    CHECK(taken(queue) == "K0 a10 v33");
    CHECK(queue.empty());
    CHECK(queue.dropped() == 0);
}

TEST_CASE("a full queue loses its newest GOP, and goes on with a key frame when half is free") {
    GopQueue queue({600, 10s});
    for (int second = 0; second < 2; ++second) {
        queue.push({key(second * 1000), {}});
        queue.push({sound(second * 1000 + 10), {}});
        queue.push({picture(second * 1000 + 33), {}});
    }
    CHECK_FALSE(queue.push({picture(1066), {}})); // the 700th byte
    CHECK_FALSE(queue.push({sound(1080), {}}));
    CHECK(queue.dropped() == 5);

    CHECK(queue.push({key(2000), {}})); // 300 bytes are free again
    CHECK_FALSE(queue.push({sound(1990), {}}));
    CHECK(queue.push({sound(2001), {}}));
    CHECK(taken(queue) == "K0 a10 v33 K2000 a2001");
}

TEST_CASE("a queue is bounded in time too") {
    GopQueue queue({1000000, 2s});
    queue.push({key(0), {}});
    queue.push({picture(1900), {}});
    CHECK_FALSE(queue.push({picture(2100), {}}));
    CHECK(queue.empty());
    CHECK(queue.dropped() == 3);
}

TEST_CASE("a GOP whose key frame is taken ends early") {
    GopQueue queue({300, 10s});
    queue.push({key(0), {}});
    CHECK(taken(queue) == "K0");
    for (int i = 1; i <= 4; ++i) {
        queue.push({picture(i * 33), {}});
    }
    CHECK(queue.empty());
    CHECK_FALSE(queue.push({picture(200), {}}));
    CHECK(queue.push({key(1000), {}}));
    CHECK(taken(queue) == "K1000");
}

TEST_CASE("a key frame in a queue that is still full does not start it again") {
    GopQueue queue({400, 10s});
    for (int i = 0; i < 4; ++i) {
        queue.push({key(i * 1000), {}});
    }
    CHECK_FALSE(queue.push({picture(3033), {}}));
    CHECK_FALSE(queue.push({key(4000), {}})); // 300 of 400 are used
    CHECK(taken(queue) == "K0 K1000 K2000");
    CHECK(queue.push({key(5000), {}}));
}
