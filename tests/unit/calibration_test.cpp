// Claims: a calibration changes each stage as its equations say, by hand; a neutral one nothing;
// no time gets below 0; bytes are whole; powers are kept; what is not of the mobile's radio stays.

#include "sim/plan/calibration.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sim/plan/estimate.hpp"

namespace papilio {
namespace {

Compute layers_at(Tier at, double time_s, double energy_j = 0) {
  return {.at = at, .time = Seconds{time_s}, .energy = Joules{energy_j}};
}
Transfer sent(Tier from, Tier to, double bytes) {
  return {.from = from, .to = to, .size = Bytes{bytes}};
}

/// 10 ms and 20 mJ on the mobile, 1,000 bytes up, 4 ms on the cloud, 10 bytes down.
Plan two_way() {
  Plan plan;
  plan.stages = {layers_at(Tier::kMobile, 0.01, 0.02), sent(Tier::kMobile, Tier::kCloud, 1000),
                 layers_at(Tier::kCloud, 0.004), sent(Tier::kCloud, Tier::kMobile, 10)};
  return plan;
}

constexpr Calibration kSome{
    .mobile = {.factor = 1.5, .fixed_s = 1e-3},
    .server = {.factor = 2, .fixed_s = 5e-4},
    .upload = {.factor = 1.037, .message_bytes = 350, .message_s = 2e-4},
    .download = {.factor = 2, .message_bytes = 20, .message_s = -1e-4},
};

const Compute& computed(const Plan& plan, std::size_t stage) {
  return std::get<Compute>(plan.stages[stage]);
}
const Transfer& crossing(const Plan& plan, std::size_t stage) {
  return std::get<Transfer>(plan.stages[stage]);
}

TEST(Calibrated, PlansTakeWhatTheEquationsSay) {
  const Plan plan = calibrated(two_way(), kSome);
  EXPECT_DOUBLE_EQ(computed(plan, 0).time.value(), 0.016);
  EXPECT_DOUBLE_EQ(computed(plan, 0).energy.value(), 0.032) << "2 W as before";
  EXPECT_EQ(crossing(plan, 1).size, Bytes{1387});
  EXPECT_EQ(crossing(plan, 1).handling, Seconds{2e-4});
  EXPECT_DOUBLE_EQ(computed(plan, 2).time.value(), 0.0085);
  EXPECT_EQ(crossing(plan, 3).size, Bytes{40});
  EXPECT_EQ(crossing(plan, 3).handling, Seconds{-1e-4});
}

/// 1,387 bytes at 1e6 B/s, 40 at 1e5; 3 ms of propagation each way, 0.2 ms more up, 0.1 less down.
/// Waiting draws 1 W, in all but the mobile's 16 ms.
TEST(Calibrated, TheClosedFormAddsUp) {
  RadioUse use;
  use.radio.uplink = BytesPerSecond{1e6};
  use.radio.downlink = BytesPerSecond{1e5};
  use.download_takes_time = true;
  use.delay = Seconds{0.003};
  use.idle_power = Watts{1};
  const Breakdown took = closed_form(calibrated(two_way(), kSome), use);
  EXPECT_NEAR(took.uplink.value(), 1387e-6, 1e-15);
  EXPECT_NEAR(took.delay.value(), 0.0032 + 0.0029, 1e-15);
  EXPECT_NEAR(took.downlink.value(), 4e-4, 1e-15);
  EXPECT_NEAR(took.latency().value(), 0.016 + 1387e-6 + 0.0061 + 0.0085 + 4e-4, 1e-15);
  EXPECT_NEAR(took.idle_energy.value(), 1387e-6 + 0.0061 + 0.0085 + 4e-4, 1e-15);
}

TEST(Calibrated, ANeutralOneChangesNothing) {
  EXPECT_TRUE(Calibration{}.neutral());
  EXPECT_FALSE(kSome.neutral());
  Plan plan = two_way();
  std::get<Transfer>(plan.stages[1]).size = Bytes{250.25};
  const Plan same = calibrated(plan, {});
  EXPECT_EQ(crossing(same, 1).size, Bytes{250.25}) << "a mean of pictures";
  EXPECT_EQ(computed(same, 0).time, Seconds{0.01});
  const Plan other = calibrated(plan, {.server = {.factor = 3}});
  EXPECT_EQ(crossing(other, 1).size, Bytes{250.25}) << "bytes that are not corrected";
  EXPECT_EQ(computed(other, 0).energy, Joules{0.02});
}

TEST(Calibrated, BytesAreWhole) {
  const auto size = [](double bytes, const Calibration::Messages& upload) {
    Plan plan = two_way();
    std::get<Transfer>(plan.stages[1]).size = Bytes{bytes};
    return crossing(calibrated(plan, {.upload = upload}), 1).size;
  };
  EXPECT_EQ(size(250.25, {.message_bytes = 10}), Bytes{261});
  EXPECT_EQ(size(1000, {.factor = 1.037}), Bytes{1037}) << "and not 1,038 for a last digit";
  EXPECT_EQ(size(1, {.factor = 0.001}), Bytes{1});
}

TEST(Calibrated, OnlyComputationsThatAnUploadFollowsHaveTheMobilesTimeOnTop) {
  Plan plan;
  plan.stages = {layers_at(Tier::kMobile, 0.01, 0.02)};
  EXPECT_DOUBLE_EQ(computed(calibrated(plan, kSome), 0).time.value(), 0.015);
  plan = two_way();
  plan.stages.push_back(layers_at(Tier::kMobile, 0.002, 0.001));
  const Plan back = calibrated(plan, kSome);
  EXPECT_DOUBLE_EQ(computed(back, 0).time.value(), 0.016);
  EXPECT_DOUBLE_EQ(computed(back, 4).time.value(), 0.003);
  EXPECT_DOUBLE_EQ(computed(back, 4).energy.value(), 0.0015);
}

TEST(Calibrated, TheEdgeIsAServerAndItsBackhaulStays) {
  Plan plan;
  plan.stages = {layers_at(Tier::kMobile, 0.01, 0.02), sent(Tier::kMobile, Tier::kEdge, 1000),
                 layers_at(Tier::kEdge, 0.004),        sent(Tier::kEdge, Tier::kCloud, 500),
                 layers_at(Tier::kCloud, 0.001),       sent(Tier::kCloud, Tier::kMobile, 10)};
  const Plan over = calibrated(plan, kSome);
  EXPECT_DOUBLE_EQ(computed(over, 2).time.value(), 0.0085);
  EXPECT_EQ(crossing(over, 3).size, Bytes{500});
  EXPECT_EQ(crossing(over, 3).handling, Seconds{0});
  EXPECT_DOUBLE_EQ(computed(over, 4).time.value(), 0.0025);
  EXPECT_EQ(crossing(over, 5).size, Bytes{40});
}

TEST(Calibrated, NoTimeGetsBelowZero) {
  const Calibration less{.mobile = {.fixed_s = -1},
                         .server = {.fixed_s = -1},
                         .upload = {.message_s = -1},
                         .download = {.message_s = -1}};
  RadioUse use;
  use.radio.uplink = use.radio.downlink = BytesPerSecond{1e6};
  use.delay = Seconds{0.003};
  const Breakdown took = closed_form(calibrated(two_way(), less), use);
  EXPECT_EQ(took.mobile, Seconds{0});
  EXPECT_EQ(took.compute_energy, Joules{0});
  EXPECT_EQ(took.cloud, Seconds{0});
  EXPECT_EQ(took.delay, Seconds{0});
  EXPECT_NEAR(took.latency().value(), 0.00101, 1e-15) << "what crosses";
}

// Cloud-only computes nothing on the mobile, which has no power to keep; what nobody knows stays
// unknown.
TEST(Calibrated, EnergiesKeepTheirPowers) {
  Plan plan = two_way();
  plan.stages[0] = layers_at(Tier::kMobile, 0, 0);
  EXPECT_DOUBLE_EQ(computed(calibrated(plan, kSome), 0).time.value(), 1e-3);
  EXPECT_EQ(computed(calibrated(plan, kSome), 0).energy, Joules{0});
  plan.stages[0] = layers_at(Tier::kMobile, 0.01, std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(std::isnan(computed(calibrated(plan, kSome), 0).energy.value()));
}

// What is streamed holds nobody up; its first comes when its way is over.
TEST(Calibrated, AStreamedTokenIsNotWaitedFor) {
  Plan plan = two_way();
  auto& token = std::get<Transfer>(plan.stages[3]);
  token.answer = true;
  token.streamed = true;
  const Plan with = calibrated(plan, {.download = {.message_s = 0.01}});
  RadioUse use;
  use.radio.uplink = use.radio.downlink = BytesPerSecond{1e6};
  EXPECT_EQ(closed_form(with, use).latency(), closed_form(plan, use).latency());
  EXPECT_EQ(arrival(crossing(with, 3), use), Seconds{0.01});
}

}  // namespace
}  // namespace papilio
