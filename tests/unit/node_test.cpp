// Claims: every error names file, line and column, also where libraries' trees have lost them, in
// words that say what to do; no
// document can exhaust the stack or the memory.

#include "sim/base/yaml/node.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <tuple>

#include "sim/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

auto parsing(const std::string& text) {
  return [text] { parse_yaml(text, "a.yaml"); };
}
auto config_error(const auto& matcher) {
  return ThrowsMessage<ConfigError>(matcher);
}

TEST(Node, KeepsTextQuotesAndPlaces) {
  const Node root = parse_yaml("a: 010\nb:\n  - 'x'\n  - \n", "a.yaml");
  ASSERT_EQ(root.kind, Node::Kind::kMapping);
  EXPECT_EQ(root.find("a")->value.scalar, "010");
  EXPECT_FALSE(root.find("a")->value.quoted);
  const Node& list = root.find("b")->value;
  EXPECT_TRUE(list.items[0].quoted);
  EXPECT_EQ(list.items[0].mark.line, 2U);
  EXPECT_EQ(list.items[0].mark.column, 4U);
  EXPECT_EQ(list.items[1].kind, Node::Kind::kNull);
  EXPECT_EQ(root.find("c"), nullptr);
}

TEST(Node, TellsTheErrorsOfAFileInParts) {
  const Node root = parse_yaml("a: 1\nb: {c: x}\n", "a.yaml");
  Diagnostics diagnostics;
  const Node::Entry* inner = root.find("b")->value.find("c");
  diagnostics.error(inner->value.mark, "b.c", "expected a number: got 'x'");
  diagnostics.error(root.find("a")->key_mark, "", "too little");
  try {
    diagnostics.throw_if_any();
    FAIL() << "nothing was thrown";
  } catch (const LocatedError& error) {
    ASSERT_EQ(error.places().size(), 2U);
    const ErrorPlace& first = error.places()[0];
    const ErrorPlace& second = error.places()[1];
    EXPECT_EQ(std::tie(first.file, first.line, first.column, first.key, first.message),
              std::make_tuple("a.yaml", 1U, 1U, "", "too little"));
    EXPECT_EQ(std::tie(second.line, second.column, second.key, second.message),
              std::make_tuple(2U, 8U, "b.c", "expected a number: got 'x'"));
    EXPECT_THAT(error.what(), HasSubstr("a.yaml:2:8: error: b.c: expected a number: got 'x'"));
  }
}

TEST(Node, PlacesANullAtItsKey) {
  const Node root = parse_yaml("a:\n  b:\nc: 1\n", "a.yaml");
  EXPECT_EQ(root.find("a")->value.find("b")->value.mark.line, 1U);
}

TEST(Node, KeepsDuplicateKeysForTheReaderToReport) {
  EXPECT_EQ(parse_yaml("a: 1\na: 2\n", "a.yaml").entries.size(), 2U);
}

TEST(Node, CopiesWhatAnAliasNames) {
  const Node root = parse_yaml("a: &x {k: 1}\nb: *x\n", "a.yaml");
  EXPECT_EQ(root.find("b")->value.find("k")->value.scalar, "1");
}

TEST(Node, ShowsTheLineAndACaretAlsoAfterTabsAndUmlauts) {
  EXPECT_THAT(parsing("a: [1, 2\nb: 3\n"),
              config_error(StartsWith("a.yaml:2:2: error: not valid YAML: ")));
  Diagnostics diagnostics;
  const Node root = parse_yaml("ä: {ö: 1, \tb: x}\n", "a.yaml");
  diagnostics.error(root.entries[0].value.find("b")->value.mark, "ä.b", "no");
  EXPECT_THAT([&] { diagnostics.throw_if_any(); }, config_error(Eq("a.yaml:1:15: error: ä.b: no\n"
                                                                   "  ä: {ö: 1, \tb: x}\n"
                                                                   "            \t   ^")));
}

TEST(Node, SaysWhatIsWrongWithWhatIsNotYaml) {
  struct Case {
    const char* text;
    const char* error;
  };
  for (const Case& wrong : {
           Case{"a: [1, 2\n",
                "2:1: error: not valid YAML: expected ',' or ']' in the list that "
                "begins on line 1"},
           Case{"a:\n  {b: 1\nc: 2\n",
                "3:2: error: not valid YAML: expected ',' or '}' in the "
                "mapping that begins on line 2"},
           Case{"a: 1\nb\nc: 2\n",
                "2:1: error: not valid YAML: expected ':' after a key; write "
                "key: value"},
           Case{"a: b: c\n", "1:5: error: not valid YAML: no ':' can stand here; put a text"},
           Case{"a:\n  b: 1\n c: 2\n",
                "3:2: error: not valid YAML: expected a key of the mapping "
                "that begins on line 1; indent all its keys alike"},
           Case{"a:\n  - 1\n  b: 2\n",
                "3:3: error: not valid YAML: expected '- ', an item of the "
                "list that begins on line 2"},
           Case{"a: 1\nb: 'x\nc: 2\n",
                "2:4: error: not valid YAML: the quotes that open on line 2 "
                "do not close"},
           Case{"a: \"\\d\"\n", "1:5: error: not valid YAML: no such escape"},
           Case{"a:\n\tb: 1\n", "2:1: error: not valid YAML: indent with spaces, not tabs"},
           Case{"ä: @x\n", "1:4: error: not valid YAML: no text can begin with '@'; put it in"},
           Case{"a: !x!y z\n", "1:4: error: not valid YAML: '!' begins a tag"},
           Case{"a: *x\n", "1:4: error: no anchor of this name is before it"},
           Case{"%TAG ! x\n--- {a: 1}\n", "1:1: error: not valid YAML: remove the line"},
           Case{"%YAML 3.0\n--- {a: 1}\n", "1:1: error: not valid YAML: remove the line"},
       }) {
    EXPECT_THAT(parsing(wrong.text),
                config_error(StartsWith("a.yaml:" + std::string{wrong.error})));
  }
}

TEST(Node, TakesWhatATagCallsATextForOne) {
  const Node root = parse_yaml("a: !!str 12\nb: ! 12\nc: !!int 12\nd: !!int '12'\n", "a.yaml");
  EXPECT_TRUE(root.find("a")->value.quoted);
  EXPECT_TRUE(root.find("b")->value.quoted);
  EXPECT_FALSE(root.find("c")->value.quoted);
  EXPECT_TRUE(root.find("d")->value.quoted);
}

TEST(Node, KeepsTextsThatLookLikeOtherThings) {
  const Node root = parse_yaml(
      "%YAML 1.2\n--- # c\na: http://x.y:80/z?a=b#c\nb: {c:d, e: 12:30, 'f':1, g: }\nh:\t-1 # c\n"
      "i: yes\nj: one\n  two\nk: NULL\nl: 'null'\n? m\n: ~\n...\n",
      "a.yaml");
  EXPECT_EQ(json_of(root).dump(),
            R"({"a":"http://x.y:80/z?a=b#c","b":{"c:d":null,"e":"12:30","f":1,"g":null},)"
            R"("h":-1,"i":"yes","j":"one two","k":null,"l":"null","m":null})");
}

TEST(Node, CountsLinesByEveryEndOfOne) {
  const Node root = parse_yaml("a: 1\r\nb: 2\rc: 3\n\r\nd: 4\r", "a.yaml");
  EXPECT_EQ(root.find("b")->value.mark.line, 1U);
  EXPECT_EQ(root.find("c")->value.mark.line, 2U);
  EXPECT_EQ(root.find("d")->value.mark.line, 4U);
  EXPECT_EQ(root.mark.source->line(1), "b: 2");
  EXPECT_EQ(root.mark.source->line(3), "");
}

TEST(Node, LetsTheLastAnchorOfANameCount) {
  const Node root = parse_yaml("a: &x [&x 1, *x]\nb: *x\nc: &x 2\nd: *x\n", "a.yaml");
  EXPECT_EQ(json_of(root).dump(), R"({"a":[1,1],"b":1,"c":2,"d":2})");
}

TEST(Node, RefusesWhatIsNotOneDocument) {
  EXPECT_THAT(parsing(""), config_error(HasSubstr("a.yaml:1:1: error: the document is empty")));
  EXPECT_THAT(parsing("# only a comment\n"), config_error(HasSubstr("the document is empty")));
  EXPECT_THAT(parsing("a: 1\n---\nb: 2\n"), config_error(HasSubstr("one document a file")));
  EXPECT_THAT(parsing("? [a, b]\n: 1\n"), config_error(HasSubstr("a key must be plain text")));
}

TEST(Node, RefusesDocumentsThatWouldExhaustTheMachine) {
  EXPECT_THAT(parsing(std::string(1000, '[')), config_error(HasSubstr("deeper than 64 levels")));
  EXPECT_THAT(parsing("a: &x [*x]\n"), config_error(HasSubstr("inside its own definition")));
  std::string bomb = "a0: &a0 [x]\n";
  for (int i = 1; i < 30; ++i) {
    bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}]\n", i, i - 1);
  }
  EXPECT_THAT(parsing(bomb), config_error(HasSubstr("more than a million nodes")));
  std::string nested;  // what has a name is kept for aliases, at each level again
  for (int i = 0; i < 60; ++i) nested += fmt::format("&a{} [", i);
  for (int i = 0; i < 20'000; ++i) nested += "x,";
  EXPECT_THAT(parsing(nested + std::string(60, ']')),
              config_error(HasSubstr("more than a million nodes")));
  std::string texts = "a: &x " + std::string(1U << 20U, 'x') + "\nb: [";
  for (int i = 0; i < 64; ++i) texts += "*x, ";
  EXPECT_THAT(parsing(texts + "]\n"), config_error(HasSubstr("more than 64 MiB of text")));
}

TEST(Node, SaysWhichFileCannotBeRead) {
  EXPECT_THAT([] { load_yaml("/nowhere/a.yaml"); },
              config_error(Eq("/nowhere/a.yaml: error: cannot read the file: No such file or "
                              "directory; check the path")));
  const testing::TemporaryFolder folder;
  EXPECT_THAT([&] { load_yaml(folder.path().string()); },
              config_error(HasSubstr("cannot read the file: Is a directory")));
}

TEST(Node, RefusesWhatIsNotUtf8WithItsPlace) {
  EXPECT_THAT(
      parsing("a: caf\xe9 x\n"),
      config_error(Eq("a.yaml:1:7: error: the byte 0xE9 is not UTF-8; save the text as UTF-8 "
                      "without it\n"
                      "  a: caf\uFFFD x\n"
                      "        ^")));
  for (const char* text : {"a: 1\nä\xff: 2\n", "a: 1\nä\xc3(: 2\n", "a: 1\nä\xed\xa0\x80: 2\n"}) {
    EXPECT_THAT(parsing(text), config_error(StartsWith("a.yaml:2:2: error: the byte 0x")));
  }
  EXPECT_THAT(parsing("a: 1  # \xff\n"), config_error(StartsWith("a.yaml:1:9: error: ")))
      << "in a comment too, for an error may show its line";
  Node root = parse_yaml("a: 1\n", "a.yaml");
  EXPECT_THAT([&] { apply_override(root, "a=caf\xe9"); },
              config_error(StartsWith("--set:1:6: error: the byte 0xE9 is not UTF-8")));
}

TEST(Node, RefusesControlCharactersHoweverTheyAreWritten) {
  EXPECT_THAT(parsing("a: x\x1b[2J\n"),
              config_error(StartsWith("a.yaml:1:5: error: the character U+001B")));
  EXPECT_THAT(parsing("a: \"x\\e[2J\"\n"),
              config_error(StartsWith("a.yaml:1:4: error: the character U+001B")));
  EXPECT_THAT(parsing("\"x\\x9b\": 1\n"),
              config_error(StartsWith("a.yaml:1:1: error: the character U+009B")));
  EXPECT_THAT(parsing("a: \"x\\ny\"\n"), config_error(HasSubstr("a text is one line here")));
  EXPECT_THAT(parsing("a: |\n  x\n  y\n"), config_error(HasSubstr("fold it with '>-'")));
  EXPECT_EQ(parse_yaml("a: >\n  x\n  y\n", "a.yaml").find("a")->value.scalar, "x y");
}

TEST(Node, ReadsUtf16WithAByteOrderMark) {
  std::string text{"\xff\xfe"};
  for (const char16_t unit : std::u16string{u"ä: [é, x]\n"}) {
    text += static_cast<char>(unit & 0xFF);
    text += static_cast<char>(unit >> 8);
  }
  const Node root = parse_yaml(text, "a.yaml");
  EXPECT_EQ(root.find("ä")->value.items[0].scalar, "é");
  EXPECT_EQ(root.find("ä")->value.items[1].mark.column, 7U);
  EXPECT_THAT(parsing(text + '\x34' + '\xd8'),
              config_error(StartsWith("a.yaml:2:1: error: there is no character of its encoding")));
}

TEST(Node, CountsCharactersAlongALine) {
  const Node root = parse_yaml("{ä: [é, x], b: y, ö: z}\n", "a.yaml");
  EXPECT_EQ(root.find("ä")->value.items[1].mark.column, 8U);
  EXPECT_EQ(root.find("b")->key_mark.column, 12U);
  EXPECT_EQ(root.find("ö")->value.mark.column, 21U);
}

TEST(Node, ReadsABoundedPartOfAFileWithoutAnEnd) {
  EXPECT_THAT([] { load_yaml("/dev/zero"); },
              config_error(StartsWith("/dev/zero: error: holds more than 32 MiB")));
}

#ifndef __SANITIZE_ADDRESS__
// In a process of its own: a document of 800,000 nodes, with 64 MiB to read it in.
TEST(Node, SaysWhereMemoryEnded) {
  std::string text{"a: ["};
  for (int i = 0; i < 800'000; ++i) text += "x,\n";
  const auto read = [&] {
    std::ifstream statm{"/proc/self/statm"};
    std::size_t pages = 0;
    statm >> pages;
    constexpr std::size_t kMore = 64U << 20U;
    const rlim_t limit = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + kMore;
    const rlimit bound{limit, limit};
    ::setrlimit(RLIMIT_AS, &bound);
    try {
      parse_yaml(text, "a.yaml");
    } catch (const ConfigError& error) {
      std::fputs(error.what(), stderr);
      ::_exit(2);
    }
    ::_exit(0);
  };
  EXPECT_EXIT(read(), ::testing::ExitedWithCode(2), "a.yaml:[0-9]+:1: error: there is no memory");
}
#endif

TEST(Diagnostics, ShowTheFirstErrorsOfManyAndCountTheOthers) {
  const Node root = parse_yaml("a: 1\n", "a.yaml");
  Diagnostics diagnostics;
  for (std::size_t i = 0; i < 5000; ++i) {
    // From the last to the first, each told twice.
    const Mark mark{root.mark.source, 100 - i % 100, i};
    diagnostics.error(mark, fmt::format("k{}", i), "no");
    diagnostics.error(mark, fmt::format("k{}", i), "no");
  }
  try {
    diagnostics.throw_if_any();
    ADD_FAILURE();
  } catch (const ConfigError& error) {
    const std::string text = error.what();
    std::size_t shown = 0;
    for (std::size_t at = 0; (at = text.find(": error: ", at)) != std::string::npos; ++at) ++shown;
    EXPECT_EQ(shown, 20U);
    EXPECT_THAT(text, StartsWith("a.yaml:2:"));
    EXPECT_THAT(text, ::testing::EndsWith(" more errors of a.yaml; mend these first"));
  }
}

class Override : public ::testing::Test {
 protected:
  Node root_ = parse_yaml("a: {b: 1}\nlist: [{c: 1}, {c: 2}]\n", "a.yaml");
};

TEST_F(Override, ReplacesAndAddsValues) {
  apply_override(root_, "a.b=7");
  apply_override(root_, "a.new=[1, 2]");
  apply_override(root_, "list.1.c={d: x}");
  EXPECT_EQ(root_.find("a")->value.find("b")->value.scalar, "7");
  EXPECT_EQ(root_.find("a")->value.find("new")->value.items.size(), 2U);
  EXPECT_EQ(root_.find("list")->value.items[1].find("c")->value.find("d")->value.scalar, "x");
}

TEST_F(Override, MakesTheMappingsOnTheWay) {
  apply_override(root_, "output.records=1");
  apply_override(root_, "a.c.d=2");
  const Node::Entry* output = root_.find("output");
  ASSERT_NE(output, nullptr);
  EXPECT_EQ(output->value.find("records")->value.scalar, "1");
  EXPECT_EQ(output->key_mark.source->name(), "--set") << "where its reader tells an unknown key";
  EXPECT_EQ(root_.find("a")->value.find("c")->value.find("d")->value.scalar, "2");
}

TEST_F(Override, PointsIntoWhatTheUserTyped) {
  apply_override(root_, "a.b=ten");
  const Mark& mark = root_.find("a")->value.find("b")->value.mark;
  EXPECT_EQ(mark.source->name(), "--set");
  EXPECT_EQ(mark.column, 4U);
}

// Defaults are not written out, so a path to one has to be made.
TEST_F(Override, MakesWhatTheDocumentLeavesOut) {
  apply_override(root_, "new.list.0.c=7");
  const Node& list = root_.find("new")->value.find("list")->value;
  ASSERT_EQ(list.items.size(), 1U);
  EXPECT_EQ(list.items[0].find("c")->value.scalar, "7");
  EXPECT_EQ(root_.find("new")->key_mark.source->name(), "--set") << "so that errors point there";
  apply_override(root_, "list.2.c=3");
  EXPECT_EQ(root_.find("list")->value.items.size(), 3U) << "the number after the last adds one";
  apply_override(root_, "a.b.1=2");
  const Node& b = root_.find("a")->value.find("b")->value;
  ASSERT_EQ(b.items.size(), 2U) << "a text is the only item of a list";
  EXPECT_EQ(b.items[0].scalar + b.items[1].scalar, "12");
}

TEST(TidyNumbers, WritesEachNumberInOneWay) {
  Node node =
      parse_yaml("[0.10, 1e-1, .1, 3.0, 3, 1e6, '0.10', RB1, [2.50], 12345678901234567]", "a.yaml");
  tidy_numbers(node);
  EXPECT_EQ(json_of(node).dump(), "[0.1,0.1,0.1,3,3,1000000,\"0.10\",\"RB1\",[2.5]," +
                                      json_of(node.items.back()).dump() + "]");
  EXPECT_EQ(node.items[0].scalar + node.items[2].scalar + node.items[3].scalar, "0.10.13");
  EXPECT_EQ(node.items.back().scalar, "12345678901234567") << "all digits of a whole number";
}

TEST_F(Override, RefusesPathsThatLeadNowhere) {
  const auto overriding = [&](const char* text) {
    return [this, text] { apply_override(root_, text); };
  };
  EXPECT_THAT(overriding("a"), config_error(HasSubstr("expected key.path=value")));
  EXPECT_THAT(
      overriding("list.3.c=1"),
      config_error(HasSubstr("list.3: expected the number of an item, 0 to 1; 2 adds one")));
  EXPECT_THAT(overriding("list.x=1"), config_error(HasSubstr("expected the number of an item")));
  EXPECT_THAT(overriding("none.1.c=1"),
              config_error(HasSubstr("none.1: expected the number of an item; 0 adds the first")));
  EXPECT_THAT(overriding("a.b.c=1"), config_error(HasSubstr("neither a mapping nor a list")));
  EXPECT_THAT(overriding("a.b=[ä"), config_error(StartsWith("--set:1:7: error: not valid YAML: ")))
      << "where it ends";
}

}  // namespace
}  // namespace papilio
