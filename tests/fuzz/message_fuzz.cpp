#include "pipelines/control/messages.h"

#include <cstdint>
#include <cstdlib>

namespace {

/// A message that is read can be printed, and reads again as what prints the same.
template <class Read>
void check(std::string_view line, Read read) {
    const auto message = read(line);
    if (!message) {
        if (message.error().message.size() > 300) {
            std::abort();
        }
        return;
    }
    const std::string printed = control::print(*message);
    const auto again = read(printed);
    if (!again || control::print(*again) != printed) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    check(line, control::readToPipeline);
    check(line, control::readFromPipeline);
    return 0;
}
