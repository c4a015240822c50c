#include "sim/yaml/node.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <tuple>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/yaml/scalars.hpp"

namespace papilio {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxNodes = 1'000'000;  // stops an alias bomb long before memory does

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    std::string line{text.substr(start, end - start)};
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(std::move(line));
    start = end + 1;
  }
  return lines;
}

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
  std::string text = fmt::format("{}:{}:{}: error: {}{}{}\n", mark.source->name, mark.line + 1,
                                 mark.column + 1, path, path.empty() ? "" : ": ", message);
  if (mark.line >= mark.source->lines.size()) return text;
  const std::string& line = mark.source->lines[mark.line];
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
  explicit TreeBuilder(std::shared_ptr<const SourceText> source) : source_{std::move(source)} {}

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
    node.scalar = value;
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
    if (line >= source_->lines.size()) return {source_, line, bytes};
    return {source_, line, characters(std::string_view{source_->lines[line]}.substr(0, bytes))};
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
    Node node;
    node.kind = kind;
    node.mark = place(mark);
    check_size(node.mark);
    return node;
  }
  void check_size(const Mark& mark) const {
    if (count_ > kMaxNodes) fail_at(mark, "", "the document holds more than a million nodes");
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
};

Node parse(std::string_view text, const std::shared_ptr<const SourceText>& source) {
  std::istringstream stream{std::string{text}};
  TreeBuilder builder{source};
  try {
    YAML::Parser parser{stream};
    if (!parser.HandleNextDocument(builder) || !builder.has_root()) {
      fail_at({source, 0, 0}, "", "the document is empty; write at least one key");
    }
    TreeBuilder rest{source};
    if (parser.HandleNextDocument(rest)) {
      const Mark mark = rest.has_root() ? rest.take_root().mark : Mark{source, 0, 0};
      fail_at(mark, "", "one document a file: remove what follows '---'");
    }
  } catch (const YAML::Exception& error) {
    const Mark mark = builder.place(error.mark);
    const std::vector<std::string>& lines = source->lines;
    const bool tab = mark.line < lines.size() && lines[mark.line].starts_with('\t');
    fail_at(mark, "",
            "not valid YAML: " + error.msg + (tab ? "; indent with spaces, not tabs" : ""));
  }
  return builder.take_root();
}

std::shared_ptr<const SourceText> make_source(std::string_view text, std::string name) {
  return std::make_shared<const SourceText>(SourceText{std::move(name), split_lines(text)});
}

}  // namespace

const Node::Entry* Node::find(std::string_view key) const {
  const auto it = std::find_if(entries.begin(), entries.end(),
                               [&](const Entry& entry) { return entry.key == key; });
  return it == entries.end() ? nullptr : &*it;
}

void Diagnostics::error(const Mark& mark, std::string_view path, std::string_view message) {
  std::string text = render(mark, path, message);
  const bool told = std::any_of(errors_.begin(), errors_.end(),
                                [&](const Error& error) { return error.text == text; });
  if (!told) errors_.push_back({mark, std::move(text)});
}

void Diagnostics::throw_if_any() const {
  if (errors_.empty()) return;
  std::vector<const Error*> ordered;
  for (const Error& error : errors_) ordered.push_back(&error);
  std::stable_sort(ordered.begin(), ordered.end(), [](const Error* a, const Error* b) {
    return std::tie(a->mark.source->name, a->mark.line, a->mark.column) <
           std::tie(b->mark.source->name, b->mark.line, b->mark.column);
  });
  std::string text;
  for (const Error* error : ordered) text += error->text;
  text.pop_back();  // the printer ends the line
  throw ConfigError{text};
}

Node parse_yaml(std::string_view text, const std::string& name) {
  return parse(text, make_source(text, name));
}

Node load_yaml(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  const bool is_directory = std::filesystem::is_directory(path);
  if (!file.is_open() || is_directory) {
    throw ConfigError{fmt::format("{}: error: cannot read the file: {}; check the path", path,
                                  std::strerror(is_directory ? EISDIR : errno))};
  }
  return parse_yaml(std::string{std::istreambuf_iterator<char>{file}, {}}, path);
}

namespace {

/// The place at a dotted path, made if only its last key is missing.
/// @param mark_at place to report at of the path's part from a position on
template <class MarkAt>
Node& place_of(Node& root, std::string_view path, const MarkAt& mark_at) {
  Node* node = &root;
  std::size_t start = 0;
  while (true) {
    const std::size_t end = std::min(path.find('.', start), path.size());
    const std::string key{path.substr(start, end - start)};
    const Mark mark = mark_at(start);
    const bool last = end == path.size();
    if (node->kind == Node::Kind::kSequence) {
      std::size_t index = 0;
      const auto [stop, status] = std::from_chars(key.data(), key.data() + key.size(), index);
      if (status != std::errc{} || stop != key.data() + key.size() || index >= node->items.size() ||
          has_leading_zero(key)) {
        fail_at(mark, path.substr(0, end),
                fmt::format("expected the number of an item, 0 to {}",
                            static_cast<std::ptrdiff_t>(node->items.size()) - 1));
      }
      node = &node->items[index];
    } else if (node->kind == Node::Kind::kMapping) {
      auto it = std::find_if(node->entries.begin(), node->entries.end(),
                             [&](const Node::Entry& entry) { return entry.key == key; });
      if (it == node->entries.end()) {
        if (!last) {
          std::vector<std::string> known;
          for (const Node::Entry& entry : node->entries) known.push_back(entry.key);
          fail_at(mark, path.substr(0, end), "no such key" + suggestion(key, known));
        }
        node->entries.push_back({key, mark, {}});
        it = std::prev(node->entries.end());
      }
      it->key_mark = mark;
      node = &it->value;
    } else {
      fail_at(mark, path.substr(0, end), "the value above it is neither a mapping nor a list");
    }
    if (last) return *node;
    start = end + 1;
  }
}

}  // namespace

void apply_override(Node& root, std::string_view assignment) {
  const std::string name{"--set"};
  const auto source = make_source(assignment, name);
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
      constexpr double kExact = 9007199254740992;  // 2^53
      if (std::trunc(*number) == *number && std::abs(*number) <= kExact) {
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
