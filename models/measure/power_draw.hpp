#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

#include "models/tensor/network.hpp"
#include "sim/base/machine/energy_meter.hpp"

namespace papilio {

/// What a device draws, as a meter says.
struct PowerDraw {
  std::string meter;
  double idle_w{0};  ///< while nothing is computed here
  double busy_w{0};  ///< while one forward pass follows the other
};

/// Measures what a device draws, first idle, then computing.
/// @param input   `[n × channels × height × width]`
/// @param each_s  how long each is measured, > 0; counters of GPUs move ten times a second
/// @param watch   called often
/// @throws whatever `watch` throws
PowerDraw measure_power(const Network& network, const Network::Tensors& inputs, EnergyMeter& meter,
                        double each_s, const std::function<void()>& watch);

}  // namespace papilio
