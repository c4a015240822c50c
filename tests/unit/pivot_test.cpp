// Claims: tables average over replicates with Student's interval and over nothing that was not
// asked for; ratios are taken at equal axes, radio and replicate; the best choice and where it
// moves.

#include "sim/study/ask/pivot.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/base/error.hpp"
#include "sim/study/ask/facts.hpp"
#include "sim/study/store/columns.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::HasSubstr;
using Mode = StudyDatabase::Mode;
using Strings = std::vector<std::string>;

/// A study of cells over loads 1 and 2, three replicates each, on two radios: cloud-only takes
/// 8 s · load + 1 s · replicate at 8 bits and four times that at 32, RB1 4 s + load + 0.1 s ·
/// replicate on 3g and a second less on wifi, mobile-only 7 s.
class PivotTest : public ::testing::Test {
 protected:
  PivotTest() : database_{folder_.path() / "a.db", Mode::kWrite} {
    StoredStudy study{.name = "some",
                      .digest = "d",
                      .kind = "cells",
                      .method = "simulation",
                      .axes = {"load"},
                      .keys = {"mobile.load_level"},
                      .points = 6,
                      .model_version = 1};
    study.id = database_.store(study);
    std::uint64_t number = 0;
    for (const int load : {1, 2}) {
      for (int replicate = 0; replicate < 3; ++replicate) {
        ResultWriter results;
        results.begin_point({.number = number,
                             .hash = hash_of(std::to_string(number)),
                             .replicate = replicate,
                             .axes = fmt::format("{{\"load\":{}}}", load)});
        ++number;
        row(results, "mobile-only", "", "", 7);
        for (const char* network : {"3g", "wifi"}) {
          row(results, "cloud-only", network, "", 4 * (8.0 * load + replicate), 32);
          row(results, "cloud-only", network, "", 8.0 * load + replicate);
          row(results, "butterfly", network, "RB1",
              4 + load + 0.1 * replicate - (network[0] == 'w' ? 1 : 0));
        }
        database_.store_results(study.id, results.take());
      }
    }
    database_.commit();
  }

  static void row(ResultWriter& results, const std::string& strategy, const std::string& network,
                  const std::string& cut, double latency_s, std::int64_t bits = 8) {
    results.begin_row(ResultTable::kSummary, columns_of(ResultTable::kSummary).size());
    for (const Column& column : columns_of(ResultTable::kSummary)) {
      Value value;
      if (column.name == "strategy") value = strategy;
      if (column.name == "network") value = text_value(network);
      if (column.name == "cut") value = text_value(cut);
      if (column.name == "partition") value = cut.empty() ? strategy : cut;
      if (column.name == "latency_s") value = latency_s;
      if (column.name == "bits" && !network.empty()) value = bits;
      if (column.name == "payload_bytes") value = std::int64_t{150528};
      if (column.name == "accuracy") value = strategy == "butterfly" ? 0.74 : 0.76;
      results.add(value);
    }
  }

  Document make(const PivotSpec& spec, bool exact = false) {
    return pivot(database_, database_.study(""), spec, exact);
  }
  std::string error(const PivotSpec& spec) {
    try {
      make(spec);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  }

  testing::TemporaryFolder folder_;
  StudyDatabase database_;
};

TEST_F(PivotTest, AveragesOverReplicatesWithStudentsInterval) {
  const Document document = make({.rows = {"load"},
                                  .cols = {"network"},
                                  .value = "latency",
                                  .stats = {"mean", "ci95"},
                                  .where = {{"partition", {"RB1"}}},
                                  .si = true,
                                  .digits = 3});
  // RB1 on 3g at load 1: 5, 5.1, 5.2: mean 5.1, deviation 0.1; t of 2 degrees of freedom at 97.5 %
  // is 4.3027, so ± 4.3027 · 0.1 / √3 = 0.248.
  ASSERT_EQ(document.sections.size(), 1U);
  const Table& table = *document.sections[0].table;
  EXPECT_EQ(table.columns[1].header, "3g");
  EXPECT_EQ(texts_of(table.rows[0]), (Strings{"1", "5.100 ± 0.248", "4.100 ± 0.248"}));
  EXPECT_EQ(texts_of(table.rows[1]), (Strings{"2", "6.100 ± 0.248", "5.100 ± 0.248"}));
}

// One replicate has no interval: people read so, machines an empty cell.
TEST_F(PivotTest, OneReplicateHasNoInterval) {
  PivotSpec spec{.rows = {"load"},
                 .value = "latency_s",
                 .stats = {"mean", "ci95"},
                 .where = {{"strategy", {"mobile-only"}}, {"replicate", {"1"}}}};
  EXPECT_EQ(make(spec).sections[0].table->rows[0].back().text(), "7000.0 ± n/a");
  EXPECT_EQ(make(spec, true).sections[0].table->rows[0].back().text(), "");
  spec.stats = {"ci95"};
  EXPECT_EQ(make(spec).sections[0].table->rows[0].back().text(), "n/a");
}

TEST_F(PivotTest, ForMachinesEachStatisticHasItsColumnAndAllDigits) {
  const Document document = make({.rows = {"load"},
                                  .cols = {"network"},
                                  .value = "latency_s",
                                  .stats = {"mean", "ci95", "n", "min", "max", "median"},
                                  .where = {{"partition", {"RB1"}}, {"network", {"3g"}}}},
                                 true);
  const Table& table = *document.sections[0].table;
  EXPECT_EQ(table.columns[2].header, "3g ci95");
  ASSERT_EQ(table.rows[0].size(), 7U);
  // Of 2 degrees of freedom, t = (2p − 1)·√(2 / (1 − (2p − 1)²)).
  const double t = 0.95 * std::sqrt(2 / (1 - 0.95 * 0.95));
  EXPECT_NEAR(table.rows[0][2].number().value(), t * 0.1 / std::sqrt(3.0), 1e-12);
  EXPECT_EQ(table.rows[0][3].text(), "3");
  EXPECT_EQ(table.rows[0][4].text(), "5");
  EXPECT_EQ(table.rows[0][6].text(), "5.1");
}

TEST_F(PivotTest, RatiosAreTakenWithinOneReplicate) {
  const Document document = make({.rows = {"partition", "load"},
                                  .cols = {"network"},
                                  .value = "latency",
                                  .relative_to = "cloud-only",
                                  .where = {{"partition", {"RB1"}}},
                                  .digits = 4});
  const Table& table = *document.sections[0].table;
  // cloud-only's of the same replicate and bits over RB1's.
  const double mean = (8 / 5.0 + 9 / 5.1 + 10 / 5.2) / 3;
  Strings row;
  for (const auto& one : table.rows) {
    if (one[0].text() == "RB1" && one[1].text() == "1") row = texts_of(one);
  }
  ASSERT_EQ(row.size(), 4U);
  EXPECT_EQ(row[2], fmt::format("{:.4f}", mean));
}

TEST_F(PivotTest, OneBaselineIsMeantOrTheQuestionIsRefused) {
  // mobile-only crosses nothing, so neither bits are its own.
  EXPECT_THAT(error({.rows = {"load"},
                     .cols = {"network"},
                     .value = "latency",
                     .relative_to = "cloud-only",
                     .where = {{"partition", {"mobile-only"}}}}),
              HasSubstr("--relative-to 'cloud-only' means several that differ in bits"));
  // It stands on each radio.
  const Document document = make({.rows = {"load"},
                                  .cols = {"network"},
                                  .value = "latency",
                                  .relative_to = "mobile-only",
                                  .where = {{"partition", {"RB1"}}},
                                  .digits = 2});
  EXPECT_EQ(texts_of((*document.sections[0].table).rows[0]), (Strings{"1", "1.37", "1.71"}));
}

TEST_F(PivotTest, UnitsAreTheColumns) {
  const auto cell = [&](const std::string& value) {
    const Document document =
        make({.rows = {"partition"},
              .value = value,
              .where = {{"load", {"1"}}, {"partition", {"mobile-only"}}, {"network", {"3g"}}}});
    const Table& table = *document.sections[0].table;
    return table.columns[1].header + " " + table.rows[0][1].text();
  };
  EXPECT_EQ(cell("latency"), "ms 7000.0");
  EXPECT_EQ(cell("payload_bytes"), "byte 150528") << "whole numbers stay whole";
  EXPECT_EQ(cell("accuracy"), "accuracy 0.76");
}

TEST_F(PivotTest, OfGainsTheGreatestIsBest) {
  const Document document =
      make({.rows = {"network"},
            .value = "accuracy",
            .best = "strategy",
            .where = {{"load", {"1"}}, {"strategy", {"mobile-only", "butterfly"}}}});
  const Table& table = *document.sections[0].table;
  ASSERT_EQ(table.rows.size(), 2U) << "names are no stretch";
  EXPECT_EQ(texts_of(table.rows[0]), (Strings{"3g", "mobile-only", "0.76"}));
  EXPECT_THAT(document.paragraphs[0], HasSubstr("the greatest over strategy"));
}

TEST_F(PivotTest, GroupsAreColumnsForMachines) {
  const Document document = make({.rows = {"partition"},
                                  .cols = {"network"},
                                  .group = {"load"},
                                  .value = "latency",
                                  .where = {{"partition", {"RB1"}}}},
                                 true);
  ASSERT_EQ(document.sections.size(), 1U) << "CSV holds one table";
  const Table& table = *document.sections[0].table;
  EXPECT_EQ(table.columns[0].header + " " + table.columns[1].header, "load partition");
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.rows[1][0].text(), "2");
}

TEST_F(PivotTest, TellsWhereTheBestChoiceMoves) {
  const Document document = make({.rows = {"load"},
                                  .cols = {"network"},
                                  .value = "latency",
                                  .best = "partition",
                                  .where = {{"partition", {"mobile-only", "RB1"}}}});
  const Table& table = *document.sections[0].table;
  // 3g: RB1 5.1 and 6.1 against mobile-only's 7: RB1 at both loads; so on wifi: one stretch.
  ASSERT_EQ(table.rows.size(), 1U);
  EXPECT_EQ(table.rows[0][0].text() + " to " + table.rows[0][1].text(), "1 to 2");
  EXPECT_EQ(table.rows[0][2].text(), "RB1");
  EXPECT_EQ(table.rows[0][3].text(), "5100.0 … 6100.0");
  const Document without =
      make({.rows = {"load"},
            .value = "latency",
            .best = "partition",
            .where = {{"partition", {"mobile-only", "RB1"}}, {"network", {"3g"}}}});
  EXPECT_EQ((*without.sections[0].table).rows[0][2].text(), "RB1");
}

TEST_F(PivotTest, RefusesToAverageWhatNobodyAskedFor) {
  EXPECT_THAT(error({.rows = {"partition"},
                     .cols = {"load"},
                     .value = "latency",
                     .where = {{"partition", {"RB1"}}}}),
              HasSubstr("values that differ in network would share a cell"));
  EXPECT_EQ(error({.rows = {"partition"},
                   .cols = {"load"},
                   .value = "latency",
                   .over = {"network", "bits"}}),
            "no error");
  EXPECT_THAT(error({.rows = {"load"},
                     .value = "latency",
                     .best = "partition",
                     .where = {{"partition", {"mobile-only", "RB1"}}}}),
              HasSubstr("values that differ in network would share a cell"))
      << "the best is not chosen over a mean of radios either";
  EXPECT_THAT(error({.rows = {"partitions"}, .value = "latency"}),
              HasSubstr("unknown dimension 'partitions'; did you mean 'partition'?"));
  EXPECT_THAT(error({.rows = {"load"}, .value = "latensy_s"}),
              HasSubstr("unknown value 'latensy_s'; did you mean 'latency_s'?"));
  EXPECT_THAT(error({.rows = {"load"}, .value = "latency", .where = {{"network", {"4g"}}}}),
              HasSubstr("--where: no network is '4g'"));
  EXPECT_THAT(error({.rows = {"load"}, .value = "latency", .stats = {"average"}}),
              HasSubstr("unknown statistic 'average'"));
  EXPECT_THAT(error({.rows = {"load"}, .value = "latency", .relative_to = "cloud"}),
              HasSubstr("no strategy or partition 'cloud'"));
}

TEST_F(PivotTest, AGroupHasATableForEachOfItsValues) {
  const Document document = make({.rows = {"partition"},
                                  .cols = {"network"},
                                  .group = {"load"},
                                  .value = "latency",
                                  .over = {"bits"}});
  ASSERT_EQ(document.sections.size(), 2U);
  EXPECT_EQ(document.sections[1].title, "latency, ms; load 2");
  const std::string html = to_html(document);
  EXPECT_THAT(html, HasSubstr("<th class=\"left\">partition</th><th>3g</th><th>wifi</th>"));
}

TEST_F(PivotTest, TellsWhatWasTakenTogether) {
  const auto about = [&](const PivotSpec& spec) { return make(spec).paragraphs.at(0); };
  EXPECT_THAT(about({.rows = {"partition"},
                     .cols = {"load"},
                     .value = "latency",
                     .over = {"network", "bits"}}),
              HasSubstr("; over 3 replicates; averaged over network, bits."));
  // mobile-only takes as long at every load and stands on both radios: one value, three replicates.
  const PivotSpec spec{.rows = {"partition"},
                       .value = "latency",
                       .stats = {"mean", "n"},
                       .where = {{"partition", {"mobile-only"}}}};
  EXPECT_THAT(about(spec), HasSubstr("; the same for every load, network"));
  EXPECT_EQ(texts_of((*make(spec).sections[0].table).rows[0]),
            (Strings{"mobile-only", "7000.0", "3"}));
}

TEST_F(PivotTest, ALatexTableSaysQuantityUnitAndWhatTheIntervalIs) {
  const std::string latex = to_latex(make({.rows = {"load"},
                                           .cols = {"network"},
                                           .value = "latency",
                                           .stats = {"mean", "ci95"},
                                           .where = {{"partition", {"RB1"}}}}));
  EXPECT_THAT(latex,
              HasSubstr("\\caption{latency, ms, by load and network. Of 6 points, by "
                        "simulation, in ms; over 3 replicates; $\\pm$ is the 95 \\% interval "
                        "over replicates (Student's t; n/a of one); partition RB1.}\n"
                        "\\label{tab:some-latency-ms}"));
}

TEST_F(PivotTest, NumbersAreFoundHoweverTheyAreWritten) {
  const Document document = make({.rows = {"load"},
                                  .cols = {"network"},
                                  .value = "latency",
                                  .where = {{"partition", {"RB1"}}, {"load", {"0.20e1"}}}});
  ASSERT_EQ((*document.sections[0].table).rows.size(), 1U);
  EXPECT_EQ((*document.sections[0].table).rows[0][0].text(), "2");
}

// A strategy named "10" is no number beside one named "9", nor the value 10 of an axis.
TEST(DimensionLabels, ANameThatLooksLikeANumberIsAName) {
  DimensionLabels labels;
  const Label name = labels.of("10");
  const Label number = labels.of(std::int64_t{10});
  EXPECT_NE(name, number);
  EXPECT_EQ(labels.of(10.0), number) << "as files have them, they are one";
  EXPECT_EQ(labels.text(name), labels.text(number));
  EXPECT_EQ(labels.number(name), std::nullopt);
  EXPECT_EQ(labels.number(number), 10);
  EXPECT_EQ(labels.of(Value{}), labels.of(""));
}

/// Two partitions of one cut and a third, as a scenario gives them: a unit of 62 %, a plain split
/// of which nobody knows, and mobile-only of 80 %; at load 2 nothing is accurate enough. Of the
/// energy, in mJ: the unit 8.76, the split 8.34 and mobile-only 20 at load 1; the mean of the first
/// two, 8.55, is nobody's.
class ChoicesTest : public PivotTest {
 protected:
  ChoicesTest() {
    StoredStudy study{.name = "choices",
                      .digest = "c",
                      .kind = "cells",
                      .method = "simulation",
                      .axes = {"load"},
                      .keys = {"mobile.load_level"},
                      .points = 3,
                      .model_version = 1};
    study.id = database_.store(study);
    std::uint64_t number = 0;
    for (const int load : {10, 2, 1}) {
      ResultWriter results;
      results.begin_point({.number = number,
                           .hash = hash_of(fmt::format("c{}", number)),
                           .axes = fmt::format("{{\"load\":{}}}", load)});
      ++number;
      if (load == 2) {
        add(results, "butterfly", "RB1", "RB1", 8.76e-3, 0);
      } else {
        add(results, "butterfly", "RB1", "RB1", 8.76e-3, 1);
        add(results, "split", "RB1", "split RB1", 8.34e-3, 0);
        add(results, "mobile-only", "", "mobile-only", 20e-3, 1);
      }
      database_.store_results(study.id, results.take());
    }
    database_.commit();
  }
  static void add(ResultWriter& results, const std::string& strategy, const std::string& cut,
                  const std::string& partition, double energy_j, std::int64_t admitted) {
    results.begin_row(ResultTable::kSummary, columns_of(ResultTable::kSummary).size());
    for (const Column& column : columns_of(ResultTable::kSummary)) {
      Value value;
      if (column.name == "strategy") value = strategy;
      if (column.name == "cut") value = text_value(cut);
      if (column.name == "partition") value = partition;
      if (column.name == "energy_j") value = energy_j;
      if (column.name == "admitted") value = admitted;
      results.add(value);
    }
  }
};

TEST_F(ChoicesTest, TheBestIsOneOfThoseThatAreAccurateEnough) {
  const Document document =
      make({.rows = {"load"}, .value = "energy", .best = "partition", .digits = 2});
  const Table& table = *document.sections[0].table;
  // Rows are sorted as numbers: 2 before 10.
  ASSERT_EQ(table.rows.size(), 3U);
  EXPECT_EQ(texts_of(table.rows[0]), (Strings{"1", "1", "RB1", "8.76"}))
      << "not the split, which is less";
  EXPECT_EQ(texts_of(table.rows[1]), (Strings{"2", "2", "none", ""}));
  EXPECT_EQ(texts_of(table.rows[2]), (Strings{"10", "10", "RB1", "8.76"}));
  EXPECT_THAT(document.paragraphs[0], HasSubstr("of those within the stated limits of accuracy"));
  const Document all = make({.rows = {"partition"}, .value = "energy", .where = {{"load", {"1"}}}});
  EXPECT_EQ((*all.sections[0].table).rows.size(), 3U) << "what is not chosen is shown";
}

TEST_F(ChoicesTest, TwoPartitionsOfOneCutAreNotAveraged) {
  EXPECT_THAT(error({.rows = {"load"}, .value = "energy", .best = "cut"}),
              ::testing::AllOf(HasSubstr("values that differ in strategy would share a cell"),
                               ::testing::Not(HasSubstr("--over"))));
  EXPECT_THAT(error({.rows = {"load"}, .value = "energy", .best = "cut", .over = {"strategy"}}),
              HasSubstr("--over strategy: the best of averages need not be the best of anything"));
}

}  // namespace
}  // namespace papilio
