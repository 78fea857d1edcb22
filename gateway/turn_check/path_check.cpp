#include "gateway/turn_check/path_check.h"

#include "gateway/turn_check/stun_message.h"
#include "pipelines/base/hex.h"
#include "pipelines/base/ip_address.h"
#include "pipelines/base/random.h"

#include <algorithm>
#include <array>

namespace turn_check {

using base::Problem;

namespace {

/// RFC 8445 section 5.1.2.1: host candidates of component 1; the local preference counts down.
constexpr std::uint32_t kHostPreference = 126U << 24;
constexpr std::uint32_t kLastComponent = 255;

/// What a webrtcbin would do for a publisher, in small.
constexpr std::size_t kMostDoors = 8;
constexpr int kMostKnocks = 8;
constexpr base::Milliseconds kKnockEvery{400};

/// Well formed; whoever looks for the certificate finds none, since no DTLS is spoken.
std::string randomFingerprint() {
    return base::fingerprint(base::randomBytes(32));
}

sdp::Candidate candidateFor(const ice::MediaAddress& address, std::uint16_t port,
                            std::size_t index) {
    sdp::Candidate candidate;
    candidate.foundation = std::to_string(index + 1);
    candidate.transport = "udp";
    candidate.priority =
        kHostPreference + static_cast<std::uint32_t>(65535 - index) * 256 + kLastComponent;
    candidate.address = address.announced;
    candidate.port = port;
    candidate.type = "host";
    return candidate;
}

/// Where our packets shall go first. Nobody on this machine needs that.
std::vector<TransportAddress> doorsOf(const std::vector<sdp::Candidate>& candidates) {
    std::vector<TransportAddress> doors;
    for (const sdp::Candidate& candidate : candidates) {
        if (candidate.isUsable() && !base::isLoopback(candidate.address) &&
            doors.size() < kMostDoors) {
            doors.push_back({candidate.address, static_cast<std::uint16_t>(candidate.port)});
        }
    }
    return doors;
}

/// Those of a request that a check need not understand are above 0x7fff (RFC 8489 section 6.3.1).
std::string unknownAttributes(const StunMessage& request) {
    constexpr std::array kKnown{StunType::Username, StunType::Priority, StunType::UseCandidate};
    std::string unknown;
    for (const StunMessage::Attribute& attribute : request.attributes) {
        const bool known = std::any_of(kKnown.begin(), kKnown.end(), [&](StunType type) {
            return attribute.type == static_cast<std::uint16_t>(type);
        });
        if (attribute.type < 0x8000 && !known) {
            unknown += static_cast<char>(attribute.type >> 8);
            unknown += static_cast<char>(attribute.type & 255);
        }
    }
    return unknown;
}

StunMessage answerTo(const StunMessage& request, const TransportAddress& from) {
    const std::string unknown = unknownAttributes(request);
    if (unknown.empty()) {
        StunMessage answer = request.reply(StunClass::Success);
        answer.addAddress(StunType::XorMappedAddress, from);
        return answer;
    }
    StunMessage answer = request.reply(StunClass::Error);
    answer.addError({420, "Unknown Attribute"});
    answer.add(StunType::UnknownAttributes, unknown);
    return answer;
}

} // namespace

PathCheck::PathCheck(Addresses addresses, ice::PortRange ports)
    : addresses_(std::move(addresses)), ports_(ports) {}

base::Result<PathCheck::Opened> PathCheck::open(bool loopback,
                                                const std::vector<sdp::Candidate>& theirs) {
    if (sessions_.size() == kMostSessions) {
        return base::fail(Problem::Unavailable,
                          "others test their connection just now: try again in some seconds");
    }
    auto candidates = listen(loopback);
    if (!candidates) {
        return base::fail(candidates.error());
    }
    std::string ufrag = base::randomHex(4);
    while (sessions_.contains(ufrag)) {
        ufrag = base::randomHex(4);
    }
    Session& session = sessions_[ufrag];
    session.id = base::randomHex(16);
    session.password = base::randomHex(16);
    session.end = base::Timer::once(kLife, [this, ufrag] { end(ufrag); });
    session.knockAt = doorsOf(theirs);
    session.knocking = base::Timer::every(kKnockEvery, [this, &session] { knock(session); });
    knock(session);
    return Opened{session.id,
                  {std::to_string(g_random_int()), ufrag, session.password, randomFingerprint(),
                   std::move(*candidates)}};
}

/// An address without a free port is left out, as long as there is another.
base::Result<std::vector<sdp::Candidate>> PathCheck::listen(bool loopback) {
    std::vector<sdp::Candidate> candidates;
    base::Error reason{Problem::Unavailable, "this machine has no address to take media on"};
    for (const ice::MediaAddress& address : addresses_(loopback)) {
        if (const auto socket = socketOn(address.bound)) {
            candidates.push_back(candidateFor(address, (*socket)->local().port, candidates.size()));
        } else {
            reason = socket.error();
        }
    }
    if (candidates.empty()) {
        return base::fail(std::move(reason));
    }
    return candidates;
}

base::Result<UdpSocket*> PathCheck::socketOn(const std::string& address) {
    const auto open = sockets_.find(address);
    if (open != sockets_.end()) {
        return open->second.get();
    }
    auto socket =
        UdpSocket::bind(address, ports_,
                        {[this, address](std::string_view packet, const TransportAddress& from) {
                             onPacket(*sockets_.at(address), packet, from);
                         },
                         {}});
    if (!socket) {
        return base::fail(socket.error());
    }
    return (sockets_[address] = std::move(*socket)).get();
}

/// Whoever does not know the password gets no answer, so that nothing is reflected to strangers.
void PathCheck::onPacket(UdpSocket& socket, std::string_view packet, const TransportAddress& from) {
    const auto request = StunMessage::parse(packet);
    if (!request || request->kind != StunClass::Request || request->method != StunMethod::Binding) {
        return;
    }
    const std::string* name = request->find(StunType::Username); // "ours:theirs"
    const auto session =
        name != nullptr ? sessions_.find(name->substr(0, name->find(':'))) : sessions_.end();
    if (session != sessions_.end() && isSignedWith(packet, session->second.password)) {
        socket.send(answerTo(*request, from).print(session->second.password), from);
    }
}

/// An indication is not answered (RFC 8489 section 6.3.2): it only opens the way back.
void PathCheck::knock(Session& session) {
    if (session.knocks++ == kMostKnocks) {
        session.knockAt.clear();
    }
    for (const TransportAddress& door : session.knockAt) {
        for (const auto& [address, socket] : sockets_) {
            if (socket->local().isV6() == door.isV6()) {
                socket->send(StunMessage::indication(StunMethod::Binding).print(), door);
            }
        }
    }
}

bool PathCheck::close(const std::string& id) {
    const auto session = std::find_if(sessions_.begin(), sessions_.end(),
                                      [&](const auto& entry) { return entry.second.id == id; });
    if (session == sessions_.end()) {
        return false;
    }
    end(std::string(session->first));
    return true;
}

void PathCheck::end(const std::string& ufrag) {
    sessions_.erase(ufrag);
    if (sessions_.empty()) {
        sockets_.clear();
    }
}

} // namespace turn_check
