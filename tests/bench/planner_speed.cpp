// What the planner's exact searches take on this machine: medians of several chains drawn alike.
//   planner_speed [REPETITIONS]

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "sim/plan/search/minimum_cut.hpp"
#include "sim/plan/search/routes.hpp"

namespace {

using papilio::Chain;
using papilio::Criterion;
using papilio::Spend;

/// Layers that together take about 2 s on the mobile, the longest 100 times the shortest, at about
/// 1 W, the edge 5 and the cloud 20 times as fast; tensors that shrink from 600 kB to 4 kB, times
/// 0.5 to 2; 2 MB/s up and 8 MB/s down, at about 2 W.
Chain draw(std::size_t steps, std::size_t tiers, unsigned seed) {
  std::mt19937 engine{seed};
  const auto between = [&engine](double low, double high) {
    return low * std::pow(high / low, std::uniform_real_distribution{}(engine));
  };
  constexpr double kFaster[]{1, 5, 20};
  Chain chain{steps, tiers};
  for (std::size_t i = 0; i <= steps; ++i) {
    const double depth = static_cast<double>(i) / static_cast<double>(steps);
    const double bytes = 600e3 * std::pow(4.0 / 600, depth) * between(0.5, 2);
    for (std::size_t from = 0; from < tiers; ++from) {
      for (std::size_t to = 0; to < tiers; ++to) {
        if (from == to) continue;
        Spend& move = chain.move(i, from, to);
        move[Criterion::kLatency] = bytes / (from < to ? 2e6 : 8e6) * (from + to == 3 ? 0.2 : 1);
        if (from == 0) move[Criterion::kUpload] = bytes;
        if (from == 0 || to == 0) move[Criterion::kEnergy] = 2 * move[Criterion::kLatency];
      }
    }
    if (i == steps) break;
    const double time_s = between(1e-4, 1e-2) * 1000 / static_cast<double>(steps);
    const double weights = between(1e3, 1e6);
    const double power_w = between(0.5, 2);
    for (std::size_t tier = 0; tier < tiers; ++tier) {
      Spend& compute = chain.compute(i, tier);
      const std::size_t like = tiers == 2 ? 2 * tier : tier;
      compute[Criterion::kLatency] = time_s / kFaster[like] * between(0.8, 1.25);
      if (tier == 0) compute[Criterion::kEnergy] = time_s * power_w;
      if (tier == 0) compute[Criterion::kMobileWeights] = weights;
      if (like == 2) compute[Criterion::kCloudTime] = compute[Criterion::kLatency];
    }
  }
  return chain;
}

Spend latency_and_energy() {
  Spend weights;
  weights[Criterion::kLatency] = 1;
  weights[Criterion::kEnergy] = 0.1;
  return weights;
}

/// Between what the best route spends and what computing all on the mobile does, nearer the latter.
Spend between_extremes(const Chain& chain, const std::vector<Criterion>& criteria) {
  const papilio::Route best = papilio::shortest_route(chain, latency_and_energy()).value();
  const Spend mobile = papilio::cost_of(chain, std::vector<std::uint8_t>(chain.steps()));
  Spend limits = Spend::unlimited();
  for (const Criterion criterion : criteria) {
    limits[criterion] = 0.3 * best.spend[criterion] + 0.7 * mobile[criterion];
  }
  return limits;
}

/// Prints the median time of what is done for each of several seeds, whose preparation is not
/// timed.
template <class Prepare>
void time(const std::string& what, unsigned repetitions, const Prepare& prepare) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> times_ms;
  std::size_t found = 0;
  std::size_t refused = 0;
  for (unsigned seed = 0; seed < repetitions; ++seed) {
    const std::function<std::size_t()> run = prepare(seed);
    const auto begin = Clock::now();
    try {
      found += run();
    } catch (const papilio::SearchTooLarge&) {
      ++refused;
    }
    times_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  }
  std::sort(times_ms.begin(), times_ms.end());
  fmt::print("{:50} median {:9.3f} ms, longest {:9.3f} ms, {} found, {} refused\n", what,
             times_ms[times_ms.size() / 2], times_ms.back(), found, refused);
}

/// A chain with tensors used again one to ten vertices later, as in residual and dense networks,
/// and an input that stays; costs as of `draw`.
papilio::CutProblem draw_cut(std::size_t vertices, std::size_t levels, unsigned seed) {
  const Chain chain = draw(vertices, levels, seed);
  std::mt19937 engine{seed};
  papilio::CutProblem problem{levels, {}, {}, std::vector<double>(levels - 1, 0.02)};
  for (std::size_t i = 0; i < vertices; ++i) {
    std::vector<double>& cost = problem.cost.emplace_back();
    for (std::size_t level = 0; level < levels; ++level) {
      cost.push_back(chain.compute(i, level)[Criterion::kLatency]);
    }
    if (i + 1 == vertices) break;
    papilio::CutTensor tensor{i, {i + 1}, {}};
    while (engine() % 3 == 0) {
      tensor.consumers.push_back(std::min(vertices - 1, i + 1 + engine() % 10));
    }
    for (std::size_t b = 0; b + 1 < levels; ++b) {
      tensor.cost.push_back(chain.move(i + 1, b, b + 1)[Criterion::kLatency]);
    }
    problem.tensors.push_back(tensor);
  }
  problem.pin(0, 0);
  return problem;
}

void time_cuts(unsigned repetitions) {
  for (const std::size_t levels : {2U, 3U}) {
    time(fmt::format("minimum cut, 1,000 layers, {} levels", levels), repetitions,
         [&](unsigned seed) {
           return [problem = draw_cut(1000, levels, seed)] {
             return papilio::minimum_cut(problem) ? 1U : 0U;
           };
         });
  }
}

void time_routes(unsigned repetitions) {
  const std::vector<Criterion> two{Criterion::kEnergy, Criterion::kCloudTime};
  time("shortest route, 1,000 layers, 3 tiers", repetitions, [](unsigned seed) {
    return [chain = draw(1000, 3, seed)] {
      return papilio::shortest_route(chain, latency_and_energy()) ? 1U : 0U;
    };
  });
  for (const std::size_t tiers : {2U, 3U}) {
    for (const std::size_t steps : {21U, 1000U}) {
      time(fmt::format("labels, 2 limits, {} layers, {} tiers", steps, tiers), repetitions,
           [&](unsigned seed) {
             const Chain chain = draw(steps, tiers, seed);
             const Spend limits = between_extremes(chain, two);
             return [chain, limits] {
               return papilio::best_route(chain, latency_and_energy(), limits) ? 1U : 0U;
             };
           });
    }
  }
  time("nearest miss, 2 limits, 1,000 layers, 3 tiers", repetitions, [&](unsigned seed) {
    const Chain chain = draw(1000, 3, seed);
    Spend limits = between_extremes(chain, two);
    for (const Criterion criterion : two) limits[criterion] *= 0.5;
    return [chain, limits] { return papilio::nearest_miss(chain, limits) ? 1U : 0U; };
  });
  for (const std::size_t tiers : {2U, 3U}) {
    time(fmt::format("front of latency and cloud time, 21 layers, {} tiers", tiers), repetitions,
         [&](unsigned seed) {
           return [chain = draw(21, tiers, seed)] {
             return papilio::best_routes(chain, {Criterion::kLatency, Criterion::kCloudTime},
                                         Spend::unlimited())
                 .size();
           };
         });
  }
  for (const std::size_t limited : {1U, 2U}) {
    time(fmt::format("integer program, {} limits, 21 layers, 2 tiers", limited), repetitions,
         [&](unsigned seed) {
           const Chain chain = draw(21, 2, seed);
           const Spend limits = between_extremes(chain, limited == 1 ? std::vector{two[0]} : two);
           return [chain, limits] {
             return papilio::best_route_by_program(chain, latency_and_energy(), limits) ? 1U : 0U;
           };
         });
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int repetitions = argc > 1 ? std::atoi(argv[1]) : 21;
    const auto times = static_cast<unsigned>(std::max(1, repetitions));
    time_routes(times);
    time_cuts(times);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
