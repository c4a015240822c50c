#include "sim/study/ask/statistics.hpp"

#include <algorithm>
#include <utility>

#include "sim/base/stats/estimate.hpp"

namespace papilio {
namespace {

using Strings = std::vector<std::string>;

std::vector<double> means_of(const CellValues& cell) {
  std::vector<double> means;
  for (const auto& [replicate, values] : cell.by_replicate) means.push_back(mean(values));
  return means;
}

std::vector<double> values_of(const CellValues& cell) {
  std::vector<double> all;
  for (const auto& [replicate, values] : cell.by_replicate) {
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

}  // namespace

const Strings& stat_names() {
  static const Strings kNames{"mean", "ci95", "min", "max", "median", "n"};
  return kNames;
}

ValueFormat::ValueFormat(const Column& column, const Options& options)
    : exact_{options.exact}, unit_{column.unit} {
  const bool scaled = !options.exact && !options.si && !options.relative;
  if (scaled && (column.unit == "s" || column.unit == "J")) {
    unit_ = column.unit == "s" ? "ms" : "mJ";
    factor_ = 1e3;
  }
  if (options.relative) {
    unit_ = "×";
    digits_ = 1;
  } else if (factor_ != 1) {
    digits_ = 1;
  }
  if (options.digits) digits_ = options.digits;
}

Form ValueFormat::form() const {
  constexpr int kFewDigits = 4;
  if (exact_) return {};
  if (digits_) return {.style = Form::Style::kDecimals, .places = *digits_};
  return {.style = Form::Style::kWholeOrDigits, .places = kFewDigits};
}

std::optional<double> statistic(const std::string& name, const CellValues& cell) {
  if (cell.by_replicate.empty()) return std::nullopt;
  std::vector<double> all = values_of(cell);
  if (name == "mean") return mean(means_of(cell));
  if (name == "ci95") return half_width(means_of(cell));
  if (name == "n") return static_cast<double>(all.size());
  if (name == "median") return median(std::move(all)).value;
  const auto [least, most] = std::minmax_element(all.begin(), all.end());
  return name == "min" ? *least : *most;
}

}  // namespace papilio
