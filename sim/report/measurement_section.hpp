#pragma once

#include <optional>

#include "sim/base/document/document.hpp"
#include "sim/scenario/measurements.hpp"

namespace papilio {

/// What a scenario took from files of measurements: the files, what was averaged, what "smallest"
/// left out, and which sizes were not measured. Nothing where it names no file.
std::optional<Section> measurement_section(const Measurements& measurements);

}  // namespace papilio
