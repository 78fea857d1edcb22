#include "gateway/turn_check/stun_message.h"

#include <cstdint>
#include <cstdlib>

// What is parsed prints, and what is printed parses to the same; every value in it can be asked
// for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace turn_check;
    const std::string_view packet(reinterpret_cast<const char*>(data), size);
    if (const auto length = frameLength(packet); length && *length > 20 + 0xffff + 3)
        std::abort();
    const auto message = StunMessage::parse(packet);
    if (!message)
        return message.error().message.empty() ? std::abort(), 0 : 0;
    (void)isSignedWith(packet, "key");
    (void)message->error();
    for (const StunMessage::Attribute& attribute : message->attributes) {
        const auto type = static_cast<StunType>(attribute.type);
        (void)message->number(type);
        if (const auto address = message->address(type); address && address->bytes().empty())
            std::abort();
    }
    const std::string text = message->print("key");
    const auto again = StunMessage::parse(text);
    if (text.size() > StunMessage::kLongest)
        return 0; // with a signature it is longer than what is read
    if (!again || *again != *message || !isSignedWith(text, "key"))
        std::abort();
    return 0;
}
