// Claims: a measurement whose layers do not add up to what whole passes take, within the intervals
// of both, is refused with the reason and the remedy; one that does is not.

#include "models/measure/agreement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace papilio {
namespace {

using ::testing::HasSubstr;

/// Ten layers that take so many ms each, known to a hundredth of that.
std::vector<Estimate> ten_layers(double ms) {
  return std::vector<Estimate>(10, Estimate{ms * 1e-3, ms * 1e-5});
}

// The layers add up to 1.80 ± 0.018 ms; a pass takes 9.92 ± 2.97 ms: 8.12 ms apart, and the
// intervals explain 2.988 of them. Something else ran on the machine.
TEST(Agreement, ABusyMachineIsRefused) {
  const Agreement busy = agreement_of(ten_layers(0.18), {9.92e-3, 2.97e-3});
  EXPECT_FALSE(busy.holds());
  EXPECT_NEAR(busy.by_layers.value, 1.80e-3, 1e-12);
  EXPECT_NEAR(*busy.by_layers.half_width, 0.018e-3, 1e-12);
  EXPECT_NEAR(busy.disagreement(), 1.80 / 9.92 - 1, 1e-12);
  const std::string text = refusal_text("resnet20-cifar10", busy, false);
  for (const char* part : {"resnet20-cifar10: its layers add up to 1.800 ± 0.018 ms, whole passes "
                           "take 9.920 ± 2.970 ms",
                           "no table is written", "quiet machine", "--limit", "--force"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

// 1.80 ± 0.018 ms and ± 0.012 ms: 1.829 ms is within 0.030, 1.831 is not, on either side.
TEST(Agreement, GoesAsFarAsTheIntervalsTogether) {
  for (const double off_ms : {0.029, -0.029}) {
    const Agreement near = agreement_of(ten_layers(0.18), {(1.8 + off_ms) * 1e-3, 0.012e-3});
    EXPECT_TRUE(near.holds()) << off_ms;
    EXPECT_EQ(refusal_text("n", near, false), "");
  }
  for (const double off_ms : {0.031, -0.031}) {
    const Agreement far = agreement_of(ten_layers(0.18), {(1.8 + off_ms) * 1e-3, 0.012e-3});
    EXPECT_FALSE(far.holds()) << off_ms;
  }
}

// An accelerator is waited for after each layer, which no quiet machine mends.
TEST(Agreement, OnAnAcceleratorTheWaitingIsTheReason) {
  const Agreement slower = agreement_of(ten_layers(0.18), {1e-3, 1e-6});
  EXPECT_THAT(refusal_text("n", slower, true), HasSubstr("waiting for the accelerator"));
  EXPECT_THAT(refusal_text("n", slower, false), HasSubstr("quiet machine"));
  const Agreement faster = agreement_of(ten_layers(0.18), {3e-3, 1e-6});
  EXPECT_THAT(refusal_text("n", faster, true), HasSubstr("quiet machine"));
}

}  // namespace
}  // namespace papilio
