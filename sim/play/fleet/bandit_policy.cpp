#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "sim/base/error.hpp"
#include "sim/base/random/stream.hpp"
#include "sim/base/yaml/fields.hpp"
#include "sim/plan/choose.hpp"
#include "sim/play/fleet/policy.hpp"

namespace papilio {
namespace {

/// What a bandit minds.
struct BanditRule {
  bool energy{false};   ///< else latency
  double epsilon{0.1};  ///< share of the requests that explore, in 0..1
  double step{0};       ///< weight of the newest observation, in 0..1; 0: the plain average
};

/// An epsilon-greedy bandit a mobile, over the candidates: with probability epsilon it takes any of
/// them, each as likely, else the one with the least average of what its requests took; the earlier
/// of equals. It tries each once first, in their order. Source: Sutton and Barto, Reinforcement
/// Learning, 2nd edition, sections 2.2 to 2.5.
class Bandit final : public Policy {
 public:
  Bandit(const BanditRule& rule, std::uint64_t seed, int replication, std::uint32_t mobiles)
      : rule_{rule},
        exploration_{seed, fmt::format("exploration/{}", replication)},
        learners_(mobiles) {}

  std::uint32_t decide(const Question& question) override {
    Learner& learner = learners_[question.place];
    if (learner.arms.empty()) {
      learner.arms.reserve(question.candidates.size());
      for (const std::uint32_t one : question.candidates)
        learner.arms.push_back({.partition = one});
    }
    return question.candidates[arm_of(learner.arms, question)];
  }

  void observe(const Experience& experience) override {
    Learner& learner = learners_[experience.place];
    const auto taken = std::find_if(learner.arms.begin(), learner.arms.end(), [&](const Arm& arm) {
      return arm.partition == experience.partition;
    });
    PAPILIO_CHECK(taken != learner.arms.end());
    const double value = rule_.energy ? experience.energy_j : experience.latency_s;
    learner.worst = std::max(learner.worst, value);
    // What failed soon is no bargain: it counts as much as the worst that the mobile has met.
    taken->add(experience.end == RequestEnd::kCompleted ? value : learner.worst, rule_.step);
  }

 private:
  struct Arm {
    std::uint32_t partition{0};
    double average{0};
    std::uint64_t observed{0};

    void add(double value, double step) {
      ++observed;
      const double plain = 1 / static_cast<double>(observed);
      average += (value - average) * (observed == 1 || step <= 0 ? plain : step);
    }
  };
  /// One mobile.
  struct Learner {
    std::vector<Arm> arms;  // [candidates]; before its first request none
    double worst{0};
  };

  [[nodiscard]] std::size_t arm_of(const std::vector<Arm>& arms, const Question& question) const {
    const auto untried =
        std::find_if(arms.begin(), arms.end(), [](const Arm& arm) { return arm.observed == 0; });
    if (untried != arms.end()) return static_cast<std::size_t>(untried - arms.begin());
    // Keyed by the request, so that no other mobile's and no other strategy's choices move it.
    Stream draw{exploration_, question.mobile, question.number};
    if (draw.uniform() < rule_.epsilon) {
      return static_cast<std::size_t>(draw.uniform() * static_cast<double>(arms.size()));
    }
    return choose(arms.size(), [&](std::size_t i) { return arms[i].average; }).best;
  }

  BanditRule rule_;
  StreamFamily exploration_;
  std::vector<Learner> learners_;  // [mobiles]
};

class BanditSettings final : public PolicySettings {
 public:
  void describe(FieldVisitor& visitor) override {
    constexpr NumberRange kShare{.min = 0, .max = 1};
    visitor.text("target", target_, {.choices = {"latency", "energy"}}, Presence::kOptional,
                 "What it makes small.");
    visitor.number("epsilon", rule_.epsilon, kShare, Presence::kOptional,
                   "Share of the requests that try any partition instead of the best known.");
    visitor.number("step", rule_.step, kShare, Presence::kOptional,
                   "Weight of the newest observation in a partition's average, which forgets the "
                   "oldest; 0: the plain average of all.");
  }
  [[nodiscard]] std::unique_ptr<Policy> make(const FleetModel& model, int replication,
                                             std::uint32_t mobiles) const override {
    BanditRule rule = rule_;
    rule.energy = target_ == "energy";
    return std::make_unique<Bandit>(rule, model.seed, replication, mobiles);
  }
  [[nodiscard]] bool learns() const override { return true; }
  [[nodiscard]] std::vector<std::string> energy_keys() const override {
    return target_ == "energy" ? std::vector<std::string>{"target"} : std::vector<std::string>{};
  }

 private:
  BanditRule rule_;
  std::string target_{"latency"};
};

}  // namespace

std::unique_ptr<PolicySettings> bandit_policy() {
  return std::make_unique<BanditSettings>();
}

}  // namespace papilio
