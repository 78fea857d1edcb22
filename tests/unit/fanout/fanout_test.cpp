#include "pipelines/fanout/fanout.h"

#include "tests/unit/fanout/units.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

using namespace fanout;
using namespace test;

namespace {

/// Notes what it is given: "f1280 K1000 a1010".
class Notes : public Consumer {
public:
    explicit Notes(Begin begin = Begin::CachedGop) : begin_(begin) {}

    void setFormat(const Format& format) override {
        int width = 0;
        gst_structure_get_int(gst_caps_get_structure(format.video.get(), 0), "width", &width);
        note("f" + std::to_string(width));
    }
    void consume(const AccessUnit& unit) override { note(describe(unit)); }
    [[nodiscard]] Begin begin() const override { return begin_; }

    [[nodiscard]] std::string take() { return std::exchange(text_, {}); }

private:
    void note(const std::string& what) { text_ += (text_.empty() ? "" : " ") + what; }

    Begin begin_;
    std::string text_;
};

} // namespace

TEST_CASE("an output begins with a key frame, after the format") {
    Fanout fanout;
    auto notes = std::make_shared<Notes>();
    fanout.add(notes);
    fanout.push(sound(900));
    fanout.push(picture(960));
    fanout.setFormat(format());
    CHECK(notes->take().empty());
    fanout.push(key(1000));
    fanout.push(sound(1010));
    fanout.push(picture(1033));
    CHECK(notes->take() == "f1280 K1000 a1010 v1033");
}

TEST_CASE("sound that came before its picture is not lost, older sound is") {
    Fanout fanout;
    fanout.setFormat(format());
    auto notes = std::make_shared<Notes>();
    fanout.add(notes);
    fanout.push(sound(980));
    fanout.push(sound(1001));
    fanout.push(sound(1022));
    fanout.push(key(1000));
    CHECK(notes->take() == "f1280 K1000 a1001 a1022");

    auto late = std::make_shared<Notes>();
    fanout.push(sound(990)); // the slower of two encoders
    fanout.add(late);
    CHECK(late->take() == "f1280 K1000 a1001 a1022");
    fanout.push(sound(995));
    CHECK(late->take().empty());
}

TEST_CASE("formats that come after the key frame start everyone who waits") {
    Fanout fanout;
    auto notes = std::make_shared<Notes>();
    fanout.add(notes);
    fanout.push(key(1000));
    fanout.push(picture(1033));
    CHECK(notes->take().empty());
    fanout.setFormat(format());
    CHECK(notes->take() == "f1280 K1000 v1033");
}

TEST_CASE("a network starts with a key frame that comes long after its audio") {
    Fanout fanout;
    fanout.setFormat(format());
    auto network = std::make_shared<Notes>(Begin::Live);
    fanout.add(network);
    fanout.push(sound(1500)); // the video encoder is slow
    fanout.push(key(1000));
    CHECK(network->take() == "f1280 K1000 a1500");
}

TEST_CASE("a later output gets the current GOP") {
    Fanout fanout;
    fanout.setFormat(format());
    for (int second = 0; second < 3; ++second) {
        fanout.push(key(second * 1000));
        fanout.push(sound(second * 1000 + 100));
        fanout.push(picture(second * 1000 + 500));
    }
    auto file = std::make_shared<Notes>();
    auto network = std::make_shared<Notes>(Begin::Live);
    fanout.add(file);
    fanout.add(network);
    CHECK(file->take() == "f1280 K2000 a2100 v2500");
    CHECK(network->take().empty());
    fanout.push(key(3000));
    CHECK(file->take() == "K3000");
    CHECK(network->take() == "f1280 K3000");
}

TEST_CASE("a network output takes a GOP that is fresh") {
    Fanout fanout;
    fanout.setFormat(format());
    fanout.push(key(1000));
    fanout.push(picture(1100));
    auto network = std::make_shared<Notes>(Begin::Live);
    fanout.add(network);
    CHECK(network->take() == "f1280 K1000 v1100");
}

TEST_CASE("a new format comes right before the key frame it describes") {
    Fanout fanout;
    fanout.setFormat(format(640));
    auto notes = std::make_shared<Notes>();
    fanout.add(notes);
    fanout.push(key(0));
    fanout.setFormat(format(1280));
    fanout.push(sound(20));
    fanout.push(key(1000));
    fanout.push(key(2000));
    CHECK(notes->take() == "f640 K0 a20 f1280 K1000 K2000");
}

TEST_CASE("the cache is bounded in bytes and in time") {
    Fanout fanout;
    fanout.setFormat(format());
    SECTION("in bytes") {
        fanout.push(key(0, 5 << 20));
        fanout.push(picture(33, 5 << 20));
    }
    SECTION("in time") {
        fanout.push(key(0));
        fanout.push(picture(13000));
    }
    fanout.push(picture(13033));
    auto notes = std::make_shared<Notes>();
    fanout.add(notes);
    CHECK(notes->take().empty());
    fanout.push(key(14000));
    CHECK(notes->take() == "f1280 K14000");
}

TEST_CASE("nothing comes after remove") {
    Fanout fanout;
    fanout.setFormat(format());
    auto notes = std::make_shared<Notes>();
    fanout.add(notes);
    fanout.push(key(0));
    CHECK(notes->take() == "f1280 K0");
    fanout.remove(notes);
    fanout.push(picture(33));
    CHECK(notes->take().empty());
}

namespace {

class Counter : public Consumer {
public:
    void setFormat(const Format&) override {}
    void consume(const AccessUnit& unit) override {
        busy_ = true;
        if (first_ && !unit.keyFrame) {
            wrong_ = true;
        }
        first_ = false;
        busy_ = false;
    }
    std::atomic<bool> busy_ = false;
    std::atomic<bool> wrong_ = false;

private:
    bool first_ = true;
};

} // namespace

TEST_CASE("outputs come and go while two threads push") {
    Fanout fanout;
    fanout.setFormat(format());
    std::atomic<bool> done = false;
    std::thread video([&] {
        for (int i = 0; !done; ++i) {
            fanout.push(i % 30 == 0 ? key(i * 33) : picture(i * 33));
        }
    });
    std::thread audio([&] {
        for (int i = 0; !done; ++i) {
            fanout.push(sound(i * 21));
        }
    });
    for (int i = 0; i < 300; ++i) {
        auto counter = std::make_shared<Counter>();
        fanout.add(counter);
        fanout.remove(counter);
        CHECK_FALSE(counter->busy_);
        CHECK_FALSE(counter->wrong_);
    }
    done = true;
    video.join();
    audio.join();
}
