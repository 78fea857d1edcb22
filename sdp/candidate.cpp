#include "sdp/candidate.h"

#include "sdp/text.h"

#include <limits>
#include <vector>

namespace sdp {

namespace {

constexpr std::size_t maxFoundation = 32; // RFC 8839 section 5.1
constexpr std::size_t maxAddress = 253;   // a domain name
constexpr std::size_t maxRest = 1024;

bool isHex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool isIpv4(std::string_view text) {
    int parts = 0;
    for (;; ++parts) {
        const std::size_t dot = text.find('.');
        const std::string_view part = text.substr(0, dot);
        if (part.size() > 3 || !toNumber(part, 255))
            return false;
        if (dot == std::string_view::npos)
            return parts == 3;
        text.remove_prefix(dot + 1);
    }
}

// One side of "::", or all of an address without it. The number of 16-bit groups, -1 for none.
int ipv6Groups(std::string_view text) {
    if (text.empty())
        return 0;
    int groups = 0;
    for (;;) {
        const std::size_t colon = text.find(':');
        const std::string_view group = text.substr(0, colon);
        if (colon == std::string_view::npos && group.find('.') != std::string_view::npos)
            return isIpv4(group) ? groups + 2 : -1;
        if (group.empty() || group.size() > 4)
            return -1;
        for (const char c : group)
            if (!isHex(c))
                return -1;
        ++groups;
        if (colon == std::string_view::npos)
            return groups;
        text.remove_prefix(colon + 1);
    }
}

bool isIpv6(std::string_view text) {
    const std::size_t gap = text.find("::");
    if (gap == std::string_view::npos)
        return ipv6Groups(text) == 8;
    const std::string_view before = text.substr(0, gap);
    const int head = before.find('.') == std::string_view::npos ? ipv6Groups(before) : -1;
    const int tail = ipv6Groups(text.substr(gap + 2));
    return head >= 0 && tail >= 0 && head + tail <= 7;
}

int firstNumber(std::string_view ipv4) {
    return static_cast<int>(toNumber(ipv4.substr(0, ipv4.find('.')), 255).value_or(0));
}

bool isReserved(std::string_view address) { // class E and broadcast
    return addressKind(address) == AddressKind::ipv4 && firstNumber(address) >= 240;
}

bool isUnspecified(std::string_view address) {
    return address.find_first_not_of("0:.") == std::string_view::npos;
}

tl::unexpected<std::string> failure(std::string_view what, std::string_view text) {
    return tl::make_unexpected("bad " + std::string(what) + " in candidate: " + quoted(text));
}

} // namespace

AddressKind addressKind(std::string_view text) {
    if (isIpv4(text))
        return AddressKind::ipv4;
    return isIpv6(text) ? AddressKind::ipv6 : AddressKind::notAnAddress;
}

bool isLinkLocal(std::string_view address) {
    const std::string start = lowerCase(address.substr(0, 3));
    if (addressKind(address) == AddressKind::ipv4)
        return address.starts_with("169.254.");
    return address.find(':') == 4 &&
           (start == "fe8" || start == "fe9" || start == "fea" || start == "feb");
}

bool isMulticast(std::string_view address) {
    if (addressKind(address) == AddressKind::ipv4)
        return firstNumber(address) >= 224 && firstNumber(address) < 240;
    return address.find(':') == 4 && equalsIgnoringCase(address.substr(0, 2), "ff");
}

bool isLoopback(std::string_view address) {
    return addressKind(address) == AddressKind::ipv4 ? firstNumber(address) == 127
                                                     : address == "::1";
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
        result.foundation.empty() || result.foundation.size() > maxFoundation)
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
    if (result.address.empty() || result.address.size() > maxAddress)
        return failure("address", result.address);
    const auto portNumber = toNumber(port, 65535);
    if (!portNumber)
        return failure("port", port);
    if (typ != "typ" || !isToken(result.type))
        return failure("type", result.type);
    if (result.rest.size() > maxRest)
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
           addressKind(address) != AddressKind::notAnAddress && !isLinkLocal(address) &&
           !isMulticast(address) && !isReserved(address) && !isUnspecified(address);
}

} // namespace sdp
