// Claim: what 'papilio plan' says of the paper's scenario is the golden text, which README quotes:
// of all measured units within the accuracy that the paper accepts, the fastest are its own.

#include <gtest/gtest.h>

#include "tests/support/study.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

TEST(PlanGolden, ThePapersScenarioGivesTheReference) {
  constexpr const char* kScenario = PAPILIO_SOURCE_DIR "/scenarios/paper/table4.yaml";
  const testing::Finished finished = testing::expect_success(
      {"plan", kScenario, "--limit", "accuracy_loss=0.021", "--all-fronts", "--explain"});
  EXPECT_EQ(finished.out,
            testing::read_file(PAPILIO_SOURCE_DIR "/results/reference/plans/table4.md"));
}

}  // namespace
}  // namespace papilio
