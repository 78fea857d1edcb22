#include "pipelines/json/writer.h"

#include "pipelines/base/unique.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace json {

namespace {

std::string quoted(std::string_view text) {
    const base::UniqueString valid(
        g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())));
    std::string out = "\"";
    for (const char* at = valid.get(); *at != '\0'; ++at) {
        const auto byte = static_cast<unsigned char>(*at);
        if (*at == '"' || *at == '\\') {
            out += '\\';
            out += *at;
        } else if (byte < 0x20 || byte == 0x7f) {
            std::array<char, 8> escaped{};
            std::snprintf(escaped.data(), escaped.size(), "\\u%04x", byte);
            out += escaped.data();
        } else {
            out += *at;
        }
    }
    return out + '"';
}

} // namespace

Writer& Writer::put(std::string_view name, std::string_view text) {
    return member(name, quoted(text));
}

Writer& Writer::put(std::string_view name, std::nullptr_t) {
    return member(name, "null");
}

Writer& Writer::put(std::string_view name, const std::vector<std::string>& texts) {
    list(name);
    for (const std::string& text : texts) {
        add(text);
    }
    return end();
}

Writer& Writer::putSeconds(std::string_view name, base::Nanoseconds duration) {
    const auto all = std::chrono::round<base::Milliseconds>(duration).count();
    return member(name, (all < 0 ? "-" : "") + std::to_string(std::abs(all) / 1000) + "." +
                            std::to_string(1000 + std::abs(all) % 1000).substr(1));
}

Writer& Writer::object(std::string_view name) {
    member(name, "");
    return begin("{", '}');
}

Writer& Writer::list(std::string_view name) {
    member(name, "");
    return begin("[", ']');
}

Writer& Writer::add(std::string_view text) {
    separate();
    text_ += quoted(text);
    return *this;
}

Writer& Writer::addObject() {
    separate();
    return begin("{", '}');
}

Writer& Writer::end() {
    text_ += closings_.back();
    closings_.pop_back();
    return *this;
}

std::string Writer::finish() {
    while (!closings_.empty()) {
        end();
    }
    return std::move(text_);
}

Writer& Writer::member(std::string_view name, std::string_view value) {
    separate();
    text_.append("\"").append(name).append("\":").append(value);
    return *this;
}

Writer& Writer::begin(std::string_view opening, char closing) {
    text_ += opening;
    closings_ += closing;
    return *this;
}

void Writer::separate() {
    if (text_.back() != '{' && text_.back() != '[') {
        text_ += ',';
    }
}

} // namespace json
