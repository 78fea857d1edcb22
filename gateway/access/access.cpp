#include "gateway/access/access.h"

#include "pipelines/base/ip_address.h"
#include "pipelines/base/unique.h"

#include <strings.h>

namespace rights {

using base::Problem;

namespace {

/// Of equal length whatever the text, so that comparing tells nothing about a token's.
std::string digestOf(const std::string& text) {
    if (text.empty()) {
        return {};
    }
    return base::UniqueString(
               g_compute_checksum_for_data(
                   G_CHECKSUM_SHA256, reinterpret_cast<const guchar*>(text.data()), text.size()))
        .get();
}

/// In a time that depends on the length alone.
bool sameDigest(const std::string& a, const std::string& b) {
    if (a.size() != b.size()) {
        return false;
    }
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    }
    return difference == 0;
}

std::string tokenOf(const http::Request& request) {
    constexpr std::string_view kScheme = "Bearer ";
    const std::string* header = request.header("authorization");
    if (header && header->size() > kScheme.size() &&
        strncasecmp(header->data(), kScheme.data(), kScheme.size()) == 0) {
        const std::size_t start = header->find_first_not_of(' ', kScheme.size());
        return start == std::string::npos ? std::string() : header->substr(start);
    }
    const std::string* query = request.queryValue("token");
    return query ? *query : std::string();
}

base::Error refusal(Right right, bool gaveToken) {
    const std::string what = right == Right::Publish ? "Publishing" : "Watching";
    return {Problem::Unauthorized,
            gaveToken ? what + " here needs another token than this one"
                      : what + " here needs a token: Authorization: Bearer, or ?token="};
}

} // namespace

Access::Access(const Config& config)
    : publishDigest_(digestOf(config.publishToken)), viewDigest_(digestOf(config.viewToken)),
      everyonePublishes_(config.open || !config.configured()) {}

base::Result<void> Access::check(Right right, const http::Request& request) const {
    const std::string token = tokenOf(request);
    const std::string given = digestOf(token);
    const bool publisher = !publishDigest_.empty() && sameDigest(given, publishDigest_);
    if (right == Right::View) {
        const bool viewer = viewDigest_.empty() || sameDigest(given, viewDigest_);
        return viewer || publisher ? base::Result<void>()
                                   : base::fail(refusal(right, !token.empty()));
    }
    if (!publishDigest_.empty()) {
        return publisher ? base::Result<void>() : base::fail(refusal(right, !token.empty()));
    }
    if (everyonePublishes_ || request.loopback) {
        return {};
    }
    return base::fail(Problem::Forbidden,
                      "Publishing from elsewhere needs publish-token (or open=yes) in the group "
                      "[access] of the settings");
}

http::Guard Access::guardFor(Right right) const {
    return
        [self = *this, right](const http::Request& request) { return self.check(right, request); };
}

base::Result<void> checkListening(const Config& config, const std::string& address) {
    if (address == "localhost" || base::isLoopback(address) || config.configured()) {
        return {};
    }
    return base::fail(Problem::Forbidden,
                      "listening on " + address +
                          " lets others in: set publish-token and view-token in the group [access] "
                          "of the settings, or open=yes there to let everyone publish and watch");
}

} // namespace rights
