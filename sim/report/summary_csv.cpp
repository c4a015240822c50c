#include "sim/report/summary_csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/report/summary.hpp"

namespace papilio {

SummaryCsv::SummaryCsv(const std::string& path, const PlotChoices& where)
    : path_{path}, table_{path}, rows_(table_.rows()) {
  for (const char* needed :
       {"strategy", "network", "cut", "energy_model", "latency_s", "partition"}) {
    if (!has(needed)) {
      refuse_file(path, fmt::format("has no column '{}'; it is not a summary.csv", needed));
    }
  }
  std::iota(rows_.begin(), rows_.end(), std::size_t{0});
  bool reads = false;
  for (const auto& [column, values] : where) {
    choose(column, values);
    reads = reads || column == "energy_model";
  }
  if (rows_.empty()) refuse_file(path, "no row has all that --where asks for; ask for less");
  std::set<std::string> readings;
  for (const std::size_t row : rows_) readings.insert(text(row, "energy_model"));
  if (reads || readings.size() > 1) reading_ = text(rows_.front(), "energy_model");
  std::erase_if(rows_, [&](std::size_t row) {
    return readings.size() > 1 && text(row, "energy_model") != *reading_;
  });
}

void SummaryCsv::choose(const std::string& column, const std::vector<std::string>& values) {
  if (!has(column)) {
    refuse_file(path_, fmt::format("--where: has no column '{}'{}", column,
                                   suggestion(column, table_.columns())));
  }
  std::vector<std::string> known;
  for (std::size_t row = 0; row < table_.rows(); ++row) {
    const std::string& value = text(row, column);
    if (std::find(known.begin(), known.end(), value) == known.end()) known.push_back(value);
  }
  for (const std::string& value : values) {
    if (std::find(known.begin(), known.end(), value) != known.end()) continue;
    refuse_file(path_, fmt::format("--where: no row has the {} '{}'{}", column, value,
                                   suggestion(value, known)));
  }
  std::erase_if(rows_, [&](std::size_t row) {
    if (column == "network" && text(row, column).empty()) return false;
    return std::find(values.begin(), values.end(), text(row, column)) == values.end();
  });
}

std::optional<double> SummaryCsv::number(std::size_t row, const std::string& column) const {
  if (!has(column) || text(row, column).empty()) return std::nullopt;
  return table_.number(row, column);
}

bool SummaryCsv::is_admitted(std::size_t row) const {
  return number(row, "admitted") != 0.0;
}

std::vector<std::string> SummaryCsv::networks() const {
  std::vector<std::string> networks;
  for (const std::size_t row : rows_) {
    const std::string& network = text(row, "network");
    if (!network.empty() &&
        std::find(networks.begin(), networks.end(), network) == networks.end()) {
      networks.push_back(network);
    }
  }
  if (networks.empty()) networks.emplace_back();
  return networks;
}

const Column& SummaryCsv::measure(const std::string& name) const {
  std::vector<std::string> known;
  for (const SummaryColumn& column : summary_columns()) {
    if (column.kind != ColumnKind::kMeasure || !has(std::string{column.name})) continue;
    if (name == column.name || name == stem(column)) return column;
    known.emplace_back(column.name);
  }
  refuse_file(path_, fmt::format("has no measure '{}'{}", name, suggestion(name, known)));
}

}  // namespace papilio
