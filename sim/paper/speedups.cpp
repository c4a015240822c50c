#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "sim/base/units/prefixes.hpp"
#include "sim/paper/published_match.hpp"
#include "sim/paper/sections.hpp"
#include "sim/report/format.hpp"
#include "sim/report/selections.hpp"

namespace papilio {
namespace {

constexpr double kExplainAbove = 0.05;  // deviations above 5 % get a reason

double speedup(const Outcome& base, const Outcome& outcome, Target target) {
  return value(base.simulated, target) / value(outcome.simulated, target);
}

/// "upload 63.8 ms, cloud 0.5 ms": the parts of a simulated figure that are not zero.
std::string parts_text(const Breakdown& b, Target target) {
  std::vector<std::string> parts;
  const auto add = [&](const char* what, double value_si, const char* unit) {
    if (value_si > 0) parts.push_back(fmt::format("{} {:.2f} {}", what, value_si * kKilo, unit));
  };
  if (target == Target::kLatency) {
    add("mobile", b.mobile.value(), "ms");
    add("upload", b.uplink.value(), "ms");
    add("cloud", b.cloud.value(), "ms");
    add("download", b.downlink.value(), "ms");
  } else {
    add("mobile", b.compute_energy.value(), "mJ");
    add("waiting", b.idle_energy.value(), "mJ");
    add("upload", b.uplink_energy.value(), "mJ");
    add("download", b.downlink_energy.value(), "mJ");
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// What is printed, against the parts that were simulated.
std::string printed_against_parts(const char* what, const Outcome& simulated,
                                  const PublishedTables::Strategy& printed, Target target) {
  return fmt::format("{} is printed as {}, simulated as {}", what,
                     target == Target::kLatency ? in_ms(printed.latency, "ms").text()
                                                : in_mj(printed.energy, "mJ").text(),
                     parts_text(simulated.simulated, target));
}

/// Why a latency of the split differs: the layers' time that the printed one leaves on this
/// network, where the tables were derived from the mean over the networks.
std::string residual_text(const Outcome& split, const PublishedTables::Strategy& printed) {
  const Breakdown& b = split.simulated;
  return fmt::format("{:.2f} ms are left for the layers on this network, {:.2f} on the mean",
                     (printed.latency - b.uplink).value() * kKilo,
                     (b.mobile + b.cloud).value() * kKilo);
}

/// The speedups of one network, target and reading, as a row and perhaps a remark.
class SpeedupRow {
 public:
  SpeedupRow(const Scenario& scenario, const Outcomes& outcomes, const SelectedCut& selected)
      : selected_{selected},
        printed_cloud_{scenario.published->find_strategy("cloud-only", selected.network)},
        printed_split_{scenario.published->find_strategy("butterfly", selected.network)} {
    if (printed_cloud_ != nullptr) {
      cloud_ = find_simulated(scenario, outcomes, *printed_cloud_, selected.reading);
    }
    if (printed_split_ != nullptr) {
      split_ = find_simulated(scenario, outcomes, *printed_split_, selected.reading);
    }
    for (const PublishedTables::Speedup& claim : scenario.published->speedups) {
      if (claim.network != selected.network) continue;
      claimed_ = selected.target == Target::kLatency ? claim.latency : claim.energy;
    }
  }

  [[nodiscard]] bool complete() const {
    return cloud_ != nullptr && printed_cloud_ != nullptr && split_ != nullptr && claimed_ > 0;
  }
  [[nodiscard]] double at_paper_cut() const { return speedup(*cloud_, *split_, target()); }
  /// Whether a cut of ours is accurate enough to be chosen.
  [[nodiscard]] bool has_best() const { return selected_.best != nullptr; }
  [[nodiscard]] double at_best_cut() const { return speedup(*cloud_, *selected_.best, target()); }
  [[nodiscard]] Target target() const { return selected_.target; }

  [[nodiscard]] std::string label() const { return target_text(selected_); }

  [[nodiscard]] Table::Row cells() const {
    return {selected_.network,
            label(),
            decimals(claimed_, 0),
            printed_split_->block,
            ratio(at_paper_cut()),
            deviation_percent(at_paper_cut(), claimed_),
            has_best() ? selected_.best->cell.cut : "none",
            has_best() ? ratio(at_best_cut()) : none(),
            has_best() ? deviation_percent(at_best_cut(), claimed_) : none()};
  }

  /// Empty unless one of the two speedups is more than 5 % off.
  [[nodiscard]] std::string reason() const {
    const auto off = [&](double found) { return std::abs(found / claimed_ - 1.0) > kExplainAbove; };
    if (!off(at_paper_cut()) && (!has_best() || !off(at_best_cut()))) return {};
    std::vector<std::string> parts;
    if (differs(*cloud_, *printed_cloud_)) {
      parts.push_back(printed_against_parts("cloud-only", *cloud_, *printed_cloud_, target()));
      const bool beta = target() == Target::kEnergy && selected_.reading == EnergyModel::kStated;
      if (beta) parts.back() += ": printed without beta, stated with it";
    }
    if (differs(*split_, *printed_split_)) {
      parts.push_back(printed_against_parts("the split", *split_, *printed_split_, target()));
      if (target() == Target::kLatency) {
        parts.back() += ": " + residual_text(*split_, *printed_split_);
      }
    }
    if (has_best() && selected_.best->cell.cut != split_->cell.cut) {
      parts.push_back(
          fmt::format("our best cut is {}, not {}", selected_.best->cell.cut, split_->cell.cut));
    }
    return fmt::format("{}, {}: {}.", selected_.network, label(), fmt::join(parts, "; "));
  }

 private:
  /// Whether the simulated figure is far enough from the printed one to count as a cause.
  [[nodiscard]] bool differs(const Outcome& simulated,
                             const PublishedTables::Strategy& printed) const {
    const double figure =
        target() == Target::kLatency ? printed.latency.value() : printed.energy.value();
    return std::abs(value(simulated.simulated, target()) / figure - 1.0) > kExplainAbove / 2;
  }

  SelectedCut selected_;
  const PublishedTables::Strategy* printed_cloud_;
  const PublishedTables::Strategy* printed_split_;
  const Outcome* cloud_{nullptr};
  const Outcome* split_{nullptr};
  double claimed_{0};
};

}  // namespace

std::optional<Section> speedup_section(const Scenario& scenario, const Outcomes& outcomes) {
  Section section{.title = "Speedups over cloud-only"};
  section.paragraphs = {
      "Cloud-only divided by the split, simulated, at the paper's cut and at the one selected "
      "here; `paper` is what its text claims."};
  Table table{.columns = {{"network", true},
                          {"target", true},
                          {"paper"},
                          {"cut", true},
                          {"simulated"},
                          {"dev. %"},
                          {"our cut", true},
                          {"simulated"},
                          {"dev. %"}}};
  std::vector<SpeedupRow> rows;
  for (const SelectedCut& selected : selected_cuts(scenario, outcomes)) {
    SpeedupRow row{scenario, outcomes, selected};
    if (!row.complete()) continue;
    table.rows.push_back(row.cells());
    std::string reason = has_published_settings(scenario) ? row.reason() : "";
    if (!reason.empty()) section.remarks.push_back(std::move(reason));
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return std::nullopt;
  const bool all_networks =
      published_networks(scenario).size() == scenario.published->speedups.size();
  // Means over the networks, one a target and reading, in the order of the first network's rows.
  std::vector<std::string> labels;
  std::vector<std::string> means_off;
  for (const SpeedupRow& row : rows) {
    if (!all_networks) break;
    if (std::find(labels.begin(), labels.end(), row.label()) != labels.end()) continue;
    labels.push_back(row.label());
    double paper_cut = 0;
    double best_cut = 0;
    int count = 0;
    bool all_chosen = true;
    for (const SpeedupRow& other : rows) {
      if (other.label() != row.label()) continue;
      paper_cut += other.at_paper_cut();
      all_chosen = all_chosen && other.has_best();
      if (other.has_best()) best_cut += other.at_best_cut();
      ++count;
    }
    const double claimed = row.target() == Target::kLatency
                               ? scenario.published->mean_latency_speedup
                               : scenario.published->mean_energy_speedup;
    if (std::abs(paper_cut / count / claimed - 1) > kExplainAbove ||
        (all_chosen && std::abs(best_cut / count / claimed - 1) > kExplainAbove)) {
      means_off.push_back(row.label());
    }
    table.rows.push_back({"mean", row.label(), decimals(claimed, 0), "", ratio(paper_cut / count),
                          deviation_percent(paper_cut / count, claimed), "",
                          all_chosen ? ratio(best_cut / count) : none(),
                          all_chosen ? deviation_percent(best_cut / count, claimed) : none()});
  }
  if (!means_off.empty()) {
    section.remarks.push_back(fmt::format("The means of {} follow from the rows above them.",
                                          fmt::join(means_off, "; ")));
  }
  section.table = std::move(table);
  return section;
}

}  // namespace papilio
