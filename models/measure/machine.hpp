#pragma once

#include <c10/core/Device.h>

#include <filesystem>
#include <optional>
#include <string>

namespace papilio {

/// What the system calls the processor that computes, for a table's conditions: of the CPU its
/// model and cores; of a GPU the driver's name of it, or the board's of a Jetson, and the CPU that
/// feeds it.
/// @param root of the system, which a test may make up
std::string processor_name(c10::Device device, const std::filesystem::path& root = "/");

/// How fast the CPU's clock runs now, in Hz: the kernel's governor of its first core, else what
/// /proc/cpuinfo says of that core. Virtual machines may tell their host's nominal one.
/// @return nothing where the system does not tell
std::optional<double> cpu_frequency_hz(const std::filesystem::path& root = "/");

}  // namespace papilio
