#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "sim/base/data/csv.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/report/fleet_columns.hpp"
#include "sim/report/lines_plot.hpp"
#include "sim/report/plot.hpp"
#include "sim/report/plot_quantity.hpp"
#include "sim/scenario/fleet_spec.hpp"

namespace papilio {
namespace {

/// The rows of the whole fleet.
class FleetCsv {
 public:
  explicit FleetCsv(const std::string& csv) : table_{csv} {
    for (const char* needed : {"strategy", "mobiles", "window", "latency_s"}) {
      if (has(needed)) continue;
      throw ConfigError{
          fmt::format("{}: error: has no column '{}'; it is not a fleet.csv", csv, needed)};
    }
    for (std::size_t row = 0; row < table_.rows(); ++row) {
      if (table_.text(row, "mobiles") != "all") continue;
      const std::string& strategy = table_.text(row, "strategy");
      add(strategies_, strategy);
      kinds_.emplace(strategy, has("strategy_kind") ? table_.text(row, "strategy_kind") : strategy);
      if (table_.text(row, "window") != "all") add(windows_, table_.text(row, "window"));
    }
  }

  [[nodiscard]] bool has(const std::string& column) const { return table_.has(column); }
  [[nodiscard]] const std::vector<std::string>& columns() const { return table_.columns(); }
  [[nodiscard]] const std::vector<std::string>& strategies() const { return strategies_; }
  [[nodiscard]] const std::vector<std::string>& windows() const { return windows_; }

  /// What a strategy is; its name where the file does not say.
  [[nodiscard]] const std::string& kind(const std::string& strategy) const {
    return kinds_.at(strategy);
  }

  /// The number of a strategy in a window, if there is one.
  /// @throws ConfigError if it is something else
  [[nodiscard]] std::optional<double> number(const std::string& strategy, const std::string& window,
                                             const std::string& column) const {
    if (!has(column)) return std::nullopt;
    for (std::size_t row = 0; row < table_.rows(); ++row) {
      if (table_.text(row, "mobiles") == "all" && table_.text(row, "strategy") == strategy &&
          table_.text(row, "window") == window) {
        if (table_.text(row, column).empty()) return std::nullopt;
        return table_.number(row, column);
      }
    }
    return std::nullopt;
  }

 private:
  static void add(std::vector<std::string>& names, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }

  CsvTable table_;
  std::vector<std::string> strategies_;
  std::vector<std::string> windows_;
  std::map<std::string, std::string> kinds_;  // by strategy
};

/// Whether a strategy always cuts the network at one place.
/// @param kind as fleet.csv tells it; in files that are older than the column, the name
bool is_fixed_cut(const std::string& kind) {
  return kind != "mobile-only" && kind != "cloud-only" && kind != "task" && !is_policy(kind);
}

/// All but the fixed cuts, of which only the one of the least mean latency that the stated limit of
/// accuracy admits: few enough to tell apart.
std::vector<std::string> telling_strategies(const FleetCsv& fleet) {
  const auto is_cut = [&](const std::string& name) { return is_fixed_cut(fleet.kind(name)); };
  std::string best;
  double least = std::numeric_limits<double>::infinity();
  for (const std::string& name : fleet.strategies()) {
    const std::optional<double> latency = fleet.number(name, "all", "latency_s");
    const bool accurate = fleet.number(name, "all", "admitted") != 0.0;
    if (!is_cut(name) || !accurate || !latency || *latency >= least) continue;
    least = *latency;
    best = name;
  }
  std::vector<std::string> telling;
  for (const std::string& name : fleet.strategies()) {
    if (!is_cut(name) || name == best) telling.push_back(name);
  }
  return telling;
}

/// How a column is shown: as it is declared, else, in a file that somebody else made, as its name
/// says.
PlotQuantity quantity_of_column(const std::string& name) {
  for (const FleetColumn& column : fleet_columns()) {
    if (column.name == name) return quantity_of(column);
  }
  return quantity_of(name);
}

std::optional<double> scaled(std::optional<double> number, double factor) {
  return number ? std::optional{*number * factor} : std::nullopt;
}

}  // namespace

GnuplotScript fleet_plot(const std::string& csv, const FleetPlotOptions& options,
                         const PlotLook& look) {
  const FleetCsv fleet{csv};
  if (!fleet.has(options.value)) {
    throw ConfigError{fmt::format("{}: error: has no column '{}'{}", csv, options.value,
                                  suggestion(options.value, fleet.columns()))};
  }
  for (const std::string& name : options.strategies) {
    const auto& known = fleet.strategies();
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw ConfigError{
          fmt::format("{}: error: has no strategy '{}'{}", csv, name, suggestion(name, known))};
    }
  }
  const std::vector<std::string> strategies =
      options.strategies.empty() ? telling_strategies(fleet) : options.strategies;
  const std::string interval = options.value.ends_with("_s")
                                   ? options.value.substr(0, options.value.size() - 2) + "_ci_s"
                                   : std::string{};
  const bool by_window = !fleet.windows().empty();
  const std::vector<std::string> places =
      by_window ? fleet.windows() : std::vector<std::string>{"all"};
  std::vector<double> values;
  for (const std::string& strategy : strategies) {
    for (const std::string& window : places) {
      const std::optional<double> value = fleet.number(strategy, window, options.value);
      if (value) values.push_back(*value);
    }
  }
  if (values.empty()) {
    throw ConfigError{fmt::format(
        "{}: error: '{}' has no value to draw, for no request has one; draw 'arrived' or another "
        "column",
        csv, options.value)};
  }

  const PlotQuantity quantity = quantity_of_column(options.value);
  const auto value = [&](const std::string& strategy, const std::string& window,
                         const std::string& column) {
    return scaled(fleet.number(strategy, window, column), quantity.factor);
  };
  constexpr const char* kRemedy = "choose with --strategy";
  if (!by_window) {
    BarsPlot plot;
    plot.y.title = quantity.label;
    plot.names = strategies;
    plot.remedy = kRemedy;
    for (const std::string& strategy : strategies) {
      plot.values.push_back(value(strategy, "all", options.value));
      plot.half_widths.push_back(value(strategy, "all", interval));
    }
    return bars_plot(plot, look);
  }
  // A logarithmic axis has no place for a 0.
  const bool positive = *std::min_element(values.begin(), values.end()) > 0;
  LinesPlot plot;
  plot.x.title = "window";
  plot.y = {quantity.label, positive};
  plot.names = places;
  plot.from_zero = true;
  plot.remedy = kRemedy;
  for (const std::string& strategy : strategies) {
    LinesPlot::Line line{.label = strategy, .values = {}, .half_widths = {}, .dots = {}};
    for (const std::string& window : places) {
      line.values.push_back(value(strategy, window, options.value));
      line.half_widths.push_back(value(strategy, window, interval));
    }
    plot.lines.push_back(std::move(line));
  }
  return lines_plot(std::move(plot), look);
}

}  // namespace papilio
