// Claims: every error names file, line and column, also where yaml-cpp's own tree has lost them; no
// document can exhaust the stack or the memory.

#include "sim/yaml/node.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
}

TEST(Node, SaysWhichFileCannotBeRead) {
  EXPECT_THAT([] { load_yaml("/nowhere/a.yaml"); },
              config_error(Eq("/nowhere/a.yaml: error: cannot read the file: No such file or "
                              "directory; check the path")));
  const testing::TemporaryFolder folder;
  EXPECT_THAT([&] { load_yaml(folder.path().string()); },
              config_error(HasSubstr("cannot read the file: Is a directory")));
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

TEST_F(Override, PointsIntoWhatTheUserTyped) {
  apply_override(root_, "a.b=ten");
  const Mark& mark = root_.find("a")->value.find("b")->value.mark;
  EXPECT_EQ(mark.source->name, "--set");
  EXPECT_EQ(mark.column, 4U);
}

TEST_F(Override, RefusesPathsThatLeadNowhere) {
  const auto overriding = [&](const char* text) {
    return [this, text] { apply_override(root_, text); };
  };
  EXPECT_THAT(overriding("a"), config_error(HasSubstr("expected key.path=value")));
  EXPECT_THAT(
      overriding("liste.0.c=1"),
      config_error(HasSubstr("--set:1:1: error: liste: no such key; did you mean 'list'?")));
  EXPECT_THAT(overriding("list.2.c=1"),
              config_error(HasSubstr("list.2: expected the number of an item, 0 to 1")));
  EXPECT_THAT(overriding("a.b.c=1"), config_error(HasSubstr("neither a mapping nor a list")));
  EXPECT_THAT(overriding("a.b=[1"), config_error(HasSubstr("not valid YAML")));
}

}  // namespace
}  // namespace papilio
