#include "sim/page/thin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// What distinguishes the rows that are thinned together: a strategy, and a group or a resource.
using SeriesKey = std::pair<std::string, std::string>;

/// Series in the order in which they first came.
template <typename Value>
class SeriesMap {
 public:
  std::vector<Value>& at(const SeriesKey& key) {
    const auto [found, is_new] = places_.try_emplace(key, series_.size());
    if (is_new) series_.emplace_back(key, std::vector<Value>{});
    return series_[found->second].second;
  }
  std::vector<std::pair<SeriesKey, std::vector<Value>>>& all() { return series_; }

 private:
  std::map<SeriesKey, std::size_t> places_;
  std::vector<std::pair<SeriesKey, std::vector<Value>>> series_;
};

double number_in(const std::string& cell, const std::string& column, const std::string& file) {
  double number{0};
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  if (error != std::errc{} || end != cell.data() + cell.size() || !std::isfinite(number)) {
    throw ConfigError{fmt::format(
        "{}: error: {}: expected a number, got '{}'; run the scenario again", file, column, cell)};
  }
  return number;
}

/// One interval of a series, its values those of `series_values`.
struct SeriesInterval {
  double from_s;
  double to_s;
  std::vector<double> values;
};

const std::vector<std::string>& series_values() {
  static const std::vector<std::string> kValues{"utilisation", "mean_queue", "per_second"};
  return kValues;
}

/// Means over the time of all the intervals from `first` to before `last`.
SeriesInterval merged(const std::vector<SeriesInterval>& intervals, std::size_t first,
                      std::size_t last) {
  SeriesInterval whole{intervals[first].from_s, intervals[last - 1].to_s,
                       std::vector<double>(series_values().size(), 0.0)};
  double length_s = 0;
  for (std::size_t i = first; i < last; ++i) {
    const double part_s = intervals[i].to_s - intervals[i].from_s;
    length_s += part_s;
    for (std::size_t v = 0; v < whole.values.size(); ++v) {
      whole.values[v] += part_s * intervals[i].values[v];
    }
  }
  for (double& value : whole.values) value = length_s > 0 ? value / length_s : 0;
  return whole;
}

}  // namespace

std::size_t column_of(const PageTable& table, const std::string& column, const std::string& file) {
  const auto found = std::find(table.columns.begin(), table.columns.end(), column);
  if (found == table.columns.end()) {
    throw ConfigError{
        fmt::format("{}: error: has no column '{}'; run the scenario again", file, column)};
  }
  return static_cast<std::size_t>(found - table.columns.begin());
}

PageTable latency_shares(const PageTable& records, std::size_t steps, std::size_t most,
                         const std::string& file) {
  const std::size_t strategy = column_of(records, "strategy", file);
  const std::size_t mobiles = column_of(records, "mobiles", file);
  const std::size_t end = column_of(records, "end", file);
  const std::size_t latency = column_of(records, "latency_s", file);
  std::set<std::string> groups;
  for (const std::vector<std::string>& row : records.rows) groups.insert(row[mobiles]);
  SeriesMap<double> latencies;
  for (const std::vector<std::string>& row : records.rows) {
    if (row[end] != "completed") continue;
    const double latency_s = number_in(row[latency], "latency_s", file);
    latencies.at({row[strategy], "all"}).push_back(latency_s);
    if (groups.size() > 1) latencies.at({row[strategy], row[mobiles]}).push_back(latency_s);
  }
  PageTable shares{.columns = {"strategy", "mobiles", "share", "latency_s"}, .rows = {}};
  for (std::size_t s = 0; s < std::min(most, latencies.all().size()); ++s) {
    auto& [key, values] = latencies.all()[s];
    std::sort(values.begin(), values.end());
    for (std::size_t step = 0; step <= steps; ++step) {
      // ⌈n · step / steps⌉, in whole numbers.
      const std::size_t rank = std::max<std::size_t>((values.size() * step + steps - 1) / steps, 1);
      shares.rows.push_back(
          {key.first, key.second,
           fmt::format("{}", static_cast<double>(step) / static_cast<double>(steps)),
           fmt::format("{}", values[rank - 1])});
    }
  }
  return shares;
}

PageTable merged_intervals(const PageTable& series, std::size_t most, std::size_t most_series,
                           const std::string& file) {
  const std::size_t strategy = column_of(series, "strategy", file);
  const std::size_t replication = column_of(series, "replication", file);
  const std::size_t resource = column_of(series, "resource", file);
  const std::size_t from = column_of(series, "from_s", file);
  const std::size_t to = column_of(series, "to_s", file);
  std::vector<std::size_t> values;
  values.reserve(series_values().size());
  for (const std::string& column : series_values()) {
    values.push_back(column_of(series, column, file));
  }
  SeriesMap<SeriesInterval> intervals;
  for (const std::vector<std::string>& row : series.rows) {
    if (row[replication] != "0") continue;
    SeriesInterval interval{
        number_in(row[from], "from_s", file), number_in(row[to], "to_s", file), {}};
    interval.values.reserve(values.size());
    for (std::size_t v = 0; v < values.size(); ++v) {
      interval.values.push_back(number_in(row[values[v]], series_values()[v], file));
    }
    intervals.at({row[strategy], row[resource]}).push_back(std::move(interval));
  }
  PageTable thinned{.columns = {"strategy", "resource", "from_s", "to_s"}, .rows = {}};
  for (const std::string& column : series_values()) thinned.columns.push_back(column);
  for (std::size_t s = 0; s < std::min(most_series, intervals.all().size()); ++s) {
    const auto& [key, all] = intervals.all()[s];
    const std::size_t together = (all.size() + most - 1) / most;
    for (std::size_t first = 0; first < all.size(); first += together) {
      const SeriesInterval whole = merged(all, first, std::min(first + together, all.size()));
      std::vector<std::string> row{key.first, key.second, fmt::format("{}", whole.from_s),
                                   fmt::format("{}", whole.to_s)};
      for (const double value : whole.values) row.push_back(fmt::format("{:.6g}", value));
      thinned.rows.push_back(std::move(row));
    }
  }
  return thinned;
}

}  // namespace papilio
