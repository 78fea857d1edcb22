#include "gateway/turn_check/stun_message.h"

#include <catch2/catch.hpp>

using namespace turn_check;

namespace {

std::string fromHex(std::string_view text) {
    std::string bytes;
    std::string digits;
    for (const char c : text) {
        if (c != ' ' && c != '\n') {
            digits += c;
        }
        if (digits.size() == 2) {
            bytes += static_cast<char>(std::stoi(digits, nullptr, 16));
            digits.clear();
        }
    }
    return bytes;
}

// RFC 5769, sections 2.1 to 2.4.
const std::string kPassword = "VOkJxbRl1RmTxUk/WvJxBt";
const std::string kRequest = fromHex("00010058 2112a442 b7e7a701bc34d686fa87dfae"
                                     "80220010 5354554e207465737420636c69656e74"
                                     "00240004 6e0001ff 80290008 932ff9b151263b36"
                                     "00060009 6576746a3a68367659202020"
                                     "00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
                                     "80280004 e57a3bcf");
const std::string kAnswer4 = fromHex("0101003c 2112a442 b7e7a701bc34d686fa87dfae"
                                     "8022000b 7465737420766563746f7220 00200008 0001a147e112a643"
                                     "00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7"
                                     "80280004 c07d4c96");
const std::string kAnswer6 =
    fromHex("01010048 2112a442 b7e7a701bc34d686fa87dfae"
            "8022000b 7465737420766563746f7220"
            "00200014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9"
            "00080014 a382954e4be67bf11784c97c8292c275bfe3ed41 80280004 c8fb0b4c");
const std::string kLongTerm =
    fromHex("00010060 2112a442 78ad3433c6ad72c029da412e"
            "00060012 e3839ee38388e383aae38383e382afe382b90000"
            "0015001c 662f2f3439396b39353464364f4c33346f4c39465354767936347341"
            "0014000b 6578616d706c652e6f726700"
            "00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666");

/// A message whose only attribute has this type and claims this length.
std::string withAttribute(int type, int length, const std::string& value) {
    std::string packet = fromHex("0001 0000 2112a442 000000000000000000000000");
    packet += {static_cast<char>(type >> 8), static_cast<char>(type),
               static_cast<char>(length >> 8), static_cast<char>(length)};
    packet += value;
    packet[2] = static_cast<char>((packet.size() - 20) >> 8);
    packet[3] = static_cast<char>(packet.size() - 20);
    return packet;
}

} // namespace

TEST_CASE("the request of RFC 5769 section 2.1") {
    const auto message = StunMessage::parse(kRequest);
    REQUIRE(message);
    CHECK(message->kind == StunClass::Request);
    CHECK(message->method == StunMethod::Binding);
    REQUIRE(message->find(StunType::Software) != nullptr);
    CHECK(*message->find(StunType::Software) == "STUN test client");
    CHECK(*message->find(StunType::Username) == "evtj:h6vY");
    CHECK(message->number(StunType::Priority) == 0x6e0001ff);
    CHECK(isSignedWith(kRequest, kPassword));
    CHECK_FALSE(isSignedWith(kRequest, "another password"));
    CHECK_FALSE(isSignedWith(kRequest, ""));
}

TEST_CASE("the answers of RFC 5769 sections 2.2 and 2.3") {
    const auto four = StunMessage::parse(kAnswer4);
    REQUIRE(four);
    CHECK(four->kind == StunClass::Success);
    CHECK(four->address(StunType::XorMappedAddress) == TransportAddress{"192.0.2.1", 32853});
    CHECK(isSignedWith(kAnswer4, kPassword));
    const auto six = StunMessage::parse(kAnswer6);
    REQUIRE(six);
    CHECK(six->address(StunType::XorMappedAddress) ==
          TransportAddress{"2001:db8:1234:5678:11:2233:4455:6677", 32853});
    CHECK(isSignedWith(kAnswer6, kPassword));
}

TEST_CASE("the long-term credentials of RFC 5769 section 2.4") {
    const auto message = StunMessage::parse(kLongTerm);
    REQUIRE(message);
    CHECK(*message->find(StunType::Realm) == "example.org");
    const std::string key = longTermKey(*message->find(StunType::Username),
                                        *message->find(StunType::Realm), "TheMatrIX");
    CHECK(isSignedWith(kLongTerm, key));
}

TEST_CASE("what is printed is read again") {
    StunMessage message = StunMessage::request(StunMethod::CreatePermission);
    message.add(StunType::Username, "1795219200:0123456789abcdef");
    message.add(StunType::Data, "seven b");
    message.addNumber(StunType::Lifetime, 600);
    message.addAddress(StunType::XorPeerAddress, {"2001:db8::17", 65535});
    message.addAddress(StunType::MappedAddress, {"192.0.2.7", 1});
    const std::string packet = message.print("key");
    const auto again = StunMessage::parse(packet);
    REQUIRE(again);
    CHECK(*again == message);
    CHECK(again->number(StunType::Lifetime) == 600);
    CHECK(again->address(StunType::XorPeerAddress) == TransportAddress{"2001:db8::17", 65535});
    CHECK(again->address(StunType::MappedAddress) == TransportAddress{"192.0.2.7", 1});
    CHECK(isSignedWith(packet, "key"));
    CHECK_FALSE(isSignedWith(message.print(), "key"));
}

TEST_CASE("every class and method keeps its bits") {
    for (const StunClass kind :
         {StunClass::Request, StunClass::Indication, StunClass::Success, StunClass::Error}) {
        for (const int method : {0x001, 0x00f, 0x010, 0x070, 0x080, 0xf80, 0xfff}) {
            const StunMessage message{
                kind, static_cast<StunMethod>(method), std::string(12, 'x'), {}};
            const auto again = StunMessage::parse(message.print());
            REQUIRE(again);
            CHECK(*again == message);
        }
    }
}

TEST_CASE("errors of servers") {
    StunMessage message = StunMessage::request(StunMethod::Allocate).reply(StunClass::Error);
    message.addError({486, "Allocation Quota Reached"});
    CHECK(message.error()->code == 486);
    CHECK(message.error()->reason == "Allocation Quota Reached");
    message.attributes.clear();
    message.addError({401, "bad\x1b[2Jcolour"});
    CHECK(message.error()->reason == "bad?[2Jcolour");
    message.attributes.clear();
    CHECK_FALSE(message.error());
    message.add(StunType::ErrorCode, std::string("\0\0\x02\x05", 4)); // 205 is none
    CHECK_FALSE(message.error());
    message.attributes.front().value = std::string("\0\0\x04\x64", 4); // 4 and 100
    CHECK_FALSE(message.error());
}

TEST_CASE("what is no message is an error") {
    CHECK_FALSE(StunMessage::parse(""));
    CHECK_FALSE(StunMessage::parse(std::string(20, '\0')));
    CHECK_FALSE(StunMessage::parse(kRequest.substr(0, 40)));
    CHECK_FALSE(StunMessage::parse(kRequest + std::string(4, '\0')));
    std::string damaged = kRequest;
    damaged[30] = 'x';
    CHECK_FALSE(StunMessage::parse(damaged)); // its fingerprint
    CHECK_FALSE(StunMessage::parse(withAttribute(0x0006, 5, "four")));
    CHECK_FALSE(StunMessage::parse(withAttribute(0x0006, 0xffff, "four")));
    CHECK_FALSE(StunMessage::parse(withAttribute(0x0008, 4, "four")));
    CHECK_FALSE(StunMessage::parse(withAttribute(0x8028, 4, "four")));
    CHECK(StunMessage::parse(withAttribute(0x0006, 4, "four")));
    CHECK(StunMessage::parse(withAttribute(0x0006, 3, "four")));
    StunMessage many = StunMessage::request(StunMethod::Binding);
    for (std::size_t i = 0; i <= StunMessage::kMostAttributes; ++i) {
        many.add(StunType::Software, "");
    }
    CHECK_FALSE(StunMessage::parse(many.print()));
    StunMessage big = StunMessage::request(StunMethod::Binding);
    big.add(StunType::Data, std::string(StunMessage::kLongest, 'x'));
    CHECK_FALSE(StunMessage::parse(big.print()));
}

TEST_CASE("what stands behind the signature is not believed") {
    StunMessage message = StunMessage::request(StunMethod::Binding);
    std::string packet = message.print("key");
    packet.resize(packet.size() - 8);       // without the fingerprint
    packet += fromHex("00060004 6576696c"); // a username
    packet[3] = static_cast<char>(packet.size() - 20);
    const auto parsed = StunMessage::parse(packet);
    REQUIRE(parsed);
    CHECK(parsed->find(StunType::Username) == nullptr);
    CHECK(isSignedWith(packet, "key"));
}

TEST_CASE("addresses that are none") {
    StunMessage message = StunMessage::request(StunMethod::Binding);
    message.addAddress(StunType::XorPeerAddress, {"relay.example.org", 1});
    CHECK(message.attributes.empty());
    message.add(StunType::XorMappedAddress, std::string("\0\1\0\0\0\0\0", 7));
    CHECK_FALSE(message.address(StunType::XorMappedAddress));
    message.attributes.front().value =
        std::string("\0\2\0\0\0\0\0\0", 8); // 4 bytes that claim IPv6
    CHECK_FALSE(message.address(StunType::XorMappedAddress));
    CHECK_FALSE(TransportAddress::fromBytes("abcde", 1));
    CHECK(TransportAddress{"2001:db8::1", 1}.print() == "[2001:db8::1]:1");
}

TEST_CASE("where a message ends in a stream") {
    CHECK_FALSE(frameLength(kRequest.substr(0, 3)));
    CHECK(frameLength(kRequest.substr(0, 4)) == kRequest.size());
    CHECK(frameLength(kRequest) == kRequest.size());
    CHECK(frameLength(fromHex("4000 0005 0102030405")) == 12); // ChannelData, padded
    CHECK(frameLength("SSH-2.0-OpenSSH") == 0);
    CHECK(frameLength(fromHex("1503 0300 02 0228 000000")) == 0); // an alert of TLS
}
