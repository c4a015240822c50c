#pragma once

#include <string_view>

#include "sim/study/store/result.hpp"

namespace papilio {

/// The dimension that tells the cells of a scenario apart.
inline constexpr const char* kPartition = "partition";

/// What databases and tables know of the points of a study.
struct StoredKind {
  std::string_view name;   ///< as databases have it
  ResultTable results;     ///< where the points' rows go
  std::string_view lines;  ///< the dimension with a line each in a plot, where the user names none
};

/// Points that are scenarios of cells.
inline constexpr StoredKind kCellsKind{"cells", ResultTable::kSummary, kPartition};
/// Points that are fleets.
inline constexpr StoredKind kFleetKind{"fleet", ResultTable::kFleetSummary, "strategy"};

/// The kind of this name, which a database has checked.
const StoredKind& stored_kind(std::string_view name);

}  // namespace papilio
