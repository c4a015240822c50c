// Claims: T = TM + TU + TC and E = TM·PM + TU·PU, and what each option adds, on round numbers.

#include <gtest/gtest.h>

#include "sim/plan/estimate.hpp"

namespace papilio {
namespace {

/// 8,000 bit/s up, 16,000 bit/s down; α 1 mJ and 0.5 mJ a byte, so 1 W each way; β 2 W.
RadioUse round_radio() {
  RadioUse use;
  use.radio.uplink = BytesPerSecond{1000};
  use.radio.downlink = BytesPerSecond{2000};
  use.radio.alpha_uplink = JoulesPerByte{1e-3};
  use.radio.alpha_downlink = JoulesPerByte{0.5e-3};
  use.radio.beta = Watts{2};
  return use;
}

/// 2 s and 10 J on the mobile, 3,000 B up, 4 s on the cloud, 1,000 B back.
Plan round_plan() {
  Plan plan;
  plan.stages.push_back(Compute{Tier::kMobile, Seconds{2}, Joules{10}});
  plan.stages.push_back(Transfer{Tier::kMobile, Tier::kCloud, Bytes{3000}});
  plan.stages.push_back(Compute{Tier::kCloud, Seconds{4}, {}});
  plan.stages.push_back(Transfer{Tier::kCloud, Tier::kMobile, Bytes{1000}, true});
  return plan;
}

Plan local_plan() {
  Plan plan;
  plan.stages.push_back(Compute{Tier::kMobile, Seconds{2}, Joules{10}});
  return plan;
}

TEST(ClosedForm, StatedChargesAlphaAndBetaForTheUpload) {
  const Breakdown b = closed_form(round_plan(), round_radio());
  EXPECT_DOUBLE_EQ(b.latency().value(), 2 + 3 + 4);
  EXPECT_DOUBLE_EQ(b.uplink_energy.value(), (1 + 2) * 3);
  EXPECT_DOUBLE_EQ(b.downlink_energy.value(), 0);
  EXPECT_DOUBLE_EQ(b.energy().value(), 10 + 9);
}

TEST(ClosedForm, ThroughputOnlyDropsBetaAndChargesTheDownloadByTheByte) {
  RadioUse use = round_radio();
  use.energy_model = EnergyModel::kThroughputOnly;
  const Breakdown b = closed_form(round_plan(), use);
  EXPECT_DOUBLE_EQ(b.latency().value(), 9) << "the readings change energies only";
  EXPECT_DOUBLE_EQ(b.uplink_energy.value(), 3);
  EXPECT_DOUBLE_EQ(b.downlink_energy.value(), 0.5);
}

TEST(ClosedForm, ATimedDownloadIsChargedOnce) {
  RadioUse use = round_radio();
  use.download_takes_time = true;
  EXPECT_DOUBLE_EQ(closed_form(round_plan(), use).downlink.value(), 0.5);
  EXPECT_DOUBLE_EQ(closed_form(round_plan(), use).downlink_energy.value(), (1 + 2) * 0.5);
  use.energy_model = EnergyModel::kThroughputOnly;
  EXPECT_DOUBLE_EQ(closed_form(round_plan(), use).downlink_energy.value(), 1 * 0.5);
}

TEST(ClosedForm, IdlePowerIsDrawnWhileTheMobileDoesNotCompute) {
  RadioUse use = round_radio();
  use.download_takes_time = true;
  use.idle_power = Watts{0.1};
  EXPECT_DOUBLE_EQ(closed_form(round_plan(), use).idle_energy.value(), 0.1 * (3 + 4 + 0.5));
}

// 5 ms there and 5 ms back, whether or not the answer's transfer takes time; the mobile waits for
// both.
TEST(ClosedForm, PropagationIsWaitedForBothWays) {
  RadioUse use = round_radio();
  use.delay = Seconds{0.005};
  use.idle_power = Watts{0.1};
  const Breakdown b = closed_form(round_plan(), use);
  EXPECT_DOUBLE_EQ(b.delay.value(), 0.010);
  EXPECT_DOUBLE_EQ(b.latency().value(), 2 + 3 + 4 + 0.010);
  EXPECT_DOUBLE_EQ(b.idle_energy.value(), 0.1 * (3 + 4 + 0.010));
  EXPECT_DOUBLE_EQ(b.uplink_energy.value(), (1 + 2) * 3) << "nothing is sent meanwhile";
  EXPECT_EQ(closed_form(local_plan(), use).delay, Seconds{0}) << "nothing crosses";
}

TEST(ClosedForm, NothingOffloadedCostsNoRadio) {
  const Breakdown b = closed_form(local_plan(), RadioUse{});
  EXPECT_DOUBLE_EQ(b.latency().value(), 2);
  EXPECT_DOUBLE_EQ(b.energy().value(), 10);
}

// By hand: 2 + 1 s on the mobile, 1 + 3 s on the cloud, 3,000 B up twice at 1,000 B/s, 500 B down
// at 2,000 B/s; a delay of 5 ms for each of four messages, the answer's last. The answer takes no
// time.
TEST(ClosedForm, APlanMayLeaveTheMobileTwice) {
  Plan plan = round_plan();
  std::get<Compute>(plan.stages[2]).time = Seconds{1};
  plan.stages.pop_back();
  plan.stages.push_back(Transfer{Tier::kCloud, Tier::kMobile, Bytes{500}});
  plan.stages.push_back(Compute{Tier::kMobile, Seconds{1}, Joules{4}});
  plan.stages.push_back(Transfer{Tier::kMobile, Tier::kCloud, Bytes{3000}});
  plan.stages.push_back(Compute{Tier::kCloud, Seconds{3}, {}});
  plan.stages.push_back(Transfer{Tier::kCloud, Tier::kMobile, Bytes{1000}, true});
  RadioUse use = round_radio();
  use.delay = Seconds{0.005};
  use.idle_power = Watts{0.1};
  const Breakdown b = closed_form(plan, use);
  EXPECT_DOUBLE_EQ(b.latency().value(), 3 + 4 + 6 + 0.25 + 0.020);
  EXPECT_DOUBLE_EQ(b.compute_energy.value(), 14);
  EXPECT_DOUBLE_EQ(b.uplink_energy.value(), (1 + 2) * 6);
  EXPECT_DOUBLE_EQ(b.downlink_energy.value(), (1 + 2) * 0.25);
  EXPECT_DOUBLE_EQ(b.idle_energy.value(), 0.1 * (4 + 6 + 0.25 + 0.020));
}

// By hand: 3,000 B over the radio at 1,000 B/s, 1 s on the edge, 600 B over a backhaul of 200 B/s,
// 4 s on the cloud, and 1,000 B back over both, 5 s and 0.5 s. Each link is waited for both ways.
TEST(ClosedForm, AnEdgeLiesBetweenTheRadioAndTheBackhaul) {
  Plan plan = local_plan();
  plan.stages.push_back(Transfer{Tier::kMobile, Tier::kEdge, Bytes{3000}});
  plan.stages.push_back(Compute{Tier::kEdge, Seconds{1}, {}});
  plan.stages.push_back(Transfer{Tier::kEdge, Tier::kCloud, Bytes{600}});
  plan.stages.push_back(Compute{Tier::kCloud, Seconds{4}, {}});
  plan.stages.push_back(Transfer{Tier::kCloud, Tier::kMobile, Bytes{1000}, true});
  RadioUse use = round_radio();
  use.download_takes_time = true;
  use.delay = Seconds{0.005};
  use.backhaul = {.rate = BytesPerSecond{200}, .delay = Seconds{0.02}};
  const Breakdown b = closed_form(plan, use);
  EXPECT_DOUBLE_EQ(b.edge.value(), 1);
  EXPECT_DOUBLE_EQ(b.backhaul.value(), 3 + 5);
  EXPECT_DOUBLE_EQ(b.delay.value(), 2 * 0.005 + 2 * 0.02);
  EXPECT_DOUBLE_EQ(b.latency().value(), 2 + 3 + 1 + 8 + 4 + 0.5 + 0.05);
  // What only passes the edge crosses the backhaul too: 3,000 B up and 1,000 B back.
  EXPECT_DOUBLE_EQ(closed_form(round_plan(), use).backhaul.value(), 15 + 5);
}

TEST(Plan, MeanMobilePower) {
  EXPECT_DOUBLE_EQ(std::get<Compute>(local_plan().stages[0]).power().value(), 5);
  EXPECT_DOUBLE_EQ(Compute{}.power().value(), 0);
}

TEST(Plan, CodingIsComputingOnBothSides) {
  const Plan before = round_plan();
  const Plan plan = coded(before, {.payload = Bytes{77},
                                   .encode = Seconds{0.5},
                                   .encode_power = Watts{3},
                                   .decode = Seconds{0.25}});
  EXPECT_EQ(plan.upload(), Bytes{77});
  EXPECT_DOUBLE_EQ(plan.time_at(Tier::kMobile).value(), 2 + 0.5);
  EXPECT_DOUBLE_EQ(plan.mobile_energy().value(), 10 + 1.5);
  EXPECT_DOUBLE_EQ(plan.time_at(Tier::kCloud).value(), 4 + 0.25);
  EXPECT_EQ(plan.answer(), before.answer());
}

}  // namespace
}  // namespace papilio
