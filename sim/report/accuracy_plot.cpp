#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>

#include "sim/base/data/csv.hpp"
#include "sim/base/error.hpp"
#include "sim/report/lines_plot.hpp"
#include "sim/report/plot.hpp"
#include "sim/report/scenario_plots.hpp"

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

/// Accuracies by cut, one line a unit.
class Accuracies {
 public:
  void add(const std::string& cut, const Unit& unit, double percent) {
    if (std::find(cuts_.begin(), cuts_.end(), cut) == cuts_.end()) cuts_.push_back(cut);
    several_codecs_ =
        several_codecs_ || (!lines_.empty() && lines_.begin()->first.codec != unit.codec);
    lines_[unit][cut].push_back(percent);
  }
  void add_baseline(double percent) { baseline_.push_back(percent); }
  [[nodiscard]] bool empty() const { return cuts_.empty(); }

  [[nodiscard]] LinesPlot plot() const {
    LinesPlot plot;
    plot.x.title = "cut";
    plot.y.title = "accuracy, %";
    plot.names = cuts_;
    plot.remedy = "leave it out";
    for (const auto& [unit, by_cut] : lines_) plot.lines.push_back(line_of(unit, by_cut));
    if (!baseline_.empty()) plot.level = {"baseline", mean_of(baseline_)};
    return plot;
  }

 private:
  [[nodiscard]] LinesPlot::Line line_of(const Unit& unit,
                                        const std::map<std::string, Percents>& by_cut) const {
    LinesPlot::Line line{
        .label = unit.channels == 0 ? "no unit" : fmt::format("D_r {}", unit.channels),
        .values = {},
        .half_widths = {},
        .dots = {}};
    if (several_codecs_) line.label += ", " + unit.codec;
    for (const std::string& cut : cuts_) {
      const auto found = by_cut.find(cut);
      const bool is_there = found != by_cut.end();
      line.values.push_back(is_there ? std::optional{mean_of(found->second)} : std::nullopt);
      const bool several = is_there && found->second.size() > 1;
      line.dots.push_back(several ? found->second : Percents{});
    }
    return line;
  }

  std::vector<std::string> cuts_;
  std::map<Unit, std::map<std::string, Percents>> lines_;
  Percents baseline_;
  bool several_codecs_{false};
};

constexpr std::int64_t kMostChannels = 1'000'000'000;

}  // namespace

GnuplotScript accuracy_plot(const std::string& csv, const PlotLook& look) {
  const CsvTable table{csv, {"cut", "channels", "bits", "codec", "seed", "images", "accuracy"}};
  Accuracies accuracies;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string& cut = table.text(row, "cut");
    const double percent = kPercent * table.at_most(row, "accuracy", 1);
    if (cut.empty()) {
      accuracies.add_baseline(percent);
    } else {
      accuracies.add(
          cut, {table.whole(row, "channels", 0, kMostChannels), table.text(row, "codec")}, percent);
    }
  }
  if (accuracies.empty()) throw ConfigError{fmt::format("{}: error: has no row with a cut", csv)};
  return lines_plot(accuracies.plot(), look);
}

GnuplotScript summary_accuracy_plot(const SummaryCsv& summary, const PlotLook& look) {
  Accuracies accuracies;
  std::set<std::string> seen;  // partitions, which each network has
  for (const std::size_t row : summary.rows()) {
    const std::optional<double> accuracy = summary.number(row, "accuracy");
    if (!accuracy || !seen.insert(summary.text(row, "partition")).second) continue;
    const std::string& strategy = summary.text(row, "strategy");
    const std::string codec = summary.has("codec") ? summary.text(row, "codec") : "";
    if (strategy == "mobile-only") {
      accuracies.add_baseline(kPercent * *accuracy);
    } else if (!summary.text(row, "cut").empty()) {
      const std::optional<double> channels = summary.number(row, "channels");
      accuracies.add(summary.text(row, "cut"),
                     {static_cast<std::int64_t>(channels.value_or(0)), codec},
                     kPercent * *accuracy);
    }
  }
  if (accuracies.empty())
    refuse_file(summary.path(), "no cut has an accuracy; draw --figure stages");
  return lines_plot(accuracies.plot(), look);
}

}  // namespace papilio
