#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

#include "sim/base/suggest.hpp"
#include "sim/base/text.hpp"
#include "sim/base/yaml/fields.hpp"
#include "sim/base/yaml/scalars.hpp"

namespace papilio {
namespace {

std::string shown(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kScalar:
      return node.quoted ? fmt::format("the text \"{}\"", node.scalar)
                         : fmt::format("'{}'", node.scalar);
    case Node::Kind::kSequence:
      return "a list";
    case Node::Kind::kMapping:
      return "a mapping";
  }
  return {};
}

std::string range_text(const NumberRange& range) {
  constexpr NumberRange kAny{};
  const std::string_view at_least = range.min_excluded ? ">" : ">=";
  if (range.min == kAny.min && range.max == kAny.max) return "finite";
  if (range.min == range.max) return fmt::format("{:g}", range.min);
  if (range.max == kAny.max) return fmt::format("finite and {} {:g}", at_least, range.min);
  return fmt::format("{} {:g} and <= {:g}", at_least, range.min, range.max);
}

bool in_range(double value, const NumberRange& range) {
  return std::isfinite(value) && value <= range.max &&
         (range.min_excluded ? value > range.min : value >= range.min);
}

/// YAML's words for numbers that are none.
bool is_non_finite_word(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return text == ".inf" || text == ".Inf" || text == ".INF" || text == ".nan" || text == ".NaN" ||
         text == ".NAN";
}

/// How a text reads as a number.
enum class Reading { kNumber, kTooLarge, kNoNumber };

template <class Number>
Reading parse_number(std::string_view text, Number& value) {
  const auto [stop, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (stop != text.data() + text.size() || has_leading_zero(text)) return Reading::kNoNumber;
  if (status == std::errc::result_out_of_range) return Reading::kTooLarge;
  return status == std::errc{} ? Reading::kNumber : Reading::kNoNumber;
}

template <class Number>
bool parse_whole(std::string_view text, Number& value) {
  return parse_number(text, value) == Reading::kNumber;
}

/// The node at a dotted path, or the last one on the way to it that exists.
const Node& follow(const Node& root, std::string_view path) {
  const Node* node = &root;
  std::size_t start = 0;
  while (start < path.size()) {
    const std::size_t end = std::min(path.find('.', start), path.size());
    const std::string_view key = path.substr(start, end - start);
    if (node->kind == Node::Kind::kMapping) {
      const Node::Entry* entry = node->find(key);
      if (entry == nullptr) break;
      node = &entry->value;
    } else {
      std::size_t index = 0;
      if (!parse_whole(key, index) || index >= node->items.size()) break;
      node = &node->items[index];
    }
    start = end + 1;
  }
  return *node;
}

bool is_identifier(std::string_view text) {
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-@+") ==
             std::string_view::npos &&
         std::string_view{"._-@+"}.find(text.front()) == std::string_view::npos;
}

}  // namespace

FieldReader::FieldReader(const Node& node, std::string path, Mark where, Diagnostics& diagnostics)
    : node_{node},
      path_{std::move(path)},
      where_{std::move(where)},
      diagnostics_{diagnostics},
      taken_(node.entries.size()) {
  constexpr std::size_t kUsualKeys = 16;
  visited_.reserve(kUsualKeys);
}

std::string FieldReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key);
}

void FieldReader::error(const Node& node, std::string_view key, std::string_view message) {
  diagnostics_.error(node.mark, path_of(key), message);
}

const Node::Entry* FieldReader::take(std::string_view key, Presence presence) {
  visited_.emplace_back(key);
  const Node::Entry* entry = node_.find(key);
  if (entry != nullptr) {
    taken_[static_cast<std::size_t>(entry - node_.entries.data())] = true;
  } else if (presence == Presence::kRequired) {
    diagnostics_.error(where_, path_, fmt::format("missing required key '{}'", key));
  }
  return entry;
}

std::vector<std::string> FieldReader::known_keys() const {
  std::vector<std::string> keys;
  for (const std::string& key : visited_) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  }
  return keys;
}

std::string FieldReader::remedy(std::string_view key,
                                const std::vector<std::string>& unused) const {
  const auto holds = [&](const auto& mapping) {
    return std::find(mapping.second.begin(), mapping.second.end(), key) != mapping.second.end();
  };
  const auto home = std::find_if(nested_.begin(), nested_.end(), holds);
  if (home != nested_.end()) {
    return fmt::format("; it lives in '{0}': write {0}: {{{1}: ...}}", home->first, key);
  }
  if (!nearest_name(key, unused).empty()) return suggestion(key, unused);
  return fmt::format("; known: {}", fmt::join(known_keys(), ", "));
}

void FieldReader::finish() {
  // Neither unknown nor a duplicate, as nearly always.
  if (std::find(taken_.begin(), taken_.end(), false) == taken_.end()) return;
  std::unordered_map<std::string_view, const Node::Entry*> first;
  for (const Node::Entry& entry : node_.entries) first.try_emplace(entry.key, &entry);
  const std::vector<std::string> known = known_keys();
  std::vector<std::string> unused;
  std::copy_if(known.begin(), known.end(), std::back_inserter(unused),
               [&](const std::string& key) { return !first.contains(key); });
  for (const Node::Entry& entry : node_.entries) {
    const Node::Entry* earlier = first.at(entry.key);
    if (earlier != &entry) {
      diagnostics_.error(
          entry.key_mark, path_of(entry.key),
          fmt::format("duplicate key (first defined on line {})", earlier->key_mark.line + 1));
    } else if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
      diagnostics_.error(entry.key_mark, path_of(entry.key),
                         "unknown key" + remedy(entry.key, unused));
    }
  }
}

std::optional<double> FieldReader::read_number(const Node& node, std::string_view key,
                                               NumberRange range) {
  double value = 0;
  const bool plain = node.kind == Node::Kind::kScalar && !node.quoted;
  if (plain && is_non_finite_word(node.scalar)) {
    error(node, key, fmt::format("must be {}, got {}", range_text(range), node.scalar));
    return std::nullopt;
  }
  const Reading reading = plain ? parse_number(node.scalar, value) : Reading::kNoNumber;
  if (reading == Reading::kNoNumber) {
    const std::optional<double> share = share_of_percent(node.scalar);
    const bool is_share = share && in_range(*share, range);
    error(node, key,
          fmt::format("expected a number, got {}{}", shown(node),
                      is_share ? percent_remedy(node.scalar) : ""));
    return std::nullopt;
  }
  if (reading == Reading::kTooLarge || !in_range(value, range)) {
    // 2 where a share of one is asked for is meant as a percentage.
    constexpr double kWhole = 100;
    const bool is_percent = range.min == 0 && range.max == 1 && value > 1 && value <= kWhole;
    error(
        node, key,
        fmt::format("must be {}, got {}{}", range_text(range), node.scalar,
                    is_percent ? percent_remedy(node.scalar + "%") + " for as many percent" : ""));
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> FieldReader::read_integer(const Node& node, std::string_view key,
                                                      NumberRange range) {
  std::int64_t value = 0;
  const bool plain = node.kind == Node::Kind::kScalar && !node.quoted;
  const Reading reading = plain ? parse_number(node.scalar, value) : Reading::kNoNumber;
  if (reading == Reading::kNoNumber) {
    error(node, key, fmt::format("expected a whole number, got {}", shown(node)));
    return std::nullopt;
  }
  if (reading == Reading::kTooLarge || !in_range(static_cast<double>(value), range)) {
    error(node, key, fmt::format("must be {}, got {}", range_text(range), node.scalar));
    return std::nullopt;
  }
  return value;
}

std::optional<std::string> FieldReader::read_text(const Node& node, std::string_view key,
                                                  const TextRule& rule) {
  if (node.kind != Node::Kind::kScalar || node.scalar.empty()) {
    error(node, key, fmt::format("expected a text, got {}", shown(node)));
    return std::nullopt;
  }
  const std::vector<std::string>& choices = rule.choices;
  if (!choices.empty() && std::find(choices.begin(), choices.end(), node.scalar) == choices.end()) {
    error(node, key,
          fmt::format("unknown value '{}'{}", node.scalar, suggestion(node.scalar, choices)));
    return std::nullopt;
  }
  if (rule.identifier && !is_identifier(node.scalar)) {
    error(node, key,
          fmt::format(
              "expected lower-case letters, digits, '.', '_', '-', '@' and '+' only, starting with "
              "a letter or digit, got '{}'",
              node.scalar));
    return std::nullopt;
  }
  return node.scalar;
}

void FieldReader::integer(std::string_view key, std::int64_t& value, NumberRange range,
                          Presence presence, std::string_view) {
  if (const Node::Entry* entry = take(key, presence)) {
    value = read_integer(entry->value, key, range).value_or(value);
  }
}

void FieldReader::integer(std::string_view key, std::optional<std::int64_t>& value,
                          NumberRange range, std::string_view) {
  if (const Node::Entry* entry = take(key, Presence::kOptional)) {
    value = read_integer(entry->value, key, range);
  }
}

void FieldReader::number(std::string_view key, double& value, NumberRange range, Presence presence,
                         std::string_view) {
  if (const Node::Entry* entry = take(key, presence)) {
    value = read_number(entry->value, key, range).value_or(value);
  }
}

void FieldReader::number(std::string_view key, std::optional<double>& value, NumberRange range,
                         std::string_view) {
  if (const Node::Entry* entry = take(key, Presence::kOptional)) {
    value = read_number(entry->value, key, range);
  }
}

void FieldReader::boolean(std::string_view key, bool& value, Presence presence, std::string_view) {
  const Node::Entry* entry = take(key, presence);
  if (entry == nullptr) return;
  const Node& node = entry->value;
  const bool plain = node.kind == Node::Kind::kScalar && !node.quoted;
  if (plain && node.scalar == "true") {
    value = true;
  } else if (plain && node.scalar == "false") {
    value = false;
  } else {
    error(node, key, fmt::format("expected true or false, got {}", shown(node)));
  }
}

void FieldReader::text(std::string_view key, std::string& value, const TextRule& rule,
                       Presence presence, std::string_view) {
  if (const Node::Entry* entry = take(key, presence)) {
    value = read_text(entry->value, key, rule).value_or(value);
  }
}

template <class ReadItem>
void FieldReader::read_list(std::string_view key, std::vector<std::string>& value,
                            Presence presence, bool repeats, const ReadItem& read_item) {
  const Node::Entry* entry = take(key, presence);
  if (entry == nullptr) return;
  const Node& node = entry->value;
  if (node.kind != Node::Kind::kSequence) {
    if (const std::optional<std::string> item = read_item(node, std::string{key})) value = {*item};
    return;
  }
  if (node.items.empty()) {
    error(node, key, "expected at least one item");
    return;
  }
  std::vector<std::string> items;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const std::string item_key = fmt::format("{}.{}", key, i);
    const std::optional<std::string> item = read_item(node.items[i], item_key);
    if (!item) continue;
    if (!repeats && std::find(items.begin(), items.end(), *item) != items.end()) {
      error(node.items[i], item_key, fmt::format("'{}' is listed twice", *item));
    }
    items.push_back(*item);
  }
  value = std::move(items);
}

void FieldReader::text_list(std::string_view key, std::vector<std::string>& value,
                            const TextRule& rule, Presence presence, std::string_view) {
  read_list(key, value, presence, rule.repeats, [&](const Node& node, const std::string& item_key) {
    return read_text(node, item_key, rule);
  });
}

void FieldReader::integer_or_word_list(std::string_view key, std::vector<std::string>& value,
                                       NumberRange range, const std::vector<std::string>& words,
                                       Presence presence, std::string_view) {
  read_list(key, value, presence, /*repeats=*/false,
            [&](const Node& node, const std::string& item_key) -> std::optional<std::string> {
              const bool is_text = node.kind == Node::Kind::kScalar && !node.scalar.empty();
              if (is_text && std::find(words.begin(), words.end(), node.scalar) != words.end()) {
                return node.scalar;
              }
              std::int64_t ignored = 0;
              if (is_text && parse_number(node.scalar, ignored) == Reading::kNoNumber) {
                error(node, item_key,
                      fmt::format("expected a whole number or one of: {}, got {}",
                                  fmt::join(words, ", "), shown(node)));
                return std::nullopt;
              }
              const std::optional<std::int64_t> number = read_integer(node, item_key, range);
              if (!number) return std::nullopt;
              return std::to_string(*number);
            });
}

void FieldReader::integer_list(std::string_view key, std::vector<std::int64_t>& value,
                               NumberRange range, std::size_t most, Presence presence,
                               std::string_view) {
  const Node::Entry* entry = take(key, presence);
  if (entry == nullptr) return;
  const Node& node = entry->value;
  if (node.kind != Node::Kind::kSequence || node.items.size() > most) {
    error(node, key,
          fmt::format("expected a list of at most {} whole numbers, as {}: [64, 128]", most, key));
    return;
  }
  value.clear();
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const auto number = read_integer(node.items[i], fmt::format("{}.{}", key, i), range);
    if (number) value.push_back(*number);
  }
}

void FieldReader::object(std::string_view key, Presence presence, std::string_view,
                         const Nested& describe) {
  const Node::Entry* entry = take(key, presence);
  if (entry == nullptr) return;
  if (entry->value.kind != Node::Kind::kMapping) {
    // Describing nothing tells which keys there would be.
    const Node empty{.kind = Node::Kind::kMapping, .mark = entry->value.mark};
    Diagnostics unwanted;
    FieldReader blank{empty, "", empty.mark, unwanted};
    describe(blank);
    error(entry->value, key,
          fmt::format("expected a mapping, got {}; write {}: {{{}: ...}}", shown(entry->value), key,
                      fmt::join(blank.known_keys(), ": ..., ")));
    return;
  }
  FieldReader nested{entry->value, path_of(key), entry->key_mark, diagnostics_};
  describe(nested);
  nested.finish();
  nested_.emplace_back(key, nested.known_keys());
}

void FieldReader::object(std::string_view key, bool& present, std::string_view doc,
                         const Nested& describe) {
  present = node_.find(key) != nullptr;
  object(key, Presence::kOptional, doc, describe);
}

void FieldReader::object_or_value(std::string_view key, bool& present, Presence presence,
                                  std::string_view doc, const Short& form, const Nested& describe) {
  const Node::Entry* const entry = node_.find(key);
  present = entry != nullptr;
  if (entry == nullptr || entry->value.kind != Node::Kind::kScalar) {
    object(key, presence, doc, describe);
    return;
  }
  take(key, presence);
  const Mark& mark = entry->value.mark;
  Node written{.kind = Node::Kind::kMapping, .mark = mark};
  written.entries.push_back({std::string{form.key}, mark, entry->value});
  for (const auto& [implied, text] : form.implied) {
    written.entries.push_back(
        {implied, mark, Node{.kind = Node::Kind::kScalar, .mark = mark, .scalar = text}});
  }
  FieldReader nested{written, path_of(key), entry->key_mark, diagnostics_};
  describe(nested);
  nested.finish();
}

void FieldReader::object_list(std::string_view key, const ObjectList& list, Presence presence,
                              std::string_view) {
  const Node::Entry* entry = take(key, presence);
  if (entry == nullptr) return;
  const Node& node = entry->value;
  if (node.kind != Node::Kind::kSequence || node.items.empty()) {
    error(node, key,
          fmt::format("expected a list of mappings, got {}",
                      node.kind == Node::Kind::kSequence ? "an empty one" : shown(node)));
    return;
  }
  list.resize(node.items.size());
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Node& item = node.items[i];
    const std::string item_key = fmt::format("{}.{}", key, i);
    if (item.kind != Node::Kind::kMapping) {
      error(item, item_key, fmt::format("expected a mapping, got {}", shown(item)));
      continue;
    }
    FieldReader nested{item, path_of(item_key), item.mark, diagnostics_};
    // Without a valid discriminator the other keys have no meaning: it alone is reported.
    if (!list.discriminator.empty()) {
      std::string variant;
      nested.text(list.discriminator, variant, {.choices = list.variants}, Presence::kRequired, "");
      if (variant.empty()) continue;
    }
    list.describe(i, nested);
    nested.finish();
  }
}

void FieldReader::anything(std::string_view key, Node& value, Node::Kind kind, Presence presence,
                           std::string_view) {
  const Node::Entry* entry = take(key, presence);
  if (entry == nullptr) return;
  const Node& node = entry->value;
  if (node.kind != kind) {
    const bool list = kind == Node::Kind::kSequence;
    error(node, key,
          fmt::format("expected a {}, got {}; write {}", list ? "list" : "mapping", shown(node),
                      list ? fmt::format("{}: [...]", key) : fmt::format("{}: {{...}}", key)));
  } else if (node.items.empty() && node.entries.empty()) {
    error(node, key, "expected at least one item");
  } else {
    value = node;
  }
}

void read_fields(const Node& root, const FieldVisitor::Nested& describe, Diagnostics& diagnostics) {
  if (root.kind != Node::Kind::kMapping) {
    diagnostics.error(root.mark, "", "expected a mapping, got " + shown(root));
    return;
  }
  FieldReader reader{root, "", root.mark, diagnostics};
  describe(reader);
  reader.finish();
}

Mark mark_of(const Node& root, std::string_view path) {
  return follow(root, path).mark;
}

std::string item_path(const Node& root, std::string_view path, std::size_t item) {
  const bool is_list = follow(root, path).kind == Node::Kind::kSequence;
  return is_list ? fmt::format("{}.{}", path, item) : std::string{path};
}

}  // namespace papilio
