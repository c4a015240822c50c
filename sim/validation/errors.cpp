#include "sim/validation/errors.hpp"

#include <algorithm>
#include <cmath>

#include "sim/base/error.hpp"
#include "sim/base/random/stream.hpp"
#include "sim/base/stats/estimate.hpp"

namespace papilio {
namespace {

constexpr int kDraws = 1000;
/// A percentile needs two values beyond it, or it is one request's latency.
constexpr double kBeyond = 2;

/// Latencies of the same requests.
struct Pairs {
  std::vector<double> live_s;
  std::vector<double> simulated_s;

  [[nodiscard]] double live(double p) const {
    std::vector<double> values = live_s;
    return quantile(values, p);
  }
  [[nodiscard]] double simulated(double p) const {
    std::vector<double> values = simulated_s;
    return quantile(values, p);
  }
};

QuantileError quantile_error(const Pairs& pairs, double p, const std::vector<Pairs>& draws) {
  QuantileError one{.live_s = pairs.live(p), .simulated_s = pairs.simulated(p)};
  std::vector<double> errors;
  errors.reserve(draws.size());
  for (const Pairs& draw : draws) errors.push_back(draw.simulated(p) / draw.live(p) - 1);
  constexpr double kTail = (1 - kConfidence) / 2;
  one.least = quantile(errors, kTail);
  one.most = quantile(errors, 1 - kTail);
  return one;
}

double mean_of_stage(const std::vector<LiveStageTimes>& times, std::size_t stage) {
  double sum = 0;
  for (const LiveStageTimes& one : times) sum += one.s.at(stage);
  return sum / static_cast<double>(times.size());
}

double median_of_stage(const std::vector<LiveStageTimes>& times, std::size_t stage) {
  std::vector<double> values;
  values.reserve(times.size());
  for (const LiveStageTimes& one : times) values.push_back(one.s.at(stage));
  return quantile(values, 0.5);
}

}  // namespace

double LatencyErrors::contribution(LiveStage stage) const {
  double latency_s = 0;
  for (const double mean_s : live_s) latency_s += mean_s;
  const auto i = static_cast<std::size_t>(stage);
  return (simulated_s.at(i) - live_s.at(i)) / latency_s;
}

LiveStage LatencyErrors::to_blame() const {
  auto worst = LiveStage::kQueue;
  for (std::size_t i = 0; i < kLiveStages.size(); ++i) {
    const auto stage = static_cast<LiveStage>(i);
    if (std::abs(contribution(stage)) > std::abs(contribution(worst))) worst = stage;
  }
  return worst;
}

LatencyErrors latency_errors(const std::vector<LiveStageTimes>& live,
                             const std::vector<LiveStageTimes>& simulated, std::uint64_t seed) {
  PAPILIO_CHECK(!live.empty() && live.size() == simulated.size());
  const std::size_t count = live.size();
  Pairs pairs;
  for (std::size_t i = 0; i < count; ++i) {
    pairs.live_s.push_back(live[i].latency_s());
    pairs.simulated_s.push_back(simulated[i].latency_s());
  }
  Stream stream{StreamFamily{seed, "validation bootstrap"}};
  std::vector<Pairs> draws(kDraws);
  for (Pairs& draw : draws) {
    draw.live_s.reserve(count);
    draw.simulated_s.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto taken = static_cast<std::size_t>(stream.uniform() * static_cast<double>(count));
      draw.live_s.push_back(pairs.live_s[taken]);
      draw.simulated_s.push_back(pairs.simulated_s[taken]);
    }
  }
  LatencyErrors errors;
  errors.requests = count;
  const auto known = [&](double p) {
    return static_cast<double>(count) * (1 - p) > kBeyond - 1e-9;
  };
  constexpr double kP90 = 0.9;
  constexpr double kP99 = 0.99;
  errors.median = quantile_error(pairs, 0.5, draws);
  if (known(kP90)) errors.p90 = quantile_error(pairs, kP90, draws);
  if (known(kP99)) errors.p99 = quantile_error(pairs, kP99, draws);
  for (std::size_t i = 0; i < kLiveStages.size(); ++i) {
    errors.live_s.at(i) = mean_of_stage(live, i);
    errors.simulated_s.at(i) = mean_of_stage(simulated, i);
    errors.live_median_s.at(i) = median_of_stage(live, i);
    errors.simulated_median_s.at(i) = median_of_stage(simulated, i);
  }
  return errors;
}

}  // namespace papilio
