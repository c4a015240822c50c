// Claims: 'papilio plan --training' shows JointDNN's situation trained; more pictures a step and
// rarer weights make offloading pay; its formats agree; and what does not go with it is refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "tests/support/program.hpp"

namespace papilio {
namespace {

using testing::Finished;
using ::testing::HasSubstr;
using testing::run_papilio;

constexpr const char* kScenario = "scenarios/examples/jointdnn.yaml";

Finished plan_training(std::vector<std::string> more) {
  std::vector<std::string> words{"plan", kScenario, "--training"};
  words.insert(words.end(), more.begin(), more.end());
  return run_papilio(words);
}

nlohmann::json json_of(std::vector<std::string> more) {
  more.emplace_back("--json");
  const Finished run = plan_training(std::move(more));
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return nlohmann::json::parse(run.out);
}

/// A way to train on a radio.
const nlohmann::json& found(const nlohmann::json& all, const std::string& network,
                            const std::string& plan) {
  for (const nlohmann::json& answer : all["answers"]) {
    for (const nlohmann::json& one : answer["plans"]) {
      if (answer["network"] == network && one["name"] == plan) return one;
    }
  }
  throw std::runtime_error{network + ' ' + plan};
}

// 160.5 ms and 323.5 mJ forward, twice that backward (docs/models/jointdnn.md). The cloud takes
// 14.5 ms forward; 150,528 bytes go up at 18.88 Mbit/s, 60,965,224 weights come down at 54.97.
TEST(PlanTraining, OfOnePictureTheWeightsAreTheWholeCost) {
  const nlohmann::json all = json_of({});
  const nlohmann::json& mobile = found(all, "wifi", "mobile-only");
  EXPECT_NEAR(mobile["step_s"].get<double>(), 3 * 0.1605, 1e-6);
  EXPECT_NEAR(mobile["mobile_energy_j"].get<double>(), 3 * 0.3235, 1e-6);
  constexpr double kWeights = 4.0 * 60965224;
  const nlohmann::json& cloud = found(all, "wifi", "cloud-only");
  EXPECT_EQ(cloud["upload_bytes"], 150528);
  EXPECT_EQ(cloud["download_bytes"], kWeights);
  EXPECT_NEAR(cloud["step_s"].get<double>(),
              3 * 0.0145 + 150528 * 8 / 18.88e6 + kWeights * 8 / 54.97e6, 1e-6);
  EXPECT_EQ(found(all, "wifi", "coupled")["placement"], "mobile");
  EXPECT_EQ(found(all, "wifi", "coupled")["time_gain"], 0);
}

// Against the weights stand the pictures between two downloads: on Wi-Fi each saves 3 · 146 ms of
// computing and costs 63.8 ms up, 374.2 in all, so 95 of them outweigh 35.49 s of weights.
TEST(PlanTraining, PaysWhereEnoughPicturesBearTheWeights) {
  for (const auto& [batch, every, pays] :
       {std::tuple{"1", "94", false}, std::tuple{"1", "95", true}, std::tuple{"47", "2", false},
        std::tuple{"95", "1", true}, std::tuple{"48", "2", true}}) {
    const nlohmann::json all = json_of({"--batch", batch, "--sync-every", every});
    EXPECT_EQ(found(all, "wifi", "cloud-only")["step_s"].get<double>() <
                  found(all, "wifi", "mobile-only")["step_s"].get<double>(),
              pays)
        << batch << ' ' << every;
  }
}

TEST(PlanTraining, PartsTheNetworkWhereThatIsLessThanEitherPlatform) {
  const nlohmann::json all = json_of({"--batch", "32", "--sync-every", "100"});
  const nlohmann::json& coupled = found(all, "4g", "coupled");
  EXPECT_EQ(coupled["placement"], "mobile to flatten, then cloud");
  EXPECT_EQ(coupled["forward"], coupled["backward"]);
  EXPECT_EQ(coupled["unpaid_bytes"], 0);
  EXPECT_GT(coupled["time_gain"].get<double>(), 0);
  EXPECT_GT(found(all, "4g", "free")["time_gain"].get<double>(),
            coupled["time_gain"].get<double>());
  EXPECT_GT(found(all, "4g", "free")["unpaid_bytes"].get<double>(), 0);
  EXPECT_EQ(all["training"]["backward"]["kind"], "assumed");
}

TEST(PlanTraining, ExplainsThePlacementAndPrintsWhatItAssumes) {
  const Finished run =
      plan_training({"--batch", "8", "--sync-every", "1000", "--target", "energy", "--explain"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("Parts of 'coupled' on wifi"));
  EXPECT_THAT(run.out, HasSubstr("Assumed, not measured: a backward pass takes 2 times"));
  EXPECT_THAT(run.out, HasSubstr("linear: its table has no measured batches"));
  EXPECT_THAT(plan_training({"--format", "csv"}).out,
              HasSubstr("\nwifi,mobile-only,mobile,0.4815"));
}

TEST(PlanTraining, RefusesWhatDoesNotGoWithIt) {
  const auto refusal = [](std::vector<std::string> more) {
    const Finished run = plan_training(std::move(more));
    EXPECT_EQ(run.exit_code, 2);
    return run.err;
  };
  EXPECT_THAT(refusal({"--batch", "0"}), HasSubstr("--batch must be 1 to 1000000, not 0"));
  EXPECT_THAT(refusal({"--backward", "nan"}), HasSubstr("--backward must be 0 to 1000, not nan"));
  EXPECT_THAT(refusal({"--sync-every", "-1"}), HasSubstr("--sync-every must be"));
  EXPECT_THAT(refusal({"--target", "product"}), HasSubstr("not their product"));
  EXPECT_THAT(refusal({"--limit", "latency_s=1"}), HasSubstr("--limit is of a request's plans"));
  EXPECT_THAT(refusal({"--bits", "8", "--bits", "32"}), HasSubstr("--training takes one --bits"));
  const Finished alone = run_papilio({"plan", kScenario, "--batch", "2"});
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_THAT(alone.err, HasSubstr("--batch needs --training"));
}

TEST(PlanTraining, RefusesNetworksThatGenerate) {
  const Finished run = run_papilio({"plan", "scenarios/examples/generation.yaml", "--training"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("generates tokens; a step of training is one pass"));
}

}  // namespace
}  // namespace papilio
