// Claims: T = TM + TU + TC and E = TM·PM + TU·PU, and what each option adds, on round numbers.

#include "sim/cost/cost.hpp"

#include <gtest/gtest.h>

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

const Demand kDemand{.mobile_time = Seconds{2},
                     .mobile_energy = Joules{10},
                     .upload = Bytes{3000},
                     .cloud_time = Seconds{4},
                     .result = Bytes{1000}};

TEST(ClosedForm, StatedChargesAlphaAndBetaForTheUpload) {
  const Breakdown b = closed_form(kDemand, round_radio());
  EXPECT_DOUBLE_EQ(b.latency().value(), 2 + 3 + 4);
  EXPECT_DOUBLE_EQ(b.uplink_energy.value(), (1 + 2) * 3);
  EXPECT_DOUBLE_EQ(b.downlink_energy.value(), 0);
  EXPECT_DOUBLE_EQ(b.energy().value(), 10 + 9);
}

TEST(ClosedForm, ThroughputOnlyDropsBetaAndChargesTheDownloadByTheByte) {
  RadioUse use = round_radio();
  use.energy_model = EnergyModel::kThroughputOnly;
  const Breakdown b = closed_form(kDemand, use);
  EXPECT_DOUBLE_EQ(b.latency().value(), 9) << "the readings change energies only";
  EXPECT_DOUBLE_EQ(b.uplink_energy.value(), 3);
  EXPECT_DOUBLE_EQ(b.downlink_energy.value(), 0.5);
}

TEST(ClosedForm, ATimedDownloadIsChargedOnce) {
  RadioUse use = round_radio();
  use.download_takes_time = true;
  EXPECT_DOUBLE_EQ(closed_form(kDemand, use).downlink.value(), 0.5);
  EXPECT_DOUBLE_EQ(closed_form(kDemand, use).downlink_energy.value(), (1 + 2) * 0.5);
  use.energy_model = EnergyModel::kThroughputOnly;
  EXPECT_DOUBLE_EQ(closed_form(kDemand, use).downlink_energy.value(), 1 * 0.5);
}

TEST(ClosedForm, IdlePowerIsDrawnWhileTheMobileDoesNotCompute) {
  RadioUse use = round_radio();
  use.download_takes_time = true;
  use.idle_power = Watts{0.1};
  EXPECT_DOUBLE_EQ(closed_form(kDemand, use).idle_energy.value(), 0.1 * (3 + 4 + 0.5));
}

// 5 ms there and 5 ms back, whether or not the answer's transfer takes time; the mobile waits for
// both.
TEST(ClosedForm, PropagationIsWaitedForBothWays) {
  RadioUse use = round_radio();
  use.delay = Seconds{0.005};
  use.idle_power = Watts{0.1};
  const Breakdown b = closed_form(kDemand, use);
  EXPECT_DOUBLE_EQ(b.delay.value(), 0.010);
  EXPECT_DOUBLE_EQ(b.latency().value(), 2 + 3 + 4 + 0.010);
  EXPECT_DOUBLE_EQ(b.idle_energy.value(), 0.1 * (3 + 4 + 0.010));
  EXPECT_DOUBLE_EQ(b.uplink_energy.value(), (1 + 2) * 3) << "nothing is sent meanwhile";
  const Demand local{.mobile_time = Seconds{2}, .mobile_energy = Joules{10}};
  EXPECT_EQ(closed_form(local, use).delay, Seconds{0}) << "nothing crosses";
}

TEST(ClosedForm, NothingOffloadedCostsNoRadio) {
  const Demand local{.mobile_time = Seconds{2}, .mobile_energy = Joules{10}};
  const Breakdown b = closed_form(local, RadioUse{});
  EXPECT_DOUBLE_EQ(b.latency().value(), 2);
  EXPECT_DOUBLE_EQ(b.energy().value(), 10);
}

TEST(Demand, MeanMobilePower) {
  EXPECT_DOUBLE_EQ(kDemand.mobile_power().value(), 5);
  EXPECT_DOUBLE_EQ(Demand{}.mobile_power().value(), 0);
}

TEST(Demand, CodingIsComputingOnBothSides) {
  const Demand demand = coded(kDemand, {.payload = Bytes{77},
                                        .encode = Seconds{0.5},
                                        .encode_power = Watts{3},
                                        .decode = Seconds{0.25}});
  EXPECT_EQ(demand.upload, Bytes{77});
  EXPECT_DOUBLE_EQ(demand.mobile_time.value(), kDemand.mobile_time.value() + 0.5);
  EXPECT_DOUBLE_EQ(demand.mobile_energy.value(), kDemand.mobile_energy.value() + 1.5);
  EXPECT_DOUBLE_EQ(demand.cloud_time.value(), kDemand.cloud_time.value() + 0.25);
  EXPECT_EQ(demand.result, kDemand.result);
}

}  // namespace
}  // namespace papilio
