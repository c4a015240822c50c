#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace papilio {

/// A table as texts: what a page shows of a file.
struct PageTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< each as long as `columns`
};

/// Where a column stands.
/// @param file what errors call the table
/// @throws ConfigError if there is no such column
std::size_t column_of(const PageTable& table, const std::string& column, const std::string& file);

/// The distributions of a fleet's recorded latencies: of each strategy over all groups
/// ("all") and, where there are several, of each group, the completed requests' latency at equally
/// spaced shares, each a latency that was recorded (the nearest rank). Columns: strategy, mobiles,
/// share, latency_s.
/// @param records records.csv of a fleet
/// @param steps between the shares 0 and 1, at least 1
/// @param most distributions that are made, those that come first in the table
/// @throws ConfigError if a column is missing or a latency is no number
PageTable latency_shares(const PageTable& records, std::size_t steps, std::size_t most,
                         const std::string& file);

/// The first replication of a fleet's series over time, with at most `most` intervals of a strategy
/// and resource: neighbours are taken together, the same number each time, and their values are
/// means over their time. The replication is left out of the columns.
/// @param series timeseries.csv
/// @param most at least 1
/// @param most_series strategies × resources, those that come first in the table
/// @throws ConfigError if a column is missing or a value is no number
PageTable merged_intervals(const PageTable& series, std::size_t most, std::size_t most_series,
                           const std::string& file);

}  // namespace papilio
