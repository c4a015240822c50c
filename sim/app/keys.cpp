#include "sim/app/keys.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace papilio {
namespace {

using Json = nlohmann::ordered_json;

/// What the end of a key's name says of its unit, and a number of such a thing as one meets it; the
/// first that fits.
struct UnitOfKeys {
  std::string_view ending;
  std::string_view unit;
  double example;
};

constexpr std::array<UnitOfKeys, 11> kUnits{{{"_j_per_bit", "J/bit", 1e-7},
                                             {"_mbit_per_s", "Mbit/s", 20},
                                             {"_bit_per_s", "bit/s", 20e6},
                                             {"_byte_per_s", "B/s", 30e9},
                                             {"_flop_per_s", "FLOP/s", 1e12},
                                             {"_per_s", "1/s", 0.2},
                                             {"_bytes", "B", 1000},
                                             {"_share", "share", 0.25},
                                             {"_s", "s", 0.01},
                                             {"_j", "J", 0.02},
                                             {"_w", "W", 1.5}}};

/// nullptr: the name says none.
const UnitOfKeys* find_unit_of(std::string_view key) {
  const auto* const found = std::find_if(
      kUnits.begin(), kUnits.end(), [&](const auto& one) { return key.ends_with(one.ending); });
  return found == kUnits.end() ? nullptr : found;
}

std::string_view unit_of(std::string_view key) {
  const UnitOfKeys* const found = find_unit_of(key);
  return found == nullptr ? "" : found->unit;
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

/// What texts of these keys look like; others are words of their own.
std::string_view text_example(std::string_view key) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 35> kTexts{
      {{"model", "resnet50"},
       {"device", "jetson-tx2"},
       {"radio", "4g"},
       {"network", "4g"},
       {"networks", "[4g, wifi]"},
       {"after", "[RB8]"},
       {"edge_after", "RB13"},
       {"channels", "[5]"},
       {"codec", "zstd"},
       {"published", "butterfly-2019"},
       {"accuracy_from", "accuracy.csv"},
       {"calibration", "this-machine.yaml"},
       {"from", "data.csv"},
       {"file", "data.csv"},
       {"trace", "lift.csv"},
       {"profiles", "[my-profiles]"},
       {"base", "mine.yaml"},
       {"key", "uplink_bit_per_s"},
       {"source", "butterfly-2019"},
       {"at", "Table 2"},
       {"layer", "conv1"},
       {"op", "relu"},
       {"cell", "cell"},
       {"server", "cloud"},
       {"title", "My phone"},
       {"description", "Phones in a town"},
       {"block", "RB1"},
       {"end_of", "RB1"},
       {"inputs", "[conv1]"},
       {"weights_of", "conv1"},
       {"note", "Medians of 30 passes."},
       {"processor", "AMD EPYC, 2 cores"},
       {"value", "LPDDR5, 8 GB"},
       {"doubt", "Its bars overlap"},
       {"name", "mine"}}};
  const auto* const found =
      std::find_if(kTexts.begin(), kTexts.end(), [&](const auto& one) { return one.first == key; });
  return found == kTexts.end() ? "" : found->second;
}

/// A number in a range, near the one that is usual.
double in_range(const Json& schema, double usual) {
  if (schema.contains("minimum")) usual = std::max(usual, schema["minimum"].get<double>());
  if (schema.contains("exclusiveMinimum")) {
    const double least = schema["exclusiveMinimum"].get<double>();
    if (usual <= least) usual = least + 1;
  }
  if (schema.contains("maximum")) usual = std::min(usual, schema["maximum"].get<double>());
  return usual;
}

std::string example_of_value(const std::string& key, const Json& schema) {
  if (schema.contains("const")) return schema["const"].get<std::string>();
  if (schema.contains("examples")) {
    const Json& example = schema["examples"].front();
    return example.is_string() ? example.get<std::string>() : example.dump();
  }
  if (schema.contains("enum")) {
    // Another than what stands there anyhow.
    std::string usual = default_of(schema);
    for (const Json& word : schema["enum"]) {
      if (word.get<std::string>() != usual) return word.get<std::string>();
    }
    return usual;
  }
  const std::string type = schema.value("type", "");
  if (type == "boolean") return default_of(schema) == "true" ? "false" : "true";
  if (type == "integer" || type == "number") {
    const Json usual = schema.value("default", Json{});
    const UnitOfKeys* const unit = find_unit_of(key);
    double number = 2;
    if (unit != nullptr) number = unit->example;
    if (unit == nullptr && usual.is_number() && usual.get<double>() != 0) {
      number = usual.get<double>();
    }
    if (type == "integer") number = std::max(1.0, std::round(number));
    return fmt::format("{}", in_range(schema, number));
  }
  if (type == "string") {
    const std::string_view text = text_example(key);
    // A list's example stands in brackets.
    if (text.starts_with('[')) return std::string{text.substr(1, text.find_first_of(",]") - 1)};
    return text.empty() ? fmt::format("a-{}", key) : std::string{text};
  }
  if (schema.contains("anyOf")) {
    for (const Json& one : schema["anyOf"]) {
      const std::string_view text = text_example(key);
      if (one.value("type", "") == "array" && text.starts_with('[')) return std::string{text};
    }
    return example_of_value(key, schema["anyOf"].front());
  }
  if (type == "array" && schema.contains("items") && !schema["items"].contains("properties") &&
      !schema["items"].contains("oneOf")) {
    return fmt::format("[{}]", example_of_value(key, schema["items"]));
  }
  return {};  // its keys have examples
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
                           example_of_value(key, schema),
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
        } else if (found->of.back() != name) {
          found->of.push_back(name);
        }
      }
    }
    for (const Shared& one : all) {
      const bool names_it = one.schema->contains("const");
      if (names_it) {
        table_.rows.push_back({path + one.key, "", fmt::format("{}", fmt::join(one.of, ", ")),
                               "required", one.of.front(),
                               one.schema->value("description", std::string{})});
        continue;
      }
      const std::string of =
          one.of.size() == variants.size() ? "" : fmt::format("Of {}: ", fmt::join(one.of, ", "));
      add_key(path + one.key, one.key, *one.schema, one.must, of);
      add_below(path + one.key, *one.schema);
    }
  }

  Table table_{.columns = {{"key", true},
                           {"unit", true},
                           {"value", true},
                           {"default", true},
                           {"example", true},
                           {"meaning", true}}};
};

}  // namespace

std::vector<std::pair<std::string_view, std::string_view>> units_of_keys() {
  std::vector<std::pair<std::string_view, std::string_view>> units;
  units.reserve(kUnits.size());
  for (const UnitOfKeys& one : kUnits) units.emplace_back(one.ending, one.unit);
  return units;
}

Section keys_of(const std::string& title, const Json& schema) {
  KeysTable table;
  table.add("", schema);
  Section section{.title = title};
  section.table = table.take();
  return section;
}

}  // namespace papilio
