#include "gateway/streams/names.h"

#include <algorithm>
#include <glib.h>

namespace streams {

bool validName(std::string_view name) {
    return !name.empty() && name.size() <= 64 && g_ascii_isalnum(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return g_ascii_isalnum(c) || c == '_' || c == '-'; });
}

} // namespace streams
