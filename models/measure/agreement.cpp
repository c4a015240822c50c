#include "models/measure/agreement.hpp"

#include <array>
#include <cstdio>

namespace papilio {
namespace {

std::string ms(const Estimate& estimate) {
  constexpr double kMilli = 1e3;
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), "%.3f ± %.3f ms", kMilli * estimate.value,
                kMilli * estimate.half_width.value_or(0));
  return text.data();
}

}  // namespace

double Agreement::disagreement() const {
  return by_layers.value / by_passes.value - 1;
}

Agreement agreement_of(std::span<const Estimate> layers, const Estimate& whole) {
  return {.by_layers = sum_of(layers), .by_passes = whole};
}

std::string to_string(const Agreement& agreement) {
  return "its layers add up to " + ms(agreement.by_layers) + ", whole passes take " +
         ms(agreement.by_passes);
}

std::string refusal_text(const std::string& network, const Agreement& agreement, bool accelerator) {
  if (agreement.holds()) return {};
  const bool waits = accelerator && agreement.disagreement() > 0;
  return network + ": " + to_string(agreement) +
         ", which is further apart than their intervals, so no table is written; " +
         (waits ? "waiting for the accelerator after each layer takes time that a whole pass saves"
                : "measure on a quiet machine, or for longer (--limit)") +
         ". --force writes it, and the table and all runs by it will say so";
}

}  // namespace papilio
