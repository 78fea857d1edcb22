#include "gateway/ice/credentials.h"

#include "pipelines/base/random.h"
#include "pipelines/base/unique.h"

#include <array>
#include <cstdint>

namespace ice {

namespace {

/// Of SHA-1.
constexpr std::size_t kDigestBytes = 20;

struct HmacFree {
    void operator()(GHmac* hmac) const noexcept { g_hmac_unref(hmac); }
};

} // namespace

std::chrono::sys_seconds wallClock() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

Credentials makeCredentials(const std::string& secret, std::chrono::sys_seconds expiry,
                            const std::string& id) {
    Credentials made;
    made.username = std::to_string(expiry.time_since_epoch().count()) + ":" + id;
    const std::unique_ptr<GHmac, HmacFree> hmac(
        g_hmac_new(G_CHECKSUM_SHA1, reinterpret_cast<const guchar*>(secret.data()), secret.size()));
    g_hmac_update(hmac.get(), reinterpret_cast<const guchar*>(made.username.data()),
                  static_cast<gssize>(made.username.size()));
    std::array<guint8, kDigestBytes> digest{};
    gsize length = digest.size();
    g_hmac_get_digest(hmac.get(), digest.data(), &length);
    made.password = base::UniqueString(g_base64_encode(digest.data(), length)).get();
    return made;
}

std::string randomId() {
    return base::randomHex(8);
}

} // namespace ice
