#include "sim/profiles/roofline.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr double kFlopPerOperation = 2;

std::optional<double> number_of(const Device& device, std::string_view key) {
  const std::optional<Sourced> constant = find_constant(device, key);
  return constant ? constant->value : std::nullopt;
}

}  // namespace

double Roofline::busy_s(const LayerWork& work) const {
  if (work.free) return 0;
  const double arithmetic = kFlopPerOperation * work.operations;
  const double reals = work.inputs + work.outputs + work.parameters - work.quantised;
  const double bytes = reals * bytes_per_element + work.quantised_bytes;
  return std::max(arithmetic / flop_per_s, bytes / byte_per_s);
}

double Roofline::latency(const LayerWork& work) const {
  return work.free ? 0 : overhead_s + slowness * busy_s(work);
}

std::optional<double> Roofline::energy(const LayerWork& work) const {
  if (!idle_w || !peak_w) return std::nullopt;
  return *idle_w * latency(work) + (*peak_w - *idle_w) * std::min(busy_s(work), latency(work));
}

Roofline roofline_of(const Device& device, const std::string& precision) {
  const auto other_peak = [&](const std::string& key) -> std::string {
    const std::string other = precision == "fp16" ? "fp32" : "fp16";
    const bool known = number_of(device, fmt::format("peak_{}_flop_per_s", other)).has_value();
    return known && key.starts_with("peak_")
               ? fmt::format(", or predict at {}, whose peak is there (--precision {})", other,
                             other)
               : "";
  };
  const auto needed = [&](const std::string& key) {
    const std::optional<double> value = number_of(device, key);
    if (!value) {
      throw ConfigError{
          fmt::format("devices/{}.yaml: error: a roofline at {} needs the key '{}', which is not "
                      "there; add it with its source, or measure the device ('papilio profile'){}",
                      device.name, precision, key, other_peak(key))};
    }
    return *value;
  };
  const bool half = precision == "fp16";
  return {.flop_per_s = needed(half ? "peak_fp16_flop_per_s" : "peak_fp32_flop_per_s"),
          .byte_per_s = needed("memory_byte_per_s"),
          .overhead_s = number_of(device, "launch_overhead_s").value_or(0),
          .bytes_per_element = half ? 2.0 : 4.0,
          .idle_w = number_of(device, "idle_power_w"),
          .peak_w = number_of(device, "peak_power_w")};
}

}  // namespace papilio
