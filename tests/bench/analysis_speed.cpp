// How long the planner's analysis takes, on one core, each the best of five: for
// docs/performance.md.
//   analysis_speed

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>

#include "sim/base/random/stream.hpp"
#include "sim/plan/search/envelope.hpp"
#include "sim/plan/search/front.hpp"
#include "sim/plan/search/regions.hpp"
#include "sim/plan/search/robust.hpp"

namespace papilio {
namespace {

/// @param run returns a number that says something of its result
void measure(const char* what, const std::function<std::size_t()>& run) {
  using Clock = std::chrono::steady_clock;
  constexpr int kRounds = 5;
  double least_s = std::numeric_limits<double>::infinity();
  std::size_t result = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto started = Clock::now();
    result = run();
    least_s = std::min(least_s, std::chrono::duration<double>(Clock::now() - started).count());
  }
  constexpr double kMilli = 1e3;
  fmt::print("{:<52} {:>10.3f} ms   {}\n", what, least_s * kMilli, result);
}

std::vector<double> random_points(std::size_t count, std::size_t coordinates) {
  Stream random{StreamFamily{1, "points"}};
  std::vector<double> points(count * coordinates);
  for (double& value : points) value = random.uniform();
  return points;
}

/// On the sphere's corner that looks to the origin, where no point dominates another.
std::vector<double> spherical_points(std::size_t count, std::size_t coordinates) {
  std::vector<double> points = random_points(count, coordinates);
  for (std::size_t i = 0; i < count; ++i) {
    double squares = 0;
    for (std::size_t c = 0; c < coordinates; ++c) {
      squares += points[i * coordinates + c] * points[i * coordinates + c];
    }
    for (std::size_t c = 0; c < coordinates; ++c) {
      double& value = points[i * coordinates + c];
      value = 1 - value / std::sqrt(squares);
    }
  }
  return points;
}

/// @param tangents of one parabola, each of which is the best somewhere; else random, with limits
std::vector<AxisCandidate> lines(std::size_t count, bool tangents) {
  Stream random{StreamFamily{1, "lines"}};
  std::vector<AxisCandidate> candidates(count);
  for (AxisCandidate& candidate : candidates) {
    const double t = random.uniform();
    const double other = random.uniform();
    // The tangent of -x² at t: -2t·x + t².
    candidate.value = tangents ? Affine{t * t, -2 * t} : Affine{t, other};
    if (!tangents) candidate.limits = {{{other, t}, 1.5}, {{t, 0}, 1}};
  }
  return candidates;
}

std::vector<PlaneCandidate> planes(std::size_t count) {
  Stream random{StreamFamily{1, "planes"}};
  std::vector<PlaneCandidate> candidates(count);
  for (PlaneCandidate& candidate : candidates) {
    candidate.value.constant = random.uniform();
    candidate.value.x_slope = random.uniform();
    candidate.value.y_slope = random.uniform();
    candidate.limits.push_back({candidate.value, 2});
    candidate.limits.push_back({candidate.value, 3});
  }
  return candidates;
}

std::vector<double> axis(std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<double>(i + 1) / 100;
  return values;
}

void run() {
  constexpr std::size_t kMany = 10'000;
  for (const std::size_t coordinates : {2U, 3U, 5U, 6U}) {
    const std::vector<double> random = random_points(kMany, coordinates);
    measure(fmt::format("front of 10,000 random points, {} coordinates", coordinates).c_str(),
            [&] { return pareto_front(random, coordinates).size(); });
    const std::vector<double> hard = spherical_points(kMany, coordinates);
    measure(fmt::format("front of 10,000 on a sphere, {} coordinates", coordinates).c_str(),
            [&] { return pareto_front(hard, coordinates).size(); });
  }
  for (const std::size_t count : {std::size_t{80}, kMany}) {
    for (const bool tangents : {false, true}) {
      const std::vector<AxisCandidate> candidates = lines(count, tangents);
      measure(fmt::format("envelope of {} {}", count,
                          tangents ? "that all are best somewhere" : "random, two limits each")
                  .c_str(),
              [&] { return lower_envelope(candidates, 0, 1).size(); });
    }
  }
  const std::vector<PlaneCandidate> candidates = planes(80);
  const std::vector<double> xs = axis(200);
  const std::vector<double> ys = axis(100);
  measure("map of 80 on 200 by 100, two limits each",
          [&] { return std::size_t{winner_map(candidates, xs, ys)[0]}; });
  const std::vector<double> costs = random_points(80, kMany);
  measure("robust choice of 80 over 10,000 samples, 95th", [&] {
    return most_robust(robustness({costs, {}, 80}, 0.95)).value_or(0);
  });
}

}  // namespace
}  // namespace papilio

int main() {
  papilio::run();
  return 0;
}
