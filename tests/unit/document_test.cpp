#include "sim/document/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/report/format.hpp"

namespace papilio {
namespace {

using ::testing::HasSubstr;

const Table kTable{.columns = {{"cut"}, {"α %"}, {"note", true}},
                   .rows = {{"RB1", "-4.7", "a, \"b\""}, {"RB16", "+0.5", "µs_2"}}};

TEST(Document, MarkdownColumnsLineUp) {
  EXPECT_EQ(to_markdown(kTable),
            "| cut  |  α % | note   |\n"
            "| ---- | ---: | ------ |\n"
            "| RB1  | -4.7 | a, \"b\" |\n"
            "| RB16 | +0.5 | µs_2   |\n");
}

TEST(Document, ABarInACellDoesNotEndIt) {
  EXPECT_EQ(to_markdown(Table{.columns = {{"a"}}, .rows = {{"x|y"}}}),
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
  table.columns = {{"n"}};
  for (const std::string& name : names) table.rows.push_back({name});
  const std::string latex = to_latex(document);
  for (const char* cell : {"a\\textbackslash{}input\\{/etc/passwd\\}",
                           "x\\textasciicircum{}2\\textasciitilde{}y", "two lines", "e␛[2J"}) {
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
  EXPECT_THAT(latex,
              HasSubstr("\\begin{tabular}{lrl}\n  \\toprule\n  cut & $\\alpha$ \\% & note \\\\\n"));
  EXPECT_THAT(latex, HasSubstr("RB1 & $-$4.7 & a"));
  EXPECT_THAT(latex, HasSubstr("\\bottomrule"));
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

TEST(Document, MarkdownHoldsTitlesParagraphsAndRemarks) {
  const Document document{
      .title = "T", .paragraphs = {"P"}, .sections = {{.title = "S", .remarks = {"r1", "r2"}}}};
  EXPECT_EQ(to_markdown(document), "# T\n\nP\n\n## S\n\n- r1\n- r2\n");
}

TEST(Format, NumbersAreThoseOfThePaper) {
  EXPECT_EQ(in_ms(Seconds{0.02376}), "23.8");
  EXPECT_EQ(in_mj(Joules{1.04742}), "1047.4");
  EXPECT_EQ(deviation_percent(64.3, 98.1), "-34.5");
  EXPECT_EQ(deviation_percent(0.99999, 1), "+0.0") << "no negative zero";
  EXPECT_EQ(ratio(76.24), "76.2");
}

}  // namespace
}  // namespace papilio
