// Claims: an epsilon-greedy bandit tries each candidate once, in their order; in a stationary world
// it then takes the best one in 1 - eps + eps/K of the requests; it minds what it is told to mind;
// what failed is no bargain; and one that forgets follows a change.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/base/error.hpp"
#include "sim/base/yaml/fields.hpp"
#include "sim/play/fleet/policy.hpp"

namespace papilio {
namespace {

/// Nobody asks a bandit's mobile what it could measure.
class Nothing final : public Outlook {
 public:
  [[nodiscard]] Observation observation() const override { return {}; }
  [[nodiscard]] double true_latency_s(std::uint32_t /*partition*/) const override { return 0; }
};

class BanditPolicy : public ::testing::Test {
 protected:
  /// @param keys the strategy's in YAML, in braces
  void make(const std::string& keys, int replication = 0) {
    model_.groups.resize(1);
    model_.groups[0].count = 2;
    const std::unique_ptr<PolicySettings> settings = find_policy("bandit")->make();
    const Node node = parse_yaml(keys, "test");
    Diagnostics diagnostics;
    read_fields(
        node, [&](FieldVisitor& visitor) { settings->describe(visitor); }, diagnostics);
    diagnostics.throw_if_any();
    policy_ = settings->make(model_, replication, 2);
  }

  std::uint32_t decide(std::uint32_t number, std::uint32_t mobile = 0) {
    return policy_->decide(
        {mobile, mobile, number, model_.groups[0], cell_, candidates_, nothing_});
  }
  void observe(std::uint32_t number, std::uint32_t partition, double latency_s, double energy_j = 0,
               RequestEnd end = RequestEnd::kCompleted) {
    policy_->observe({0, number, partition, end, latency_s, energy_j});
  }
  /// How often each partition is taken by the requests in [from, to).
  std::vector<int> taken(std::uint32_t from, std::uint32_t to,
                         const std::function<double(std::uint32_t)>& latency_s) {
    std::vector<int> counts(8);
    for (std::uint32_t number = from; number < to; ++number) {
      const std::uint32_t partition = decide(number);
      counts[partition] += 1;
      observe(number, partition, latency_s(partition));
    }
    return counts;
  }

  FleetModel model_;
  CellModel cell_;
  std::vector<std::uint32_t> candidates_{1, 3, 4, 6};
  Nothing nothing_;
  std::unique_ptr<Policy> policy_;
};

TEST_F(BanditPolicy, TriesEachOnceInOrderThenTheEarlierOfEquals) {
  make("{epsilon: 0}");
  for (std::uint32_t i = 0; i < 4; ++i) {
    EXPECT_EQ(decide(i), candidates_[i]);
    observe(i, candidates_[i], 1.0);
  }
  for (std::uint32_t i = 4; i < 20; ++i) EXPECT_EQ(decide(i), candidates_[0]);
}

// Where requests overlap, an outcome comes when others have been chosen since.
TEST_F(BanditPolicy, CreditsThePartitionThatARequestTook) {
  make("{epsilon: 0}");
  for (std::uint32_t i = 0; i < 4; ++i) {
    decide(i);
    observe(i, candidates_[i], 1.0);
  }
  EXPECT_EQ(decide(4), candidates_[0]);
  EXPECT_EQ(decide(5), candidates_[0]);
  observe(4, candidates_[0], 9.0);
  EXPECT_EQ(decide(6), candidates_[1]);
  observe(5, candidates_[0], 9.0);
  observe(6, candidates_[1], 9.0);
  EXPECT_EQ(decide(7), candidates_[2]);
}

// Each decision after the first K is a coin of its own with p = 1 - eps + eps/K, so the share of n
// has the deviation sqrt(p(1-p)/n); four of those.
TEST_F(BanditPolicy, TakesTheBestInOneMinusEpsilonAndItsShareOfTheRest) {
  for (const double epsilon : {0.05, 0.2, 1.0}) {
    make("{epsilon: " + std::to_string(epsilon) + "}");
    constexpr int kRequests = 20000;
    const std::vector<int> counts = taken(0, kRequests + 4, [](std::uint32_t partition) {
      return partition == 4 ? 0.010 : 0.012 + 0.001 * partition;
    });
    const double p = 1 - epsilon + epsilon / 4;
    EXPECT_NEAR((counts[4] - 1.0) / kRequests, p, 4 * std::sqrt(p * (1 - p) / kRequests));
    const double other = epsilon / 4;
    for (const int of : {1, 3, 6}) {
      EXPECT_NEAR((counts[static_cast<std::size_t>(of)] - 1.0) / kRequests, other,
                  4 * std::sqrt(other * (1 - other) / kRequests));
    }
  }
}

TEST_F(BanditPolicy, MindsEnergyWhereItIsTheTarget) {
  for (const bool energy : {false, true}) {
    make(energy ? "{epsilon: 0, target: energy}" : "{epsilon: 0}");
    for (std::uint32_t i = 0; i < 4; ++i) observe(i, decide(i), 1.0 + i, 5.0 - i);
    EXPECT_EQ(decide(4), candidates_[energy ? 3 : 0]);
  }
}

// Given up after 1 ms, it counts as the worst that the mobile has met, 30 ms.
TEST_F(BanditPolicy, WhatFailedSoonIsNoBargain) {
  make("{epsilon: 0}");
  observe(0, decide(0), 0.030);
  observe(1, decide(1), 0.001, 0, RequestEnd::kFailed);
  observe(2, decide(2), 0.020);
  observe(3, decide(3), 0.025);
  EXPECT_EQ(decide(4), candidates_[2]);
}

// After 1,001 requests of 10 ms the best one takes 50 ms. Its average needs 334 more to pass the
// others' 20 ms; one with a step of 0.1 needs three: 10, 14, 17.6, 20.8.
TEST_F(BanditPolicy, OneThatForgetsFollowsAChange) {
  const auto before = [](std::uint32_t partition) { return partition == 1 ? 0.010 : 0.020; };
  const auto after = [](std::uint32_t partition) { return partition == 1 ? 0.050 : 0.020; };
  make("{epsilon: 0}");
  taken(0, 1004, before);
  EXPECT_EQ(taken(1004, 1104, after)[1], 100);
  make("{epsilon: 0, step: 0.1}");
  taken(0, 1004, before);
  EXPECT_EQ(taken(1004, 1104, after)[1], 3);
}

// What a mobile explores is told by the replication, itself and its request alone.
TEST_F(BanditPolicy, ExploresByKeyedStreams) {
  const auto choices = [&](std::uint32_t mobile, int replication, bool other_first) {
    make("{epsilon: 1}", replication);
    std::vector<std::uint32_t> chosen;
    for (std::uint32_t number = 0; number < 100; ++number) {
      if (other_first)
        policy_->observe(
            {1 - mobile, number, decide(number, 1 - mobile), RequestEnd::kCompleted, 1, 1});
      chosen.push_back(decide(number, mobile));
      policy_->observe({mobile, number, chosen.back(), RequestEnd::kCompleted, 1, 1});
    }
    return chosen;
  };
  EXPECT_EQ(choices(0, 0, false), choices(0, 0, true));
  EXPECT_NE(choices(0, 0, false), choices(1, 0, false));
  EXPECT_NE(choices(0, 0, false), choices(0, 1, false));
}

TEST_F(BanditPolicy, RefusesSharesBeyondOne) {
  EXPECT_THROW(make("{epsilon: 1.5}"), ConfigError);
  EXPECT_THROW(make("{step: -0.1}"), ConfigError);
  EXPECT_THROW(make("{ping_s: 1}"), ConfigError) << "it asks nobody";
}

}  // namespace
}  // namespace papilio
