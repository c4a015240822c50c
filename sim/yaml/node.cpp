#include "sim/yaml/node.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <tuple>

#include "sim/base/error.hpp"
#include "sim/base/read_file.hpp"
#include "sim/base/suggest.hpp"
#include "sim/base/text.hpp"
#include "sim/yaml/scalars.hpp"

namespace papilio {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr double kExactWhole = 9007199254740992;  // 2^53: doubles hold every whole number up to it
constexpr std::size_t kMaxNodes = 1'000'000;      // stops an alias bomb long before memory does
constexpr std::size_t kMaxBytes = 32U << 20U;     // three times a network of 100,000 layers
constexpr std::size_t kShownErrors = 20;
constexpr std::size_t kKeptErrors = 1000;

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// Characters of a UTF-8 text.
std::size_t characters(std::string_view text) {
  return text.size() -
         static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues_character));
}

/// The error as printed: place, path, message, the source line, and a caret under the place. The
/// blanks before the caret repeat the line's tabs, so that the caret lines up.
std::string render(const Mark& mark, std::string_view path, std::string_view message) {
  std::string text = fmt::format("{}:{}:{}: error: {}{}{}\n", mark.source->name(), mark.line + 1,
                                 mark.column + 1, path, path.empty() ? "" : ": ", message);
  if (mark.line >= mark.source->lines()) return text;
  constexpr std::size_t kLongest = 4096;  // bytes of a line that helps anybody
  if (mark.source->line(mark.line).size() > kLongest) return text;
  const std::string line = printable(mark.source->line(mark.line));
  std::string blanks;
  std::size_t column = 0;
  for (const char c : line) {
    if (continues_character(c)) continue;
    if (column++ == mark.column) break;
    blanks += c == '\t' ? '\t' : ' ';
  }
  return text + "  " + line + "\n  " + blanks + "^\n";
}

[[noreturn]] void fail_at(const Mark& mark, std::string_view path, std::string_view message) {
  Diagnostics diagnostics;
  diagnostics.error(mark, path, message);
  diagnostics.throw_if_any();
  throw ConfigError{"unreachable"};
}

/// Builds the tree from yaml-cpp's events. The events have what its Node class loses: a mark for a
/// null value, whether a scalar was quoted, and every duplicate key.
class TreeBuilder : public YAML::EventHandler {
 public:
  /// @param last set to where the last node began; outlives the builder
  TreeBuilder(std::shared_ptr<const SourceText> source, YAML::Mark& last)
      : source_{std::move(source)}, last_{last} {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    close(make(mark, Node::Kind::kNull), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) {
      fail_at(place(mark), "", "an anchor cannot be used inside its own definition");
    }
    count_ += it->second.second;
    Node copy = it->second.first;
    copy.mark = place(mark);
    check_size(copy.mark);
    attach(std::move(copy));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = make(mark, Node::Kind::kScalar);
    node.scalar = value.substr(0, value.find_last_not_of('\n') + 1);
    check_text(node);
    node.quoted = tag == "!";
    if (!node.quoted && (value == "~" || value == "null" || value.empty())) {
      node.kind = Node::Kind::kNull;
    }
    close(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(make(mark, Node::Kind::kSequence), anchor);
  }
  void OnSequenceEnd() override { close_container(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(make(mark, Node::Kind::kMapping), anchor);
  }
  void OnMapEnd() override { close_container(); }

  [[nodiscard]] bool has_root() const { return root_.has_value(); }
  Node take_root() { return std::move(*root_); }

  /// yaml-cpp counts bytes; people and editors count characters.
  [[nodiscard]] Mark place(const YAML::Mark& mark) const {
    const auto line = static_cast<std::size_t>(std::max(mark.line, 0));
    const auto bytes = static_cast<std::size_t>(std::max(mark.column, 0));
    if (line >= source_->lines()) return {source_, line, bytes};
    // On from the place before, for a whole document may stand in one line.
    if (line != counted_line_ || bytes < counted_bytes_) {
      counted_line_ = line;
      counted_bytes_ = counted_characters_ = 0;
    }
    const std::string_view text = source_->line(line).substr(0, bytes);
    counted_characters_ += characters(text.substr(std::min(counted_bytes_, text.size())));
    counted_bytes_ = text.size();
    return {source_, line, counted_characters_};
  }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor;
    std::size_t count_before;
    std::optional<Node> key;  // of a mapping, while its value is awaited
  };

  Node make(const YAML::Mark& mark, Node::Kind kind) {
    ++count_;
    last_ = mark;
    Node node;
    node.kind = kind;
    node.mark = place(mark);
    check_size(node.mark);
    return node;
  }
  void check_size(const Mark& mark) const {
    if (count_ > kMaxNodes) fail_at(mark, "", "the document holds more than a million nodes");
  }
  /// Names go into tables, files and other programs: none may break a line there, or steer a
  /// terminal.
  static void check_text(const Node& node) {
    if (node.scalar.find_first_of("\n\r") != std::string::npos) {
      fail_at(node.mark, "", "a text is one line here; fold it with '>-'");
    }
    if (const auto at = find_unprintable(node.scalar)) {
      fail_at(node.mark, "", why_unprintable(std::string_view{node.scalar}.substr(*at)));
    }
  }
  void open(Node node, YAML::anchor_t anchor) {
    if (stack_.size() >= kMaxDepth) fail_at(node.mark, "", "nested deeper than 64 levels");
    stack_.push_back({std::move(node), anchor, count_ - 1, std::nullopt});
  }
  void close_container() {
    Open top = std::move(stack_.back());
    stack_.pop_back();
    if (top.anchor != YAML::NullAnchor) {
      anchors_[top.anchor] = {top.node, count_ - top.count_before};
    }
    attach(std::move(top.node));
  }
  void close(Node node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {node, 1};
    attach(std::move(node));
  }
  void attach(Node node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = stack_.back();
    if (parent.node.kind == Node::Kind::kSequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      if (node.kind != Node::Kind::kScalar) fail_at(node.mark, "", "a key must be plain text");
      parent.key = std::move(node);
    } else {
      // A null has no text of its own: it is shown at its key.
      if (node.kind == Node::Kind::kNull) node.mark = parent.key->mark;
      parent.node.entries.push_back(
          {std::move(parent.key->scalar), std::move(parent.key->mark), std::move(node)});
      parent.key.reset();
    }
  }

  std::shared_ptr<const SourceText> source_;
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, std::pair<Node, std::size_t>> anchors_;
  std::optional<Node> root_;
  std::size_t count_{0};
  YAML::Mark& last_;
  // How many characters the first bytes of a line are.
  mutable std::size_t counted_line_{0};
  mutable std::size_t counted_bytes_{0};
  mutable std::size_t counted_characters_{0};
};

/// @param last set to where the last node began
Node parse_within_memory(const std::string& text, const std::shared_ptr<const SourceText>& source,
                         YAML::Mark& last) {
  std::istringstream stream{text};
  TreeBuilder builder{source, last};
  try {
    YAML::Parser parser{stream};
    if (!parser.HandleNextDocument(builder) || !builder.has_root()) {
      fail_at({source, 0, 0}, "", "the document is empty; write at least one key");
    }
    TreeBuilder rest{source, last};
    if (parser.HandleNextDocument(rest)) {
      const Mark mark = rest.has_root() ? rest.take_root().mark : Mark{source, 0, 0};
      fail_at(mark, "", "one document a file: remove what follows '---'");
    }
  } catch (const YAML::Exception& error) {
    const Mark mark = builder.place(error.mark);
    const bool tab = mark.line < source->lines() && source->line(mark.line).starts_with('\t');
    fail_at(mark, "",
            "not valid YAML: " + error.msg + (tab ? "; indent with spaces, not tabs" : ""));
  }
  return builder.take_root();
}

/// @param text what stands in `source`, some of it blanked out perhaps
Node parse(const std::string& text, const std::shared_ptr<const SourceText>& source) {
  YAML::Mark last;
  try {
    return parse_within_memory(text, source, last);
  } catch (const std::bad_alloc&) {  // what was built is gone by now
    fail_at(TreeBuilder{source, last}.place(last), "", "there is no memory to read on from here");
  }
}

/// The text in UTF-8.
/// @throws ConfigError with the place of what is none, or steers a terminal
std::shared_ptr<const SourceText> make_source(std::string_view bytes, std::string name) {
  Decoded decoded = to_utf8(bytes);
  auto source = std::make_shared<const SourceText>(std::move(name), std::move(decoded.text));
  const std::string& text = source->text();
  const std::optional<std::size_t> bad = decoded.bad ? decoded.bad : find_unprintable(text);
  if (!bad) return source;
  const std::size_t line = source->line_of(*bad);
  const std::size_t start = source->start_of(line);
  // Counted in characters, of which each byte that is none is one, as it is shown.
  const std::string before = printable(std::string_view{text}.substr(start, *bad - start));
  const std::string why = decoded.bad ? "there is no character of its encoding here"
                                      : why_unprintable(std::string_view{text}.substr(*bad));
  fail_at({source, line, characters(before)}, "", why + "; save the text as UTF-8 without it");
}

}  // namespace

SourceText::SourceText(std::string name, std::string text)
    : name_{std::move(name)}, text_{std::move(text)}, starts_{0} {
  for (std::size_t end = 0; (end = text_.find('\n', end)) != std::string::npos;) {
    starts_.push_back(static_cast<std::uint32_t>(++end));
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
  if (told_.insert(text).second) errors_.push_back({mark, std::move(text)});
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
  for (std::size_t i = 0; i < shown; ++i) text += ordered[i]->text;
  if (const std::size_t more = ordered.size() - shown + left_out_; more > 0) {
    text += fmt::format("{} more error{} of {}; mend these first\n", more, more == 1 ? "" : "s",
                        ordered.front()->mark.source->name());
  }
  text.pop_back();  // the printer ends the line
  throw ConfigError{text};
}

Node parse_yaml(std::string_view text, const std::string& name) {
  const auto source = make_source(text, name);
  return parse(source->text(), source);
}

Node load_yaml(const std::string& path) {
  return parse_yaml(read_file(path, kMaxBytes), path);
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
