#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/report/scenario_plots.hpp"

namespace papilio {

/// A part of a bar. Neighbours differ in lightness too, so that prints in grey tell them apart.
struct StageKind {
  const char* name;
  const char* time;    ///< column
  const char* energy;  ///< column; nullptr: no part of the mobile's energy
  const char* fill;    ///< for gnuplot
};

/// What the panels of one measure show.
struct StagesMeasure {
  const char* column;
  std::vector<const StageKind*> stages;  ///< that some partition has, the lowest first
  std::string label;                     ///< of the axis
  double factor{1};                      ///< to the axis's unit
  bool is_energy{false};

  [[nodiscard]] const char* part(const StageKind& stage) const {
    return is_energy ? stage.energy : stage.time;
  }
};

/// A panel: the rows of one network and of what needs none, at the places of their partitions.
struct StagesPanel {
  std::string network;
  std::map<std::size_t, std::size_t> row_at;  ///< by place
};

/// What a plot of stages shows, before anything has a place on a page.
class StagesData {
 public:
  /// Both are to outlive this.
  /// @param most partitions that are shown; those of printed values are all
  /// @throws ConfigError if nothing has the energy that is asked for, or partitions have no room
  StagesData(const SummaryCsv& summary, const StagesPlot& plot, std::size_t most);

  [[nodiscard]] const SummaryCsv& summary() const { return summary_; }
  [[nodiscard]] const std::vector<StagesMeasure>& measures() const { return measures_; }
  [[nodiscard]] const std::vector<StagesPanel>& panels() const { return panels_; }
  /// Of partitions, by place.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// Which partitions are left out, in a sentence; empty: none.
  [[nodiscard]] std::string note() const;
  /// Of all measures, the lowest first.
  [[nodiscard]] std::vector<const StageKind*> stages() const;
  /// What the legend calls a stage: the mobile's energy holds what it draws while it idles,
  /// waiting for the rest.
  [[nodiscard]] std::string legend_of(const StageKind& stage) const;
  [[nodiscard]] bool has_excluded() const;
  [[nodiscard]] bool has_printed() const { return !plot_.printed.empty(); }

  /// How high a row's bar is, and what is printed of it, in the axis's unit.
  [[nodiscard]] double total(const StagesMeasure& measure, std::size_t row) const;
  [[nodiscard]] std::optional<double> printed(const StagesMeasure& measure, std::size_t row) const;
  /// The place of the least bar of a panel that the limits let be chosen.
  [[nodiscard]] std::optional<std::size_t> least(const StagesPanel& panel,
                                                 const StagesMeasure& measure) const;
  /// How high a panel reaches: a little above its bars, but for those that are cut.
  [[nodiscard]] double height_of(const StagesPanel& panel, const StagesMeasure& measure) const;

 private:
  void add_measure(bool is_energy);
  void add_panels(std::size_t most);
  /// Leaves as many names as are to be shown.
  void choose(const std::map<std::string, std::vector<std::size_t>>& rows, std::size_t most);

  const SummaryCsv& summary_;
  const StagesPlot& plot_;
  std::vector<StagesMeasure> measures_;
  std::vector<StagesPanel> panels_;
  std::vector<std::string> names_;
  std::size_t all_{0};  // partitions, shown or not
};

}  // namespace papilio
