#pragma once

#include "sdp/parse_error.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sdp {

/// `a=name` or `a=name:value`.
struct Attribute {
    std::string name;
    std::optional<std::string> value;
    int line = 0; ///< where it was parsed; 0 when it was made here

    const std::string& text() const; ///< the value, empty when there is none
};

/// Attributes in the order of the text, unknown ones included.
class Attributes : public std::vector<Attribute> {
public:
    using std::vector<Attribute>::vector;

    const Attribute* find(std::string_view name) const; ///< the first one, or nullptr
    bool has(std::string_view name) const { return find(name) != nullptr; }
    void add(std::string name) { push_back({std::move(name), std::nullopt, 0}); }
    void add(std::string name, std::string value) {
        push_back({std::move(name), std::move(value), 0});
    }
};

/// Any line that is neither `a=` nor `m=`: i= u= e= p= c= b= t= r= z= k=.
struct Field {
    char type = 0;
    std::string value;
};

/// o=, RFC 8866 section 5.2.
struct Origin {
    std::string userName = "-";
    std::string sessionId = "0";
    std::string sessionVersion = "0";
    std::string networkType = "IN";
    std::string addressType = "IP4";
    std::string address = "127.0.0.1";
};

/// One m= line and what follows it.
struct MediaDescription {
    std::string media; ///< "audio", "video", "application", …
    int port = 9;
    int portCount = 1;
    std::string protocol;
    std::vector<std::string> formats;
    std::vector<Field> fields;
    Attributes attributes;
    int line = 0;
};

/// A session description (RFC 8866) as a value. Reentrant: no state but itself.
struct SessionDescription {
    static constexpr std::size_t kMaxBytes = 64 * 1024;
    static constexpr std::size_t kMaxLineLength = 8 * 1024;
    static constexpr int kMaxLines = 2000;
    static constexpr std::size_t kMaxMedia = 16;

    Origin origin;
    std::string name = "-"; ///< s=
    std::vector<Field> fields;
    Attributes attributes;
    std::vector<MediaDescription> media;

    /// Accepts CRLF and LF, and the optional lines in any order. The text is valid UTF-8
    /// without control characters, or it is an error.
    static Parsed<SessionDescription> parse(std::string_view text);

    /// CRLF, lines in the order of RFC 8866 section 5. What parse() gave, print() gives back.
    std::string print() const;
};

} // namespace sdp
