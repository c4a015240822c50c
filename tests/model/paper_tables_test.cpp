// Claims: the shipped scenario rebuilds the paper's Table IV and V as far as its model can, and the
// rest deviates by what the documentation says. Every published number is read from the shipped
// tables.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/plan/select.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/model/worlds.hpp"

namespace papilio {
namespace {

class PaperTables : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    scenario_ = std::make_unique<Scenario>(
        load_scenario({.file = PAPILIO_SOURCE_DIR "/scenarios/paper/table4.yaml"}));
    std::vector<World> worlds;
    for (const Cell& cell : scenario_->cells) worlds.push_back({cell.plan, cell.use});
    played_ = simulate(worlds);
  }
  static void TearDownTestSuite() { scenario_.reset(); }

  static const Breakdown& find(const std::string& strategy, const std::string& network,
                               const std::string& cut, EnergyModel reading) {
    for (std::size_t i = 0; i < scenario_->cells.size(); ++i) {
      const Cell& cell = scenario_->cells[i];
      if (cell.strategy == strategy && cell.network == network && cell.cut == cut &&
          cell.use.energy_model == reading) {
        return played_[i].breakdown;
      }
    }
    throw std::logic_error{"no such cell"};
  }

  static std::string best_cut(const std::string& network, Target target, EnergyModel reading) {
    std::vector<Breakdown> candidates;
    std::vector<std::string> names;
    for (const Cut& cut : scenario_->graph.block_cuts()) {
      names.push_back(cut.name);
      candidates.push_back(find("butterfly", network, cut.name, reading));
    }
    return names[select(candidates, target).best];
  }

  static std::unique_ptr<Scenario> scenario_;
  static std::vector<PlayedRequest> played_;
};

std::unique_ptr<Scenario> PaperTables::scenario_;
std::vector<PlayedRequest> PaperTables::played_;

constexpr EnergyModel kStated = EnergyModel::kStated;
constexpr EnergyModel kThroughputOnly = EnergyModel::kThroughputOnly;

TEST_F(PaperTables, HasFiftyTwoCellsUnderTwoReadings) {
  EXPECT_EQ(scenario_->cells.size(), 104U);
}

TEST_F(PaperTables, EveryLatencyOfTableIVIsWithinTwoAndAHalfPercent) {
  int cells = 0;
  for (const PublishedTables::Split& split : scenario_->published->splits) {
    const Breakdown& b = find("butterfly", split.network, split.block, kStated);
    const double deviation = std::abs(b.latency() / split.latency - 1);
    // Printed as 2.4 ms, so the rounding alone is worth 2 %.
    const bool two_digits = split.network == "wifi" && split.block == "RB1";
    EXPECT_LE(deviation, two_digits ? 0.05 : 0.025) << split.network << ' ' << split.block;
    ++cells;
  }
  EXPECT_EQ(cells, 48);
}

TEST_F(PaperTables, LatenciesOfTableVAreThePapersButForWifiCloudOnly) {
  const PublishedTables& tables = *scenario_->published;
  for (const char* network : {"3g", "4g"}) {
    EXPECT_NEAR(find("cloud-only", network, "", kStated).latency() /
                    tables.find_strategy("cloud-only", network)->latency,
                1, 0.015);
  }
  // 98.1 ms is printed; upload and cloud take 63.8 + 0.5 ms.
  EXPECT_NEAR(find("cloud-only", "wifi", "", kStated).latency().value(), 64.3e-3, 0.05e-3);
  EXPECT_NEAR(find("mobile-only", "", "", kStated).latency().value(), 15.7e-3, 1e-9);
}

TEST_F(PaperTables, LatencySelectsThePapersCuts) {
  for (const EnergyModel reading : {kStated, kThroughputOnly}) {
    EXPECT_EQ(best_cut("3g", Target::kLatency, reading), "RB8");
    EXPECT_EQ(best_cut("4g", Target::kLatency, reading), "RB1");
    EXPECT_EQ(best_cut("wifi", Target::kLatency, reading), "RB1");
  }
}

TEST_F(PaperTables, CloudOnlyEnergiesFollowTheThroughputOnlyReadingToTheLastDigit) {
  for (const char* network : {"3g", "4g", "wifi"}) {
    const double printed =
        scenario_->published->find_strategy("cloud-only", network)->energy.value();
    const double simulated = find("cloud-only", network, "", kThroughputOnly).energy().value();
    EXPECT_EQ(std::round(simulated * 1e4), std::round(printed * 1e4)) << network;
  }
}

// (α_u·t_u + β)·8·150,528 / t_u: 1.77376 W · 1.094749 s, and so on.
TEST_F(PaperTables, CloudOnlyEnergiesUnderTheStatedReading) {
  EXPECT_NEAR(find("cloud-only", "3g", "", kStated).uplink_energy.value(), 1941.8e-3, 0.05e-3);
  EXPECT_NEAR(find("cloud-only", "4g", "", kStated).uplink_energy.value(), 793.1e-3, 0.05e-3);
  EXPECT_NEAR(find("cloud-only", "wifi", "", kStated).uplink_energy.value(), 349.5e-3, 0.05e-3);
}

TEST_F(PaperTables, EnergySelectsTheseCutsUnderEachReading) {
  EXPECT_EQ(best_cut("3g", Target::kEnergy, kStated), "RB8");
  EXPECT_EQ(best_cut("4g", Target::kEnergy, kStated), "RB4");
  EXPECT_EQ(best_cut("wifi", Target::kEnergy, kStated), "RB4");
  EXPECT_EQ(best_cut("3g", Target::kEnergy, kThroughputOnly), "RB4");
  EXPECT_EQ(best_cut("4g", Target::kEnergy, kThroughputOnly), "RB4");
  EXPECT_EQ(best_cut("wifi", Target::kEnergy, kThroughputOnly), "RB1");
}

TEST_F(PaperTables, ClosedFormAndSimulationAgreeInEveryCell) {
  for (std::size_t i = 0; i < scenario_->cells.size(); ++i) {
    const Cell& cell = scenario_->cells[i];
    const Breakdown expected = closed_form(cell.plan, cell.use);
    const Breakdown& b = played_[i].breakdown;
    testing::expect_relative(b.mobile.value(), expected.mobile.value(), 1e-9, "mobile_s");
    testing::expect_relative(b.uplink.value(), expected.uplink.value(), 1e-9, "uplink_s");
    testing::expect_relative(b.cloud.value(), expected.cloud.value(), 1e-9, "cloud_s");
    testing::expect_relative(b.latency().value(), expected.latency().value(), 1e-9, "latency_s");
    testing::expect_relative(b.compute_energy.value(), expected.compute_energy.value(), 1e-9,
                             "mobile_j");
    testing::expect_relative(b.uplink_energy.value(), expected.uplink_energy.value(), 1e-9,
                             "uplink_j");
    testing::expect_relative(b.energy().value(), expected.energy().value(), 1e-9, "energy_j");
  }
}

TEST_F(PaperTables, ReadingsChangeEnergiesOnly) {
  for (const PublishedTables::Split& split : scenario_->published->splits) {
    const Breakdown& a = find("butterfly", split.network, split.block, kStated);
    const Breakdown& b = find("butterfly", split.network, split.block, kThroughputOnly);
    EXPECT_EQ(a.latency(), b.latency());
    EXPECT_EQ(a.downlink.value(), 0);
    EXPECT_EQ(b.downlink.value(), 0);
    EXPECT_EQ(a.downlink_energy.value(), 0);
    // α_d·8·1000 B, for cloud-only and butterfly alike.
    const Radio& radio = scenario_->radio(split.network);
    EXPECT_DOUBLE_EQ(b.downlink_energy.value(), radio.alpha_downlink.value() * 1000);
  }
}

}  // namespace
}  // namespace papilio
