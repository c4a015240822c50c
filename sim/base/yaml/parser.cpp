#include "sim/base/yaml/parser.hpp"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <map>
#include <new>
#include <optional>
#include <utility>

#include "sim/base/read_file.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxBytes = 32U << 20U;  // three times a network of 100,000 layers
// These stop an alias bomb long before memory does.
constexpr std::size_t kMaxNodes = 1'000'000;
constexpr std::size_t kMaxText = 2 * kMaxBytes;

/// What one of libyaml's problems is called here.
struct Problem {
  std::string_view of_library;
  std::string_view words;  ///< {} is the line on which began what is not ended
  bool at_start{false};    ///< shown where it began
};

constexpr std::string_view kQuotes =
    "the quotes that open on line {} do not close; write '' for a quote in a quoted text";
constexpr std::string_view kEscape =
    "no such escape; write \\\\ for a backslash, or put the text in single quotes";
constexpr std::string_view kTab = "indent with spaces, not tabs";
constexpr std::string_view kTag = "'!' begins a tag; put a text that begins with it in quotes";
constexpr std::string_view kDirective = "remove the line that begins with '%'";
constexpr std::array kProblems{
    Problem{"could not find expected ':'", "expected ':' after a key; write key: value", true},
    Problem{"did not find expected ',' or ']'",
            "expected ',' or ']' in the list that begins on line {}"},
    Problem{"did not find expected ',' or '}'",
            "expected ',' or '}}' in the mapping that begins on line {}"},
    Problem{
        "did not find expected '-' indicator",
        "expected '- ', an item of the list that begins on line {}; indent all its items alike"},
    Problem{"did not find expected key",
            "expected a key of the mapping that begins on line {}; indent all its keys alike"},
    Problem{"mapping values are not allowed in this context",
            "no ':' can stand here; put a text that holds ': ' in quotes, and indent all keys of a "
            "mapping alike"},
    Problem{"mapping keys are not allowed in this context",
            "no '? ' can stand here; put a text that begins with it in quotes"},
    Problem{"block sequence entries are not allowed in this context",
            "no '- ' can stand here; begin a line with it, or write the list as [a, b]"},
    Problem{"did not find expected node content",
            "expected a value; put a text that begins with ',', ']' or '}}' in quotes"},
    Problem{"did not find expected <document start>",
            "nothing can follow the document; indent all its keys alike"},
    Problem{"found unexpected ':'", "no ':' can stand here; put the text in quotes"},
    Problem{"found unexpected end of stream", kQuotes, true},
    Problem{"found unexpected document indicator", kQuotes, true},
    Problem{"found unknown escape character", kEscape},
    Problem{"did not find expected hexdecimal number", kEscape},
    Problem{"found invalid Unicode character escape code", kEscape},
    Problem{"found a tab character that violates indentation", kTab},
    Problem{"found a tab character where an indentation space is expected", kTab},
    Problem{"did not find expected alphabetic or numeric character",
            "'&' and '*' begin the name of an anchor; put a text that begins with them in quotes"},
    Problem{"did not find expected comment or line break",
            "only a comment can follow '|' or '>' on its line"},
    Problem{"found an indentation indicator equal to 0", "'|' and '>' are indented by 1 to 9"},
    Problem{"found undefined tag handle", kTag},
    Problem{"did not find expected tag URI", kTag},
    Problem{"did not find expected '!'", kTag},
    Problem{"did not find expected whitespace or line break", kTag},
    Problem{"did not find URI escaped octet", kTag},
    Problem{"did not find the expected '>'", kTag},
    Problem{"found unknown directive name", kDirective},
    Problem{"could not find expected directive name", kDirective},
    Problem{"found unexpected non-alphabetical character", kDirective},
    Problem{"did not find expected version number", kDirective},
    Problem{"did not find expected digit or '.' character", kDirective},
    Problem{"found extremely long version number", kDirective},
    Problem{"found duplicate %YAML directive", kDirective},
    Problem{"found duplicate %TAG directive", kDirective},
    Problem{"did not find expected whitespace", kDirective},
    Problem{"found incompatible YAML document", kDirective}};

const Problem* find_problem(std::string_view problem) {
  const auto* it = std::find_if(kProblems.begin(), kProblems.end(),
                                [&](const Problem& known) { return known.of_library == problem; });
  return it == kProblems.end() ? nullptr : it;
}

/// The character of a byte at a place.
char character_at(const SourceText& source, const yaml_mark_t& mark) {
  std::size_t column = 0;
  for (const char c : source.line(mark.line)) {
    if (begins_character(c) && column++ == mark.column) return c;
  }
  return ' ';
}

const char* text_of(const yaml_char_t* text) {
  return reinterpret_cast<const char*>(text);
}

/// YAML's words for nothing.
bool is_null(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

/// Names go into tables, files and other programs: none may break a line there, or steer a
/// terminal.
void check_text(const Node& node) {
  const auto ends_line = [](char c) { return c == '\n' || c == '\r'; };
  if (std::any_of(node.scalar.begin(), node.scalar.end(), ends_line)) {
    fail_at(node.mark, "", "a text is one line here; fold it with '>-'");
  }
  if (const auto at = find_unprintable(node.scalar)) {
    fail_at(node.mark, "", why_unprintable(std::string_view{node.scalar}.substr(*at)));
  }
}

/// One of libyaml's problems in our words.
std::string words_of(const yaml_parser_t& parser, const SourceText& source) {
  const std::string_view problem{parser.problem};
  if (problem == "found character that cannot start any token") {
    const char first = character_at(source, parser.problem_mark);
    return first == '\t' ? std::string{kTab}
                         : fmt::format("no text can begin with '{}'; put it in quotes", first);
  }
  const Problem* known = find_problem(problem);
  if (known == nullptr) return std::string{problem};
  return fmt::format(fmt::runtime(known->words), parser.context_mark.line + 1);
}

/// The events of a text, as libyaml parses it. They have what trees of libraries lose: a mark for a
/// null value, whether a scalar was quoted, and every duplicate key.
class Events {
 public:
  /// @param text outlives the events
  Events(const std::string& text, std::shared_ptr<const SourceText> source)
      : source_{std::move(source)} {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc{};
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    yaml_parser_set_input_string(&parser_, bytes, text.size());
  }
  ~Events() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  /// Goes on to the next event.
  /// @throws ConfigError if there is none, for the text is not YAML
  yaml_event_type_t next() {
    yaml_event_delete(&event_);
    if (yaml_parser_parse(&parser_, &event_) == 0) fail();
    return event_.type;
  }
  [[nodiscard]] const yaml_event_t& event() const { return event_; }
  /// Where the event begins.
  [[nodiscard]] Mark place() const { return place(event_.start_mark); }

 private:
  [[nodiscard]] Mark place(const yaml_mark_t& mark) const {
    if (mark.line < source_->lines()) return {source_, mark.line, mark.column};
    // Behind the end of a last line that has no end of its own.
    const std::size_t last = source_->lines() - 1;
    return {source_, last, count_characters(source_->line(last))};
  }
  [[noreturn]] void fail() const {
    if (parser_.error == YAML_MEMORY_ERROR) throw std::bad_alloc{};
    const Problem* known = find_problem(parser_.problem);
    const bool at_start = known != nullptr && known->at_start;
    fail_at(place(at_start ? parser_.context_mark : parser_.problem_mark), "",
            "not valid YAML: " + words_of(parser_, *source_));
  }

  std::shared_ptr<const SourceText> source_;
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

/// What a part of a document takes.
struct Size {
  std::size_t nodes{0};
  std::size_t bytes{0};  // of its texts
};

/// Builds the tree from the events.
class TreeBuilder {
 public:
  /// @param last set to where the last node began; outlives the builder
  TreeBuilder(const std::string& text, const std::shared_ptr<const SourceText>& source, Mark& last)
      : events_{text, source}, last_{last} {}

  Node document() {
    events_.next();  // the beginning of the stream
    if (events_.next() == YAML_STREAM_END_EVENT) {
      fail_at(last_, "", "the document is empty; write at least one key");
    }
    events_.next();
    Node root;
    read(root, 0);
    events_.next();  // the document's end
    if (events_.next() != YAML_STREAM_END_EVENT) {
      fail_at(events_.place(), "", "one document a file: remove what follows '---'");
    }
    return root;
  }

 private:
  /// A node that was given a name.
  struct Anchor {
    Node node;
    Size size;  // none before its end
  };

  /// Reads the node whose first event has come.
  /// @param node  an empty one
  /// @param depth of the containers around it
  void read(Node& node, std::size_t depth) {
    const yaml_event_t& event = events_.event();
    node.mark = events_.place();
    last_.line = node.mark.line;
    last_.column = node.mark.column;
    if (event.type == YAML_ALIAS_EVENT) return copy(node, text_of(event.data.alias.anchor));
    const Size before = read_;
    add(read_, {.nodes = 1});
    std::shared_ptr<Anchor> anchor;
    if (event.type == YAML_SCALAR_EVENT) {
      anchor = define(event.data.scalar.anchor);
      read_scalar(node);
    } else {
      if (depth == kMaxDepth) fail_at(node.mark, "", "nested deeper than 64 levels");
      if (event.type == YAML_SEQUENCE_START_EVENT) {
        anchor = define(event.data.sequence_start.anchor);
        read_sequence(node, depth + 1);
      } else {
        anchor = define(event.data.mapping_start.anchor);
        read_mapping(node, depth + 1);
      }
    }
    if (anchor) {
      anchor->size = {read_.nodes - before.nodes, read_.bytes - before.bytes};
      add(kept_, anchor->size);
      anchor->node = node;
    }
  }
  void read_scalar(Node& node) {
    const auto& scalar = events_.event().data.scalar;
    const std::string_view text{text_of(scalar.value), scalar.length};
    const std::string_view tag = scalar.tag == nullptr ? "" : text_of(scalar.tag);
    node.quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE || tag == "!" || tag == YAML_STR_TAG;
    if (!node.quoted && is_null(text)) return;
    node.kind = Node::Kind::kScalar;
    node.scalar = text.substr(0, text.find_last_not_of('\n') + 1);
    check_text(node);
    add(read_, {.bytes = node.scalar.size()});
  }
  void read_sequence(Node& node, std::size_t depth) {
    node.kind = Node::Kind::kSequence;
    while (events_.next() != YAML_SEQUENCE_END_EVENT) read(node.items.emplace_back(), depth);
  }
  void read_mapping(Node& node, std::size_t depth) {
    node.kind = Node::Kind::kMapping;
    const auto first = static_cast<std::ptrdiff_t>(entries_.size());
    while (events_.next() != YAML_MAPPING_END_EVENT) {
      Node key;
      read(key, depth);
      if (key.kind != Node::Kind::kScalar) fail_at(key.mark, "", "a key must be plain text");
      events_.next();
      Node value;
      read(value, depth);
      // A null has no text of its own: it is shown at its key.
      if (value.kind == Node::Kind::kNull) value.mark = key.mark;
      entries_.push_back({std::move(key.scalar), std::move(key.mark), std::move(value)});
    }
    const auto begin = entries_.begin() + first;
    node.entries.assign(std::move_iterator{begin}, std::move_iterator{entries_.end()});
    entries_.erase(begin, entries_.end());
  }
  void copy(Node& node, const char* name) {
    const Mark mark = node.mark;
    const auto it = anchors_.find(name);
    if (it == anchors_.end()) {
      fail_at(mark, "",
              "no anchor of this name is before it; put a text that begins with '*' in quotes");
    }
    const Anchor& anchor = *it->second;
    if (anchor.size.nodes == 0) {
      fail_at(mark, "", "an anchor cannot be used inside its own definition");
    }
    add(read_, anchor.size);
    node = anchor.node;
    node.mark = mark;
  }
  /// The anchor of a node that begins, if it has a name.
  std::shared_ptr<Anchor> define(const yaml_char_t* name) {
    if (name == nullptr) return nullptr;
    return anchors_[text_of(name)] = std::make_shared<Anchor>();
  }
  void add(Size& sum, Size more) const {
    sum.nodes += more.nodes;
    sum.bytes += more.bytes;
    if (sum.nodes > kMaxNodes) fail_at(last_, "", "the document holds more than a million nodes");
    if (sum.bytes > kMaxText) fail_at(last_, "", "the document holds more than 64 MiB of text");
  }

  Events events_;
  std::map<std::string, std::shared_ptr<Anchor>> anchors_;
  Size read_;
  Size kept_;                         // for aliases
  std::vector<Node::Entry> entries_;  // of mappings that have not ended, one after another
  Mark& last_;
};

}  // namespace

Node parse(const std::string& text, const std::shared_ptr<const SourceText>& source) {
  // libyaml compares each of these with all before it, for hours where there are a million.
  for (std::size_t line = 0; line < source->lines(); ++line) {
    if (source->line(line).starts_with("%TAG")) {
      fail_at({source, line, 0}, "", fmt::format("not valid YAML: {}", kDirective));
    }
  }
  Mark last{source};
  try {
    return TreeBuilder{text, source, last}.document();
  } catch (const std::bad_alloc&) {  // what was built is gone by now
    fail_at(last, "", "there is no memory to read on from here");
  }
}

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
  fail_at({source, line, count_characters(before)}, "",
          why + "; save the text as UTF-8 without it");
}

Node parse_yaml(std::string_view text, const std::string& name) {
  const auto source = make_source(text, name);
  return parse(source->text(), source);
}

Node load_yaml(const std::string& path) {
  return parse_yaml(read_file(path, kMaxBytes), path);
}

}  // namespace papilio
