// Claim: one description reads, writes and specifies the same set of documents.

#include "sim/base/yaml/fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

using ::testing::Eq;
using ::testing::ThrowsMessage;

struct Item {
  std::string kind;
  std::int64_t size{4};
};

struct Config {
  std::int64_t count{3};
  std::optional<std::int64_t> limit;
  double rate{1.5};
  std::optional<double> extra;
  bool flag{false};
  std::string name;
  std::vector<std::string> tags{"x"};
  std::vector<std::string> sizes;
  double inner{0};
  std::vector<Item> items;
};

void describe(FieldVisitor& v, Config& c) {
  v.integer("count", c.count, {.min = 1, .max = 9}, Presence::kOptional, "A count.");
  v.integer("limit", c.limit, kNonNegative, "A limit.");
  v.number("rate", c.rate, kPositive, Presence::kOptional, "A rate.");
  v.number("extra", c.extra, {}, "An extra.");
  v.boolean("flag", c.flag, Presence::kOptional, "A flag.");
  v.text("name", c.name, {.identifier = true}, Presence::kRequired, "A name.");
  v.text_list("tags", c.tags, {.choices = {"x", "y", "z"}}, Presence::kOptional, "Tags.");
  v.integer_or_word_list("sizes", c.sizes, kPositive, {"all"}, Presence::kOptional, "Sizes.");
  v.object("group", Presence::kOptional, "A group.", [&](FieldVisitor& nested) {
    nested.number("inner", c.inner, kNonNegative, Presence::kOptional, "Inside.");
  });
  v.object_list("items",
                {.discriminator = "kind",
                 .variants = {"big", "small"},
                 .resize = [&](std::size_t n) { c.items.resize(n); },
                 .size = [&] { return c.items.size(); },
                 .describe =
                     [&](std::size_t i, FieldVisitor& item) {
                       item.text("kind", c.items[i].kind, {.choices = {"big", "small"}},
                                 Presence::kRequired, "Kind.");
                       if (c.items[i].kind == "big") {
                         item.integer("size", c.items[i].size, kPositive, Presence::kOptional,
                                      "Size.");
                       }
                     },
                 .select = [&](const std::string& variant) { c.items[0].kind = variant; }},
                Presence::kOptional, "Items.");
}

Config read(const std::string& text) {
  const Node root = parse_yaml(text, "c.yaml");
  Config config;
  Diagnostics diagnostics;
  read_fields(
      root, [&](FieldVisitor& v) { describe(v, config); }, diagnostics);
  diagnostics.throw_if_any();
  return config;
}

auto says(const std::string& text) {
  return ThrowsMessage<ConfigError>(Eq(text));
}

/// The message for one bad line under "name: n".
auto fails(const std::string& line, const std::string& place, const std::string& message,
           std::size_t caret) {
  return ::testing::Truly([=](const std::string&) {
    const std::string expected = "c.yaml:2:" + place + ": error: " + message + "\n  " + line +
                                 "\n  " + std::string(caret, ' ') + "^";
    try {
      read("name: n\n" + line + "\n");
    } catch (const ConfigError& error) {
      EXPECT_EQ(error.what(), expected);
      return error.what() == expected;
    }
    ADD_FAILURE() << "no error for: " << line;
    return false;
  });
}

void expect_error(const std::string& line, std::size_t column, const std::string& message) {
  EXPECT_THAT(line, fails(line, std::to_string(column), message, column - 1));
}

TEST(FieldReader, ReadsEveryKindOfField) {
  const Config c = read(
      "count: 7\nlimit: 0\nrate: 2e-3\nextra: -1\nflag: true\nname: a-1\ntags: [y, z]\n"
      "sizes: [1, all, 3]\ngroup: {inner: 4}\nitems: [{kind: big, size: 2}, {kind: small}]\n");
  EXPECT_EQ(c.count, 7);
  EXPECT_EQ(c.limit, 0);
  EXPECT_DOUBLE_EQ(c.rate, 2e-3);
  EXPECT_EQ(c.extra, -1);
  EXPECT_TRUE(c.flag);
  EXPECT_EQ(c.tags, (std::vector<std::string>{"y", "z"}));
  EXPECT_EQ(c.sizes, (std::vector<std::string>{"1", "all", "3"}));
  EXPECT_EQ(c.inner, 4);
  EXPECT_EQ(c.items[0].size, 2);
  EXPECT_EQ(c.items[1].kind, "small");
}

TEST(FieldReader, LeavesDefaultsAndTakesOneTextForAList) {
  const Config c = read("name: n\ntags: y\nsizes: 5\n");
  EXPECT_EQ(c.count, 3);
  EXPECT_FALSE(c.limit);
  EXPECT_EQ(c.tags, (std::vector<std::string>{"y"}));
  EXPECT_EQ(c.sizes, (std::vector<std::string>{"5"}));
}

TEST(FieldReader, TellsEachErrorAtItsPlace) {
  expect_error("count: ten", 8, "count: expected a whole number, got 'ten'");
  expect_error("count: 1.5", 8, "count: expected a whole number, got '1.5'");
  expect_error("count: 010", 8, "count: expected a whole number, got '010'");
  expect_error("count: '3'", 8, "count: expected a whole number, got the text \"3\"");
  expect_error("count: 10", 8, "count: must be >= 1 and <= 9, got 10");
  expect_error("count:", 1, "count: expected a whole number, got nothing");
  expect_error("rate: 0", 7, "rate: must be finite and > 0, got 0");
  expect_error("rate: .inf", 7, "rate: must be finite and > 0, got .inf");
  expect_error("rate: -.NaN", 7, "rate: must be finite and > 0, got -.NaN");
  expect_error("rate: nan", 7, "rate: must be finite and > 0, got nan");
  expect_error("rate: 1e999", 7, "rate: must be finite and > 0, got 1e999");
  expect_error("count: 99999999999999999999", 8,
               "count: must be >= 1 and <= 9, got 99999999999999999999");
  expect_error("rate: 0x10", 7, "rate: expected a number, got '0x10'");
  expect_error("rate: [1]", 7, "rate: expected a number, got a list");
  expect_error("flag: yes", 7, "flag: expected true or false, got 'yes'");
  expect_error("tags: w", 7, "tags: unknown value 'w'; one of: x, y, z");
  expect_error("tags: []", 7, "tags: expected at least one item");
  expect_error("tags: [x, x]", 11, "tags.1: 'x' is listed twice");
  expect_error("sizes: some", 8, "sizes: expected a whole number or one of: all, got 'some'");
  expect_error("sizes: [0]", 9, "sizes.0: must be finite and > 0, got 0");
  expect_error("group: 1", 8, "group: expected a mapping, got '1'; write group: {inner: ...}");
  expect_error("group: {iner: 1}", 9, "group.iner: unknown key; did you mean 'inner'?");
  expect_error("items: {kind: big}", 8, "items: expected a list of mappings, got a mapping");
  expect_error("items: [big]", 9, "items.0: expected a mapping, got 'big'");
  expect_error("items: [{size: 1}]", 9, "items.0: missing required key 'kind'");
  expect_error("items: [{kind: bag}]", 16,
               "items.0.kind: unknown value 'bag'; did you mean 'big'?");
  expect_error("items: [{kind: small, size: 1}]", 23, "items.0.size: unknown key; known: kind");
  expect_error("name: m", 1, "name: duplicate key (first defined on line 1)");
}

TEST(FieldReader, SaysWhichMappingAnUnknownKeyLivesIn) {
  EXPECT_THAT([] { read("name: n\ngroup: {}\ninner: 4\n"); },
              ThrowsMessage<ConfigError>(::testing::HasSubstr(
                  "inner: unknown key; it lives in 'group': write group: {inner: ...}")));
}

TEST(FieldReader, TellsAllErrorsOfAFileInItsOrder) {
  EXPECT_THAT([] { read("rate: x\ncount: 0\nlimt: red\n"); },
              says("c.yaml:1:1: error: missing required key 'name'\n"
                   "  rate: x\n"
                   "  ^\n"
                   "c.yaml:1:7: error: rate: expected a number, got 'x'\n"
                   "  rate: x\n"
                   "        ^\n"
                   "c.yaml:2:8: error: count: must be >= 1 and <= 9, got 0\n"
                   "  count: 0\n"
                   "         ^\n"
                   "c.yaml:3:1: error: limt: unknown key; did you mean 'limit'?\n"
                   "  limt: red\n"
                   "  ^"));
}

TEST(FieldReader, RefusesADocumentThatIsNoMapping) {
  EXPECT_THAT([] { read("[1, 2]\n"); },
              says("c.yaml:1:1: error: expected a mapping, got a list\n  [1, 2]\n  ^"));
}

TEST(FieldWriter, WritesWhatReadsBackToTheSame) {
  Config c = read("name: n\nrate: 0.1\nlimit: 5\nsizes: [all, 2]\nitems: [{kind: big, size: 9}]\n");
  const std::string text = write_fields([&](FieldVisitor& v) { describe(v, c); });
  Config again = read(text);
  EXPECT_EQ(write_fields([&](FieldVisitor& v) { describe(v, again); }), text);
  EXPECT_EQ(again.rate, 0.1);
  EXPECT_EQ(again.limit, 5);
  EXPECT_EQ(again.sizes, (std::vector<std::string>{"all", "2"}));
  EXPECT_EQ(again.items[0].size, 9);
}

TEST(SchemaWriter, StatesTypesRangesDefaultsAndVariants) {
  Config c;
  const nlohmann::ordered_json schema = schema_of_fields([&](FieldVisitor& v) { describe(v, c); });
  EXPECT_EQ(schema["required"], (nlohmann::ordered_json{"name"}));
  EXPECT_EQ(schema["additionalProperties"], false);
  const auto& properties = schema["properties"];
  EXPECT_EQ(properties["count"]["default"], 3);
  EXPECT_EQ(properties["count"]["maximum"], 9.0);
  EXPECT_EQ(properties["rate"]["exclusiveMinimum"], 0.0);
  const auto& variants = properties["items"]["items"]["oneOf"];
  ASSERT_EQ(variants.size(), 2U);
  EXPECT_EQ(variants[0]["properties"]["kind"]["const"], "big");
  EXPECT_TRUE(variants[0]["properties"].contains("size"));
  EXPECT_FALSE(variants[1]["properties"].contains("size"));
  EXPECT_TRUE(c.items.empty()) << "describing must not change the configuration";
}

TEST(MarkOf, FallsBackToTheNearestNodeThatExists) {
  const Node root = parse_yaml("a:\n  b: [1, 2]\n", "c.yaml");
  EXPECT_EQ(mark_of(root, "a.b.1").column, 9U);
  EXPECT_EQ(mark_of(root, "a.b.7").column, 5U);
  EXPECT_EQ(mark_of(root, "a.x").line, 1U);
  EXPECT_EQ(mark_of(root, "z").line, 0U);
}

}  // namespace
}  // namespace papilio
