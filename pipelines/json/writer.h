#pragma once

#include "pipelines/base/units.h"

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace json {

/// Writes one JSON object, member after member: a value. Names are ASCII and need no escapes; of a
/// text, bytes that are not UTF-8 are written as U+FFFD. Reentrant.
///
///     json::Writer().put("id", id).list("urls").add("a").add("b").end().finish()
class Writer {
public:
    Writer& put(std::string_view name, std::string_view text);
    Writer& put(std::string_view name, std::nullptr_t);
    Writer& put(std::string_view name, const std::vector<std::string>& texts);
    template <std::integral Value>
    Writer& put(std::string_view name, Value value) {
        if constexpr (std::is_same_v<Value, bool>) { // no overload: it would take every pointer
            return member(name, value ? "true" : "false");
        } else {
            return member(name, std::to_string(value));
        }
    }
    /// In seconds, to the millisecond: 61.042.
    Writer& putSeconds(std::string_view name, base::Nanoseconds duration);

    /// A member that is an object or a list; what follows is in it, until end().
    Writer& object(std::string_view name);
    Writer& list(std::string_view name);
    /// In a list: a text, or an object that ends with end().
    Writer& add(std::string_view text);
    Writer& addObject();
    Writer& end();

    /// The text, with everything that is still open closed.
    [[nodiscard]] std::string finish();

private:
    Writer& member(std::string_view name, std::string_view value);
    Writer& begin(std::string_view opening, char closing);
    void separate();

    std::string text_ = "{";
    std::string closings_ = "}"; ///< of all that is open, the innermost last
};

} // namespace json
