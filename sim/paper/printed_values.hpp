#pragma once

#include <vector>

#include "sim/profiles/published.hpp"
#include "sim/report/scenario_plots.hpp"

namespace papilio {

/// What the published tables print of the rows of a summary: of a split as long as cut, channels
/// and bytes are the printed ones, of the whole networks as long as the bytes are.
std::vector<PrintedValue> printed_values(const PublishedTables& published,
                                         const SummaryCsv& summary);

}  // namespace papilio
