#include "pipelines/on_air.h"

#include <catch2/catch.hpp>
#include <thread>

using namespace std::chrono_literals;

namespace {

/// What went on, of one publisher.
struct Passed {
    int pictures = 0;
    int sounds = 0;
    int takeOvers = 0;

    void picture(OnAir& onAir, int publisher, bool keyFrame) {
        onAir.picture(publisher, keyFrame, [this](bool takesOver) {
            ++pictures;
            takeOvers += takesOver ? 1 : 0;
        });
    }
    void sound(OnAir& onAir, int publisher) {
        onAir.sound(publisher, [this] { ++sounds; });
    }
};

} // namespace

TEST_CASE("the first publisher is on air, others are not") {
    OnAir onAir(1);
    Passed first, other;
    first.picture(onAir, 1, false);
    first.sound(onAir, 1);
    other.picture(onAir, 2, true);
    other.sound(onAir, 2);
    CHECK(first.pictures == 1);
    CHECK(first.sounds == 1);
    CHECK(first.takeOvers == 0);
    CHECK(other.pictures + other.sounds == 0);
    CHECK(onAir.current() == 1);
}

TEST_CASE("the next one takes over with a key frame, picture and sound at once") {
    OnAir onAir(1);
    Passed former, next;
    onAir.expect(2, true);
    next.sound(onAir, 2);
    next.picture(onAir, 2, false);
    former.picture(onAir, 1, true);
    CHECK(next.pictures + next.sounds == 0);
    CHECK(former.pictures == 1);
    next.picture(onAir, 2, true);
    CHECK(next.takeOvers == 1);
    CHECK(onAir.current() == 2);
    former.picture(onAir, 1, true);
    former.sound(onAir, 1);
    next.picture(onAir, 2, true);
    next.sound(onAir, 2);
    CHECK(former.pictures == 1);
    CHECK(former.sounds == 0);
    CHECK(next.pictures == 2);
    CHECK(next.sounds == 1);
    CHECK(next.takeOvers == 1);
}

TEST_CASE("it waits for its sound, but not for ever") {
    OnAir onAir(1);
    Passed next;
    onAir.expect(2, true);
    next.picture(onAir, 2, true);
    CHECK(onAir.current() == 1);
    SECTION("which comes") {
        next.sound(onAir, 2);
    }
    SECTION("which does not come") {
        std::this_thread::sleep_for(800ms);
    } // the time itself is meant
    next.picture(onAir, 2, true);
    CHECK(onAir.current() == 2);
    CHECK(next.takeOvers == 1);
}

TEST_CASE("one that is withdrawn does not take over any more, unless it has") {
    OnAir onAir(1);
    Passed next;
    onAir.expect(2, false);
    CHECK(onAir.withdraw(2));
    next.picture(onAir, 2, true);
    CHECK(onAir.current() == 1);
    onAir.expect(3, false);
    next.picture(onAir, 3, true);
    CHECK_FALSE(onAir.withdraw(3));
    CHECK(onAir.current() == 3);
}
