#include "sim/report/paper_sections.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "sim/profiles/paper_fit.hpp"
#include "sim/report/format.hpp"
#include "sim/report/selections.hpp"

namespace papilio {
namespace {

constexpr double kKilo = 1e3;
constexpr double kExplainAbove = 0.05;  // deviations above 5 % get a reason

using Split = PublishedTables::Split;

std::vector<EnergyModel> readings_of(const Scenario& scenario) {
  std::vector<EnergyModel> readings;
  for (const std::string& reading : scenario.spec.energy_models) {
    readings.push_back(energy_model_by_name(reading));
  }
  return readings;
}

/// Whether a cell is the one that a published split describes, under any reading.
bool is_split(const Cell& cell, const Split& split) {
  return cell.strategy == "butterfly" && cell.network == split.network && cell.cut == split.block &&
         cell.channels == split.channels && cell.demand.upload == split.offload;
}

/// The simulated cell that a published split describes, or nullptr.
const Outcome* find_simulated(const Outcomes& outcomes, const Split& split, EnergyModel reading) {
  for (const Outcome& outcome : outcomes.all()) {
    if (outcome.cell.use.energy_model == reading && is_split(outcome.cell, split)) return &outcome;
  }
  return nullptr;
}

/// The simulated cell of a row of Table V, or nullptr.
const Outcome* find_simulated(const Scenario& scenario, const Outcomes& outcomes,
                              const PublishedTables::Strategy& row, EnergyModel reading) {
  if (row.strategy == "butterfly") {
    const Split* split = scenario.published->find_split(row.network, row.block);
    return split == nullptr ? nullptr : find_simulated(outcomes, *split, reading);
  }
  for (const Outcome& outcome : outcomes.all()) {
    const Cell& cell = outcome.cell;
    if (cell.strategy == row.strategy && cell.network == row.network &&
        cell.demand.upload == row.offload && cell.use.energy_model == reading) {
      return &outcome;
    }
  }
  return nullptr;
}

std::vector<std::string> published_networks(const Scenario& scenario) {
  std::vector<std::string> networks = scenario.published->networks();
  std::erase_if(networks, [&](const std::string& network) {
    const std::vector<std::string>& simulated = scenario.spec.networks;
    return std::find(simulated.begin(), simulated.end(), network) == simulated.end();
  });
  return networks;
}

void add_energy_columns(Table& table, const std::vector<EnergyModel>& readings) {
  table.columns.push_back({"mJ, paper"});
  for (const EnergyModel reading : readings) {
    table.columns.push_back({fmt::format("mJ, {}", name(reading))});
    table.columns.push_back({"dev. %"});
  }
}

/// Largest deviation seen, and where.
struct Worst {
  double deviation{0};
  std::string where;
  void see(double simulated, double printed, const std::string& place) {
    const double current = simulated / printed - 1.0;
    if (std::abs(current) > std::abs(deviation)) *this = {current, place};
  }
  [[nodiscard]] std::string text() const {
    return fmt::format("{:+.1f} % at {}", deviation * 100.0, where);
  }
};

std::optional<Section> table4_section(const Scenario& scenario, const Outcomes& outcomes,
                                      const std::string& network) {
  const std::vector<EnergyModel> readings = readings_of(scenario);
  Section section{.title = fmt::format("Table IV, {}", network)};
  Table table{.columns = {{"cut"}, {"D_r"}, {"KB"}, {"ms, paper"}, {"ms"}, {"dev. %"}}};
  add_energy_columns(table, readings);
  Worst latency;
  std::vector<Worst> energy(readings.size());
  for (const Split& split : scenario.published->splits) {
    if (split.network != network) continue;
    const Outcome* simulated = find_simulated(outcomes, split, readings.front());
    if (simulated == nullptr) continue;
    const double time = simulated->simulated.latency().value();
    latency.see(time, split.latency.value(), split.block);
    std::vector<std::string> row{split.block,
                                 fmt::to_string(split.channels),
                                 fmt::format("{:.1f}", split.offload.value() / kKilo),
                                 in_ms(split.latency),
                                 in_ms(simulated->simulated.latency()),
                                 deviation_percent(time, split.latency.value()),
                                 in_mj(split.energy)};
    for (std::size_t i = 0; i < readings.size(); ++i) {
      const Joules joules = find_simulated(outcomes, split, readings[i])->simulated.energy();
      energy[i].see(joules.value(), split.energy.value(), split.block);
      row.push_back(in_mj(joules));
      row.push_back(deviation_percent(joules.value(), split.energy.value()));
    }
    table.rows.push_back(std::move(row));
  }
  if (table.rows.empty()) return std::nullopt;
  section.table = std::move(table);
  section.remarks.push_back(fmt::format("Largest deviation of the latency: {}.", latency.text()));
  for (std::size_t i = 0; i < readings.size(); ++i) {
    section.remarks.push_back(fmt::format("Largest deviation of the energy, {}: {}.",
                                          name(readings[i]), energy[i].text()));
  }
  return section;
}

Section table5_section(const Scenario& scenario, const Outcomes& outcomes) {
  const std::vector<EnergyModel> readings = readings_of(scenario);
  Section section{.title = "Table V"};
  Table table{.columns = {{"setup"},
                          {"network", true},
                          {"after", true},
                          {"bytes"},
                          {"ms, paper"},
                          {"ms"},
                          {"dev. %"}}};
  add_energy_columns(table, readings);
  table.columns.push_back({"accuracy, paper"});
  for (const PublishedTables::Strategy& printed : scenario.published->strategies) {
    const Outcome* simulated = find_simulated(scenario, outcomes, printed, readings.front());
    if (simulated == nullptr) continue;
    const Seconds latency = simulated->simulated.latency();
    std::vector<std::string> row{printed.strategy,
                                 printed.network,
                                 printed.block,
                                 fmt::format("{:.0f}", simulated->cell.demand.upload.value()),
                                 in_ms(printed.latency),
                                 in_ms(latency),
                                 deviation_percent(latency.value(), printed.latency.value()),
                                 in_mj(printed.energy)};
    for (const EnergyModel reading : readings) {
      const Joules energy =
          find_simulated(scenario, outcomes, printed, reading)->simulated.energy();
      row.push_back(in_mj(energy));
      row.push_back(deviation_percent(energy.value(), printed.energy.value()));
    }
    row.push_back(accuracy_text(printed.accuracy));
    table.rows.push_back(std::move(row));
  }
  section.table = std::move(table);
  return section;
}

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
  return fmt::format(
      "{} is printed as {}, simulated as {}", what,
      target == Target::kLatency ? in_ms(printed.latency) + " ms" : in_mj(printed.energy) + " mJ",
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
  [[nodiscard]] double claimed() const { return claimed_; }
  [[nodiscard]] double at_paper_cut() const { return speedup(*cloud_, *split_, target()); }
  [[nodiscard]] double at_best_cut() const { return speedup(*cloud_, *selected_.best, target()); }
  [[nodiscard]] Target target() const { return selected_.target; }

  [[nodiscard]] std::string label() const {
    if (target() == Target::kLatency) return "latency";
    return fmt::format("energy, {}", name(selected_.reading));
  }

  [[nodiscard]] std::vector<std::string> cells() const {
    return {selected_.network,
            label(),
            fmt::format("{:.0f}", claimed_),
            printed_split_->block,
            ratio(at_paper_cut()),
            deviation_percent(at_paper_cut(), claimed_),
            selected_.best->cell.cut,
            ratio(at_best_cut()),
            deviation_percent(at_best_cut(), claimed_)};
  }

  /// Empty unless one of the two speedups is more than 5 % off.
  [[nodiscard]] std::string reason() const {
    const auto off = [&](double found) { return std::abs(found / claimed_ - 1.0) > kExplainAbove; };
    if (!off(at_paper_cut()) && !off(at_best_cut())) return {};
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
    if (selected_.best->cell.cut != split_->cell.cut) {
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

std::optional<Section> speedup_section(const Scenario& scenario, const Outcomes& outcomes) {
  Section section{.title = "Speedups over cloud-only"};
  section.paragraphs = {
      "Cloud-only divided by the split, simulated, at the paper's cut and at the one selected "
      "here; "
      "`paper` is what its text claims."};
  Table table{.columns = {{"network"},
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
    for (const SpeedupRow& other : rows) {
      if (other.label() != row.label()) continue;
      paper_cut += other.at_paper_cut();
      best_cut += other.at_best_cut();
      ++count;
    }
    const double claimed = row.target() == Target::kLatency
                               ? scenario.published->mean_latency_speedup
                               : scenario.published->mean_energy_speedup;
    if (std::abs(paper_cut / count / claimed - 1) > kExplainAbove ||
        std::abs(best_cut / count / claimed - 1) > kExplainAbove) {
      means_off.push_back(row.label());
    }
    table.rows.push_back({"mean", row.label(), fmt::format("{:.0f}", claimed), "",
                          ratio(paper_cut / count), deviation_percent(paper_cut / count, claimed),
                          "", ratio(best_cut / count),
                          deviation_percent(best_cut / count, claimed)});
  }
  if (!means_off.empty()) {
    section.remarks.push_back(fmt::format("The means of {} follow from the rows above them.",
                                          fmt::join(means_off, "; ")));
  }
  section.table = std::move(table);
  return section;
}

/// "wifi 34.2" …: what the printed cloud-only latency leaves after its transfers.
std::string cloud_remainders(const Scenario& scenario) {
  std::vector<std::string> parts;
  for (const std::string& network : published_networks(scenario)) {
    const auto* printed = scenario.published->find_strategy("cloud-only", network);
    if (printed == nullptr) continue;
    const Radio& radio = scenario.radio(network);
    const Bytes input{static_cast<double>(scenario.graph.layers().front().shape.elements())};
    const Bytes result{static_cast<double>(scenario.published->result_bytes)};
    const Seconds rest = printed->latency - input / radio.uplink - result / radio.downlink;
    parts.push_back(fmt::format("{} {}", network, in_ms(rest)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// Mean over the networks of what the first split's printed latency leaves after its upload.
Seconds first_residual(const Scenario& scenario) {
  const PublishedTables& tables = *scenario.published;
  Seconds sum;
  int count = 0;
  for (const std::string& network : published_networks(scenario)) {
    const Split* split = tables.find_split(network, tables.splits.front().block);
    if (split == nullptr) continue;
    sum += split->latency - split->offload / scenario.radio(network).uplink;
    ++count;
  }
  return sum / std::max(count, 1);
}

std::string in_ms_fine(Seconds time) {
  return fmt::format("{:.2f}", time.value() * kKilo);
}

/// The cells whose printed energy is below the transmission alone, α_u times the payload.
std::string energies_below_transmission(const Scenario& scenario) {
  std::vector<std::string> parts;
  for (const Split& split : scenario.published->splits) {
    const std::vector<std::string> networks = published_networks(scenario);
    if (std::find(networks.begin(), networks.end(), split.network) == networks.end()) continue;
    const Joules transmission = scenario.radio(split.network).alpha_uplink * split.offload;
    if (split.energy < transmission) {
      parts.push_back(fmt::format("{} {} ({} against {} mJ)", split.network, split.block,
                                  in_mj(split.energy), in_mj(transmission)));
    }
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// Where the energy's argmin of the simulation is not the paper's single cut, and by how much.
std::string differing_energy_cuts(const Scenario& scenario, const Outcomes& outcomes) {
  std::vector<std::string> parts;
  for (const SelectedCut& selected : selected_cuts(scenario, outcomes)) {
    const auto* printed = scenario.published->find_strategy("butterfly", selected.network);
    if (selected.target != Target::kEnergy || printed == nullptr ||
        printed->block == selected.best->cell.cut) {
      continue;
    }
    const Outcome* theirs =
        find_simulated(scenario, outcomes, *printed, selected.best->cell.use.energy_model);
    if (theirs == nullptr) continue;
    parts.push_back(fmt::format(
        "{} {}, {} % below {} ({})", selected.network, selected.best->cell.cut,
        fmt::format("{:.1f}",
                    (1 - selected.best->simulated.energy() / theirs->simulated.energy()) * 100),
        printed->block, name(selected.reading)));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

/// Accuracies that Table V and Fig. 7 give differently.
std::string differing_accuracies(const PublishedTables& tables) {
  constexpr double kPrintedDigit = 1e-3;
  std::vector<std::string> parts;
  std::vector<std::string> seen;
  for (const PublishedTables::Strategy& row : tables.strategies) {
    if (row.block.empty() || std::find(seen.begin(), seen.end(), row.block) != seen.end()) continue;
    seen.push_back(row.block);
    for (const PublishedTables::Accuracy& bar : tables.accuracies) {
      if (bar.block == row.block && bar.channels == tables.chosen_channels(row.block) &&
          std::abs(bar.top1 - row.accuracy) > kPrintedDigit) {
        parts.push_back(fmt::format("{} {:.1f} % against {:.2f} %", row.block, row.accuracy * 100,
                                    bar.top1 * 100));
      }
    }
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// Chosen units whose accuracy in Fig. 7 is below what the paper accepts, and that Table V leaves
/// out.
std::string units_below_threshold(const PublishedTables& tables) {
  std::vector<std::string> parts;
  for (const PublishedTables::Accuracy& bar : tables.accuracies) {
    if (bar.channels != tables.chosen_channels(bar.block) || bar.top1 >= tables.accepted_accuracy ||
        tables.butterfly_accuracy(bar.block, bar.channels) != bar.top1) {
      continue;
    }
    parts.push_back(
        fmt::format("{} at D_r {} ({:.2f} %)", bar.block, bar.channels, bar.top1 * 100));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

bool is_published(const Scenario& scenario, const Cell& cell) {
  if (!scenario.published) return false;
  if (cell.cut.empty()) {
    return scenario.published->find_strategy(cell.strategy, cell.network) != nullptr;
  }
  const std::vector<Split>& splits = scenario.published->splits;
  return std::any_of(splits.begin(), splits.end(),
                     [&](const Split& split) { return is_split(cell, split); });
}

bool rebuilds_published_tables(const Scenario& scenario) {
  if (!scenario.published || scenario.spec.mobile_device != scenario.published->mobile ||
      scenario.spec.cloud_device != scenario.published->cloud) {
    return false;
  }
  const std::vector<std::string> networks = published_networks(scenario);
  const auto is_simulated = [&](const Split& split) {
    return std::any_of(scenario.cells.begin(), scenario.cells.end(),
                       [&](const Cell& cell) { return is_split(cell, split); });
  };
  return !networks.empty() &&
         std::all_of(scenario.published->splits.begin(), scenario.published->splits.end(),
                     [&](const Split& split) {
                       const bool wanted = std::find(networks.begin(), networks.end(),
                                                     split.network) != networks.end();
                       return !wanted || is_simulated(split);
                     });
}

bool has_published_settings(const Scenario& scenario) {
  const ScenarioSpec& spec = scenario.spec;
  return scenario.published && scenario.radios_of_published && spec.mobile_idle_power_w == 0 &&
         !spec.download_takes_time && spec.result_bytes == scenario.published->result_bytes;
}

std::vector<Section> paper_table_sections(const Scenario& scenario, const Outcomes& outcomes) {
  std::vector<Section> sections;
  for (const std::string& network : published_networks(scenario)) {
    if (std::optional<Section> section = table4_section(scenario, outcomes, network)) {
      sections.push_back(std::move(*section));
    }
  }
  if (!sections.empty()) {
    sections.front().paragraphs = {
        "One row a cut, the paper's columns turned into rows; `paper` is printed there, dev. % is "
        "simulated over printed. ms is the latency end to end, mJ the mobile's energy under each "
        "reading of the radio's."};
  }
  sections.push_back(table5_section(scenario, outcomes));
  if (std::optional<Section> section = speedup_section(scenario, outcomes)) {
    sections.push_back(std::move(*section));
  }
  return sections;
}

Section contradiction_section(const Scenario& scenario, const Outcomes& outcomes) {
  const PublishedTables& tables = *scenario.published;
  Section section{.title = "Where the paper's figures contradict each other"};
  const auto add = [&](const std::string& found, const std::string& before,
                       const std::string& after) {
    if (!found.empty()) section.remarks.push_back(before + found + after);
  };
  add(cloud_remainders(scenario),
      fmt::format("Cloud-only latency less the upload and the download of {} B leaves for the "
                  "cloud's computing, in ms: ",
                  tables.result_bytes),
      fmt::format(". The same server does the same work on each network; Table IV leaves {} ms "
                  "after {} for the mobile's layers and the cloud's together.",
                  in_ms_fine(first_residual(scenario)), tables.splits.front().block));
  add(energies_below_transmission(scenario),
      "Printed energies below the transmission alone (α·bytes, Table III): ", ".");
  add(differing_energy_cuts(scenario, outcomes),
      fmt::format("The paper selects one cut a network for latency and for energy. With the mean "
                  "power of its mobile-only row and a cloud {:.0f} times as fast, the least energy "
                  "is at ",
                  tables.cloud_speed_ratio),
      ". A percent is a tie.");
  add(differing_accuracies(tables), "Accuracy in Table V against Fig. 7 (digitised): ", ".");
  add(units_below_threshold(tables),
      fmt::format("Chosen although Fig. 7 (digitised) is below the accepted {:.0f} %: ",
                  tables.accepted_accuracy * 100),
      ".");
  section.remarks.push_back(
      "Printed cloud-only energies leave out β; the stated power P = α·t + β has it. Hence the two "
      "readings, stated and throughput-only (docs/models/radio.md).");
  return section;
}

std::vector<Section> provenance_sections(const Scenario& scenario) {
  const PublishedTables& tables = *scenario.published;
  const Provenance& provenance = scenario.mobile_profile.provenance;
  const bool derived = provenance.kind == "derived" && provenance.source == tables.source.source &&
                       published_networks(scenario).size() == tables.networks().size();
  if (!derived) return {};
  const auto uplink = [&](const std::string& network) { return scenario.radio(network).uplink; };
  const std::vector<Residual> residuals = residuals_of_blocks(tables, scenario.graph, uplink);
  if (residuals.size() < 3) return {};
  Section section{.title = "Where the layer times come from"};
  section.paragraphs = {fmt::format(
      "The paper prints no layer table. {} residuals (latency less upload, the mean of {} "
      "networks) "
      "are fitted to {} printed latencies, and the mobile-only row and 30x are inputs, so the "
      "tables "
      "above are no independent test of them. With one network left out, its latencies follow from "
      "the others with these errors:",
      residuals.size(), tables.networks().size(), tables.splits.size())};
  Table table{.columns = {{"left out"}, {"mean abs. dev. %"}, {"worst dev. %"}, {"at", true}}};
  for (const HeldOutError& error : leave_one_network_out(tables, uplink)) {
    table.rows.push_back({error.network, fmt::format("{:.2f}", error.mean * 100),
                          fmt::format("{:+.2f}", error.worst * 100), error.worst_block});
  }
  section.table = std::move(table);
  const auto rate = [](const Residual& residual) {
    return fmt::format("{:.0f}", residual.macs_per_s / 1e9);
  };
  const auto by_rate = [](const Residual& a, const Residual& b) {
    return a.macs_per_s < b.macs_per_s;
  };
  const auto slowest = std::min_element(std::next(residuals.begin(), 2), residuals.end(), by_rate);
  const auto fastest = std::max_element(std::next(residuals.begin(), 2), residuals.end(), by_rate);
  section.remarks = {fmt::format(
      "The implied rates are uneven: stem and {} {} GMAC/s, {} {}, the other blocks {} ({}) to {} "
      "({}). "
      "The first follows from the cloud taken {:.0f} times as fast as the mobile ('almost 30x'), "
      "which takes all of the cloud's time off a short residual: without it, it is {:.0f}.",
      residuals[0].block, rate(residuals[0]), residuals[1].block, rate(residuals[1]),
      rate(*slowest), slowest->block, rate(*fastest), fastest->block, tables.cloud_speed_ratio,
      residuals[0].macs / residuals[0].mean.value() / 1e9)};
  return {section};
}

}  // namespace papilio
