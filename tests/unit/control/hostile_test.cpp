#include "samples.h"

#include <catch2/catch.hpp>
#include <glib.h>

using control::readFromPipeline;
using control::readToPipeline;

namespace {

/// Refused by both readers, as malformed, with a message that fits on a log line.
void checkRefused(const std::string& line) {
    INFO(line.substr(0, 200));
    const auto to = readToPipeline(line);
    const auto from = readFromPipeline(line);
    REQUIRE_FALSE(to.has_value());
    REQUIRE_FALSE(from.has_value());
    for (const base::Error& error : {to.error(), from.error()}) {
        CHECK(error.problem == base::Problem::Malformed);
        CHECK_FALSE(error.message.empty());
        CHECK(error.message.size() < 500);
    }
}

/// Whatever is read from it can be printed and read again.
template <class Read>
void checkSane(const std::string& line, Read read) {
    if (const auto message = read(line)) {
        const std::string again = control::print(*message);
        INFO(line);
        CHECK(read(again).has_value());
    }
}

std::vector<std::string> lines() {
    std::vector<std::string> all;
    for (const auto& message : samples::toPipeline()) {
        all.push_back(control::print(message));
    }
    for (const auto& message : samples::fromPipeline()) {
        all.push_back(control::print(message));
    }
    return all;
}

} // namespace

TEST_CASE("what is no JSON object is refused") {
    for (const char* line :
         {"", " ", "hello", "{", "}", "{}", "[]", "null", "42", "\"stop\"", "[{\"type\":\"stop\"}]",
          "{\"type\":\"stop\"", "{\"type\":\"stop\"}}", "{'type':'stop'}", "{\"type\":\"stop\",}",
          "{\"type\" \"stop\"}", "{type:\"stop\"}", "\xff\xfe",
          "{\"type\":\"stop\"} {\"type\":\"stop\"}"}) {
        checkRefused(line);
    }
    checkRefused(std::string("{\"type\":\"sto\0p\"}", 17));
}

TEST_CASE("an unknown type, or a type that is no word, is refused") {
    for (const char* line :
         {R"({"type":"explode"})", R"({"type":""})", R"({"type":"STOP"})", R"({"type":"stop "})",
          R"({"type":null})", R"({"type":1})", R"({"type":["stop"]})",
          R"({"type":{"type":"stop"}})", R"({"session":"s"})", R"({"Type":"stop"})"}) {
        checkRefused(line);
    }
}

TEST_CASE("a member that is missing or of another type is refused") {
    for (
        const char* line : {
            R"({"type":"publish"})",
            R"({"type":"publish","session":"s","stream":"d"})",
            R"({"type":"publish","session":1,"stream":"d","offer":"v=0"})",
            R"({"type":"publish","session":"s","stream":"d","offer":{"v":0}})",
            R"({"type":"publish","session":"s","stream":"d","offer":null})",
            R"({"type":"publish","session":"s","stream":"d","offer":"v=0","video":[]})",
            R"({"type":"publish","session":"s","stream":"d","offer":"v=0","video":null})",
            R"({"type":"publish","session":"s","stream":"d","offer":"v=0","video":{"preset":7}})",
            R"({"type":"publish","session":"s","stream":"d","offer":"v=0","loopback":"yes"})",
            R"({"type":"publish","session":"s","stream":"d","offer":"v=0","loopback":1})",
            R"({"type":"publish","session":"s","stream":"d","offer":"v=0","take":"0"})",
            R"({"type":"publish","session":"s","stream":"d","offer":"v=0","ice":[]})",
            R"({"type":"publish","session":"s","stream":"d","offer":"v=0","ice":{"ipv6":"no"}})",
            R"({"type":"publish","session":"s","stream":"d","offer":"v=0","ice":{"interfaces":"eth0"}})",
            R"({"type":"publish","session":"s","stream":"d","offer":"v=0","ice":{"interfaces":[1]}})",
            R"({"type":"publish","session":"s","stream":"d","offer":"v=0","ice":{"relays":[null]}})",
            R"({"type":"publish","session":"s","stream":"d","offer":"v=0","ice":{"relays":["\ud800"]}})",
            R"({"type":"publish","session":"s","stream":"d","offer":"v=0","ice":{"first-port":9,"last-port":8}})",
            R"({"type":"publish","session":"s","stream":"d","offer":"v=0","ice":{"last-port":65536}})",
            R"({"type":"candidate","session":"s","candidate":"x"})",
            R"({"type":"candidate","session":"s","media-line":"0","candidate":"x"})",
            R"({"type":"candidate","session":"s","media-line":0.5,"candidate":"x"})",
            R"({"type":"candidate","session":"s","media-line":true,"candidate":"x"})",
            R"({"type":"unpublish"})",
            R"({"type":"unpublish","session":["s"]})",
            R"({"type":"output-add","output":"x"})",
            R"({"type":"output-add","output":"x","kind":"webm"})",
            R"({"type":"output-add","output":"x","kind":"hls"})",
            R"({"type":"output-add","kind":"hls","directory":"/tmp"})",
            R"({"type":"output-add","output":"x","kind":"rtp","host":"127.0.0.1","video-port":5000})",
            R"({"type":"output-remove"})",
            R"({"type":"ready","protocol":"1","version":"1.22.0","missing":[]})",
            R"({"type":"ready","protocol":1,"version":"1.22.0"})",
            R"({"type":"ready","protocol":1,"version":"1.22.0","missing":{}})",
            R"({"type":"ready","protocol":1,"version":"1.22.0","missing":["x264enc"]})",
            R"({"type":"ready","protocol":1,"version":"1.22.0","missing":[{"element":"x264enc"}]})",
            R"({"type":"ready","protocol":1,"version":"1.22.0","missing":[null]})",
            R"({"type":"answer","session":"s"})",
            R"({"type":"answer","session":"s","error":"x"})",
            R"({"type":"answer","description":"v=0"})",
            R"({"type":"track","session":"s","media":"smell","codec":"VP8"})",
            R"({"type":"closed","session":"s","reason":"x"})",
            R"({"type":"state","state":"dead"})",
            R"({"type":"state","state":"live","take":0,"origin":0,"video":{"width":2,"height":2,"frame-rate":1,"sps":"","pps":""}})",
            R"({"type":"output","output":"x","state":"flying"})",
            R"({"type":"segment","output":"x","name":"n","start":"0","duration":0,"bytes":0,"take":0})",
            R"({"type":"recording","output":"x","state":"recording","path":"p","duration":1.5,"bytes":0})",
            R"({"type":"stats"})",
        }) {
        checkRefused(line);
    }
}

TEST_CASE("a number out of its range is refused") {
    const auto publishWith = [](const std::string& video) {
        return R"({"type":"publish","session":"s","stream":"d","offer":"v=0","video":{)" + video +
               "}}";
    };
    const auto rtpWith = [](const std::string& more) {
        return R"({"type":"output-add","output":"x","kind":"rtp","host":"127.0.0.1",)" + more + "}";
    };
    for (
        const std::string& line : {
            publishWith(R"("min-height":0)"),
            publishWith(R"("min-height":-720)"),
            publishWith(R"("min-height":100000)"),
            publishWith(R"("frame-rate":0)"),
            publishWith(R"("frame-rate":1000)"),
            publishWith(R"("bitrate":1)"),
            publishWith(R"("bitrate":99999999999999)"),
            publishWith(R"("gop-ms":0)"),
            publishWith(R"("gop-ms":-1)"),
            publishWith(R"("gop-ms":1e3)"),
            publishWith(R"("gop-ms":99999999999999999999999999)"),
            rtpWith(R"("video-port":0,"audio-port":5002)"),
            rtpWith(R"("video-port":65536,"audio-port":5002)"),
            rtpWith(R"("video-port":5000,"audio-port":-2)"),
            rtpWith(R"("video-port":5000,"audio-port":5002,"ttl":256)"),
            rtpWith(R"("video-port":5000,"audio-port":5002,"mtu":10)"),
            std::string(R"({"type":"candidate","session":"s","media-line":-1,"candidate":""})"),
            std::string(R"({"type":"candidate","session":"s","media-line":64,"candidate":""})"),
            std::string(
                R"({"type":"candidate","session":"s","media-line":4294967296,"candidate":""})"),
            std::string(
                R"({"type":"output-add","output":"x","kind":"hls","directory":"/","segment-ms":1})"),
            std::string(
                R"({"type":"output-add","output":"x","kind":"mp4","path":"/x","minimum-free":-1})"),
            std::string(
                R"({"type":"segment","output":"x","name":"n","start":-1,"duration":0,"bytes":0,"take":0})"),
            std::string(
                R"({"type":"stats","running-time":0,"received":-1,"encoded":0,"frames":0,"lost":0,"dropped":0})"),
            std::string(
                R"({"type":"stats","running-time":0,"received":0,"encoded":0,"frames":18446744073709551616,"lost":0,"dropped":0})"),
            std::string(
                R"({"type":"stats","running-time":0,"received":0,"encoded":0,"frames":9223372036854775808,"lost":0,"dropped":0})"),
        }) {
        checkRefused(line);
    }
}

TEST_CASE("nesting has an end long before the stack has") {
    for (const char* opening : {"[", "{\"a\":", "[{\"a\":"}) {
        std::string deep = R"({"type":"stop","x":)";
        while (deep.size() < 1'000'000) {
            deep += opening;
        }
        checkRefused(deep);
    }
    checkRefused(std::string(1'000'000, '['));
    const std::string brackets(1000, '[');
    const auto harmless =
        readToPipeline(R"({"type":"unpublish","session":"\"\\)" + brackets + "\"}");
    REQUIRE(harmless.has_value()); // brackets in a string are no nesting
    CHECK(std::get<control::Unpublish>(*harmless).session == "\"\\" + brackets);
}

TEST_CASE("of a member given twice one counts, and it is checked like any other") {
    checkRefused(R"({"type":"unpublish","session":"s","session":1})");
    const auto read = readToPipeline(R"({"type":"unpublish","session":"a","session":"b"})");
    REQUIRE(read.has_value());
    CHECK(std::get<control::Unpublish>(*read).session == "b");
}

TEST_CASE("escapes make no text that is not UTF-8") {
    for (const char* escape : {R"(\377)", R"(\ud800)", R"(\udc00x)", R"(\ud800\ud800)"}) {
        const auto read =
            readToPipeline(R"({"type":"unpublish","session":"a)" + std::string(escape) + "\"}");
        INFO(escape);
        CHECK((!read ||
               g_utf8_validate(std::get<control::Unpublish>(*read).session.c_str(), -1, nullptr)));
    }
    const auto pair = readToPipeline(R"({"type":"unpublish","session":"\ud83d\ude00"})");
    REQUIRE(pair.has_value());
    CHECK(std::get<control::Unpublish>(*pair).session == "\U0001f600");
}

TEST_CASE("long values are no trouble") {
    const std::string longText(900'000, 'x');
    const auto read = readToPipeline(R"({"type":"unpublish","session":")" + longText + "\"}");
    REQUIRE(read.has_value());
    CHECK(std::get<control::Unpublish>(*read).session.size() == longText.size());
    checkRefused(R"({"type":")" + longText + "\"}");
    checkRefused("{\"" + longText + "\":1}");
}

TEST_CASE("a message cut off anywhere is refused") {
    for (const std::string& line : lines()) {
        for (std::size_t length = 0; length < line.size(); ++length) {
            checkRefused(line.substr(0, length));
        }
    }
}

TEST_CASE("with any one byte changed a message is refused or is another message") {
    for (const std::string& line : lines()) {
        for (std::size_t at = 0; at < line.size(); ++at) {
            for (const char byte : {'"', '{', ']', ',', '9', '-', '\\', '\0', '\x80', ' '}) {
                std::string changed = line;
                changed[at] = byte;
                checkSane(changed, readToPipeline);
                checkSane(changed, readFromPipeline);
            }
        }
    }
}
