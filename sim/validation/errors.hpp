#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/validation/live_run.hpp"

namespace papilio {

/// A percentile of the latencies of the same requests, live and simulated.
struct QuantileError {
  double live_s{0};
  double simulated_s{0};
  /// simulated / live − 1, a share.
  [[nodiscard]] double error() const { return simulated_s / live_s - 1; }
  /// Bounds of the error's 95 % interval.
  double least{0};
  double most{0};
};

/// How far simulated requests are from the live ones.
struct LatencyErrors {
  std::size_t requests{0};  ///< that were compared
  QuantileError median;
  std::optional<QuantileError> p90;                      ///< of 20 requests or more
  std::optional<QuantileError> p99;                      ///< of 200 or more
  std::array<double, kLiveStages.size()> live_s{};       ///< mean of each stage
  std::array<double, kLiveStages.size()> simulated_s{};  ///< likewise
  std::array<double, kLiveStages.size()> live_median_s{};
  std::array<double, kLiveStages.size()> simulated_median_s{};

  /// What a stage contributes: simulated less live, by the mean live latency. They sum to the error
  /// of the mean latency.
  [[nodiscard]] double contribution(LiveStage stage) const;
  /// The stage that contributes most, either way.
  [[nodiscard]] LiveStage to_blame() const;
};

/// Compares the same requests, live and simulated. The intervals are of a bootstrap: of 1,000 draws
/// of the requests, each drawn with its partner, the errors between the 2.5th and the 97.5th
/// percentile (Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13); they know
/// nothing of a request's influence on the next.
/// @param live      answered requests, at least one
/// @param simulated the same ones, in the same order
/// @param seed      of the draws
LatencyErrors latency_errors(const std::vector<LiveStageTimes>& live,
                             const std::vector<LiveStageTimes>& simulated, std::uint64_t seed);

}  // namespace papilio
