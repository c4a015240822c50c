#include "sim/report/plot_quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/base/units/prefixes.hpp"

namespace papilio {
namespace {

constexpr double kWholeInPercent = 100;

/// What the end of a name says.
struct Ending {
  std::string_view end;
  std::string_view unit;
  double factor;
};

/// The longer ones first: "_per_s" is no time.
constexpr std::array<Ending, 6> kEndings{{{"_bit_per_s", "Mbit/s", 1 / kMega},
                                          {"_per_s", "1/s", 1},
                                          {"_bytes", "B", 1},
                                          {"_s", "ms", kKilo},
                                          {"_j", "mJ", kKilo},
                                          {"_w", "W", 1}}};

}  // namespace

std::string quantity_name(const Column& column) {
  std::string name{stem(column)};
  if (name == "p50" || name == "p95" || name == "p99") return name + " latency";
  if (name == "energy") return "mobile energy";
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

PlotQuantity quantity_of(const Column& column) {
  if (column.name == "accuracy") return {"accuracy, %", kWholeInPercent};
  std::string label = quantity_name(column);
  if (column.unit == "s") return {label + ", ms", kKilo};
  if (column.unit == "J") return {label + ", mJ", kKilo};
  if (column.unit == "byte") return {label + ", B", 1};
  if (!column.unit.empty()) label += fmt::format(", {}", column.unit);
  return {std::move(label), 1};
}

PlotQuantity quantity_of(std::string_view name) {
  PlotQuantity quantity{.label = std::string{name}};
  for (const Ending& ending : kEndings) {
    if (!name.ends_with(ending.end)) continue;
    quantity.label =
        fmt::format("{}, {}", name.substr(0, name.size() - ending.end.size()), ending.unit);
    quantity.factor = ending.factor;
    break;
  }
  std::replace(quantity.label.begin(), quantity.label.end(), '_', ' ');
  return quantity;
}

}  // namespace papilio
