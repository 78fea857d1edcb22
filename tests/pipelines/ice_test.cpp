#include "pipelines/base/ip_address.h"
#include "publication.h"
#include "sdp/candidate.h"
#include "sdp/session_description.h"

#include <algorithm>
#include <arpa/inet.h>
#include <sys/socket.h>

using namespace std::chrono_literals;
using base::Problem;

namespace {

constexpr const char* kMediaAddress = "127.77.8.9";

/// The answer to a publisher on this machine.
control::Answer ask(PipelineProcess& process, const std::string& session,
                    const control::IceSettings& ice, bool loopback = true) {
    control::Publish message;
    message.session = session;
    message.stream = "demo";
    message.offer = Publication(process, Sends::Vp8, session).offer();
    message.loopback = loopback;
    message.ice = ice;
    process.send(message);
    return process.await<control::Answer>(
        6s, [&](const control::Answer& a) { return a.session == session; });
}

std::vector<sdp::Candidate> candidatesOf(const control::Answer& answer) {
    INFO((answer.error ? answer.error->message : answer.description));
    const auto description = sdp::SessionDescription::parse(answer.description);
    REQUIRE(description);
    std::vector<sdp::Candidate> candidates;
    for (const sdp::MediaDescription& media : description->media) {
        for (const sdp::Attribute& attribute : media.attributes) {
            if (attribute.name == "candidate") {
                candidates.push_back(sdp::Candidate::parse(attribute.text()).value());
            }
        }
    }
    CHECK_FALSE(candidates.empty());
    return candidates;
}

std::vector<sdp::Candidate> candidatesWith(const control::IceSettings& ice, bool loopback = true) {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    auto candidates = candidatesOf(ask(process, "s", ice, loopback));
    process.stop();
    return candidates;
}

bool has(const std::vector<sdp::Candidate>& candidates, const std::string& address) {
    return std::any_of(candidates.begin(), candidates.end(), [&](const sdp::Candidate& candidate) {
        return candidate.address == address;
    });
}

/// Takes a UDP port on every address.
base::UniqueFd take(int port) {
    base::UniqueFd socket(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    any.sin6_port = htons(static_cast<std::uint16_t>(port));
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0);
    return socket;
}

} // namespace

TEST_CASE("candidates keep to the ports") {
    const auto candidates =
        candidatesWith({.firstPort = 42100, .lastPort = 42107, .mediaAddress = kMediaAddress});
    for (const sdp::Candidate& candidate : candidates) {
        INFO(candidate.print());
        CHECK((candidate.port >= 42100 && candidate.port <= 42107));
    }
}

TEST_CASE("with all ports taken a publisher is told so") {
    constexpr int kFirst = 42120;
    const auto first = take(kFirst);
    const auto second = take(kFirst + 1);
    PipelineProcess process;
    process.await<control::Ready>(15s);
    const auto refused = ask(process, "s", {.firstPort = kFirst, .lastPort = kFirst + 1});
    REQUIRE(refused.error);
    CHECK(refused.error->problem == Problem::Unavailable);
    CHECK(refused.error->message.find("[ice] ports 42120-42121") != std::string::npos);
    process.stop();
}

TEST_CASE("behind a 1:1 NAT candidates carry the public address") {
    const auto candidates =
        candidatesWith({.publicAddress = "203.0.113.7", .mediaAddress = kMediaAddress});
    for (const sdp::Candidate& candidate : candidates) {
        INFO(candidate.print());
        const bool own = base::isLoopback(candidate.address) ||
                         sdp::addressKind(candidate.address) == sdp::AddressKind::Ipv6;
        CHECK((own || candidate.address == "203.0.113.7"));
    }
    CHECK(has(candidates, "127.0.0.1"));
    CHECK(has(candidates, kMediaAddress));
}

TEST_CASE("the media address is the last that a publisher tries") {
    const auto candidates = candidatesWith({.mediaAddress = kMediaAddress}, false);
    CHECK(has(candidates, kMediaAddress));
    CHECK_FALSE(has(candidates, "127.0.0.1"));
    for (const sdp::Candidate& candidate : candidates) {
        INFO(candidate.print());
        CHECK((candidate.priority == 255) == (candidate.address == kMediaAddress));
    }
}

TEST_CASE("only the chosen interfaces are offered") {
    SECTION("by name") {
        const auto candidates = candidatesWith({.interfaces = {"lo"}, .ipv6 = false}, false);
        CHECK(candidates.size() == 1);
        CHECK(has(candidates, "127.0.0.1"));
    }
    SECTION("one that is not there") {
        PipelineProcess process;
        process.await<control::Ready>(15s);
        const auto answer = ask(process, "s", {.interfaces = {"eth77"}}, false);
        REQUIRE(answer.error);
        CHECK(answer.error->problem == Problem::Unavailable);
        CHECK(answer.error->message.find("eth77") != std::string::npos);
        process.stop();
    }
}

TEST_CASE("without IPv6 no candidate is of it") {
    for (const sdp::Candidate& candidate : candidatesWith({.ipv6 = false})) {
        INFO(candidate.print());
        CHECK(sdp::addressKind(candidate.address) == sdp::AddressKind::Ipv4);
    }
}

TEST_CASE("a relay that does not answer delays the answer but little") {
    // Nobody is there; the port takes packets and says nothing.
    const auto silent = take(42140);
    PipelineProcess process;
    process.await<control::Ready>(15s);
    const auto asked = std::chrono::steady_clock::now();
    const auto answer =
        ask(process, "s", {.relays = {"turn://user:pass@127.0.0.1:42140?transport=udp"}});
    CHECK(std::chrono::steady_clock::now() - asked < 3s);
    CHECK(has(candidatesOf(answer), "127.0.0.1"));
    process.stop();
}
