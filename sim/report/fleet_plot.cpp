#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/data/csv.hpp"
#include "sim/report/gnuplot.hpp"
#include "sim/report/plot.hpp"

namespace papilio {
namespace {

std::vector<std::string> header_of(const std::string& csv) {
  std::ifstream file{csv};
  std::string line;
  if (!file || !std::getline(file, line)) {
    throw ConfigError{fmt::format(
        "{}: error: cannot be read; give the folder of a fleet's results, as 'papilio run' left it",
        csv)};
  }
  std::vector<std::string> columns{""};
  for (const char c : line) {
    if (c == ',') {
      columns.emplace_back();
    } else {
      columns.back() += c;
    }
  }
  return columns;
}

/// The rows of the whole fleet.
class FleetCsv {
 public:
  explicit FleetCsv(const std::string& csv) : columns_{header_of(csv)}, table_{csv, columns_} {
    for (const char* needed : {"strategy", "mobiles", "window", "latency_s"}) {
      if (has(needed)) continue;
      throw ConfigError{
          fmt::format("{}: error: has no column '{}'; it is not a fleet.csv", csv, needed)};
    }
    for (std::size_t row = 0; row < table_.rows(); ++row) {
      if (table_.text(row, "mobiles") != "all") continue;
      add(strategies_, table_.text(row, "strategy"));
      if (table_.text(row, "window") != "all") add(windows_, table_.text(row, "window"));
    }
  }

  [[nodiscard]] bool has(const std::string& column) const {
    return std::find(columns_.begin(), columns_.end(), column) != columns_.end();
  }
  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
  [[nodiscard]] const std::vector<std::string>& strategies() const { return strategies_; }
  [[nodiscard]] const std::vector<std::string>& windows() const { return windows_; }

  /// A cell as gnuplot reads it: a number, or ? where there is none.
  [[nodiscard]] std::string cell(const std::string& strategy, const std::string& window,
                                 const std::string& column) const {
    if (!has(column)) return "?";
    for (std::size_t row = 0; row < table_.rows(); ++row) {
      if (table_.text(row, "mobiles") == "all" && table_.text(row, "strategy") == strategy &&
          table_.text(row, "window") == window) {
        const std::string& text = table_.text(row, column);
        return text.empty() ? "?" : text;
      }
    }
    return "?";
  }

 private:
  static void add(std::vector<std::string>& names, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }

  std::vector<std::string> columns_;
  CsvTable table_;
  std::vector<std::string> strategies_;
  std::vector<std::string> windows_;
};

/// All but the fixed cuts, of which only the one of the least mean latency: few enough to tell
/// apart.
std::vector<std::string> telling_strategies(const FleetCsv& fleet) {
  const auto is_cut = [](const std::string& name) {
    return name.starts_with("RB") || name.starts_with("split ");
  };
  std::string best;
  double least = std::numeric_limits<double>::infinity();
  for (const std::string& name : fleet.strategies()) {
    const std::string cell = fleet.cell(name, "all", "latency_s");
    if (!is_cut(name) || cell == "?" || std::stod(cell) >= least) continue;
    least = std::stod(cell);
    best = name;
  }
  std::vector<std::string> telling;
  for (const std::string& name : fleet.strategies()) {
    if (!is_cut(name) || name == best) telling.push_back(name);
  }
  return telling;
}

}  // namespace

std::string fleet_plot(const std::string& csv, const FleetPlotOptions& options) {
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
      const std::string cell = fleet.cell(strategy, window, options.value);
      if (cell == "?") continue;
      double value = 0;
      const auto read = std::from_chars(cell.data(), cell.data() + cell.size(), value);
      if (read.ec != std::errc{}) {
        throw ConfigError{fmt::format("{}: error: '{}' is no column of numbers; draw another", csv,
                                      options.value)};
      }
      values.push_back(value);
    }
  }
  if (values.empty()) {
    throw ConfigError{fmt::format(
        "{}: error: '{}' has no value to draw, for no request has one; draw 'arrived' or another "
        "column",
        csv, options.value)};
  }

  std::string script = gnuplot_preamble();
  script += fmt::format("set ylabel {} noenhanced\n", gnuplot_quoted(axis_label(options.value)));
  const auto line = [&](std::size_t x, const std::string& label, const std::string& strategy,
                        const std::string& window) {
    script += fmt::format("{} {} {} {}\n", x, gnuplot_quoted(label),
                          fleet.cell(strategy, window, options.value),
                          fleet.cell(strategy, window, interval));
  };
  if (by_window) {
    script += "set key outside right noenhanced\nset xlabel 'window'\n";
    for (std::size_t s = 0; s < strategies.size(); ++s) {
      script += fmt::format("$data{} << END\n", s);
      for (std::size_t w = 0; w < fleet.windows().size(); ++w) {
        line(w, fleet.windows()[w], strategies[s], fleet.windows()[w]);
      }
      script += "END\n";
    }
    // A logarithmic axis has no place for a 0.
    const bool positive = *std::min_element(values.begin(), values.end()) > 0;
    script += positive ? "set logscale y\nplot " : "set yrange [0:*]\nplot ";
    for (std::size_t s = 0; s < strategies.size(); ++s) {
      script += fmt::format(
          "{}$data{} using 1:3:xtic(2) with linespoints lw 2 dt {} pt 7 ps 0.5 lc {} title {}, "
          "$data{} using 1:($3-$4):(0):(2*$4) with vectors nohead lc {} notitle",
          s == 0 ? "" : ", ", s, s % 2 + 1, s + 1, gnuplot_quoted(strategies[s]), s, s + 1);
    }
    script += "\n";
  } else {
    script +=
        "set style fill solid 0.6 noborder\nset boxwidth 0.7\nset xtics rotate by -30 noenhanced\n"
        "set yrange [0:*]\n$data << END\n";
    for (std::size_t s = 0; s < strategies.size(); ++s)
      line(s, strategies[s], strategies[s], "all");
    script +=
        "END\nplot $data using 1:3:xtic(2) with boxes lc 1 notitle, "
        "$data using 1:($3-$4):(0):(2*$4) with vectors nohead lc rgb 'black' notitle\n";
  }
  return script;
}

}  // namespace papilio
