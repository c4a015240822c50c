#pragma once

#include <cstddef>
#include <vector>

#include "sim/base/document/column.hpp"
#include "sim/cost/cost.hpp"
#include "sim/scenario/scenario.hpp"

namespace papilio {

/// What a row of a summary is made of: a cell, what its request took, and the same of cloud-only
/// that it is compared with.
struct SummarySubject {
  const Cell& cell;
  const Breakdown& took;
  const Cell* base_cell;           ///< nullptr: there is none
  const Breakdown* base;           ///< nullptr: there is none
  bool delayed{false};             ///< whether its scenario speaks of propagation
  bool edged{false};               ///< whether its scenario has an edge
  std::optional<bool> admitted{};  ///< whether its limits let it be chosen; none: none is stated
};

/// A column of `summary.csv`, and of a study's database.
using SummaryColumn = ColumnOf<SummarySubject>;

/// Until the first token of a decoder is on the mobile, s; nothing of other networks.
Value first_token_value(const Plan& plan, const Breakdown& took);
/// Each token after the first, the mean, s; nothing where there is none.
Value per_token_value(const Plan& plan, const Breakdown& took);

/// The columns, in the order of the file.
const std::vector<SummaryColumn>& summary_columns();

/// The cell that a cell is compared with: cloud-only on the same network under the same reading; of
/// several, the first of the same bits, else the first.
/// @param cell_at gives the cell at a position in 0..count-1
/// @return the position, or `count`
template <class CellAt>
std::size_t cloud_only_of(const Cell& cell, std::size_t count, const CellAt& cell_at) {
  std::size_t base = count;
  if (cell.network.empty()) return base;
  for (std::size_t i = 0; i < count; ++i) {
    const Cell& other = cell_at(i);
    if (other.strategy != "cloud-only" || other.network != cell.network ||
        other.use.energy_model != cell.use.energy_model) {
      continue;
    }
    if (other.bits == cell.bits) return i;
    if (base == count) base = i;
  }
  return base;
}

}  // namespace papilio
