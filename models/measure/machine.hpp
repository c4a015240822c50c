#pragma once

#include <c10/core/Device.h>

#include <filesystem>
#include <memory>
#include <string>

#include "sim/base/machine/energy_meter.hpp"

namespace papilio {

/// The meter of a device: NVML's of a CUDA device, else a Jetson's; RAPL of the CPU, else a
/// Jetson's.
/// @return nothing where there is none
std::unique_ptr<EnergyMeter> find_energy_meter(c10::Device device);

/// What the system calls the processor that computes, for a table's conditions: of the CPU its
/// model and cores; of a GPU the driver's name of it, or the board's of a Jetson, and the CPU that
/// feeds it.
/// @param root of the system, which a test may make up
std::string processor_name(c10::Device device, const std::filesystem::path& root = "/");

}  // namespace papilio
