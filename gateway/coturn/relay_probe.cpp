#include "gateway/coturn/relay_probe.h"

#include "gateway/coturn/listeners.h"
#include "gateway/ice/ice_uri.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace coturn {

namespace {

using namespace std::chrono_literals;
using base::Problem;

constexpr base::Milliseconds kInterval = 20ms;

/// An Allocate request for UDP (RFC 8656 section 7.1). A relay that stands between us and the
/// probed one is no concern here, so that the transaction needs no secret.
constexpr std::array<std::uint8_t, 28> kRequest{
    0x00, 0x03, 0x00, 0x08, 0x21, 0x12, 0xa4, 0x42, 's',  'p',  'i', 'l',  'l',  'w',
    'a',  'y',  'p',  'r',  'o',  'b',  0x00, 0x19, 0x00, 0x04, 17,  0x00, 0x00, 0x00};
constexpr std::size_t kHeader = 20;

unsigned number(const std::uint8_t* bytes) {
    return static_cast<unsigned>(bytes[0] << 8U | bytes[1]);
}

/// The REALM of the error response to kRequest; empty when it is something else.
std::string_view realmOf(const std::uint8_t* bytes, std::size_t size) {
    constexpr unsigned kAllocateError = 0x0113;
    constexpr unsigned kRealm = 0x0014;
    if (size < kHeader || number(bytes) != kAllocateError ||
        !std::equal(kRequest.begin() + 4, kRequest.begin() + kHeader, bytes + 4)) {
        return {};
    }
    size = std::min(size, kHeader + number(bytes + 2));
    for (std::size_t at = kHeader; at + 4 <= size;) {
        const unsigned length = number(bytes + at + 2);
        if (at + 4 + length > size) {
            return {};
        }
        if (number(bytes + at) == kRealm) {
            return {reinterpret_cast<const char*>(bytes + at + 4), length};
        }
        at += 4 + (length + 3) / 4 * 4;
    }
    return {};
}

base::UniqueFd connectTo(const std::string& address, int port, int type) {
    const auto native = nativeAddress(address, port);
    base::UniqueFd socket(
        native ? ::socket(native->storage.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1);
    if (socket) {
        // One that is refused, or not yet through, shows when something is sent.
        (void)::connect(socket.get(), native->get(), native->length);
    }
    return socket;
}

} // namespace

RelayProbe::RelayProbe(const std::vector<std::string>& addresses, int port, std::string realm,
                       base::Milliseconds deadline, std::function<void(base::Result<void>)> done)
    : port_(port), realm_(std::move(realm)), done_(std::move(done)) {
    for (const std::string& address : addresses) {
        for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
            targets_.push_back({address, type, {}, false});
        }
    }
    ticks_ = base::Timer::every(kInterval, [this] { tick(); });
    deadline_ = base::Timer::once(deadline, [this] {
        const auto silent = std::find_if(targets_.begin(), targets_.end(),
                                         [](const Target& target) { return !target.answered; });
        const std::string where =
            silent == targets_.end() ? std::string("anywhere")
                                     : "on " + ice::hostAndPort(silent->address, port_) +
                                           (silent->type == SOCK_DGRAM ? " over UDP" : " over TCP");
        ticks_.stop();
        std::exchange(done_, nullptr)(base::fail(Problem::Timeout, "it does not answer " + where));
    });
}

void RelayProbe::tick() {
    for (Target& target : targets_) {
        if (!target.answered && !(target.answered = answered(target))) {
            ask(target);
        }
    }
    if (std::all_of(targets_.begin(), targets_.end(),
                    [](const Target& target) { return target.answered; })) {
        ticks_.stop();
        deadline_.stop();
        std::exchange(done_, nullptr)({});
    }
}

bool RelayProbe::answered(const Target& target) const {
    std::array<std::uint8_t, 1500> bytes{};
    const ssize_t size =
        target.socket ? ::recv(target.socket.get(), bytes.data(), bytes.size(), 0) : -1;
    return size > 0 && realmOf(bytes.data(), static_cast<std::size_t>(size)) == realm_;
}

/// A connection that was refused can't be used again.
void RelayProbe::ask(Target& target) const {
    if (!target.socket ||
        ::send(target.socket.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) {
        target.socket = connectTo(target.address, port_, target.type);
    }
}

} // namespace coturn
