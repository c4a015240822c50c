// Claims: tables average over replicates with Student's interval and over nothing that was not
// asked for; ratios are taken at equal axes, radio and replicate; the best choice and where it
// moves.

#include "sim/study/pivot.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/base/error.hpp"
#include "sim/study/columns.hpp"
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
    results.begin_row(ResultTable::kSummary, summary_result_columns().size());
    for (const ResultColumn& column : summary_result_columns()) {
      Value value;
      if (column.name == "strategy") value = strategy;
      if (column.name == "network") value = text_value(network);
      if (column.name == "cut") value = text_value(cut);
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
  EXPECT_EQ(table.rows[0], (Strings{"1", "5.100 ± 0.248", "4.100 ± 0.248"}));
  EXPECT_EQ(table.rows[1], (Strings{"2", "6.100 ± 0.248", "5.100 ± 0.248"}));
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
  EXPECT_NEAR(std::stod(table.rows[0][2]), t * 0.1 / std::sqrt(3.0), 1e-12);
  EXPECT_EQ(table.rows[0][3], "3");
  EXPECT_EQ(table.rows[0][4], "5");
  EXPECT_EQ(table.rows[0][6], "5.1");
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
    if (one[0] == "RB1" && one[1] == "1") row = one;
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
  EXPECT_EQ((*document.sections[0].table).rows[0], (Strings{"1", "1.37", "1.71"}));
}

TEST_F(PivotTest, UnitsAreTheColumns) {
  const auto cell = [&](const std::string& value) {
    const Document document =
        make({.rows = {"partition"},
              .value = value,
              .where = {{"load", {"1"}}, {"partition", {"mobile-only"}}, {"network", {"3g"}}}});
    const Table& table = *document.sections[0].table;
    return table.columns[1].header + " " + table.rows[0][1];
  };
  EXPECT_EQ(cell("latency"), "ms 7000.0");
  EXPECT_EQ(cell("payload_bytes"), "payload_bytes 150528") << "whole numbers stay whole";
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
  EXPECT_EQ(table.rows[0], (Strings{"3g", "mobile-only", "0.76"}));
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
  EXPECT_EQ(table.rows[1][0], "2");
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
  EXPECT_EQ(table.rows[0][0] + " to " + table.rows[0][1], "1 to 2");
  EXPECT_EQ(table.rows[0][2], "RB1");
  EXPECT_EQ(table.rows[0][3], "5100.0 … 6100.0");
  const Document without =
      make({.rows = {"load"},
            .value = "latency",
            .best = "partition",
            .over = {"bits"},
            .where = {{"partition", {"mobile-only", "cloud-only"}}, {"network", {"3g"}}}});
  EXPECT_EQ((*without.sections[0].table).rows[0][2], "mobile-only");
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
  EXPECT_EQ(document.sections[1].title, "load 2");
  const std::string html = to_html(document);
  EXPECT_THAT(html, HasSubstr("<th class=\"left\">partition</th><th>3g</th><th>wifi</th>"));
}

}  // namespace
}  // namespace papilio
