#include "sdp/candidate.h"

#include "sdp/text.h"

#include <arpa/inet.h>
#include <limits>
#include <netinet/in.h>
#include <vector>

namespace sdp {

namespace {

constexpr std::size_t kMaxFoundation = 32; // RFC 8839 section 5.1
constexpr std::size_t kMaxAddress = 253;   // a domain name
constexpr std::size_t kMaxRest = 1024;

int firstNumber(std::string_view ipv4) {
    return static_cast<int>(toNumber(ipv4.substr(0, ipv4.find('.')), 255).value_or(0));
}

bool isReserved(std::string_view address) { // class E and broadcast
    return addressKind(address) == AddressKind::Ipv4 && firstNumber(address) >= 240;
}

bool isUnspecified(std::string_view address) {
    return address.find_first_not_of("0:.") == std::string_view::npos;
}

tl::unexpected<std::string> failure(std::string_view what, std::string_view text) {
    return tl::make_unexpected("bad " + std::string(what) + " in candidate: " + quoted(text));
}

} // namespace

AddressKind addressKind(std::string_view text) {
    const std::string address(text);
    in6_addr binary; // room for either
    if (inet_pton(AF_INET, address.c_str(), &binary) == 1)
        return AddressKind::Ipv4;
    return inet_pton(AF_INET6, address.c_str(), &binary) == 1 ? AddressKind::Ipv6
                                                              : AddressKind::NotAnAddress;
}

bool isLinkLocal(std::string_view address) {
    const std::string start = lowerCase(address.substr(0, 3));
    if (addressKind(address) == AddressKind::Ipv4)
        return address.starts_with("169.254.");
    return address.find(':') == 4 &&
           (start == "fe8" || start == "fe9" || start == "fea" || start == "feb");
}

bool isMulticast(std::string_view address) {
    if (addressKind(address) == AddressKind::Ipv4)
        return firstNumber(address) >= 224 && firstNumber(address) < 240;
    return address.find(':') == 4 && equalsIgnoringCase(address.substr(0, 2), "ff");
}

tl::expected<Candidate, std::string> Candidate::parse(std::string_view text) {
    std::string_view rest = text;
    if (rest.starts_with("candidate:"))
        rest.remove_prefix(10);
    if (!isPlainText(rest))
        return tl::make_unexpected("not UTF-8 text, or control characters in a candidate");
    Candidate result;
    result.foundation = takeWord(rest);
    if ((!isIceText(result.foundation) && !isToken(result.foundation)) ||
        result.foundation.empty() || result.foundation.size() > kMaxFoundation)
        return failure("foundation", result.foundation);
    const std::string_view component = takeWord(rest);
    result.transport = lowerCase(takeWord(rest));
    const std::string_view priority = takeWord(rest);
    result.address = takeWord(rest);
    const std::string_view port = takeWord(rest);
    const std::string_view typ = takeWord(rest);
    result.type = takeWord(rest);
    result.rest = trimmed(rest);

    const auto componentNumber = toNumber(component, 256);
    if (!componentNumber || *componentNumber == 0)
        return failure("component", component);
    if (!isToken(result.transport))
        return failure("transport", result.transport);
    const auto priorityNumber = toNumber(priority, std::numeric_limits<std::uint32_t>::max());
    if (!priorityNumber)
        return failure("priority", priority);
    if (result.address.empty() || result.address.size() > kMaxAddress)
        return failure("address", result.address);
    const auto portNumber = toNumber(port, 65535);
    if (!portNumber)
        return failure("port", port);
    if (typ != "typ" || !isToken(result.type))
        return failure("type", result.type);
    if (result.rest.size() > kMaxRest)
        return failure("extension", result.rest);
    result.component = static_cast<int>(*componentNumber);
    result.priority = static_cast<std::uint32_t>(*priorityNumber);
    result.port = static_cast<int>(*portNumber);
    return result;
}

std::string Candidate::print() const {
    std::string text = foundation + ' ' + std::to_string(component) + ' ' + transport + ' ' +
                       std::to_string(priority) + ' ' + address + ' ' + std::to_string(port) +
                       " typ " + type;
    return rest.empty() ? text : text + ' ' + rest;
}

bool Candidate::isUsable() const {
    return transport == "udp" && component == 1 && port > 0 &&
           addressKind(address) != AddressKind::NotAnAddress && !isLinkLocal(address) &&
           !isMulticast(address) && !isReserved(address) && !isUnspecified(address);
}

} // namespace sdp
