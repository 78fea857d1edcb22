#include "pipelines/base/line_channel.h"
#include "tests/support/run_until.h"

#include <array>
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/socket.h>
#include <vector>

using namespace std::chrono_literals;
using base::LineChannel;
using base::Problem;
using support::runUntil;

namespace {

/// A channel, the bare socket at its other end, and all that its handlers were told.
struct Line {
    explicit Line(LineChannel::Handlers handlers = {}) {
        std::array<int, 2> ends{};
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) ==
                0);
        peer = base::UniqueFd(ends[1]);
        if (!handlers.onLine) {
            handlers.onLine = [this](std::string_view line) { lines.emplace_back(line); };
        }
        if (!handlers.onClosed) {
            handlers.onClosed = [this](const base::Error& reason) { closed.push_back(reason); };
        }
        channel = LineChannel::open(base::UniqueFd(ends[0]), base::UniqueFd(), std::move(handlers));
    }

    /// Writes all of it, with the channel reading meanwhile.
    void write(std::string_view text) {
        std::size_t done = 0;
        REQUIRE(runUntil([&] {
            const ssize_t sent =
                ::send(peer.get(), text.data() + done, text.size() - done, MSG_NOSIGNAL);
            done += sent > 0 ? static_cast<std::size_t>(sent) : 0;
            return done == text.size() || (sent < 0 && errno == EPIPE) || !channel ||
                   channel->closed();
        }));
    }
    /// What has arrived at the other end by now.
    std::string read() {
        std::string text;
        std::array<char, 65536> block{};
        for (ssize_t got = 0; (got = ::read(peer.get(), block.data(), block.size())) > 0;) {
            text.append(block.data(), static_cast<std::size_t>(got));
        }
        return text;
    }
    bool ends(Problem problem) {
        return runUntil([&] { return !closed.empty(); }, 5s) && closed.front().problem == problem;
    }

    base::UniqueFd peer;
    std::unique_ptr<LineChannel> channel;
    std::vector<std::string> lines;
    std::vector<base::Error> closed;
};

} // namespace

TEST_CASE("lines come whole, in order, however they were cut") {
    Line line;
    line.write("on");
    line.write("e\ntwo\nth");
    line.write("ree\n");
    REQUIRE(runUntil([&] { return line.lines.size() == 3; }));
    CHECK(line.lines == std::vector<std::string>{"one", "two", "three"});
    for (const char byte : std::string("four\nZürich\n")) {
        line.write(std::string(1, byte));
    }
    REQUIRE(runUntil([&] { return line.lines.size() == 5; }));
    CHECK(line.lines[4] == "Zürich");
    CHECK(line.closed.empty());
}

TEST_CASE("empty lines are nothing, and a line without an end is never heard of") {
    Line line;
    line.write("\n\n\na\n\nunfinished");
    line.peer = base::UniqueFd();
    REQUIRE(line.ends(Problem::PeerLost));
    CHECK(line.lines == std::vector<std::string>{"a"});
    CHECK(line.closed.size() == 1);
}

TEST_CASE("the longest line passes, one byte more does not") {
    Line line;
    const std::string longest(LineChannel::kLongestLine, 'x');
    line.write(longest + "\n");
    REQUIRE(runUntil([&] { return line.lines.size() == 1; }));
    CHECK(line.lines[0] == longest);
    line.write(longest + "x\n");
    CHECK((line.ends(Problem::Malformed) || line.closed.front().problem == Problem::TooLarge));
    CHECK(line.lines.size() == 1);
}

TEST_CASE("a line that does not end is given up at 1 MiB") {
    Line line;
    line.write(std::string(3 * LineChannel::kLongestLine, 'x'));
    CHECK(line.ends(Problem::TooLarge));
    CHECK(line.lines.empty());
}

TEST_CASE("what is not UTF-8 ends the line, after what was right before it") {
    const std::string bad = GENERATE(as<std::string>{}, "\xff", "\xc3(", "\xed\xa0\x80", "\xc0\xaf",
                                     std::string("a\0b", 3));
    Line line;
    line.write("good\n" + bad + "\nlater\n");
    CHECK(line.ends(Problem::Malformed));
    CHECK(line.lines == std::vector<std::string>{"good"});
    CHECK_FALSE(runUntil([&] { return line.closed.size() > 1 || line.lines.size() > 1; }, 50ms));
}

TEST_CASE("sent lines arrive, also when the peer reads late") {
    Line line;
    std::string expected;
    for (int i = 0; i < 3000; ++i) {
        const std::string text = std::to_string(i) + std::string(1000, 'x');
        line.channel->send(text);
        expected += text + "\n";
    }
    CHECK(line.channel->queued() > 0);
    std::string got;
    REQUIRE(runUntil([&] {
        got += line.read();
        return got.size() >= expected.size();
    }));
    CHECK(got == expected);
    CHECK(runUntil([&] { return line.channel->queued() == 0; }));
    CHECK_FALSE(line.channel->closed());
}

TEST_CASE("a peer that does not read is lost when the queue is full, and never blocks") {
    Line line;
    const std::string text(100'000, 'x');
    int sent = 0;
    while (!line.channel->closed() && sent < 1000) {
        line.channel->send(text);
        ++sent;
        REQUIRE(line.channel->queued() <= LineChannel::kLargestQueue);
    }
    CHECK(line.channel->closed());
    CHECK(line.closed.empty()); // never from inside send()
    CHECK(line.ends(Problem::PeerLost));
    line.channel->send("ignored");
    CHECK_FALSE(runUntil([&] { return line.closed.size() > 1; }, 50ms));
}

TEST_CASE("a peer that has gone is noticed, once, and after its last words") {
    Line line;
    line.write("last words\n");
    line.peer = base::UniqueFd();
    line.channel->send("nobody hears this, and no signal is raised");
    line.channel->send("nor this");
    REQUIRE(line.ends(Problem::PeerLost));
    CHECK(line.lines == std::vector<std::string>{"last words"});
    CHECK_FALSE(runUntil([&] { return line.closed.size() > 1; }, 50ms));
}

TEST_CASE("a channel may be destroyed by its own handlers") {
    std::unique_ptr<Line> line;
    std::vector<std::string> heard;
    const std::string kept = "what the closure holds outlives the call";
    LineChannel::Handlers handlers;
    SECTION("while it hands out a line") {
        handlers.onLine = [&line, &heard, kept](std::string_view) {
            line->channel.reset();
            heard.push_back(kept);
        };
        line = std::make_unique<Line>(std::move(handlers));
        line->write("one\ntwo\nthree\n");
    }
    SECTION("while it says that it is closed") {
        handlers.onClosed = [&line, &heard, kept](const base::Error&) {
            line->channel.reset();
            heard.push_back(kept);
        };
        line = std::make_unique<Line>(std::move(handlers));
        line->peer = base::UniqueFd();
    }
    REQUIRE(runUntil([&] { return !heard.empty(); }));
    CHECK_FALSE(runUntil([&] { return heard.size() > 1; }, 50ms));
    CHECK(heard == std::vector{kept});
}

TEST_CASE("after the destructor nothing is called") {
    Line line;
    for (int i = 0; i < 100; ++i) {
        line.channel->send(std::string(100'000, 'x')); // full: onClosed is on its way
    }
    line.write("a\n");
    line.channel.reset();
    CHECK_FALSE(runUntil([&] { return !line.closed.empty() || !line.lines.empty(); }, 50ms));
}

TEST_CASE("two pipes serve as well as one socket") {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    REQUIRE(pipe2(in.data(), O_CLOEXEC) == 0);
    REQUIRE(pipe2(out.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    const base::UniqueFd reading(out[0]);
    base::UniqueFd writing(in[1]);
    std::vector<std::string> lines;
    bool closed = false;
    const auto channel =
        LineChannel::open(base::UniqueFd(in[0]), base::UniqueFd(out[1]),
                          {[&](std::string_view line) { lines.emplace_back(line); },
                           [&](const base::Error&) { closed = true; }});
    REQUIRE(::write(writing.get(), "hello\n", 6) == 6);
    REQUIRE(runUntil([&] { return lines.size() == 1; }));
    channel->send("answer");
    std::array<char, 16> block{};
    CHECK(::read(reading.get(), block.data(), block.size()) == 7);
    CHECK(std::string_view(block.data(), 7) == "answer\n");
    writing = base::UniqueFd();
    CHECK(runUntil([&] { return closed; }));
}
