#include "pipelines/json/reader.h"
#include "pipelines/json/writer.h"

#include <catch2/catch.hpp>

using base::Problem;
using json::Reader;
using json::Writer;
using namespace std::chrono_literals;

namespace {

std::string faultOf(const Reader& reader) {
    return reader.fault() ? reader.fault()->message : "";
}

} // namespace

TEST_CASE("an object is written as it is told") {
    CHECK(Writer().finish() == "{}");
    Writer json;
    json.put("text", "a").put("string", std::string("b")).put("number", std::int64_t{-7});
    json.put("int", 7).put("flag", true).put("none", nullptr).putSeconds("time", 61'042'600'000ns);
    json.object("inner").put("x", 1).end().list("items").add("one").addObject().put("y", false);
    json.end().add("two").end().put("texts", std::vector<std::string>{"p", "q"}).list("empty");
    CHECK(json.finish() == R"({"text":"a","string":"b","number":-7,"int":7,"flag":true,)"
                           R"("none":null,"time":61.043,"inner":{"x":1},)"
                           R"("items":["one",{"y":false},"two"],"texts":["p","q"],"empty":[]})");
}

TEST_CASE("seconds have three places in any case") {
    CHECK(Writer().putSeconds("t", 0ns).finish() == R"({"t":0.000})");
    CHECK(Writer().putSeconds("t", 5ms).finish() == R"({"t":0.005})");
    CHECK(Writer().putSeconds("t", -1500ms).finish() == R"({"t":-1.500})");
    CHECK(Writer().putSeconds("t", 100h).finish() == R"({"t":360000.000})");
}

TEST_CASE("whatever is in a text, what is written is JSON and reads as the same text") {
    for (const std::string& text : {std::string("\"\\/\b\f\n\r\t\x01\x1f\x7f"), std::string("ä😀"),
                                    std::string("</script>"), std::string(10'000, '"')}) {
        const std::string written = Writer().put("t", text).finish();
        auto in = Reader::parse(written);
        REQUIRE(in);
        CHECK(in->text("t") == text);
        for (const char c : written) {
            CHECK(static_cast<unsigned char>(c) >= 0x20);
        }
    }
    CHECK(Writer().put("t", "a\xff").finish() == "{\"t\":\"a\xef\xbf\xbd\"}");
    CHECK(Writer().put("t", std::string_view("a\0b", 3)).finish() == "{\"t\":\"a\xef\xbf\xbd"
                                                                     "b\"}");
}

TEST_CASE("what is no JSON object of a sane size is refused") {
    for (const std::string& text :
         {std::string(), std::string("{"), std::string("[]"), std::string("1"), std::string("null"),
          std::string("{}{}"), std::string("{'a':1}"), std::string("{\"a\":1} // b"),
          std::string("{\"a\":\"\xff\"}"), std::string("{}\0", 3), std::string(100'000, '['),
          "{\"a\":\"" + std::string(1024 * 1024, 'x') + "\"}",
          std::string(R"({"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}})")}) {
        INFO(text.substr(0, 100));
        const auto in = Reader::parse(text);
        REQUIRE_FALSE(in);
        CHECK(in.error().problem == Problem::Malformed);
        CHECK(in.error().message.size() < 100);
    }
    CHECK(Reader::parse(R"({"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}})"));
}

TEST_CASE("a fault of syntax quotes nothing") {
    const auto in = Reader::parse("{\"a\":1,\n \"b\" secret}");
    REQUIRE_FALSE(in);
    CHECK(in.error().message.find("secret") == std::string::npos);
}

TEST_CASE("members are read by type and range, and the first fault stays") {
    auto in = Reader::parse(R"({"t":"x","n":5,"f":true,"l":["a","b"],"o":{"i":1},
                               "os":[{"i":1},{"i":2}],"nil":null,"half":0.5})");
    REQUIRE(in);
    CHECK(in->size() == 8);
    CHECK(in->text("t") == "x");
    CHECK(in->textOr("none", "y") == "y");
    CHECK(in->integer("n", 0, 5) == 5);
    CHECK(in->integerOr("none", 3, 0, 9) == 3);
    CHECK(in->flagOr("f", false));
    CHECK(in->textsOrNone("l") == std::vector<std::string>{"a", "b"});
    CHECK(in->textOrTexts("l").size() == 2);
    CHECK(in->textOrTexts("t") == std::vector<std::string>{"x"});
    CHECK(in->object("o").integer("i") == 1);
    std::int64_t sum = 0;
    in->eachObject("os", [&](Reader& each) { sum += each.integer("i"); });
    CHECK(sum == 3);
    CHECK_FALSE(in->fault());
    CHECK(in->integer("half") == 0);
    CHECK(faultOf(*in) == "half is absent or no whole number");
    CHECK(in->integer("n", 0, 4) == 0);
    CHECK(in->object("o").text("i").empty());
    CHECK(faultOf(*in) == "half is absent or no whole number");
}

TEST_CASE("a fault of an inner object is the whole one's") {
    auto in = Reader::parse(R"({"o":{"i":"x"}})");
    REQUIRE(in);
    CHECK(in->object("o").integer("i") == 0);
    CHECK(in->fault());
}

TEST_CASE("null is a value of no type, or absent") {
    auto strict = Reader::parse(R"({"a":null})");
    CHECK(strict->has("a"));
    CHECK(strict->textOr("a", "x").empty());
    CHECK(strict->fault());
    auto lenient = Reader::parse(R"({"a":null})", json::Null::IsAbsent);
    CHECK_FALSE(lenient->has("a"));
    CHECK(lenient->textOr("a", "x") == "x");
    CHECK(lenient->textsOrNone("a").empty());
    CHECK_FALSE(lenient->fault());
}

TEST_CASE("what an absent object holds is absent too") {
    auto in = Reader::parse("{}");
    Reader none = in->object("o");
    CHECK(none.size() == 0);
    CHECK_FALSE(none.has("x"));
    CHECK(none.text("x").empty());
    none.eachObject("x", [](Reader&) { FAIL("there is none"); });
    CHECK(faultOf(*in) == "o is absent or not an object");
}
