#include "pipelines/base/backoff.h"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

TEST_CASE("pauses double up to the longest, and begin anew after a success") {
    base::Backoff backoff(1s, 5s);
    CHECK(backoff.next() == 1s);
    CHECK(backoff.next() == 2s);
    CHECK(backoff.next() == 4s);
    CHECK(backoff.next() == 5s);
    CHECK(backoff.next() == 5s);
    backoff.reset();
    CHECK(backoff.next() == 1s);
}
