#include "sim/base/yaml/node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/base/text.hpp"
#include "sim/base/yaml/parser.hpp"
#include "sim/base/yaml/scalars.hpp"

namespace papilio {
namespace {

constexpr double kExactWhole = 9007199254740992;  // 2^53: doubles hold every whole number up to it
constexpr std::size_t kShownErrors = 20;
constexpr std::size_t kKeptErrors = 1000;

/// The error as printed: place, path, message, the source line, and a caret under the place. The
/// blanks before the caret repeat the line's tabs, so that the caret lines up.
std::string render(const Mark& mark, std::string_view path, std::string_view message) {
  std::string text = fmt::format("{}:{}:{}: error: {}{}{}\n", mark.source->name(), mark.line + 1,
                                 mark.column + 1, path, path.empty() ? "" : ": ", message);
  if (mark.line >= mark.source->lines()) return text;
  constexpr std::size_t kLongest = 4096;  // bytes of a line that helps anybody
  if (mark.source->line(mark.line).size() > kLongest) return text;
  const std::string line = printable(mark.source->line(mark.line));
  text += "  " + line + "\n  ";
  std::size_t column = 0;
  for (const char c : line) {
    if (!begins_character(c)) continue;
    if (column++ == mark.column) break;
    text += c == '\t' ? '\t' : ' ';
  }
  return text + "^\n";
}

}  // namespace

SourceText::SourceText(std::string name, std::string text)
    : name_{std::move(name)}, text_{std::move(text)}, starts_{0} {
  for (std::size_t i = 0; i < text_.size(); ++i) {
    const bool ends = text_[i] == '\n' || (text_[i] == '\r' && text_[i + 1] != '\n');
    if (ends) starts_.push_back(static_cast<std::uint32_t>(i + 1));
  }
}

std::string_view SourceText::line(std::size_t number) const {
  const std::size_t start = starts_[number];
  const std::size_t end = number + 1 < starts_.size() ? starts_[number + 1] - 1 : text_.size();
  std::string_view line = std::string_view{text_}.substr(start, end - start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::size_t SourceText::line_of(std::size_t position) const {
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), position);
  return static_cast<std::size_t>(next - starts_.begin()) - 1;
}

const Node::Entry* Node::find(std::string_view key) const {
  const auto it = std::find_if(entries.begin(), entries.end(),
                               [&](const Entry& entry) { return entry.key == key; });
  return it == entries.end() ? nullptr : &*it;
}

void Diagnostics::error(const Mark& mark, std::string_view path, std::string_view message) {
  if (errors_.size() >= kKeptErrors) {
    ++left_out_;
    return;
  }
  std::string text = render(mark, path, message);
  if (told_.insert(text).second) {
    errors_.push_back({mark, std::move(text), std::string{path}, std::string{message}});
  }
}

void Diagnostics::throw_if_any() const {
  if (errors_.empty()) return;
  std::vector<const Error*> ordered;
  for (const Error& error : errors_) ordered.push_back(&error);
  std::stable_sort(ordered.begin(), ordered.end(), [](const Error* a, const Error* b) {
    return std::forward_as_tuple(a->mark.source->name(), a->mark.line, a->mark.column) <
           std::forward_as_tuple(b->mark.source->name(), b->mark.line, b->mark.column);
  });
  std::string text;
  const std::size_t shown = std::min(ordered.size(), kShownErrors);
  std::vector<ErrorPlace> places;
  places.reserve(shown);
  for (std::size_t i = 0; i < shown; ++i) {
    const Error& error = *ordered[i];
    text += error.text;
    places.push_back({.file = error.mark.source->name(),
                      .line = error.mark.line + 1,
                      .column = error.mark.column + 1,
                      .key = error.path,
                      .message = error.message});
  }
  if (const std::size_t more = ordered.size() - shown + left_out_; more > 0) {
    text += fmt::format("{} more error{} of {}; mend these first\n", more, more == 1 ? "" : "s",
                        ordered.front()->mark.source->name());
  }
  text.pop_back();  // the printer ends the line
  throw LocatedError{text, std::move(places)};
}

void fail_at(const Mark& mark, std::string_view path, std::string_view message) {
  Diagnostics diagnostics;
  diagnostics.error(mark, path, message);
  diagnostics.throw_if_any();
  throw ConfigError{"unreachable"};
}

namespace {

/// The number of an item that a part of a path is, if it is one.
std::optional<std::size_t> item_number(const std::string& key) {
  std::size_t index = 0;
  const auto [stop, status] = std::from_chars(key.data(), key.data() + key.size(), index);
  const bool whole = status == std::errc{} && stop == key.data() + key.size();
  return whole && !has_leading_zero(key) ? std::optional{index} : std::nullopt;
}

/// Makes a node hold what a part of a path is looked for in: a text may grow from nothing, or be
/// the only item of a list.
void make_container(Node& node, bool list, const Mark& mark) {
  if (node.kind == Node::Kind::kNull) {
    node = Node{.kind = list ? Node::Kind::kSequence : Node::Kind::kMapping, .mark = mark};
  } else if (node.kind == Node::Kind::kScalar && list) {
    Node only = std::move(node);
    node = Node{.kind = Node::Kind::kSequence, .mark = only.mark};
    node.items.push_back(std::move(only));
  }
}

/// The place at a dotted path. What is missing of it is made: whether the keys exist, those who
/// read the document know.
/// @param mark_at place to report at of the path's part from a position on
template <class MarkAt>
Node& place_of(Node& root, std::string_view path, const MarkAt& mark_at) {
  Node* node = &root;
  std::size_t start = 0;
  while (true) {
    const std::size_t end = std::min(path.find('.', start), path.size());
    const std::string key{path.substr(start, end - start)};
    const Mark mark = mark_at(start);
    const std::optional<std::size_t> item = item_number(key);
    make_container(*node, item.has_value(), mark);
    if (node->kind == Node::Kind::kSequence) {
      const std::size_t size = node->items.size();
      if (!item || *item > size) {
        fail_at(mark, path.substr(0, end),
                size == 0 ? "expected the number of an item; 0 adds the first"
                          : fmt::format("expected the number of an item, 0 to {}; {} adds one",
                                        size - 1, size));
      }
      if (*item == size) node->items.push_back({.mark = mark});
      node = &node->items[*item];
    } else if (node->kind == Node::Kind::kMapping) {
      auto it = std::find_if(node->entries.begin(), node->entries.end(),
                             [&](const Node::Entry& entry) { return entry.key == key; });
      if (it == node->entries.end()) {
        node->entries.push_back({key, mark, {.mark = mark}});
        it = std::prev(node->entries.end());
      }
      it->key_mark = mark;
      node = &it->value;
    } else {
      fail_at(mark, path.substr(0, end), "the value above it is neither a mapping nor a list");
    }
    if (end == path.size()) return *node;
    start = end + 1;
  }
}

}  // namespace

void apply_override(Node& root, std::string_view assignment) {
  const std::string name{"--set"};
  const auto source = make_source(assignment, name);
  assignment = source->text();
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    fail_at({source, 0, 0}, "", "expected key.path=value, such as networks=[wifi]");
  }
  const std::string_view path = assignment.substr(0, equals);

  // Parsed with the key in front, blanked out, so that marks point into what the user typed.
  std::string padded(equals + 1, ' ');
  padded += assignment.substr(equals + 1);
  const bool empty_value = padded.find_first_not_of(' ') == std::string::npos;
  Node value;
  if (empty_value) {
    value.mark = {source, 0, 0};
  } else {
    value = parse(padded, source);
  }
  place_of(root, path, [&](std::size_t start) {
    return Mark{source, 0, start};
  }) = std::move(value);
}

void set_value(Node& root, std::string_view path, Node value, const Mark& where) {
  place_of(root, path, [&](std::size_t) { return where; }) = std::move(value);
}

std::optional<double> Node::number() const {
  if (kind != Kind::kScalar || quoted) return std::nullopt;
  double value = 0;
  const char* end = scalar.data() + scalar.size();
  const auto [stop, status] = std::from_chars(scalar.data(), end, value);
  if (stop != end || status != std::errc{} || has_leading_zero(scalar) || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

void tidy_numbers(Node& node) {
  if (const std::optional<double> number = node.number()) {
    // A whole number has all its digits, however it is written: 3, 3.0, 3e0.
    std::int64_t whole = 0;
    const char* end = node.scalar.data() + node.scalar.size();
    const auto [stop, status] = std::from_chars(node.scalar.data(), end, whole);
    if (stop == end && status == std::errc{}) {
      node.scalar = std::to_string(whole);
    } else if (std::trunc(*number) == *number && std::abs(*number) <= kExactWhole) {
      node.scalar = std::to_string(static_cast<std::int64_t>(*number));
    } else {
      node.scalar = fmt::to_string(*number);
    }
  }
  for (Node& item : node.items) tidy_numbers(item);
  for (Node::Entry& entry : node.entries) tidy_numbers(entry.value);
}

void gather_texts(const Node& node, std::set<std::string>& texts) {
  if (node.kind == Node::Kind::kScalar) texts.insert(node.scalar);
  for (const Node& item : node.items) gather_texts(item, texts);
  for (const Node::Entry& entry : node.entries) gather_texts(entry.value, texts);
}

nlohmann::ordered_json json_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return nullptr;
    case Node::Kind::kScalar: {
      const bool plain = !node.quoted;
      if (plain && (node.scalar == "true" || node.scalar == "false")) return node.scalar == "true";
      const std::optional<double> number = node.number();
      if (!number) return node.scalar;
      // What is whole reads back as it is written: 3, not 3.0.
      if (std::trunc(*number) == *number && std::abs(*number) <= kExactWhole) {
        return static_cast<std::int64_t>(*number);
      }
      return *number;
    }
    case Node::Kind::kSequence: {
      nlohmann::ordered_json list = nlohmann::ordered_json::array();
      for (const Node& item : node.items) list.push_back(json_of(item));
      return list;
    }
    case Node::Kind::kMapping: {
      nlohmann::ordered_json mapping = nlohmann::ordered_json::object();
      for (const Node::Entry& entry : node.entries) {
        if (!mapping.contains(entry.key)) mapping[entry.key] = json_of(entry.value);
      }
      return mapping;
    }
  }
  return nullptr;
}

}  // namespace papilio
