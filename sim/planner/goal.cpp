#include "sim/planner/goal.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::string_view kProduct = "product";
constexpr double kMostExponent = 100;

/// An exponent and what follows it.
bool read_exponent(std::string_view& text, double& exponent) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (error != std::errc{} || !(exponent > 0) || exponent > kMostExponent) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

double Goal::value(const Spend& spend) const {
  // An exponent of 0 must not make NaN of an energy that nobody knows.
  double value = 1;
  if (latency_exponent != 0) value *= std::pow(spend[Criterion::kLatency], latency_exponent);
  if (energy_exponent != 0) value *= std::pow(spend[Criterion::kEnergy], energy_exponent);
  return value;
}

Spend Goal::weights() const {
  PAPILIO_CHECK(adds_up());
  Spend weights;
  weights[criterion()] = 1;
  return weights;
}

std::string Goal::text() const {
  if (adds_up()) return energy_exponent == 0 ? "latency" : "energy";
  return fmt::format("latency^{:g} * energy^{:g}", latency_exponent, energy_exponent);
}

Goal goal_of(const std::string& text) {
  if (text == "latency") return Goal::latency();
  if (text == "energy") return Goal::energy();
  if (text == kProduct) return {1, 1};
  Goal goal;
  std::string_view rest{text};
  if (rest.starts_with(kProduct)) {
    rest.remove_prefix(kProduct.size());
    const auto take = [&](char wanted) {
      if (rest.empty() || rest.front() != wanted) return false;
      rest.remove_prefix(1);
      return true;
    };
    if (take(':') && read_exponent(rest, goal.latency_exponent) && take(',') &&
        read_exponent(rest, goal.energy_exponent) && rest.empty()) {
      return goal;
    }
  }
  throw ConfigError{
      fmt::format("papilio plan: error: --target: expected latency, energy, product or product:A,B "
                  "(latency^A * energy^B, "
                  "exponents > 0 and <= 100), got '{}'",
                  text)};
}

}  // namespace papilio
