#include "pipelines/control/fields.h"

#include "pipelines/base/plain_json.h"
#include "pipelines/base/unique.h"

namespace control {

using base::Error;
using base::fail;
using base::Problem;

namespace {

/// Our own messages nest three deep.
constexpr int kDeepest = 8;

} // namespace

base::Result<Fields> Fields::parse(std::string_view line) {
    if (!base::isPlainJson(line, kDeepest)) {
        return fail(Problem::Malformed, "not JSON, or nested too deeply");
    }
    const auto parser = base::Object<JsonParser>::adopt(json_parser_new_immutable());
    base::ErrorOut error;
    if (!json_parser_load_from_data(parser.get(), line.data(), static_cast<gssize>(line.size()),
                                    error)) {
        return fail(Problem::Malformed, std::string("not JSON: ") + error.message());
    }
    JsonNode* root = json_parser_get_root(parser.get());
    if (root == nullptr || !JSON_NODE_HOLDS_OBJECT(root)) {
        return fail(Problem::Malformed, "not a JSON object");
    }
    return Fields(std::shared_ptr<JsonNode>(json_node_ref(root), json_node_unref));
}

Fields::Fields(std::shared_ptr<JsonNode> root)
    : root_(std::move(root)), object_(json_node_get_object(root_.get())),
      fault_(std::make_shared<std::optional<Error>>()) {}

void Fields::reject(std::string reason) {
    if (!*fault_) {
        *fault_ = Error{Problem::Malformed, std::move(reason)};
    }
}

bool Fields::has(const char* name) const {
    return object_ != nullptr && json_object_has_member(object_, name);
}

JsonNode* Fields::value(const char* name, GType type) {
    JsonNode* node = object_ == nullptr ? nullptr : json_object_get_member(object_, name);
    if (node == nullptr || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != type) {
        reject(std::string(name) + " is absent or of the wrong type");
        return nullptr;
    }
    return node;
}

std::string Fields::text(const char* name) {
    JsonNode* node = value(name, G_TYPE_STRING);
    return node == nullptr ? std::string() : checked(name, json_node_get_string(node));
}

std::string Fields::checked(const char* name, std::string text) {
    if (!g_utf8_validate_len(text.data(), text.size(), nullptr)) { // made by escapes
        reject(std::string(name) + " is not UTF-8");
        return {};
    }
    return text;
}

std::string Fields::textOr(const char* name, std::string otherwise) {
    return has(name) ? text(name) : otherwise;
}

std::vector<std::string> Fields::textsOrNone(const char* name) {
    std::vector<std::string> texts;
    JsonNode* node = has(name) ? json_object_get_member(object_, name) : nullptr;
    if (node != nullptr && !JSON_NODE_HOLDS_ARRAY(node)) {
        reject(std::string(name) + " is not an array");
        return texts;
    }
    JsonArray* array = node == nullptr ? nullptr : json_node_get_array(node);
    for (guint i = 0; array != nullptr && i < json_array_get_length(array); ++i) {
        JsonNode* element = json_array_get_element(array, i);
        if (!JSON_NODE_HOLDS_VALUE(element) || json_node_get_value_type(element) != G_TYPE_STRING) {
            reject(std::string(name) + " holds something that is not a text");
            return {};
        }
        texts.push_back(checked(name, json_node_get_string(element)));
    }
    return texts;
}

std::int64_t Fields::integer(const char* name, std::int64_t least, std::int64_t most) {
    JsonNode* node = value(name, G_TYPE_INT64);
    if (node == nullptr) {
        return std::max<std::int64_t>(least, 0);
    }
    const std::int64_t number = json_node_get_int(node);
    if (number < least || number > most) {
        reject(std::string(name) + " is out of range");
        return least;
    }
    return number;
}

std::int64_t Fields::integerOr(const char* name, std::int64_t otherwise, std::int64_t least,
                               std::int64_t most) {
    return has(name) ? integer(name, least, most) : otherwise;
}

bool Fields::flagOr(const char* name, bool otherwise) {
    if (!has(name)) {
        return otherwise;
    }
    JsonNode* node = value(name, G_TYPE_BOOLEAN);
    return node != nullptr && json_node_get_boolean(node) != FALSE;
}

Fields Fields::object(const char* name) {
    Fields inner = *this;
    JsonNode* node = object_ == nullptr ? nullptr : json_object_get_member(object_, name);
    const bool holds = node != nullptr && JSON_NODE_HOLDS_OBJECT(node);
    if (!holds) {
        reject(std::string(name) + " is absent or not an object");
    }
    inner.object_ = holds ? json_node_get_object(node) : nullptr;
    return inner;
}

void Fields::eachObject(const char* name, const std::function<void(Fields&)>& visit) {
    JsonNode* node = object_ == nullptr ? nullptr : json_object_get_member(object_, name);
    if (node == nullptr || !JSON_NODE_HOLDS_ARRAY(node)) {
        reject(std::string(name) + " is absent or not an array");
        return;
    }
    JsonArray* array = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(array); ++i) {
        JsonNode* element = json_array_get_element(array, i);
        if (!JSON_NODE_HOLDS_OBJECT(element)) {
            reject(std::string(name) + " holds something that is not an object");
            return;
        }
        Fields inner = *this;
        inner.object_ = json_node_get_object(element);
        visit(inner);
    }
}

ObjectWriter::ObjectWriter(const char* type) : builder_(json_builder_new()) {
    json_builder_begin_object(builder_);
    put("type", std::string_view(type));
}

ObjectWriter::~ObjectWriter() {
    g_clear_object(&builder_);
}

ObjectWriter& ObjectWriter::put(const char* name, const std::string& value) {
    json_builder_set_member_name(builder_, name);
    json_builder_add_string_value(builder_, value.c_str());
    return *this;
}

ObjectWriter& ObjectWriter::put(const char* name, std::string_view value) {
    return put(name, std::string(value));
}

ObjectWriter& ObjectWriter::put(const char* name, std::int64_t value) {
    json_builder_set_member_name(builder_, name);
    json_builder_add_int_value(builder_, value);
    return *this;
}

ObjectWriter& ObjectWriter::put(const char* name, bool value) {
    json_builder_set_member_name(builder_, name);
    json_builder_add_boolean_value(builder_, value ? TRUE : FALSE);
    return *this;
}

ObjectWriter& ObjectWriter::put(const char* name, const std::vector<std::string>& values) {
    beginArray(name);
    for (const std::string& value : values) {
        json_builder_add_string_value(builder_, value.c_str());
    }
    return endArray();
}

ObjectWriter& ObjectWriter::begin(const char* name) {
    json_builder_set_member_name(builder_, name);
    json_builder_begin_object(builder_);
    return *this;
}

ObjectWriter& ObjectWriter::beginArray(const char* name) {
    json_builder_set_member_name(builder_, name);
    json_builder_begin_array(builder_);
    return *this;
}

ObjectWriter& ObjectWriter::beginElement() {
    json_builder_begin_object(builder_);
    return *this;
}

ObjectWriter& ObjectWriter::end() {
    json_builder_end_object(builder_);
    return *this;
}

ObjectWriter& ObjectWriter::endArray() {
    json_builder_end_array(builder_);
    return *this;
}

std::string ObjectWriter::finish() {
    json_builder_end_object(builder_);
    JsonNode* root = json_builder_get_root(builder_);
    const base::UniqueString text(json_to_string(root, FALSE));
    json_node_unref(root);
    return text.get();
}

} // namespace control
