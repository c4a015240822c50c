#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/plan/search/spend.hpp"

namespace papilio {

/// Steps that follow each other, each computed on one of several tiers: the layers of a network
/// between places where one tensor crosses, or, in training, its layers and their gradients.
/// Whatever a plan moves from tier to tier between two steps it moves at the position between them.
/// Source: JointDNN (arXiv 1801.08618), Section 3.
class Chain {
 public:
  /// All steps and moves cost nothing until they are set.
  /// @param steps >= 1
  /// @param tiers >= 1; the first is where the request begins and where its answer must come
  Chain(std::size_t steps, std::size_t tiers);

  [[nodiscard]] std::size_t steps() const { return steps_; }
  [[nodiscard]] std::size_t tiers() const { return tiers_; }

  /// What a step costs on a tier.
  Spend& compute(std::size_t step, std::size_t tier) { return compute_[step * tiers_ + tier]; }
  [[nodiscard]] const Spend& compute(std::size_t step, std::size_t tier) const {
    return compute_[step * tiers_ + tier];
  }
  /// What it costs to go on at another tier before step `position`; at `steps()`, to bring the
  /// answer to the first tier. An infinite latency forbids it. From a tier to itself it must be 0.
  Spend& move(std::size_t position, std::size_t from, std::size_t to) {
    return move_[(position * tiers_ + from) * tiers_ + to];
  }
  [[nodiscard]] const Spend& move(std::size_t position, std::size_t from, std::size_t to) const {
    return move_[(position * tiers_ + from) * tiers_ + to];
  }

 private:
  std::size_t steps_;
  std::size_t tiers_;
  std::vector<Spend> compute_;  // [steps × tiers]
  std::vector<Spend> move_;     // [(steps + 1) × tiers × tiers]
};

/// A way through a chain: the tier of each step, and what all of it costs.
struct Route {
  std::vector<std::uint8_t> tiers;  ///< `[steps]`
  Spend spend;
};

/// What a route costs.
/// @param tiers `[steps]`, each below `chain.tiers()`
Spend cost_of(const Chain& chain, const std::vector<std::uint8_t>& tiers);

}  // namespace papilio
