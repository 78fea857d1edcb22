#include "gateway/http/request.h"

#include <algorithm>

namespace http {

namespace {

const std::string* valueIn(const std::map<std::string, std::string>& map, std::string_view name) {
    const auto found = map.find(std::string(name));
    return found == map.end() ? nullptr : &found->second;
}

} // namespace

const std::string* Request::header(std::string_view name) const {
    return valueIn(headers, name);
}

const std::string* Request::queryValue(std::string_view name) const {
    return valueIn(query, name);
}

const std::string& Request::parameter(std::string_view name) const {
    static const std::string kNone;
    const std::string* value = valueIn(parameters, name);
    return value ? *value : kNone;
}

std::string Request::contentType() const {
    const std::string* value = header("content-type");
    if (!value) {
        return {};
    }
    std::string type = value->substr(0, value->find(';'));
    std::erase_if(type, [](char c) { return c == ' ' || c == '\t'; });
    std::transform(type.begin(), type.end(), type.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return type;
}

std::string Request::origin() const {
    const std::string* host = header("host");
    return (secure ? "https://" : "http://") + (host ? *host : std::string("localhost"));
}

} // namespace http
