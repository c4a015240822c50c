#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace papilio {

/// What the system calls its CPU, and how many cores a program may use: "Cortex-A57, 4 cores".
/// @param root of the system, which a test may make up
std::string cpu_name(const std::filesystem::path& root = "/");

/// The name of a board without a driver's library, as a Jetson is one; empty: unknown.
std::string board_name(const std::filesystem::path& root = "/");

/// How fast the CPU's clock runs now, in Hz: the kernel's governor of its first core, else what
/// /proc/cpuinfo says of that core. Virtual machines may tell their host's nominal one.
/// @return nothing where the system does not tell
std::optional<double> cpu_frequency_hz(const std::filesystem::path& root = "/");

}  // namespace papilio
