#pragma once

#include <gtest/gtest.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <boost/random/uniform_real_distribution.hpp>
#include <cmath>
#include <cstring>
#include <vector>

#include "sim/play/engine/simulate.hpp"

namespace papilio::testing {

/// Numbers of a plan that cuts a network once: what the mobile computes and sends, what the cloud
/// computes and sends back. Nothing is offloaded where nothing is sent.
struct TwoWay {
  Seconds mobile_time;
  Joules mobile_energy;
  Bytes upload;
  Seconds cloud_time;
  Bytes answer;
};

inline Plan plan_of(const TwoWay& numbers) {
  Plan plan;
  plan.stages.push_back(Compute{Tier::kMobile, numbers.mobile_time, numbers.mobile_energy});
  if (numbers.upload > Bytes{0}) {
    plan.stages.push_back(Transfer{Tier::kMobile, Tier::kCloud, numbers.upload});
    plan.stages.push_back(Compute{Tier::kCloud, numbers.cloud_time, {}});
    plan.stages.push_back(Transfer{Tier::kCloud, Tier::kMobile, numbers.answer, true});
  }
  return plan;
}

/// Random worlds: phases of 1 µs to 1 s, payloads of 1 B to 1 MB, 10 kB/s to 100 MB/s, both
/// readings, with and without timed downloads and idle power. One seed, one set.
inline std::vector<World> random_worlds(unsigned seed, std::size_t count) {
  boost::random::mt19937_64 generator{seed};
  const auto log_uniform = [&](double low, double high) {
    boost::random::uniform_real_distribution<double> exponent{std::log(low), std::log(high)};
    return std::exp(exponent(generator));
  };
  const auto chance = [&] {
    return boost::random::uniform_int_distribution<int>{0, 1}(generator) == 1;
  };
  std::vector<World> worlds;
  for (std::size_t i = 0; i < count; ++i) {
    World world;
    TwoWay numbers;
    numbers.mobile_time = Seconds{log_uniform(1e-6, 1)};
    numbers.mobile_energy = Joules{log_uniform(1e-6, 1)};
    numbers.upload = Bytes{std::floor(log_uniform(1, 1e6))};
    numbers.cloud_time = Seconds{log_uniform(1e-6, 1)};
    numbers.answer = Bytes{std::floor(log_uniform(1, 1e5))};
    world.plan = plan_of(numbers);
    Radio& radio = world.use.radio;
    radio.uplink = BytesPerSecond{log_uniform(1e4, 1e8)};
    radio.downlink = BytesPerSecond{log_uniform(1e4, 1e8)};
    radio.alpha_uplink = JoulesPerByte{log_uniform(1e-8, 1e-5)};
    radio.alpha_downlink = JoulesPerByte{log_uniform(1e-8, 1e-5)};
    radio.beta = Watts{log_uniform(0.01, 2)};
    world.use.energy_model = chance() ? EnergyModel::kStated : EnergyModel::kThroughputOnly;
    world.use.download_takes_time = chance();
    world.use.idle_power = Watts{chance() ? log_uniform(0.1, 2) : 0};
    world.use.delay = Seconds{chance() ? log_uniform(1e-6, 0.1) : 0};
    worlds.push_back(world);
  }
  return worlds;
}

inline void expect_relative(double value, double expected, double tolerance, const char* what) {
  EXPECT_LE(std::abs(value - expected), tolerance * std::abs(expected))
      << what << ": " << value << " against " << expected;
}

/// Every part of two breakdowns agrees to a relative tolerance. A phase is a difference of the
/// clock, whose last digit is 2e-16 of the request's latency, so a phase far shorter than its
/// request is compared on that scale.
inline void expect_agreement(const Breakdown& a, const Breakdown& b, double tolerance) {
  constexpr double kClockDigit = 1e-13;
  const double clock = kClockDigit * b.latency().value();
  const auto phase = [&](Seconds x, Seconds y, const char* what) {
    EXPECT_LE(std::abs((x - y).value()), tolerance * y.value() + clock) << what;
  };
  phase(a.mobile, b.mobile, "mobile");
  phase(a.uplink, b.uplink, "uplink");
  phase(a.delay, b.delay, "delay");
  phase(a.edge, b.edge, "edge");
  phase(a.backhaul, b.backhaul, "backhaul");
  phase(a.cloud, b.cloud, "cloud");
  phase(a.downlink, b.downlink, "downlink");
  expect_relative(a.latency().value(), b.latency().value(), tolerance, "latency");
  expect_relative(a.energy().value(), b.energy().value(), tolerance, "energy");
}

inline bool same_bytes(const std::vector<PlayedRequest>& a, const std::vector<PlayedRequest>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof a[0]) == 0;
}

}  // namespace papilio::testing
