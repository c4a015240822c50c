#include <fmt/format.h>

#include <cmath>

#include "sim/scenario/fleet_parts.hpp"

namespace papilio {

void check_variation(const VariationSpec& variation, const std::string& path, Checker& checker) {
  if (!variation.present || variation.distribution.empty()) return;
  if (variation.distribution == "exponential" && variation.cv) {
    checker.error(path + ".cv", "an exponential factor has none to choose; remove the key");
  } else if (variation.distribution != "exponential" && !variation.cv) {
    checker.error(path, fmt::format("a {} factor needs the key 'cv'", variation.distribution));
  } else if (variation.distribution == "uniform" && *variation.cv > 1 / std::sqrt(3.0)) {
    checker.error(path + ".cv", "must be <= 0.577 of a uniform factor, or it would be negative");
  }
}

Variation variation_of(const VariationSpec& spec) {
  if (!spec.present) return {};
  if (spec.distribution == "exponential") return {Variation::Kind::kExponential, 1};
  const auto kind =
      spec.distribution == "uniform" ? Variation::Kind::kUniform : Variation::Kind::kLognormal;
  return {kind, spec.cv.value_or(1)};
}

}  // namespace papilio
