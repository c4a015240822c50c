#pragma once

#include <optional>
#include <string>

#include "sim/profiles/device.hpp"
#include "sim/profiles/layer_work.hpp"

namespace papilio {

/// A device as its data sheet has it: a layer takes as long as its arithmetic at the peak rate, or
/// as its data at the peak bandwidth, whichever is longer (Williams, Waterman and Patterson:
/// Roofline. CACM 52(4), 2009), and the time to start it.
struct Roofline {
  double flop_per_s{1};  ///< at the precision, a multiply-add being two; > 0
  double byte_per_s{1};  ///< > 0
  double overhead_s{0};  ///< of a layer that computes something, >= 0
  double bytes_per_element{4};
  double slowness{1};  ///< times the roofline's time, > 0; found by calibration
  std::optional<double> idle_w;
  std::optional<double> peak_w;

  /// At the peak rates, without overhead and slowness; seconds. 0 for what is free.
  [[nodiscard]] double busy_s(const LayerWork& work) const;
  /// Seconds.
  [[nodiscard]] double latency(const LayerWork& work) const;
  /// Joules: idle power all the time, and the rest of the peak power for as long as the busier of
  /// processor and memory works at its peak. Nothing where a power is missing.
  [[nodiscard]] std::optional<double> energy(const LayerWork& work) const;
};

/// @param precision "fp32" or "fp16"
/// @throws ConfigError naming the key that the device's file lacks
Roofline roofline_of(const Device& device, const std::string& precision);

}  // namespace papilio
