#include "gateway/api/json.h"

#include "pipelines/base/unique.h"

#include <json-glib/json-glib.h>

namespace api {

namespace {

using base::Problem;

const base::Error kShape{
    Problem::Malformed,
    R"(send {"type":"rtp" or "ts","host":"a numeric address","port":an even number})"};

} // namespace

base::Result<streams::Receiver> readReceiver(const std::string& text) {
    const auto parser = base::Object<JsonParser>::adopt(json_parser_new_immutable());
    if (!json_parser_load_from_data(parser.get(), text.data(), static_cast<gssize>(text.size()),
                                    nullptr)) {
        return base::fail(kShape);
    }
    JsonNode* root = json_parser_get_root(parser.get());
    if (root == nullptr || !JSON_NODE_HOLDS_OBJECT(root)) {
        return base::fail(kShape);
    }
    JsonObject* object = json_node_get_object(root);
    const auto member = [&](const char* name, GType type) {
        JsonNode* node = json_object_get_member(object, name);
        return node != nullptr && json_node_get_value_type(node) == type ? node : nullptr;
    };
    JsonNode* type = member("type", G_TYPE_STRING);
    JsonNode* host = member("host", G_TYPE_STRING);
    JsonNode* port = member("port", G_TYPE_INT64);
    if (type == nullptr || host == nullptr || port == nullptr ||
        json_object_get_size(object) != 3) {
        return base::fail(kShape);
    }
    const std::string kind = json_node_get_string(type);
    if (kind != "rtp" && kind != "ts") {
        return base::fail(Problem::Unprocessable, "type must be \"rtp\" or \"ts\"");
    }
    const gint64 number = json_node_get_int(port);
    return streams::Receiver{kind == "rtp" ? streams::OutputType::Rtp : streams::OutputType::Ts,
                             json_node_get_string(host),
                             number < 0 || number > 65535 ? 0 : static_cast<int>(number)};
}

} // namespace api
