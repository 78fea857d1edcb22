#include "gateway/http/reply.h"
#include "gateway/http/rules.h"

#include <catch2/catch.hpp>

TEST_CASE("Names of hosts") {
    CHECK(http::hostName("LocalHost:8080") == "localhost");
    CHECK(http::hostName("[::1]:8080") == "::1");
    CHECK(http::hostName("[::1") == "");
    CHECK(http::hostName("a:80:90") == "");
    CHECK(http::hostName("a b") == "");
    CHECK(http::hostName("a, b") == "");
    CHECK(http::hostName("a:port") == "");
    CHECK(http::isLoopbackName("127.9.9.9"));
    CHECK(http::isLoopbackName("::1"));
    CHECK(http::isLoopbackName("my.localhost"));
    CHECK_FALSE(http::isLoopbackName("notlocalhost"));
    CHECK_FALSE(http::isLoopbackName("10.0.0.1"));
    CHECK_FALSE(http::isLoopbackName(""));
}

TEST_CASE("Queries and encodings") {
    const auto query = http::decodeQuery("a=1&b=x%20y+z&c&a=2&&%zz=%4");
    CHECK(query.at("a") == "1");
    CHECK(query.at("b") == "x y z");
    CHECK(query.at("c").empty());
    CHECK(query.at("%zz") == "%4");
    CHECK(http::acceptsGzip("gzip"));
    CHECK(http::acceptsGzip("deflate, GZIP ; q=0.1"));
    CHECK(http::acceptsGzip("*"));
    CHECK_FALSE(http::acceptsGzip("gzip;q=0"));
    CHECK_FALSE(http::acceptsGzip("gzip; q=0.000"));
    CHECK_FALSE(http::acceptsGzip("identity, br"));
    CHECK_FALSE(http::acceptsGzip(""));
}

TEST_CASE("Problems say what they are") {
    const http::Reply reply = http::problem({base::Problem::Unavailable, "say \"when\"\n\x01\xff"});
    CHECK(reply.status == 503);
    REQUIRE(reply.header("retry-after"));
    CHECK(std::get<std::string>(reply.body) ==
          "{\"type\":\"/problems/unavailable\",\"title\":\"Not now\",\"status\":503,"
          "\"detail\":\"say \\\"when\\\"\\u000a\\u0001\xef\xbf\xbd\"}\n");
    CHECK(http::Reply::empty().with("A", "b\r\nSet-Cookie: c").headers.front().second ==
          "bSet-Cookie: c");
}
