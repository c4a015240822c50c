// How often the intervals of fleets hold the truth: docs/models/fleet.md has the table. Each case
// is a fleet with exact answers, played and summarised as `papilio run` does it, once a seed.
//   coverage FOLDER [SEEDS [CASE [FIRST]]]   FOLDER: tests/bench/coverage of the project

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "sim/play/engine/simulate_fleet.hpp"
#include "sim/report/fleet_summary.hpp"
#include "sim/scenario/fleet_scenario.hpp"

namespace papilio {
namespace {

/// The long run's mean and percentiles, in s; NaN where none is known.
using Truth = std::array<double, 1 + kPercentiles.size()>;

struct Case {
  std::string name;
  std::string file;
  std::vector<std::string> overrides;
  Truth truth;
};

/// Where a falling function, the chance to stay longer, has come down to 1 - p.
Truth by_tail(double mean, const std::function<double(double)>& longer) {
  Truth truth{mean};
  for (std::size_t i = 0; i < kPercentiles.size(); ++i) {
    double low = 0;
    double high = 100 * mean;
    for (int halving = 0; halving < 100; ++halving) {
      const double middle = (low + high) / 2;
      (longer(middle) > 1 - kPercentiles[i] ? low : high) = middle;
    }
    truth[i + 1] = low;
  }
  return truth;
}

Truth exponential(double mean) {
  return by_tail(mean, [mean](double t) { return std::exp(-t / mean); });
}

/// The stay in D/M/1 of period 1 is exponential of mean load/(1 - s), s = exp(-(1 - s)/load).
Truth dm1(double load) {
  double s = 0.5;
  for (int i = 0; i < 10000; ++i) s = std::exp(-(1 - s) / load);
  return exponential(load / (1 - s));
}

/// M/D/1 with a service of 1 s (Erlang 1909): P(W <= t) = (1 - rho) sum over k <= t of
/// (-rho (t - k))^k / k! exp(rho (t - k)); the stay is W + 1.
Truth md1(double load) {
  return by_tail(1 + load / (2 * (1 - load)), [load](double t) {
    const long double wait = t - 1;
    if (wait < 0) return 1.0;
    long double sum = 0;
    long double factorial = 1;
    for (int k = 0; k <= wait; ++k) {
      if (k > 0) factorial *= k;
      sum += std::pow(-load * (wait - k), k) / factorial * std::exp(load * (wait - k));
    }
    return static_cast<double>(1 - (1 - load) * sum);
  });
}

/// M/M/3 with services of mean 1 s: an arrival waits with Erlang's C, then for an exponential time
/// of rate 3 - lambda, and is served.
Truth mm3(double load) {
  const double a = 3 * load;
  const double all_busy = a * a * a / 6 / (1 - load);
  const double c = all_busy / (1 + a + a * a / 2 + all_busy);
  const double rate = 3 - a;
  return by_tail(1 + c / rate, [=](double t) {
    return (1 - c) * std::exp(-t) + c * (rate * std::exp(-t) - std::exp(-rate * t)) / (rate - 1);
  });
}

std::vector<Case> cases() {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  const auto load = [](const char* rate) {
    return std::string{"mobiles.0.arrivals.rate_per_s="} + rate;
  };
  const std::string random_service{"mobiles.0.service_variation={distribution: exponential}"};
  return {
      {"independent, 200", "independent.yaml", {"mobiles.0.arrivals.requests=200"}, exponential(1)},
      {"independent, 10,000", "independent.yaml", {}, exponential(1)},
      {"D/M/1 at 0.8, 10,000", "own-queues.yaml", {}, dm1(0.8)},
      {"D/M/1 at 0.9, 10,000", "own-queues.yaml", {"mobiles.0.task.server_s=0.9"}, dm1(0.9)},
      {"M/M/1 at 0.5, 10,000", "shared-server.yaml", {random_service}, exponential(2)},
      {"M/D/1 at 0.7, 10,000",
       "shared-server.yaml",
       {load("0.0007"), "duration_s=15286"},
       md1(0.7)},
      {"M/M/3 at 0.6, 10,000",
       "shared-server.yaml",
       {load("0.0018"), random_service, "servers.0.gpus=3", "duration_s=6556"},
       mm3(0.6)},
      {"sharing at 0.7, 10,000", "shared-cell.yaml", {}, {1 / 0.3, kUnknown, kUnknown, kUnknown}},
  };
}

struct Count {
  int printed{0};
  int held{0};
};

int run(const std::string& folder, int seeds, const std::string& only, int first) {
  fmt::print("| case | seeds | mean | p50 | p95 | p99 |\n|---|--:|---|---|---|---|\n");
  for (const Case& one : cases()) {
    if (!only.empty() && one.name.find(only) == std::string::npos) continue;
    std::array<Count, 1 + kPercentiles.size()> counts{};
    for (int seed = first; seed < first + seeds; ++seed) {
      std::vector<std::string> overrides = one.overrides;
      overrides.push_back(fmt::format("seed={}", seed));
      const FleetScenario fleet =
          load_fleet({.file = folder + "/" + one.file, .overrides = std::move(overrides)});
      const FleetSummary summary = summarise(fleet, simulate_fleet(fleet.model)).front();
      const auto add = [](Count& count, const Estimate& estimate, double truth) {
        if (!estimate.half_width) return;
        ++count.printed;
        count.held += std::abs(estimate.value - truth) <= *estimate.half_width ? 1 : 0;
      };
      add(counts[0], summary.latency, one.truth[0]);
      for (std::size_t i = 0; i < kPercentiles.size(); ++i) {
        add(counts[i + 1], summary.percentiles[i], one.truth[i + 1]);
      }
    }
    fmt::print("| {} | {} |", one.name, seeds);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const Count& count = counts[i];
      if (count.printed == 0) {
        fmt::print(" n/a |");
      } else if (std::isnan(one.truth[i])) {
        fmt::print(" unknown |");
      } else {
        fmt::print(" {:.1f} of {:.1f} % |", 100.0 * count.held / count.printed,
                   100.0 * count.printed / seeds);
      }
    }
    fmt::print("\n");
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace papilio

int main(int argc, char** argv) {
  try {
    return papilio::run(argc > 1 ? argv[1] : "tests/bench/coverage",
                        argc > 2 ? std::stoi(argv[2]) : 2000, argc > 3 ? argv[3] : "",
                        argc > 4 ? std::stoi(argv[4]) : 1);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
