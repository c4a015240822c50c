#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "sim/base/data/csv.hpp"
#include "sim/base/error.hpp"
#include "sim/report/gnuplot.hpp"
#include "sim/report/plot.hpp"

namespace papilio {
namespace {

constexpr double kPercent = 100;

/// What one line of the plot is about.
struct Unit {
  std::int64_t channels{0};  ///< 0: the tensor as it is, without a unit
  std::string codec;
  bool operator<(const Unit& other) const {
    return std::tie(channels, codec) < std::tie(other.channels, other.codec);
  }
};

/// The accuracies of one line at one cut, one a seed, in percent.
using Percents = std::vector<double>;

double mean_of(const Percents& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

std::string accuracy_plot(const std::string& csv) {
  constexpr std::int64_t kMostChannels = 1'000'000'000;
  const CsvTable table{csv, {"cut", "channels", "bits", "codec", "seed", "images", "accuracy"}};
  std::vector<std::string> cuts;
  std::map<Unit, std::map<std::string, Percents>> lines;
  Percents baseline;
  bool several_codecs = false;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string& cut = table.text(row, "cut");
    const double percent = kPercent * table.at_most(row, "accuracy", 1);
    if (cut.empty()) {
      baseline.push_back(percent);
      continue;
    }
    if (std::find(cuts.begin(), cuts.end(), cut) == cuts.end()) cuts.push_back(cut);
    const Unit unit{table.whole(row, "channels", 0, kMostChannels), table.text(row, "codec")};
    several_codecs = several_codecs || unit.codec != table.text(0, "codec");
    lines[unit][cut].push_back(percent);
  }
  if (cuts.empty()) throw ConfigError{fmt::format("{}: error: has no row with a cut", csv)};

  GnuplotScript script;
  script.add(
      fmt::format("set ylabel 'accuracy, %'\nset xlabel 'cut'\n"
                  "set key outside right reverse Left\nset xrange [-0.5:{}.5]\nset xtics (",
                  cuts.size() - 1));
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    script.add(fmt::format("{}{} {}", i == 0 ? "" : ", ", script.text(cuts[i]), i));
  }
  script.add(")\n");
  std::string plots;
  std::size_t number = 0;
  for (const auto& [unit, by_cut] : lines) {
    ++number;
    std::vector<GnuplotScript::Row> means;
    std::vector<GnuplotScript::Row> seeds;
    for (std::size_t i = 0; i < cuts.size(); ++i) {
      const auto found = by_cut.find(cuts[i]);
      const std::string x = fmt::to_string(i);
      if (found == by_cut.end()) {
        means.push_back({x, GnuplotScript::number_cell({})});
        continue;
      }
      means.push_back({x, GnuplotScript::number_cell(mean_of(found->second))});
      for (const double percent : found->second) {
        seeds.push_back({x, GnuplotScript::number_cell(percent)});
      }
    }
    std::string title = unit.channels == 0 ? "no unit" : fmt::format("D_r {}", unit.channels);
    if (several_codecs) title += ", " + unit.codec;
    plots += fmt::format(
        "{0}{2} using 1:2 with linespoints lw 2 pt 7 ps 0.6 lc {1} title {4}, "
        "{3} using 1:2 with points pt 6 ps 0.4 lc {1} notitle",
        number == 1 ? "" : ", ", number, script.table(means), script.table(seeds),
        script.text(title));
  }
  if (!baseline.empty()) {
    plots += fmt::format(", {:.4f} with lines lw 1 dt 2 lc rgb 'black' title 'baseline'",
                         mean_of(baseline));
  }
  script.add("plot " + plots + "\n");
  return script.script();
}

}  // namespace papilio
