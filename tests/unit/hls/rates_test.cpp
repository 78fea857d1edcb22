#include "gateway/hls/rates.h"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using hls::Rates;

TEST_CASE("the average counts everything") {
    Rates rates(2s);
    CHECK(rates.average().bitsPerSecond == 0);
    rates.add(2s, 500'000);
    rates.add(1s, 100'000);
    CHECK(rates.average().bitsPerSecond == 1'600'000);
}

TEST_CASE("the peak is that of the worst contiguous segments of about a target duration") {
    Rates rates(2s);
    rates.add(2s, 250'000); // 1 Mbit/s
    CHECK(rates.peak().bitsPerSecond == 1'000'000);
    rates.add(2s, 500'000); // 2 Mbit/s
    rates.add(2s, 250'000);
    CHECK(rates.peak().bitsPerSecond == 2'000'000);
}

TEST_CASE("a short segment does not make a peak alone") {
    Rates rates(2s);
    rates.add(500ms, 500'000); // 8 Mbit/s, but shorter than half the target
    CHECK(rates.peak().bitsPerSecond == 0);
    rates.add(500ms, 125'000); // together 5 Mbit/s over one second
    CHECK(rates.peak().bitsPerSecond == 5'000'000);
}

TEST_CASE("segments beyond 1.5 target durations are not put together") {
    Rates rates(2s);
    rates.add(400ms, 1'000'000); // 20 Mbit/s
    rates.add(2s, 250'000);
    // 2.4 s together: 4.17 Mbit/s
    CHECK(rates.peak().bitsPerSecond == 4'166'666);
    rates.add(2s, 500'000);
    CHECK(rates.peak().bitsPerSecond == 4'166'666);
}
