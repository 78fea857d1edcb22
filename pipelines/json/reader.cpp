#include "pipelines/json/reader.h"

#include "pipelines/base/unique.h"

#include <algorithm>
#include <json-glib/json-glib.h>

namespace json {

using base::fail;
using base::Problem;

namespace {

constexpr int kDeepest = 8;
constexpr std::size_t kLargest = 1024 * 1024;

/// Whether JsonParser may see this. It calls itself for each level of nesting, without an end
/// (json-glib 1.6), and takes comments, single quotes and several values, which are no JSON. Other
/// faults are left to it.
bool isPlain(std::string_view text) {
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
            if ((begun && depth == 0) || ++depth > kDeepest) {
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

bool holds(JsonNode* node, GType type) {
    return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type;
}

std::vector<JsonNode*> elements(JsonNode* array) {
    JsonArray* all = json_node_get_array(array);
    std::vector<JsonNode*> nodes(json_array_get_length(all));
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        nodes[i] = json_array_get_element(all, static_cast<guint>(i));
    }
    return nodes;
}

} // namespace

base::Result<Reader> Reader::parse(std::string_view text, Null null) {
    if (text.size() > kLargest) {
        return fail(Problem::Malformed, "JSON of more than 1 MiB");
    }
    if (!g_utf8_validate_len(text.data(), text.size(), nullptr)) {
        return fail(Problem::Malformed, "not UTF-8");
    }
    if (!isPlain(text)) {
        return fail(Problem::Malformed, "not a JSON object, or nested too deeply");
    }
    const auto parser = base::Object<JsonParser>::adopt(json_parser_new_immutable());
    if (!json_parser_load_from_data(parser.get(), text.data(), static_cast<gssize>(text.size()),
                                    nullptr)) {
        return fail(Problem::Malformed, "not a JSON object"); // its own words would quote the text
    }
    JsonNode* root = json_parser_get_root(parser.get());
    if (root == nullptr || !JSON_NODE_HOLDS_OBJECT(root)) {
        return fail(Problem::Malformed, "not a JSON object");
    }
    return Reader(std::shared_ptr<JsonNode>(json_node_ref(root), json_node_unref), null);
}

Reader::Reader(std::shared_ptr<JsonNode> root, Null null)
    : root_(std::move(root)), object_(json_node_get_object(root_.get())), null_(null),
      fault_(std::make_shared<std::optional<base::Error>>()) {}

void Reader::reject(std::string reason) {
    if (!*fault_) {
        *fault_ = base::Error{Problem::Malformed, std::move(reason)};
    }
}

bool Reader::check(const char* name, bool fits, const char* what) {
    if (!fits) {
        reject(std::string(name) + " " + what);
    }
    return fits;
}

JsonNode* Reader::member(const char* name) const {
    JsonNode* node = object_ != nullptr ? json_object_get_member(object_, name) : nullptr;
    return node != nullptr && null_ == Null::IsAbsent && JSON_NODE_HOLDS_NULL(node) ? nullptr
                                                                                    : node;
}

std::size_t Reader::size() const {
    return object_ != nullptr ? json_object_get_size(object_) : 0;
}

Reader Reader::inner(JsonNode* node) const {
    Reader reader = *this;
    reader.object_ = node != nullptr ? json_node_get_object(node) : nullptr;
    return reader;
}

/// Nothing for what is no text, or made by escapes into what is not UTF-8.
std::optional<std::string> Reader::textIn(JsonNode* node) {
    if (node == nullptr || !holds(node, G_TYPE_STRING)) {
        return std::nullopt;
    }
    std::string text = json_node_get_string(node);
    return g_utf8_validate_len(text.data(), text.size(), nullptr) ? std::optional(std::move(text))
                                                                  : std::nullopt;
}

std::string Reader::text(const char* name) {
    std::optional<std::string> text = textIn(member(name));
    check(name, text.has_value(), "is absent or no text in UTF-8");
    return text.value_or("");
}

std::string Reader::textOr(const char* name, std::string otherwise) {
    return has(name) ? text(name) : otherwise;
}

std::vector<std::string> Reader::textsOrNone(const char* name) {
    std::vector<std::string> texts;
    JsonNode* array = member(name);
    if (array == nullptr || !check(name, JSON_NODE_HOLDS_ARRAY(array), "is not an array")) {
        return texts;
    }
    for (JsonNode* element : elements(array)) {
        std::optional<std::string> text = textIn(element);
        if (!check(name, text.has_value(), "holds something else than texts in UTF-8")) {
            return {};
        }
        texts.push_back(std::move(*text));
    }
    return texts;
}

std::vector<std::string> Reader::textOrTexts(const char* name) {
    if (JsonNode* node = member(name); node == nullptr || JSON_NODE_HOLDS_VALUE(node)) {
        return {text(name)};
    }
    return textsOrNone(name);
}

std::int64_t Reader::integer(const char* name, std::int64_t least, std::int64_t most) {
    JsonNode* node = member(name);
    if (!check(name, node != nullptr && holds(node, G_TYPE_INT64),
               "is absent or no whole number")) {
        return std::max<std::int64_t>(least, 0);
    }
    const std::int64_t number = json_node_get_int(node);
    return check(name, number >= least && number <= most, "is out of range") ? number : least;
}

std::int64_t Reader::integerOr(const char* name, std::int64_t otherwise, std::int64_t least,
                               std::int64_t most) {
    return has(name) ? integer(name, least, most) : otherwise;
}

bool Reader::flagOr(const char* name, bool otherwise) {
    JsonNode* node = member(name);
    if (node == nullptr) {
        return otherwise;
    }
    return check(name, holds(node, G_TYPE_BOOLEAN), "is neither true nor false") &&
           json_node_get_boolean(node) != FALSE;
}

Reader Reader::object(const char* name) {
    JsonNode* node = member(name);
    const bool fits = node != nullptr && JSON_NODE_HOLDS_OBJECT(node);
    check(name, fits, "is absent or not an object");
    return inner(fits ? node : nullptr);
}

void Reader::eachObject(const char* name, const std::function<void(Reader&)>& visit) {
    JsonNode* array = member(name);
    if (!check(name, array != nullptr && JSON_NODE_HOLDS_ARRAY(array),
               "is absent or not an array")) {
        return;
    }
    for (JsonNode* element : elements(array)) {
        if (!check(name, JSON_NODE_HOLDS_OBJECT(element), "holds something else than objects")) {
            return;
        }
        Reader reader = inner(element);
        visit(reader);
    }
}

} // namespace json
