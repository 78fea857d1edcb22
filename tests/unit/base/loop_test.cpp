#include "pipelines/base/loop.h"
#include "tests/support/run_until.h"

#include <catch2/catch.hpp>
#include <memory>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using base::Timer;
using support::runUntil;

TEST_CASE("posted work runs later, in the order posted") {
    std::vector<int> ran;
    for (int i = 0; i < 100; ++i) {
        base::post([&ran, i] { ran.push_back(i); });
    }
    CHECK(ran.empty());
    REQUIRE(runUntil([&] { return ran.size() == 100; }));
    CHECK(std::is_sorted(ran.begin(), ran.end()));
}

TEST_CASE("work posted by work comes after what waits already") {
    std::vector<int> ran;
    base::post([&] {
        ran.push_back(1);
        base::post([&] { ran.push_back(3); });
    });
    base::post([&] { ran.push_back(2); });
    REQUIRE(runUntil([&] { return ran.size() == 3; }));
    CHECK(ran == std::vector{1, 2, 3});
}

TEST_CASE("other threads may post; the work runs on the main one") {
    std::vector<std::pair<int, std::thread::id>> ran;
    std::thread other([&] {
        for (int i = 0; i < 1000; ++i) {
            base::post([&ran, i] { ran.emplace_back(i, std::this_thread::get_id()); });
        }
    });
    const bool all = runUntil([&] { return ran.size() == 1000; });
    other.join();
    REQUIRE(all);
    CHECK(std::is_sorted(ran.begin(), ran.end()));
    CHECK(std::all_of(ran.begin(), ran.end(),
                      [](const auto& one) { return one.second == std::this_thread::get_id(); }));
}

TEST_CASE("posted work is released after it ran") {
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = held;
    base::post([held = std::move(held)] {});
    CHECK_FALSE(watch.expired());
    CHECK(runUntil([&] { return watch.expired(); }));
}

TEST_CASE("a timer fires once, not before its time") {
    int fired = 0;
    const auto start = std::chrono::steady_clock::now();
    Timer timer = Timer::once(30ms, [&] { ++fired; });
    CHECK(timer.active());
    REQUIRE(runUntil([&] { return fired > 0; }));
    CHECK(std::chrono::steady_clock::now() - start >= 29ms);
    CHECK_FALSE(timer.active());
    CHECK_FALSE(runUntil([&] { return fired > 1; }, 100ms));
}

TEST_CASE("a repeating timer goes on until it is stopped, also by itself") {
    int fired = 0;
    Timer timer = Timer::every(5ms, [&] {
        if (++fired == 3) {
            timer.stop();
        }
    });
    REQUIRE(runUntil([&] { return fired == 3; }));
    CHECK_FALSE(timer.active());
    CHECK_FALSE(runUntil([&] { return fired > 3; }, 60ms));
}

TEST_CASE("a destroyed, stopped, replaced or moved-from timer does not fire") {
    int wrong = 0;
    int right = 0;
    {
        const Timer destroyed = Timer::once(1ms, [&] { ++wrong; });
    }
    Timer stopped = Timer::once(1ms, [&] { ++wrong; });
    stopped.stop();
    stopped.stop();
    Timer replaced = Timer::once(1ms, [&] { ++wrong; });
    replaced = Timer::once(1ms, [&] { ++right; });
    Timer from = Timer::once(1ms, [&] { ++right; });
    const Timer to = std::move(from);
    CHECK_FALSE(from.active()); // NOLINT: what is moved from must be inactive
    CHECK(to.active());
    REQUIRE(runUntil([&] { return right == 2; }));
    CHECK_FALSE(runUntil([&] { return wrong > 0; }, 50ms));
}

TEST_CASE("a timer may start itself anew and may destroy itself while it fires") {
    int fired = 0;
    Timer again;
    std::function<void()> work = [&] {
        if (++fired < 3) {
            again = Timer::once(1ms, work);
        }
    };
    again = Timer::once(1ms, work);
    REQUIRE(runUntil([&] { return fired == 3; }));
    CHECK_FALSE(again.active());

    auto owner = std::make_unique<Timer>();
    const std::string kept = "what the closure holds outlives the call";
    std::string seen;
    *owner = Timer::every(1ms, [&owner, &seen, kept] {
        owner.reset();
        seen = kept;
    });
    REQUIRE(runUntil([&] { return !seen.empty(); }));
    CHECK(seen == kept);
}

TEST_CASE("an empty timer is inactive and may be stopped") {
    Timer timer;
    CHECK_FALSE(timer.active());
    timer.stop();
    CHECK_FALSE(timer.active());
}
