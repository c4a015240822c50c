#include "sim/compare/rows.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::string_view kIntervalInfix = "_ci_";

std::optional<std::size_t> place_in(const std::vector<std::string>& names,
                                    const std::string& name) {
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end()) return std::nullopt;
  return static_cast<std::size_t>(it - names.begin());
}

double number_of(const Value& value) {
  const auto* whole = std::get_if<std::int64_t>(&value);
  return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(value);
}

/// Where SQLite sorts a value: absent, numbers, texts.
int rank_of(const Value& value) {
  if (std::holds_alternative<std::monostate>(value)) return 0;
  return std::holds_alternative<std::string>(value) ? 2 : 1;
}

int order_of_values(const Value& a, const Value& b) {
  const int rank = rank_of(a);
  if (rank != rank_of(b)) return rank - rank_of(b);
  if (rank == 0) return 0;
  if (rank == 2) return std::get<std::string>(a).compare(std::get<std::string>(b));
  const auto* whole_a = std::get_if<std::int64_t>(&a);
  const auto* whole_b = std::get_if<std::int64_t>(&b);
  if (whole_a != nullptr && whole_b != nullptr) {
    return static_cast<int>(*whole_a > *whole_b) - static_cast<int>(*whole_a < *whole_b);
  }
  return static_cast<int>(number_of(a) > number_of(b)) -
         static_cast<int>(number_of(a) < number_of(b));
}

std::vector<std::size_t> places_of(const std::vector<std::string>& all,
                                   const std::vector<std::string>& chosen) {
  std::vector<std::size_t> places;
  for (const std::string& name : chosen) {
    const std::optional<std::size_t> place = place_in(all, name);
    PAPILIO_CHECK(place.has_value());
    places.push_back(*place);
  }
  return places;
}

std::vector<Value> chosen_of(const std::vector<Value>& all,
                             const std::vector<std::size_t>& places) {
  std::vector<Value> chosen;
  chosen.reserve(places.size());
  for (const std::size_t place : places) chosen.push_back(all[place]);
  return chosen;
}

}  // namespace

ComparedColumns::ComparedColumns(std::vector<std::string> all_dimensions,
                                 std::vector<std::string> all_measures)
    : dimensions{std::move(all_dimensions)},
      measures{std::move(all_measures)},
      interval(measures.size()),
      is_interval(measures.size()) {
  for (std::size_t i = 0; i < measures.size(); ++i) {
    const std::size_t at = measures[i].rfind(kIntervalInfix);
    if (at == std::string::npos) continue;
    std::string of = measures[i];
    of.erase(at, kIntervalInfix.size() - 1);
    const std::optional<std::size_t> measure = place_in(measures, of);
    if (!measure) continue;
    interval[*measure] = i;
    is_interval[i] = true;
  }
}

int order_of(const std::vector<Value>& a, const std::vector<Value>& b) {
  PAPILIO_CHECK(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    const int order = order_of_values(a[i], b[i]);
    if (order != 0) return order;
  }
  return 0;
}

std::string name_of(Comparable::Kind kind) {
  switch (kind) {
    case Comparable::Kind::kRun:
      return "the run of a scenario";
    case Comparable::Kind::kFleet:
      return "the run of a fleet";
    case Comparable::Kind::kCellsStudy:
      return "a study of scenarios";
    case Comparable::Kind::kFleetStudy:
      return "a study of fleets";
    case Comparable::Kind::kLayers:
      return "a layer table";
  }
  PAPILIO_CHECK(false);
  return {};
}

std::function<RowStream(const ComparedColumns&)> rows_in_memory(
    const std::vector<std::string>& dimensions, const std::vector<std::string>& measures,
    std::vector<ComparedRow> rows) {
  const auto all = std::make_shared<const std::vector<ComparedRow>>(std::move(rows));
  return [=](const ComparedColumns& columns) -> RowStream {
    const std::vector<std::size_t> keys = places_of(dimensions, columns.dimensions);
    const std::vector<std::size_t> values = places_of(measures, columns.measures);
    auto sorted = std::make_shared<std::vector<ComparedRow>>();
    for (const ComparedRow& row : *all) {
      sorted->push_back({chosen_of(row.key, keys), chosen_of(row.values, values)});
    }
    std::stable_sort(
        sorted->begin(), sorted->end(),
        [](const ComparedRow& a, const ComparedRow& b) { return order_of(a.key, b.key) < 0; });
    return [sorted, next = std::size_t{0}](ComparedRow& row) mutable {
      if (next == sorted->size()) return false;
      row = (*sorted)[next++];
      return true;
    };
  };
}

}  // namespace papilio
