#include "gateway/access/access.h"

#include <catch2/catch.hpp>

using base::Problem;
using http::Request;
using rights::Access;
using rights::Right;

namespace {

Request bearing(const std::string& authorization) {
    Request request;
    if (!authorization.empty()) {
        request.headers["authorization"] = authorization;
    }
    return request;
}

bool allowed(const Access& access, Right right, const Request& request) {
    return access.check(right, request).has_value();
}

} // namespace

TEST_CASE("Tokens open what they are for") {
    const Access access({"publish-me", "watch-me", false});
    CHECK(allowed(access, Right::Publish, bearing("Bearer publish-me")));
    CHECK(allowed(access, Right::Publish, bearing("bearer  publish-me")));
    CHECK(allowed(access, Right::View, bearing("Bearer watch-me")));
    CHECK(allowed(access, Right::View, bearing("Bearer publish-me")));
    for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer watch-me", "Bearer publish-m",
                              "Bearer publish-mee", "Basic publish-me", "publish-me"}) {
        INFO(wrong);
        const auto refused = access.guardFor(Right::Publish)(bearing(wrong));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().problem == Problem::Unauthorized);
    }
    Request query;
    query.query["token"] = "watch-me";
    CHECK(allowed(access, Right::View, query));
    CHECK_FALSE(allowed(access, Right::Publish, query));
}

TEST_CASE("What no token guards") {
    CHECK(allowed(Access({"", "", false}), Right::Publish, Request{}));
    CHECK(allowed(Access({"", "", true}), Right::Publish, Request{}));
    CHECK(allowed(Access({"p", "", false}), Right::View, Request{}));
    const Access watchOnly({"", "w", false});
    CHECK_FALSE(allowed(watchOnly, Right::View, Request{}));
    CHECK(watchOnly.check(Right::Publish, Request{}).error().problem == Problem::Forbidden);
    Request near;
    near.loopback = true;
    CHECK(allowed(watchOnly, Right::Publish, near));
    CHECK(allowed(Access({"", "w", true}), Right::Publish, Request{}));
}

TEST_CASE("Others are let in only on purpose") {
    for (const char* address : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) {
        CHECK(rights::checkListening({}, address));
    }
    for (const char* address : {"0.0.0.0", "::", "192.0.2.1"}) {
        const auto refused = rights::checkListening({}, address);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find("publish-token") != std::string::npos);
        CHECK(rights::checkListening({"", "", true}, address));
        CHECK(rights::checkListening({"", "x", false}, address));
    }
}
