#pragma once

#include "pipelines/base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

typedef struct _JsonNode JsonNode;
typedef struct _JsonObject JsonObject;

namespace json {

/// What a member that is null means.
enum class Null { IsAValue, IsAbsent };

/// Reads the members of one JSON object that somebody else wrote, strictly typed. The first fault
/// is kept and every later read returns a neutral value, so that an object is read in one go and
/// checked once at the end. Faults name members and quote no values. Copies and inner objects share
/// text and fault. Thread-bound.
class Reader {
public:
    /// Fails with Malformed for what is not one JSON object in UTF-8, of at most 1 MiB and nested
    /// at most 8 deep.
    static base::Result<Reader> parse(std::string_view text, Null null = Null::IsAValue);

    [[nodiscard]] bool has(const char* name) const { return member(name) != nullptr; }
    /// How many members it has, also those that nobody asks for.
    [[nodiscard]] std::size_t size() const;

    std::string text(const char* name);
    std::string textOr(const char* name, std::string otherwise);
    std::int64_t integer(const char* name, std::int64_t least = INT64_MIN,
                         std::int64_t most = INT64_MAX);
    std::int64_t integerOr(const char* name, std::int64_t otherwise, std::int64_t least,
                           std::int64_t most);
    bool flagOr(const char* name, bool otherwise);
    /// An array of texts; empty when it is absent.
    std::vector<std::string> textsOrNone(const char* name);
    /// The member object; an empty one when it is absent or of another type.
    Reader object(const char* name);
    /// An array of objects.
    void eachObject(const char* name, const std::function<void(Reader&)>& visit);
    /// An array of texts, or one text that stands for an array of it.
    std::vector<std::string> textOrTexts(const char* name);

    /// For what is wrong in other ways.
    void reject(std::string reason);
    [[nodiscard]] const std::optional<base::Error>& fault() const { return *fault_; }

private:
    Reader(std::shared_ptr<JsonNode> root, Null null);
    [[nodiscard]] JsonNode* member(const char* name) const;
    std::optional<std::string> textIn(JsonNode* node);
    bool check(const char* name, bool fits, const char* what);
    Reader inner(JsonNode* node) const;

    std::shared_ptr<JsonNode> root_;
    JsonObject* object_; ///< of root_; null = without members
    Null null_;
    std::shared_ptr<std::optional<base::Error>> fault_;
};

} // namespace json
