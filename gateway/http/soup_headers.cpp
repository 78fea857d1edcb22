#include "gateway/http/soup_headers.h"

#include "pipelines/base/unique.h"

#include <libsoup/soup.h>

namespace http {

namespace {

void addHeader(const char* name, const char* value, gpointer data) {
    auto& headers = *static_cast<std::map<std::string, std::string>*>(data);
    const base::UniqueString key(g_ascii_strdown(name, -1));
    const auto [entry, fresh] = headers.emplace(key.get(), value);
    if (!fresh) {
        entry->second += std::string(", ") + value;
    }
}

} // namespace

std::map<std::string, std::string> headersOf(SoupMessageHeaders* headers) {
    std::map<std::string, std::string> result;
    soup_message_headers_foreach(headers, addHeader, &result);
    return result;
}

} // namespace http
