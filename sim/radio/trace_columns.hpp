#pragma once

#include <vector>

#include "sim/base/data/csv_columns.hpp"

namespace papilio {

/// The two columns of a table of rates as `load_trace` reads one without any key of the scenario.
/// Others may stand beside them; the ends of the names say the units, of which there are more.
const std::vector<CsvColumn>& trace_columns();

}  // namespace papilio
