#include "sim/capacity/condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

constexpr std::string_view kSpaces = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw ConfigError{
      fmt::format("papilio capacity: error: --until '{}': {}; expected a column, one of < <= > >=, "
                  "and a number, such as 'p95_s < 0.03' or 'late/arrived <= 0.01'",
                  text, why)};
}

/// "p95_s" has its interval in "p95_ci_s".
std::string interval_of(const std::string& column) {
  constexpr std::string_view kSeconds = "_s";
  if (!column.ends_with(kSeconds)) return {};
  return column.substr(0, column.size() - kSeconds.size()) + "_ci_s";
}

std::optional<double> number_in(const Table& table, const Table::Row& row,
                                const std::string& column) {
  const std::optional<std::size_t> place = place_of(table, column);
  return place ? row[*place].number() : std::nullopt;
}

}  // namespace

std::string_view name(Verdict verdict) {
  constexpr std::array<std::string_view, 4> kNames{"keeps", "unsure", "unknown", "breaks"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

std::optional<std::size_t> place_of(const Table& table, std::string_view column) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                  [&](const auto& one) { return one.header == column; });
  if (found == table.columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - table.columns.begin());
}

Condition::Condition(std::string_view text) {
  const std::size_t at = text.find_first_of("<>");
  if (at == std::string_view::npos) refuse(text, "there is no relation");
  const bool or_equal = at + 1 < text.size() && text[at + 1] == '=';
  relation_ = std::string{text.substr(at, or_equal ? 2 : 1)};
  const std::string_view quantity = trimmed(text.substr(0, at));
  const std::size_t slash = quantity.find('/');
  column_ = std::string{trimmed(quantity.substr(0, slash))};
  if (slash != std::string_view::npos) divisor_ = std::string{trimmed(quantity.substr(slash + 1))};
  if (column_.empty() || (slash != std::string_view::npos && divisor_.empty())) {
    refuse(text, "there is no column");
  }
  const std::string_view number = trimmed(text.substr(at + relation_.size()));
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), limit_);
  if (error != std::errc{} || end != number.data() + number.size() || !std::isfinite(limit_)) {
    refuse(text, fmt::format("'{}' is no number{}", number, percent_remedy(number)));
  }
}

std::string Condition::quantity() const {
  return divisor_.empty() ? column_ : fmt::format("{}/{}", column_, divisor_);
}

std::string Condition::text() const {
  return fmt::format("{} {} {}", quantity(), relation_, limit_);
}

void Condition::check(const Table& table) const {
  std::vector<std::string> known;
  for (const Table::Column& column : table.columns) {
    if (column.type == Table::Type::kNumber) known.push_back(column.header);
  }
  for (const std::string& column : {column_, divisor_}) {
    if (column.empty() || std::find(known.begin(), known.end(), column) != known.end()) continue;
    throw ConfigError{
        fmt::format("papilio capacity: error: --until '{}': the results have no column of numbers "
                    "'{}'{}",
                    text(), column, suggestion(column, known))};
  }
}

bool Condition::holds(double value) const {
  const bool equal = relation_.size() > 1 && value == limit_;
  return equal || (is_upper() ? value < limit_ : value > limit_);
}

Condition::Measured Condition::judge(const Table& table, const Table::Row& row) const {
  Measured measured{.value = number_in(table, row, column_)};
  if (!divisor_.empty()) {
    const std::optional<double> by = number_in(table, row, divisor_);
    if (!by || *by == 0) measured.value.reset();
    if (measured.value) *measured.value /= *by;
  } else if (measured.value) {
    measured.half_width = number_in(table, row, interval_of(column_));
  }
  if (!measured.value) return measured;
  const double half = measured.half_width.value_or(0);
  const double worst = *measured.value + (is_upper() ? half : -half);
  const double best = *measured.value - (is_upper() ? half : -half);
  measured.verdict = holds(worst)  ? Verdict::kKeeps
                     : holds(best) ? Verdict::kUnsure
                                   : Verdict::kBreaks;
  return measured;
}

Strain Condition::strain(const Measured& measured) const {
  if (!measured.value) return {.value = std::numeric_limits<double>::quiet_NaN()};
  const double unit = limit_ != 0 ? std::abs(limit_) : 1;
  const double beyond = (*measured.value - limit_) / unit;
  return {.value = is_upper() ? beyond : -beyond,
          .half_width = measured.half_width.value_or(0) / unit};
}

}  // namespace papilio
