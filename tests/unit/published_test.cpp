// Claim: the shipped tables are the paper's, whole.

#include "sim/profiles/published.hpp"

#include <gtest/gtest.h>

namespace papilio {
namespace {

PublishedTables shipped() {
  const ProfileLibrary library{{shipped_profiles()}};
  return load_published(library, Bibliography{library}, "butterfly-2019");
}

TEST(PublishedTables, HoldTableIVTableVAndFigure7) {
  const PublishedTables tables = shipped();
  EXPECT_EQ(tables.splits.size(), 48U);
  EXPECT_EQ(tables.strategies.size(), 7U);
  EXPECT_EQ(tables.accuracies.size(), 80U);
  EXPECT_EQ(tables.networks(), (std::vector<std::string>{"3g", "4g", "wifi"}));
  EXPECT_DOUBLE_EQ(tables.find_split("wifi", "RB11")->latency.value(), 10.7e-3);
  EXPECT_DOUBLE_EQ(tables.find_strategy("cloud-only", "3g")->energy.value(), 1047.4e-3);
  EXPECT_EQ(tables.find_split("5g", "RB1"), nullptr);
  EXPECT_EQ(tables.find_strategy("butterfly", "5g"), nullptr);
}

TEST(PublishedTables, ChannelsAreThoseOfTheText) {
  const PublishedTables tables = shipped();
  EXPECT_EQ(tables.chosen_channels("RB3"), 1);
  EXPECT_EQ(tables.chosen_channels("RB7"), 2);
  EXPECT_EQ(tables.chosen_channels("RB13"), 5);
  EXPECT_EQ(tables.chosen_channels("RB14"), 10);
  EXPECT_FALSE(tables.chosen_channels("RB17"));
}

TEST(PublishedTables, AccuracyIsTableVsThenFigure7s) {
  const PublishedTables tables = shipped();
  EXPECT_DOUBLE_EQ(*tables.butterfly_accuracy("RB8", 5), 0.740) << "Table V, not Fig. 7's 0.7431";
  EXPECT_DOUBLE_EQ(*tables.butterfly_accuracy("RB1", 1), 0.741);
  EXPECT_DOUBLE_EQ(*tables.butterfly_accuracy("RB8", 4), 0.7176);
  EXPECT_DOUBLE_EQ(*tables.butterfly_accuracy("RB5", 2), 0.7395);
  EXPECT_FALSE(tables.butterfly_accuracy("RB14", 10)) << "printed nowhere";
  EXPECT_FALSE(tables.butterfly_accuracy("RB1", 6));
}

TEST(PublishedTables, ClaimsAreTheTexts) {
  const PublishedTables tables = shipped();
  EXPECT_EQ(tables.mean_latency_speedup, 53);
  EXPECT_EQ(tables.mean_energy_speedup, 68);
  ASSERT_EQ(tables.speedups.size(), 3U);
  EXPECT_EQ(tables.speedups[2].energy, 71);
}

}  // namespace
}  // namespace papilio
