#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/data/csv_columns.hpp"

namespace papilio {

/// The greatest numbers in files of measurements.
inline constexpr std::int64_t kMostPayloadBytes = 1'000'000'000'000;
inline constexpr double kMostCodingSeconds = 1e6;
inline constexpr std::int64_t kMostSeedOfTraining = 9'000'000'000'000'000;
inline constexpr std::int64_t kMostTestImages = 1'000'000'000;

/// Of `MeasuredPayloads`.
const std::vector<CsvColumn>& payload_columns();
/// Of `MeasuredAccuracies`.
const std::vector<CsvColumn>& accuracy_columns();

}  // namespace papilio
