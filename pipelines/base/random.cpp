#include "pipelines/base/random.h"

#include "pipelines/base/hex.h"

#include <cstdlib>
#include <sys/random.h>

namespace base {

std::string randomBytes(std::size_t count) {
    std::string bytes(count, '\0');
    for (std::size_t have = 0; have < count;) {
        const ssize_t got = ::getrandom(bytes.data() + have, count - have, 0);
        if (got < 0) {
            std::abort();
        }
        have += static_cast<std::size_t>(got);
    }
    return bytes;
}

std::string randomHex(std::size_t bytes) {
    return hex(randomBytes(bytes));
}

} // namespace base
