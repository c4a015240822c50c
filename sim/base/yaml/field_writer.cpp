#include <fmt/format.h>
#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/base/yaml/fields.hpp"

namespace papilio {
namespace {

using Json = nlohmann::ordered_json;

/// Writes what a FieldReader reads.
class FieldWriter : public FieldVisitor {
 public:
  explicit FieldWriter(YAML::Emitter& out) : out_{out} {}

  void integer(std::string_view key, std::int64_t& value, NumberRange, Presence,
               std::string_view) override {
    plain(key, fmt::to_string(value));
  }
  void integer(std::string_view key, std::optional<std::int64_t>& value, NumberRange,
               std::string_view) override {
    if (value) plain(key, fmt::to_string(*value));
  }
  void number(std::string_view key, double& value, NumberRange, Presence,
              std::string_view) override {
    plain(key, fmt::to_string(value));
  }
  void number(std::string_view key, std::optional<double>& value, NumberRange,
              std::string_view) override {
    if (value) plain(key, fmt::to_string(*value));
  }
  void boolean(std::string_view key, bool& value, Presence, std::string_view) override {
    plain(key, value ? "true" : "false");
  }
  void text(std::string_view key, std::string& value, const TextRule&, Presence,
            std::string_view) override {
    if (!value.empty()) plain(key, value);
  }
  void text_list(std::string_view key, std::vector<std::string>& value, const TextRule&, Presence,
                 std::string_view) override {
    list(key, value);
  }
  void integer_or_word_list(std::string_view key, std::vector<std::string>& value, NumberRange,
                            const std::vector<std::string>&, Presence, std::string_view) override {
    list(key, value);
  }
  void integer_list(std::string_view key, std::vector<std::int64_t>& value, NumberRange,
                    std::size_t, Presence presence, std::string_view) override {
    if (presence == Presence::kOptional && value.empty()) return;
    out_ << YAML::Key << std::string{key} << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const std::int64_t number : value) out_ << number;
    out_ << YAML::EndSeq;
  }
  void object(std::string_view key, Presence, std::string_view, const Nested& describe) override {
    out_ << YAML::Key << std::string{key} << YAML::Value << YAML::BeginMap;
    describe(*this);
    out_ << YAML::EndMap;
  }
  void object(std::string_view key, bool& present, std::string_view doc,
              const Nested& describe) override {
    if (present) object(key, Presence::kOptional, doc, describe);
  }
  void object_or_value(std::string_view key, bool& present, Presence, std::string_view doc,
                       const Short&, const Nested& describe) override {
    object(key, present, doc, describe);
  }
  void object_list(std::string_view key, const ObjectList& list, Presence,
                   std::string_view) override {
    if (list.size() == 0) return;
    out_ << YAML::Key << std::string{key} << YAML::Value << YAML::BeginSeq;
    for (std::size_t i = 0; i < list.size(); ++i) {
      out_ << YAML::Flow << YAML::BeginMap;
      list.describe(i, *this);
      out_ << YAML::EndMap;
    }
    out_ << YAML::EndSeq;
  }
  void anything(std::string_view key, Node& value, Node::Kind, Presence,
                std::string_view) override {
    if (value.items.empty() && value.entries.empty()) return;
    out_ << YAML::Key << std::string{key} << YAML::Value << YAML::Flow;
    write(value);
  }

 private:
  void write(const Node& node) {
    switch (node.kind) {
      case Node::Kind::kNull:
        out_ << YAML::Null;
        break;
      case Node::Kind::kScalar:
        if (node.quoted) out_ << YAML::DoubleQuoted;
        out_ << node.scalar;
        break;
      case Node::Kind::kSequence:
        out_ << YAML::BeginSeq;
        for (const Node& item : node.items) write(item);
        out_ << YAML::EndSeq;
        break;
      case Node::Kind::kMapping:
        out_ << YAML::BeginMap;
        for (const Node::Entry& entry : node.entries) {
          out_ << YAML::Key << entry.key << YAML::Value;
          write(entry.value);
        }
        out_ << YAML::EndMap;
        break;
    }
  }
  void plain(std::string_view key, const std::string& value) {
    out_ << YAML::Key << std::string{key} << YAML::Value << value;
  }
  void list(std::string_view key, const std::vector<std::string>& value) {
    if (value.empty()) return;
    out_ << YAML::Key << std::string{key} << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const std::string& item : value) out_ << item;
    out_ << YAML::EndSeq;
  }

  YAML::Emitter& out_;
};

/// Makes the JSON Schema of the mapping that it visits.
class SchemaWriter : public FieldVisitor {
 public:
  void integer(std::string_view key, std::int64_t& value, NumberRange range, Presence presence,
               std::string_view doc) override {
    Json schema = ranged("integer", range, doc);
    if (presence == Presence::kOptional) schema["default"] = value;
    add(key, std::move(schema), presence);
  }
  void integer(std::string_view key, std::optional<std::int64_t>&, NumberRange range,
               std::string_view doc) override {
    add(key, ranged("integer", range, doc), Presence::kOptional);
  }
  void number(std::string_view key, double& value, NumberRange range, Presence presence,
              std::string_view doc) override {
    Json schema = ranged("number", range, doc);
    if (presence == Presence::kOptional) schema["default"] = value;
    add(key, std::move(schema), presence);
  }
  void number(std::string_view key, std::optional<double>&, NumberRange range,
              std::string_view doc) override {
    add(key, ranged("number", range, doc), Presence::kOptional);
  }
  void boolean(std::string_view key, bool& value, Presence presence,
               std::string_view doc) override {
    Json schema{{"description", doc}, {"type", "boolean"}};
    if (presence == Presence::kOptional) schema["default"] = value;
    add(key, std::move(schema), presence);
  }
  void text(std::string_view key, std::string& value, const TextRule& rule, Presence presence,
            std::string_view doc) override {
    Json schema{{"description", doc}};
    schema.update(text_schema(rule));
    if (presence == Presence::kOptional && !value.empty()) schema["default"] = value;
    add(key, std::move(schema), presence);
  }
  void text_list(std::string_view key, std::vector<std::string>& value, const TextRule& rule,
                 Presence presence, std::string_view doc) override {
    add_list(key, text_schema(rule), value, presence, doc);
  }
  void integer_or_word_list(std::string_view key, std::vector<std::string>& value,
                            NumberRange range, const std::vector<std::string>& words,
                            Presence presence, std::string_view doc) override {
    const Json number = ranged("integer", range, "");
    add_list(key, {{"anyOf", Json::array({number, Json{{"enum", words}}})}}, value, presence, doc);
  }
  void integer_list(std::string_view key, std::vector<std::int64_t>&, NumberRange range,
                    std::size_t most, Presence presence, std::string_view doc) override {
    Json schema{{"description", doc},
                {"type", "array"},
                {"items", ranged("integer", range, "")},
                {"maxItems", most}};
    add(key, std::move(schema), presence);
  }
  void object(std::string_view key, Presence presence, std::string_view doc,
              const Nested& describe) override {
    SchemaWriter nested;
    describe(nested);
    Json schema{{"description", doc}};
    schema.update(nested.schema());
    add(key, std::move(schema), presence);
  }
  void object(std::string_view key, bool&, std::string_view doc, const Nested& describe) override {
    object(key, Presence::kOptional, doc, describe);
  }
  void object_or_value(std::string_view key, bool&, Presence presence, std::string_view doc,
                       const Short& form, const Nested& describe) override {
    SchemaWriter nested;
    describe(nested);
    Json value = nested.properties_[std::string{form.key}];
    value.erase("description");
    add(key, Json{{"description", doc}, {"anyOf", Json::array({value, nested.schema()})}},
        presence);
  }
  void object_list(std::string_view key, const ObjectList& list, Presence presence,
                   std::string_view doc) override {
    Json variants = Json::array();
    const std::size_t size = list.size();
    list.resize(std::max<std::size_t>(size, 1));
    for (const std::string& variant : list.variants) {
      list.select(variant);
      SchemaWriter item;
      list.describe(0, item);
      // The list of all variants gives way to this one.
      Json& chosen = item.properties_[list.discriminator];
      chosen.erase("type");
      chosen.erase("enum");
      chosen["const"] = variant;
      variants.push_back(item.schema());
    }
    if (list.variants.empty()) {
      SchemaWriter item;
      list.describe(0, item);
      variants.push_back(item.schema());
    }
    list.resize(size);
    add(key,
        Json{{"description", doc},
             {"type", "array"},
             {"minItems", 1},
             {"items", variants.size() == 1 ? variants[0] : Json{{"oneOf", variants}}}},
        presence);
  }

  void anything(std::string_view key, Node&, Node::Kind kind, Presence presence,
                std::string_view doc) override {
    const bool list = kind == Node::Kind::kSequence;
    add(key,
        Json{{"description", doc},
             {"type", list ? "array" : "object"},
             {list ? "minItems" : "minProperties", 1}},
        presence);
  }

  [[nodiscard]] Json schema() const {
    Json schema{{"type", "object"}, {"properties", properties_}};
    if (!required_.empty()) schema["required"] = required_;
    schema["additionalProperties"] = false;
    return schema;
  }

 private:
  static Json ranged(const char* type, const NumberRange& range, std::string_view doc) {
    constexpr NumberRange kAny{};
    Json schema = Json::object();
    if (!doc.empty()) schema["description"] = doc;
    schema["type"] = type;
    if (range.min != kAny.min) {
      schema[range.min_excluded ? "exclusiveMinimum" : "minimum"] = range.min;
    }
    if (range.max != kAny.max) schema["maximum"] = range.max;
    return schema;
  }
  static Json text_schema(const TextRule& rule) {
    if (!rule.choices.empty()) return {{"enum", rule.choices}};
    if (rule.identifier) return {{"type", "string"}, {"pattern", "^[a-z0-9][a-z0-9._@+-]*$"}};
    return {{"type", "string"}, {"minLength", 1}};
  }
  void add_list(std::string_view key, const Json& item, const std::vector<std::string>& value,
                Presence presence, std::string_view doc) {
    const Json list{{"type", "array"}, {"items", item}, {"minItems", 1}, {"uniqueItems", true}};
    Json schema{{"description", doc}, {"anyOf", Json::array({item, list})}};
    if (presence == Presence::kOptional && !value.empty()) schema["default"] = value;
    add(key, std::move(schema), presence);
  }
  void add(std::string_view key, Json schema, Presence presence) {
    properties_[std::string{key}] = std::move(schema);
    if (presence == Presence::kRequired) required_.emplace_back(key);
  }

  Json properties_ = Json::object();
  std::vector<std::string> required_;
};

}  // namespace

std::string write_fields(const FieldVisitor::Nested& describe) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  FieldWriter writer{out};
  describe(writer);
  out << YAML::EndMap;
  return std::string{out.c_str()} + "\n";
}

Json schema_of_fields(const FieldVisitor::Nested& describe) {
  SchemaWriter writer;
  describe(writer);
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}};
  schema.update(writer.schema());
  return schema;
}

}  // namespace papilio
