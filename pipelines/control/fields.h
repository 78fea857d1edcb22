#pragma once

#include "pipelines/base/result.h"

#include <cstdint>
#include <functional>
#include <json-glib/json-glib.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Reading and writing the members of one JSON object, strictly typed. Used by the message files
/// only.
namespace control {

/// Reads members; the first fault is kept and every later read returns a neutral value, so that a
/// message is read in one go and checked once at the end. Thread-bound.
class Fields {
public:
    /// Fails when the line is not one JSON object.
    static base::Result<Fields> parse(std::string_view line);

    std::string text(const char* name);
    std::string textOr(const char* name, std::string otherwise);
    std::int64_t integer(const char* name, std::int64_t least = INT64_MIN,
                         std::int64_t most = INT64_MAX);
    std::int64_t integerOr(const char* name, std::int64_t otherwise, std::int64_t least,
                           std::int64_t most);
    bool flagOr(const char* name, bool otherwise);
    /// An array of texts; empty when it is absent.
    std::vector<std::string> textsOrNone(const char* name);
    [[nodiscard]] bool has(const char* name) const;
    /// The member object; an empty one when it is absent or of another type.
    Fields object(const char* name);
    void eachObject(const char* name, const std::function<void(Fields&)>& visit);
    void reject(std::string reason);

    [[nodiscard]] const std::optional<base::Error>& fault() const { return *fault_; }

private:
    explicit Fields(std::shared_ptr<JsonNode> root);
    JsonNode* value(const char* name, GType type);
    std::string checked(const char* name, std::string text);

    std::shared_ptr<JsonNode> root_;
    JsonObject* object_ = nullptr; ///< of root_
    std::shared_ptr<std::optional<base::Error>> fault_;
};

/// Builds one JSON object. Thread-bound.
class ObjectWriter {
public:
    explicit ObjectWriter(const char* type);
    ~ObjectWriter();
    ObjectWriter(const ObjectWriter&) = delete;
    ObjectWriter& operator=(const ObjectWriter&) = delete;

    ObjectWriter& put(const char* name, const std::string& value);
    ObjectWriter& put(const char* name, const char* value) = delete;
    ObjectWriter& put(const char* name, std::string_view value);
    ObjectWriter& put(const char* name, std::int64_t value);
    ObjectWriter& put(const char* name, int value) { return put(name, std::int64_t{value}); }
    ObjectWriter& put(const char* name, bool value);
    ObjectWriter& put(const char* name, const std::vector<std::string>& values);
    ObjectWriter& begin(const char* name);
    ObjectWriter& beginArray(const char* name);
    ObjectWriter& beginElement();
    ObjectWriter& end();
    ObjectWriter& endArray();
    std::string finish();

private:
    JsonBuilder* builder_;
};

} // namespace control
