#include "sim/base/document/document.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sim/base/document/column.hpp"
#include "sim/report/format.hpp"

namespace papilio {
namespace {

using ::testing::HasSubstr;

const Table kTable{.columns = {{"cut", true}, {"α %"}, {"note", true}},
                   .rows = {{"RB1", signed_decimals(-4.7, 1), "a, \"b\""},
                            {"RB16", signed_decimals(0.5, 1), "µs_2"}}};

TEST(Document, MarkdownColumnsLineUp) {
  EXPECT_EQ(to_markdown(kTable),
            "| cut  |  α % | note   |\n"
            "| ---- | ---: | ------ |\n"
            "| RB1  | -4.7 | a, \"b\" |\n"
            "| RB16 | +0.5 | µs_2   |\n");
}

TEST(Document, ABarInACellDoesNotEndIt) {
  EXPECT_EQ(to_markdown(Table{.columns = {{"a", true}}, .rows = {{"x|y"}}}),
            "| a    |\n| ---- |\n| x\\|y |\n");
}

// What stands in a name is set as that name: no markup, no command, no further line.
TEST(Document, NamesStayNamesInEveryFormat) {
  const std::vector<std::string> names{"a\\input{/etc/passwd}",
                                       "x^2~y",
                                       "<script>1</script>",
                                       "[a](javascript:1)",
                                       "a\\|b",
                                       "two\nlines",
                                       "e\x1b[2J"};
  Document document{.title = "t\nu", .sections = {{.title = "s", .table = Table{}}}};
  Table& table = *document.sections[0].table;
  table.columns = {{"n", true}};
  for (const std::string& name : names) table.rows.push_back({name});
  const std::string latex = to_latex(document);
  for (const char* cell : {"a\\textbackslash{}input\\{/etc/passwd\\}",
                           "x\\textasciicircum{}2\\textasciitilde{}y", "two lines", "e␛{[}2J"}) {
    EXPECT_THAT(latex, HasSubstr(std::string{"  "} + cell + " \\\\\n"));
  }
  EXPECT_THAT(latex, HasSubstr("% t u\n"));
  const std::string markdown = to_markdown(document);
  for (const char* cell :
       {"\\<script>1\\</script>", "[a\\](javascript:1)", "a\\\\\\|b", "two lines", "e␛[2J"}) {
    EXPECT_THAT(markdown, HasSubstr(std::string{"| "} + cell + " "));
  }
  EXPECT_THAT(markdown, HasSubstr("# t u\n"));
  EXPECT_THAT(to_html(document), HasSubstr("&lt;script&gt;"));
}

TEST(Document, CsvQuotesAsRfc4180Says) {
  EXPECT_EQ(to_csv(kTable), "cut,α %,note\nRB1,-4.7,\"a, \"\"b\"\"\"\nRB16,+0.5,µs_2\n");
}

TEST(Document, LatexUsesBooktabsAndEscapes) {
  const Document document{.title = "t", .sections = {{.title = "50 % of A_1", .table = kTable}}};
  const std::string latex = to_latex(document);
  EXPECT_THAT(latex, HasSubstr("\\caption{50 \\% of A\\_1}"));
  EXPECT_THAT(
      latex,
      HasSubstr("\\begin{tabular}{@{}lrl@{}}\n  \\toprule\n  cut & $\\alpha$ \\% & note \\\\\n"));
  EXPECT_THAT(latex, HasSubstr("RB1 & $-$4.7 & a"));
  EXPECT_THAT(latex, HasSubstr("\\bottomrule"));
}

/// A table with columns of numbers under headings of 20 letters.
Section of_columns(int columns, int rows) {
  Table table{.columns = {{"cut", true}}};
  for (int c = 0; c < columns; ++c) {
    table.columns.push_back({fmt::format("aaaaaaaaaabbbbbbbb{:02}", c)});
  }
  for (int r = 0; r < rows; ++r) {
    Table::Row row{fmt::format("[RB{}", r)};
    for (int c = 0; c < columns; ++c) row.emplace_back(r);
    table.rows.push_back(std::move(row));
  }
  return {.title = "s", .table = table};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

// 18 letters and 2 digits are about 18 · 4.75 + 2 · 4.25 = 94 pt wide at 8 pt. Beside "cut", 2 of
// them fit into the 252 pt of a column, 4 into the 500 of a page.
TEST(Document, LatexTablesFitAColumnOrAPage) {
  const std::string narrow = to_latex({.title = "t", .sections = {of_columns(2, 1)}});
  EXPECT_EQ(count(narrow, "\\begin{table}\n"), 1U);
  EXPECT_THAT(narrow, HasSubstr("  {[}RB0 & 0 & 0 \\\\\n")) << "[ begins no argument of \\\\";
  const std::string wide = to_latex({.title = "t", .sections = {of_columns(4, 1)}});
  EXPECT_EQ(count(wide, "\\begin{table*}\n"), 1U);
  EXPECT_EQ(count(wide, "\\begin{tabular}"), 1U);
  const std::string parts = to_latex({.title = "t", .sections = {of_columns(9, 1)}});
  EXPECT_EQ(count(parts, "\\begin{table*}\n"), 1U);
  EXPECT_EQ(count(parts, "\\begin{tabular}"), 3U) << "3 columns each, beside the cuts";
  EXPECT_EQ(count(parts, "  cut & "), 3U);
  for (int c = 0; c < 9; ++c) {
    EXPECT_EQ(count(parts, fmt::format("bbbbbbbb{:02}", c)), 1U) << c;
  }
}

TEST(Document, LatexTablesAreNoHigherThanAPage) {
  const std::string text = to_latex({.title = "t", .sections = {of_columns(2, 100)}});
  EXPECT_EQ(count(text, "\\begin{table}\n"), 3U) << "of 47 rows below a heading and rules at most";
  EXPECT_EQ(count(text, "\\caption{s (continued)}"), 2U);
  EXPECT_EQ(count(text, "\\label{"), 1U);
  for (int r = 0; r < 100; ++r) {
    EXPECT_EQ(count(text, fmt::format("{{[}}RB{} &", r)), 1U) << r;
  }
}

TEST(Document, LatexTablesHaveCaptionsAndLabelsOfTheirOwn) {
  const Document document{
      .title = "some: latency_s by load",
      .sections = {{.title = "p95 latency, ms", .table = kTable, .caption = "p95 latency, ms ± s"},
                   {.title = "p95 latency, ms", .table = kTable}}};
  const std::string latex = to_latex(document);
  EXPECT_THAT(latex, HasSubstr("\\caption{p95 latency, ms $\\pm$ s}\n"
                               "\\label{tab:some-p95-latency-ms}\n"));
  EXPECT_THAT(latex, HasSubstr("\\caption{p95 latency, ms}\n\\label{tab:some-p95-latency-ms-2}\n"));
}

// What a script reads is the value, with the digits that people do not see.
TEST(Document, JsonHasTheValuesThemselves) {
  const Table table{.columns = {{"cut", true}, {"ms"}, {"ms"}, {"of it", true}},
                    .rows = {{"8", decimals(23.76, 1), decimals(5.125, 1).with_half_width(0.25), 7},
                             {"RB1", none("n/a"),
                              decimals(5.125, 1).with_half_width(std::optional<double>{}), ""}}};
  const Document document{
      .title = "t", .paragraphs = {"p"}, .sections = {{.title = "s", .table = table}}};
  EXPECT_EQ(nlohmann::ordered_json::parse(to_json(document)), nlohmann::ordered_json::parse(R"({
    "title": "t",
    "about": ["p"],
    "sections": [{"title": "s", "rows": [
      {"cut": "8", "ms": 23.76, "ms 2": {"value": 5.125, "half_width": 0.25}, "of it": 7},
      {"cut": "RB1", "ms": null, "ms 2": {"value": 5.125, "half_width": null}, "of it": null}
    ]}]
  })"));
}

// A row maker that passes a number as a text, or forgets a cell, is found by its first rendering.
TEST(DocumentDeathTest, ANumberPassedAsATextIsABug) {
  const std::string why = "column.*kText";
  const Table number{.columns = {{"cut", true}, {"ms"}}, .rows = {{"RB1", "23.8"}}};
  const Document document{.title = "t", .sections = {{.title = "s", .table = number}}};
  EXPECT_DEATH(to_csv(number), why);
  EXPECT_DEATH(to_markdown(document), why);
  EXPECT_DEATH(to_latex(document), why);
  EXPECT_DEATH(to_html(document), why);
  EXPECT_DEATH(to_json(document), why);
  const Table empty{.columns = {{"cut", true}, {"ms"}}, .rows = {{"RB1", ""}}};
  EXPECT_DEATH(to_csv(empty), why) << "what is absent says so: none()";
  const Table reason{.columns = {{"cut", true}, {"ms"}}, .rows = {{"RB1", none("n/a")}}};
  EXPECT_EQ(to_csv(reason), "cut,ms\nRB1,n/a\n");
  const Table shorter{.columns = {{"cut", true}, {"ms"}}, .rows = {{"RB1"}}};
  EXPECT_DEATH(to_csv(shorter), "size");
}

TEST(Document, MarkdownHoldsTitlesParagraphsAndRemarks) {
  const Document document{
      .title = "T", .paragraphs = {"P"}, .sections = {{.title = "S", .remarks = {"r1", "r2"}}}};
  EXPECT_EQ(to_markdown(document), "# T\n\nP\n\n## S\n\n- r1\n- r2\n");
}

TEST(Format, NumbersAreThoseOfThePaper) {
  EXPECT_EQ(in_ms(Seconds{0.02376}).text(), "23.8");
  EXPECT_EQ(in_mj(Joules{1.04742}).text(), "1047.4");
  EXPECT_EQ(deviation_percent(64.3, 98.1).text(), "-34.5");
  EXPECT_EQ(deviation_percent(0.99999, 1).text(), "+0.0") << "no negative zero";
  EXPECT_EQ(ratio(76.24).text(), "76.2");
}

// A value may be asked for without its unit.
TEST(Column, UnitsEndNames) {
  const auto column = [](const char* name, const char* unit) {
    return Column{name, ValueType::kReal, unit, ColumnKind::kMeasure, Better::kLess, ""};
  };
  EXPECT_EQ(stem(column("latency_s", "s")), "latency");
  EXPECT_EQ(stem(column("energy_j", "J")), "energy");
  EXPECT_EQ(stem(column("power_w", "W")), "power");
  EXPECT_EQ(stem(column("status_s", "")), "status_s") << "no unit";
}

}  // namespace
}  // namespace papilio
