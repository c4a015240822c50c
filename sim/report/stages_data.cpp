#include "sim/report/stages_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <set>

#include "sim/base/error.hpp"
#include "sim/report/plot_quantity.hpp"

namespace papilio {
namespace {

constexpr std::array<StageKind, 7> kStages{{
    {"mobile", "mobile_s", "mobile_j", "lc rgb '#5588BB' fs solid 1.0 border lc rgb 'black'"},
    {"uplink", "uplink_s", "uplink_j", "lc rgb '#F0D070' fs solid 1.0 border lc rgb 'black'"},
    {"propagation", "delay_s", nullptr, "lc rgb '#555555' fs pattern 2 border lc rgb 'black'"},
    {"edge", "edge_s", nullptr, "lc rgb '#66AA88' fs solid 1.0 border lc rgb 'black'"},
    {"backhaul", "backhaul_s", nullptr, "lc rgb '#AA4499' fs pattern 5 border lc rgb 'black'"},
    {"cloud", "cloud_s", nullptr, "lc rgb '#551133' fs solid 1.0 border lc rgb 'black'"},
    {"downlink", "downlink_s", "downlink_j", "lc rgb '#228833' fs pattern 4 border lc rgb 'black'"},
}};

constexpr std::size_t kMostBars = 80;
constexpr std::size_t kMostPanels = 12;

/// Rows to show, of each network.
std::vector<std::size_t> shown_rows(const SummaryCsv& summary, const std::string& network,
                                    std::size_t most) {
  std::vector<std::size_t> rows;
  for (const std::size_t row : summary.rows()) {
    const std::string& of = summary.text(row, "network");
    if (of.empty() || of == network) rows.push_back(row);
  }
  if (rows.size() <= most) return rows;
  // Of each cut the fastest that may be chosen, and if none may, the fastest.
  std::map<std::pair<std::string, std::string>, std::size_t> best;  // by strategy and cut
  const auto is_better = [&](std::size_t one, std::size_t other) {
    if (summary.is_admitted(one) != summary.is_admitted(other)) return summary.is_admitted(one);
    constexpr double kNever = std::numeric_limits<double>::infinity();
    return summary.number(one, "latency_s").value_or(kNever) <
           summary.number(other, "latency_s").value_or(kNever);
  };
  for (const std::size_t row : rows) {
    const auto [it, is_new] =
        best.try_emplace(std::pair{summary.text(row, "strategy"), summary.text(row, "cut")}, row);
    if (!is_new && is_better(row, it->second)) it->second = row;
  }
  std::erase_if(rows, [&](std::size_t row) {
    return best.at({summary.text(row, "strategy"), summary.text(row, "cut")}) != row;
  });
  return rows;
}

/// The height beyond which bars are cut: a quarter above the highest of those that are not several
/// times as high as all below them. Nothing: none is.
std::optional<double> cut_height(std::vector<double> totals) {
  constexpr double kHigher = 3;
  constexpr double kRoom = 1.25;
  constexpr std::size_t kFewest = 3;  // a third of the bars may be cut
  std::sort(totals.rbegin(), totals.rend());
  std::optional<double> height;
  for (std::size_t i = 1; i <= totals.size() / kFewest && i < totals.size(); ++i) {
    if (totals[i] > 0 && totals[i - 1] > kHigher * totals[i]) height = totals[i] * kRoom;
  }
  return height;
}

}  // namespace

StagesData::StagesData(const SummaryCsv& summary, const StagesPlot& plot, std::size_t most)
    : summary_{summary}, plot_{plot} {
  if (plot.latency) add_measure(false);
  if (plot.energy) add_measure(true);
  add_panels(most);
}

void StagesData::add_measure(bool is_energy) {
  const Column& column = summary_.measure(is_energy ? "energy_j" : "latency_s");
  const PlotQuantity quantity = quantity_of(column);
  StagesMeasure measure{.column = is_energy ? "energy_j" : "latency_s",
                        .stages = {},
                        .label = is_energy ? "energy, mJ" : quantity.label,  // as a panel has room
                        .factor = quantity.factor,
                        .is_energy = is_energy};
  bool known = false;
  for (const std::size_t row : summary_.rows()) {
    known = known || summary_.number(row, measure.column);
  }
  if (!known) {
    if (!plot_.latency) {
      refuse_file(summary_.path(),
                  "no partition has an energy, for the mobile's layer table has none; draw "
                  "--value latency");
    }
    return;
  }
  for (const StageKind& stage : kStages) {
    const char* part = measure.part(stage);
    const bool any =
        part != nullptr &&
        std::any_of(summary_.rows().begin(), summary_.rows().end(),
                    [&](std::size_t row) { return summary_.number(row, part).value_or(0) > 0; });
    if (any) measure.stages.push_back(&stage);
  }
  measures_.push_back(std::move(measure));
}

void StagesData::choose(const std::map<std::string, std::vector<std::size_t>>& rows,
                        std::size_t most) {
  // A partition is as good as where it is best: in the panel of one network and one measure.
  std::map<std::string, std::size_t> ranks;
  for (const auto& [network, of] : rows) {
    for (const StagesMeasure& measure : measures_) {
      std::vector<std::size_t> order;  // what nobody knows is neither good nor bad
      std::copy_if(of.begin(), of.end(), std::back_inserter(order), [&](std::size_t row) {
        return summary_.number(row, measure.column).has_value();
      });
      std::stable_sort(order.begin(), order.end(), [&](std::size_t one, std::size_t other) {
        if (summary_.is_admitted(one) != summary_.is_admitted(other)) {
          return summary_.is_admitted(one);
        }
        return summary_.number(one, measure.column) < summary_.number(other, measure.column);
      });
      bool has_cloud_only = false;
      for (std::size_t i = 0; i < order.size(); ++i) {
        const std::string& strategy = summary_.text(order[i], "strategy");
        const bool is_baseline =
            strategy == "mobile-only" || (strategy == "cloud-only" && !has_cloud_only);
        has_cloud_only = has_cloud_only || strategy == "cloud-only";
        const std::size_t rank = is_baseline ? 0 : i;
        const auto [it, is_new] = ranks.try_emplace(summary_.text(order[i], "partition"), rank);
        if (!is_new) it->second = std::min(it->second, rank);
      }
    }
  }
  const auto rank_of = [&](const std::string& name) {
    const auto found = ranks.find(name);
    return found == ranks.end() ? summary_.rows().size() : found->second;
  };
  std::vector<std::string> order = names_;
  std::stable_sort(order.begin(), order.end(),
                   [&](const std::string& one, const std::string& other) {
                     return rank_of(one) < rank_of(other);
                   });
  order.resize(most);
  std::erase_if(names_, [&](const std::string& name) {
    return std::find(order.begin(), order.end(), name) == order.end();
  });
}

std::string StagesData::note() const {
  if (names_.size() == all_) return {};
  return fmt::format(
      "Shows {} of {} partitions: mobile-only, the best cloud-only, the least of each panel and "
      "the "
      "next best; --bars N shows more, --where partition=… others.",
      names_.size(), all_);
}

void StagesData::add_panels(std::size_t most) {
  std::set<std::string> all;
  for (const std::size_t row : summary_.rows()) all.insert(summary_.text(row, "partition"));
  all_ = all.size();
  std::map<std::string, std::vector<std::size_t>> rows;
  const std::vector<std::string> networks = summary_.networks();
  for (const std::string& network : networks) {
    rows[network] = shown_rows(summary_, network, most);
    for (const std::size_t row : rows[network]) {
      const std::string& name = summary_.text(row, "partition");
      if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(name);
    }
  }
  if (names_.size() > most && plot_.printed.empty()) choose(rows, most);
  if (names_.size() > kMostBars || networks.size() * measures_.size() > kMostPanels) {
    refuse_file(summary_.path(),
                fmt::format("{} partitions in {} panels have no room in one picture; choose "
                            "with --where partition=… and --where network=…",
                            names_.size(), networks.size() * measures_.size()));
  }
  for (const std::string& network : networks) {
    StagesPanel panel{.network = network, .row_at = {}};
    for (const std::size_t row : rows[network]) {
      const auto place = std::find(names_.begin(), names_.end(), summary_.text(row, "partition"));
      if (place == names_.end()) continue;
      panel.row_at.emplace(static_cast<std::size_t>(place - names_.begin()), row);
    }
    panels_.push_back(std::move(panel));
  }
}

std::vector<const StageKind*> StagesData::stages() const {
  std::vector<const StageKind*> stages;
  for (const StageKind& stage : kStages) {
    const bool is_shown =
        std::any_of(measures_.begin(), measures_.end(), [&](const StagesMeasure& measure) {
          return std::find(measure.stages.begin(), measure.stages.end(), &stage) !=
                 measure.stages.end();
        });
    if (is_shown) stages.push_back(&stage);
  }
  return stages;
}

std::string StagesData::legend_of(const StageKind& stage) const {
  const bool has_energy =
      std::any_of(measures_.begin(), measures_.end(),
                  [](const StagesMeasure& measure) { return measure.is_energy; });
  if (&stage != &kStages.front() || !has_energy) return stage.name;
  return fmt::format("{}, idle too", stage.name);
}

bool StagesData::has_excluded() const {
  return std::any_of(summary_.rows().begin(), summary_.rows().end(),
                     [&](std::size_t row) { return !summary_.is_admitted(row); });
}

double StagesData::total(const StagesMeasure& measure, std::size_t row) const {
  return summary_.number(row, measure.column).value_or(0) * measure.factor;
}

std::optional<double> StagesData::printed(const StagesMeasure& measure, std::size_t row) const {
  for (const PrintedValue& printed : plot_.printed) {
    if (printed.network != summary_.text(row, "network") ||
        printed.partition != summary_.text(row, "partition")) {
      continue;
    }
    return (measure.is_energy ? printed.energy_j : printed.latency_s) * measure.factor;
  }
  return std::nullopt;
}

std::optional<std::size_t> StagesData::least(const StagesPanel& panel,
                                             const StagesMeasure& measure) const {
  std::optional<std::size_t> best;
  for (const auto& [place, row] : panel.row_at) {
    if (!summary_.is_admitted(row) || !summary_.number(row, measure.column)) continue;
    if (!best || total(measure, row) < total(measure, panel.row_at.at(*best))) best = place;
  }
  return best;
}

double StagesData::height_of(const StagesPanel& panel, const StagesMeasure& measure) const {
  constexpr double kRoom = 1.15;  // for marks
  std::vector<double> totals;
  totals.reserve(panel.row_at.size());
  for (const auto& [place, row] : panel.row_at) totals.push_back(total(measure, row));
  if (const std::optional<double> cut = cut_height(totals)) return *cut;
  double most = totals.empty() ? 0 : *std::max_element(totals.begin(), totals.end());
  for (const auto& [place, row] : panel.row_at) {
    most = std::max(most, printed(measure, row).value_or(0));
  }
  return most > 0 ? most * kRoom : 1;
}

}  // namespace papilio
