#include "pipelines/finish/fragments.h"

#include <array>
#include <cctype>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace finish {

namespace {

struct Box {
    std::int64_t size = 0; ///< with its header
    std::array<char, 4> type{};

    [[nodiscard]] bool is(std::string_view name) const {
        return std::string_view(type.data(), type.size()) == name;
    }
};

std::uint64_t bigEndian(const std::uint8_t* bytes, int count) {
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/// Nothing when no whole box stands at `position`: the file ends in it, or what is there is no box
/// (after a power loss a file may end in zeros).
std::optional<Box> wholeBoxAt(int fd, std::int64_t position, std::int64_t fileSize) {
    std::array<std::uint8_t, 16> header{};
    const ssize_t got = pread(fd, header.data(), header.size(), position);
    if (got < 8) {
        return std::nullopt;
    }
    Box box;
    std::uint64_t size = bigEndian(header.data(), 4);
    std::uint64_t least = 8;
    if (size == 1) {
        if (got < 16) {
            return std::nullopt;
        }
        size = bigEndian(header.data() + 8, 8);
        least = 16;
    }
    for (std::size_t i = 0; i < box.type.size(); ++i) {
        if (std::isalnum(header[4 + i]) == 0) {
            return std::nullopt;
        }
        box.type[i] = static_cast<char>(header[4 + i]);
    }
    if (size < least || size > static_cast<std::uint64_t>(fileSize - position)) {
        return std::nullopt;
    }
    box.size = static_cast<std::int64_t>(size);
    return box;
}

} // namespace

WholeFragments findWholeFragments(int fd) {
    WholeFragments whole;
    struct stat status {};
    if (fstat(fd, &status) != 0) {
        return whole;
    }
    bool initialised = false;
    bool described = false; ///< a moof waits for its mdat
    std::int64_t position = 0;
    while (const auto box = wholeBoxAt(fd, position, status.st_size)) {
        position += box->size;
        if (box->is("moov")) {
            initialised = true;
        } else if (box->is("moof")) {
            described = initialised;
        } else if (box->is("mdat") && described) {
            described = false;
            whole.bytes = position;
            ++whole.count;
        }
    }
    return whole;
}

} // namespace finish
