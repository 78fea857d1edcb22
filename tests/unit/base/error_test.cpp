#include "pipelines/base/result.h"

#include <catch2/catch.hpp>
#include <set>

using base::Problem;

TEST_CASE("every problem has a name of its own and is found by it") {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(Problem::MissingPackage); ++i) {
        const auto problem = static_cast<Problem>(i);
        const std::string_view name = base::nameOf(problem);
        INFO(name);
        CHECK(base::problemNamed(name) == problem);
        CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos);
        CHECK(names.insert(name).second);
    }
    CHECK(names.size() == static_cast<std::size_t>(Problem::MissingPackage) + 1);
}

TEST_CASE("an unknown name is an internal problem") {
    CHECK(base::problemNamed("") == Problem::Internal);
    CHECK(base::problemNamed("Malformed") == Problem::Internal);
    CHECK(base::problemNamed("malformed ") == Problem::Internal);
    CHECK(base::nameOf(static_cast<Problem>(999)) == "internal");
}

TEST_CASE("context stands in front of a message, the problem stays") {
    const base::Error error{Problem::NoSpace, "the disk is full"};
    const base::Error outer = error.within("recording").within("stream demo");
    CHECK(outer.problem == Problem::NoSpace);
    CHECK(outer.message == "stream demo: recording: the disk is full");
}

TEST_CASE("a failed result carries its error") {
    const base::Result<int> result = base::fail(Problem::Timeout, "too late");
    REQUIRE_FALSE(result);
    CHECK(result.error().problem == Problem::Timeout);
    CHECK(result.error().message == "too late");
    const base::Result<void> passedOn = base::fail(result.error().within("outer"));
    REQUIRE_FALSE(passedOn);
    CHECK(passedOn.error().message == "outer: too late");
}
