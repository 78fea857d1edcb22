#include "pipelines/base/log.h"
#include "pipelines/base/unique.h"

#include <array>
#include <catch2/catch.hpp>
#include <functional>
#include <regex>

namespace {

/// What `work` writes to standard error.
std::string captured(const std::function<void()>& work) {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    base::UniqueFd reading(ends[0]);
    base::UniqueFd writing(ends[1]);
    const base::UniqueFd before(dup(STDERR_FILENO));
    dup2(writing.get(), STDERR_FILENO);
    work();
    dup2(before.get(), STDERR_FILENO);
    writing = base::UniqueFd();
    std::string text;
    std::array<char, 4096> block{};
    for (ssize_t got = 0; (got = read(reading.get(), block.data(), block.size())) > 0;) {
        text.append(block.data(), static_cast<std::size_t>(got));
    }
    return text;
}

} // namespace

TEST_CASE("one line: time, level, prefixes, text") {
    const base::Logger logger("stream demo");
    const std::string text = captured([&] { logger.within("hls").warning("the disk is full"); });
    const std::regex shape(
        R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning \[stream demo\] \[hls\] the disk is full\n)");
    INFO(text);
    CHECK(std::regex_match(text, shape));
}

TEST_CASE("control characters can't forge lines or drive a terminal") {
    const base::Logger logger("a\nb");
    const std::string text =
        captured([&] { logger.error("x\n2026 error [fake] y\r\x1b[31m\x7f\tz"); });
    INFO(text);
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    CHECK(text.back() == '\n');
    CHECK(std::none_of(text.begin(), text.end() - 1, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    }));
    CHECK(text.find("[a b] x 2026 error [fake] y  [31m  z") != std::string::npos);
}

TEST_CASE("text that is not ASCII stays as it is") {
    const std::string text = captured([] { base::Logger("x").info("Zürich → 東京"); });
    CHECK(text.find("Zürich → 東京") != std::string::npos);
}

TEST_CASE("what is below the level is not written") {
    CHECK_FALSE(base::log::setLevel("loud"));
    CHECK_FALSE(base::log::setLevel(""));
    CHECK(captured([] { base::Logger("x").debug("no"); }).empty());
    REQUIRE(base::log::setLevel("error"));
    CHECK(captured([] { base::Logger("x").warning("no"); }).empty());
    CHECK_FALSE(captured([] { base::Logger("x").error("yes"); }).empty());
    REQUIRE(base::log::setLevel("debug"));
    CHECK_FALSE(captured([] { base::Logger("x").debug("yes"); }).empty());
    REQUIRE(base::log::setLevel("info"));
}
