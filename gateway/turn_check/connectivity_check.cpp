#include "gateway/turn_check/connectivity_check.h"

#include "gateway/turn_check/stun_message.h"
#include "pipelines/base/hex.h"
#include "pipelines/base/ip_address.h"
#include "pipelines/base/random.h"

#include <algorithm>

namespace turn_check {

using base::Problem;

namespace {

constexpr const char* kType = "application/sdp";
constexpr const char* kPath = "/api/v1/ice/check";
constexpr std::size_t kLongestOffer = 16 * 1024; // a browser's has some 2 KiB

/// RFC 8445 section 5.1.2.1: host candidates of component 1; the local preference counts down.
constexpr std::uint32_t kHostPreference = 126U << 24;
constexpr std::uint32_t kLastComponent = 255;

/// To so many candidates of the page packets are sent, so often.
constexpr std::size_t kMostTargets = 8;
constexpr int kMostKnocks = 8;
constexpr base::Milliseconds kKnockEvery{400};

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

/// Error 420 names attributes that have to be understood and are not (RFC 8489 section 6.3.1).
StunMessage answerTo(const StunMessage& request, const TransportAddress& from) {
    std::string unknown;
    for (const StunMessage::Attribute& attribute : request.attributes) {
        const auto type = static_cast<StunType>(attribute.type);
        if (attribute.type < 0x8000 && type != StunType::Username && type != StunType::Priority &&
            type != StunType::UseCandidate) {
            unknown += static_cast<char>(attribute.type >> 8);
            unknown += static_cast<char>(attribute.type & 255);
        }
    }
    StunMessage answer = request.reply(unknown.empty() ? StunClass::Success : StunClass::Error);
    if (unknown.empty()) {
        answer.addAddress(StunType::XorMappedAddress, from);
    } else {
        answer.addError({420, "Unknown Attribute"});
        answer.add(StunType::UnknownAttributes, unknown);
    }
    return answer;
}

void post(ConnectivityCheck& check, const http::Request& request,
          const http::Responder& responder) {
    if (request.contentType() != kType) {
        responder.send(
            http::problem({Problem::UnsupportedType, "send the offer as application/sdp"})
                .with("Accept-Post", kType));
        return;
    }
    const auto offer = sdp::DataOffer::parse(request.body);
    if (!offer) {
        const sdp::Refusal& refusal = offer.error();
        const bool malformed = refusal.kind == sdp::Refusal::Kind::Malformed;
        const std::string where =
            refusal.line > 0 ? "line " + std::to_string(refusal.line) + ": " : "";
        responder.send(base::Error{malformed ? Problem::Malformed : Problem::Unprocessable,
                                   where + refusal.reason});
        return;
    }
    const auto opened = check.open(request.loopback, offer->transport.candidates);
    if (!opened) {
        responder.send(opened.error());
        return;
    }
    http::Reply reply = http::Reply::text(sdp::answerTo(*offer, opened->agent).print(), kType);
    reply.status = 201;
    responder.send(std::move(reply)
                       .with("Location", std::string(kPath) + "/" + opened->id)
                       .with("Cache-Control", "no-store"));
}

} // namespace

ConnectivityCheck::ConnectivityCheck(Addresses addresses, ice::PortRange ports)
    : addresses_(std::move(addresses)), ports_(ports) {}

base::Result<ConnectivityCheck::Opened>
ConnectivityCheck::open(bool loopback, const std::vector<sdp::Candidate>& theirs) {
    if (sessions_.size() == kMostSessions) {
        return base::fail(Problem::Unavailable,
                          "others test their connection just now: try again in some seconds");
    }
    auto candidates = listen(loopback);
    if (!candidates) {
        return base::fail(candidates.error());
    }
    const std::string ufrag = base::randomHex(8);
    Session& session = sessions_[ufrag];
    session.id = base::randomHex(16);
    session.password = base::randomHex(16);
    session.end = base::Timer::once(kLife, [this, ufrag] { end(ufrag); });
    for (const sdp::Candidate& candidate : theirs) {
        if (candidate.isUsable() && !base::isLoopback(candidate.address) &&
            session.knockAt.size() < kMostTargets) {
            session.knockAt.push_back(
                {candidate.address, static_cast<std::uint16_t>(candidate.port)});
        }
    }
    session.knocking = base::Timer::every(kKnockEvery, [this, &session] { knock(session); });
    knock(session);
    // The fingerprint is well formed; no DTLS is spoken, so nobody looks for its certificate.
    return Opened{session.id,
                  {std::to_string(g_random_int()), ufrag, session.password,
                   base::fingerprint(base::randomBytes(32)), std::move(*candidates)}};
}

/// An address without a free port is left out, as long as there is another.
base::Result<std::vector<sdp::Candidate>> ConnectivityCheck::listen(bool loopback) {
    std::vector<sdp::Candidate> candidates;
    base::Error reason{Problem::Unavailable, "this machine has no address to take media on"};
    for (const ice::MediaAddress& address : addresses_(loopback)) {
        auto& socket = sockets_[address.bound];
        if (!socket) {
            auto bound = UdpSocket::bind(address.bound, ports_);
            if (!bound) {
                sockets_.erase(address.bound);
                reason = bound.error();
                continue;
            }
            socket = std::move(*bound);
            socket->watch([this, raw = socket.get()](const UdpSocket::Packet& packet) {
                onPacket(*raw, packet);
            });
        }
        candidates.push_back(candidateFor(address, socket->local().port, candidates.size()));
    }
    if (candidates.empty()) {
        return base::fail(std::move(reason));
    }
    return candidates;
}

/// Whoever does not know the password gets no answer, so that nothing is reflected to strangers.
void ConnectivityCheck::onPacket(UdpSocket& socket, const UdpSocket::Packet& packet) {
    const auto request = StunMessage::parse(packet.bytes);
    if (!request || request->kind != StunClass::Request || request->method != StunMethod::Binding) {
        return;
    }
    const std::string* name = request->find(StunType::Username); // "ours:theirs"
    const auto session =
        name != nullptr ? sessions_.find(name->substr(0, name->find(':'))) : sessions_.end();
    if (session != sessions_.end() && isSignedWith(packet.bytes, session->second.password)) {
        const StunMessage answer = answerTo(*request, packet.from);
        socket.send(answer.print(session->second.password), packet.from);
    }
}

/// An indication is not answered (RFC 8489 section 6.3.2): it only opens the way back.
void ConnectivityCheck::knock(Session& session) {
    if (session.knocks++ == kMostKnocks) {
        session.knockAt.clear();
    }
    for (const TransportAddress& target : session.knockAt) {
        for (const auto& [address, socket] : sockets_) {
            if (socket->local().isV6() == target.isV6()) {
                socket->send(StunMessage::indication(StunMethod::Binding).print(), target);
            }
        }
    }
}

bool ConnectivityCheck::close(const std::string& id) {
    const auto session = std::find_if(sessions_.begin(), sessions_.end(),
                                      [&](const auto& entry) { return entry.second.id == id; });
    if (session == sessions_.end()) {
        return false;
    }
    end(std::string(session->first));
    return true;
}

void ConnectivityCheck::end(const std::string& ufrag) {
    sessions_.erase(ufrag);
    if (sessions_.empty()) {
        sockets_.clear();
    }
}

void addConnectivityCheckRoutes(http::Router& router, ConnectivityCheck& check,
                                const http::Guard& publishers) {
    const auto add = [&](const char* method, const std::string& pattern, http::Handler handler) {
        http::Route route;
        route.method = method;
        route.pattern = pattern;
        route.handler = std::move(handler);
        route.guard = publishers;
        route.bodyLimit = kLongestOffer;
        router.add(std::move(route));
    };
    add("POST", kPath, [&check](const http::Request& request, const http::Responder& responder) {
        post(check, request, responder);
    });
    add("DELETE", std::string(kPath) + "/{id}",
        [&check](const http::Request& request, const http::Responder& responder) {
            if (check.close(request.parameter("id"))) {
                responder.send(http::Reply::empty(204));
            } else {
                responder.send(base::Error{Problem::NotFound, "this test has ended"});
            }
        });
}

} // namespace turn_check
