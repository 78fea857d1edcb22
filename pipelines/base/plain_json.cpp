#include "pipelines/base/plain_json.h"

#include <cstddef>
#include <glib.h>

namespace base {

bool isPlainJson(std::string_view text, int deepest) {
    constexpr std::string_view others = " \t\r\n:,.+-0123456789";
    bool quoted = false;
    bool begun = false;
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            i += c == '\\' ? 1 : 0;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if ((begun && depth == 0) || ++depth > deepest) {
                return false;
            }
            begun = true;
        } else if (c == '}' || c == ']') {
            if (--depth < 0) {
                return false;
            }
        } else if (!g_ascii_isalpha(c) && others.find(c) == std::string_view::npos) {
            return false;
        }
    }
    return true;
}

} // namespace base
