#pragma once

#include <memory>

// SimGrid's C headers do not compile before its C++ one.
// clang-format off
#include <simgrid/s4u.hpp>
#include <simgrid/version.h>
// clang-format on

namespace papilio {

/// Starts SimGrid with the exact serialisation time of a message, its size over the rate (ADR
/// 0004).
/// @param together_s activities due within this time of each other end at once, the later ones
///                   early; > 0, for the clock has a last digit
/// @throws SimulationError if the process has had an engine before: a second one would go on with
///         the first one's clock
std::unique_ptr<simgrid::s4u::Engine> start_kernel(double together_s);

}  // namespace papilio
