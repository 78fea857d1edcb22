#include "gateway/ice/ice_uri.h"
#include "gateway/ice/service_answer.h"

#include <cstdint>
#include <cstdlib>

// What a service hands out reaches browsers and headers: nothing of it may be what it must not be.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(2'000'000'000)};
    const auto answer = ice::readServiceAnswer(text, kNow);
    const std::string words = ice::quotable(text);
    if (words.size() > 203) {
        std::abort();
    }
    if (!answer) {
        if (answer.error().message.size() > 300) {
            std::abort();
        }
        return 0;
    }
    for (const ice::IceServer& server : answer->servers) {
        if (server.relays() == server.credential.empty() ||
            !ice::isPrintable(server.username + server.credential)) {
            std::abort();
        }
        for (const std::string& url : server.urls) {
            const auto uri = ice::IceUri::parse(url);
            if (!uri || uri->print() != url) {
                std::abort();
            }
        }
    }
    for (const std::string& link : ice::toLinks(*answer)) {
        if (!ice::isPrintable(link)) {
            std::abort();
        }
    }
    return toJson(*answer).empty();
}
