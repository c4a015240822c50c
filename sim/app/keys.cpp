#include "sim/app/keys.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace papilio {
namespace {

using Json = nlohmann::ordered_json;

/// What the end of a key's name says of its unit; the first that fits.
std::string_view unit_of(std::string_view key) {
  constexpr std::pair<std::string_view, std::string_view> kUnits[]{{"_j_per_bit", "J/bit"},
                                                                   {"_bit_per_s", "bit/s"},
                                                                   {"_byte_per_s", "B/s"},
                                                                   {"_flop_per_s", "FLOP/s"},
                                                                   {"_per_s", "1/s"},
                                                                   {"_bytes", "B"},
                                                                   {"_share", "share"},
                                                                   {"_s", "s"},
                                                                   {"_j", "J"},
                                                                   {"_w", "W"}};
  const auto* const found = std::find_if(std::begin(kUnits), std::end(kUnits),
                                         [&](const auto& one) { return key.ends_with(one.first); });
  return found == std::end(kUnits) ? "" : found->second;
}

/// "0 to 1e9", "above 0, up to 100", "from 1"; empty: any.
std::string range_text(const Json& schema) {
  const auto number = [&](const char* key) { return fmt::format("{}", schema[key].get<double>()); };
  std::string least;
  if (schema.contains("exclusiveMinimum")) least = "above " + number("exclusiveMinimum");
  const bool from = schema.contains("minimum");
  const bool to = schema.contains("maximum");
  if (from && to) return fmt::format("{} to {}", number("minimum"), number("maximum"));
  if (from) return "from " + number("minimum");
  if (to) return fmt::format("{}{}up to {}", least, least.empty() ? "" : ", ", number("maximum"));
  return least;
}

std::string joined(const Json& words) {
  std::vector<std::string> texts;
  for (const Json& word : words) texts.push_back(word.get<std::string>());
  return fmt::format("{}", fmt::join(texts, ", "));
}

/// What a value may be, in words.
std::string values_of(const Json& schema) {
  if (schema.contains("const")) return schema["const"].get<std::string>();
  if (schema.contains("enum")) return joined(schema["enum"]);
  if (schema.contains("anyOf")) {
    std::vector<std::string> texts;
    for (const Json& one : schema["anyOf"]) {
      std::string text = values_of(one);
      // "a text, or a list of texts" is one thing in YAML: a list, of which one may stand alone.
      if (one.value("type", "") == "array" && !texts.empty()) text = "or a list of such";
      texts.push_back(std::move(text));
    }
    return fmt::format("{}", fmt::join(texts, "; "));
  }
  const std::string type = schema.value("type", "");
  const std::string range = range_text(schema);
  const auto with_range = [&](const char* what) {
    return range.empty() ? std::string{what} : fmt::format("{}, {}", what, range);
  };
  if (type == "integer") return with_range("whole number");
  if (type == "number") return with_range("number");
  if (type == "boolean") return "true or false";
  if (type == "string") return schema.contains("pattern") ? "name: a-z 0-9 . _ @ + -" : "text";
  if (type == "array") return "list";
  return type == "object" ? "mapping" : type;
}

std::string default_of(const Json& schema) {
  if (!schema.contains("default")) return {};
  const Json& value = schema["default"];
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());
  if (value.is_array() && !value.empty() && value.front().is_string()) return joined(value);
  return value.dump();
}

class KeysTable {
 public:
  Table take() { return std::move(table_); }

  /// Adds the keys of a mapping.
  void add(const std::string& path, const Json& mapping) {
    if (!mapping.contains("properties")) return;
    const Json required = mapping.value("required", Json::array());
    for (const auto& [key, schema] : mapping["properties"].items()) {
      const bool must = std::find(required.begin(), required.end(), key) != required.end();
      add_key(path + key, key, schema, must, "");
      add_below(path + key, schema);
    }
  }

 private:
  void add_key(const std::string& path, const std::string& key, const Json& schema, bool must,
               const std::string& of) {
    const std::string usual = must ? "required" : default_of(schema);
    table_.rows.push_back({path, unit_of(key), values_of(schema), usual,
                           of + schema.value("description", std::string{})});
  }

  /// What stands in a mapping or in the items of a list.
  void add_below(const std::string& path, const Json& schema) {
    if (schema.contains("properties")) add(path + ".", schema);
    if (schema.contains("anyOf")) {
      for (const Json& one : schema["anyOf"]) add_below(path, one);
    }
    if (!schema.contains("items")) return;
    const Json& items = schema["items"];
    if (items.contains("oneOf")) {
      add_variants(path + "[].", items["oneOf"]);
    } else {
      add(path + "[].", items);
    }
  }

  /// Keys that several variants have alike stand once, with the variants' names.
  void add_variants(const std::string& path, const Json& variants) {
    struct Shared {
      std::string key;
      const Json* schema;
      bool must;
      std::vector<std::string> of;
    };
    std::vector<Shared> all;
    for (const Json& variant : variants) {
      const Json required = variant.value("required", Json::array());
      std::string name;
      for (const auto& [key, schema] : variant["properties"].items()) {
        if (schema.contains("const")) name = schema["const"].get<std::string>();
      }
      for (const auto& [key, schema] : variant["properties"].items()) {
        Json alike = schema;
        alike.erase("const");
        const bool must = std::find(required.begin(), required.end(), key) != required.end();
        const std::string& wanted = key;  // clang takes no parts of a pair into a lambda
        const auto found = std::find_if(all.begin(), all.end(), [&](const Shared& one) {
          Json other = *one.schema;
          other.erase("const");
          return one.key == wanted && one.must == must && other == alike;
        });
        if (found == all.end()) {
          all.push_back({key, &schema, must, {name}});
        } else {
          found->of.push_back(name);
        }
      }
    }
    for (const Shared& one : all) {
      const bool names_it = one.schema->contains("const");
      if (names_it) {
        table_.rows.push_back({path + one.key, "", fmt::format("{}", fmt::join(one.of, ", ")),
                               "required", one.schema->value("description", std::string{})});
        continue;
      }
      const std::string of =
          one.of.size() == variants.size() ? "" : fmt::format("Of {}: ", fmt::join(one.of, ", "));
      add_key(path + one.key, one.key, *one.schema, one.must, of);
      add_below(path + one.key, *one.schema);
    }
  }

  Table table_{
      .columns = {
          {"key", true}, {"unit", true}, {"value", true}, {"default", true}, {"meaning", true}}};
};

}  // namespace

Section keys_of(const std::string& title, const Json& schema) {
  KeysTable table;
  table.add("", schema);
  Section section{.title = title};
  section.table = table.take();
  return section;
}

}  // namespace papilio
