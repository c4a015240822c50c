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
  if (row.strategy != "butterfly") return outcomes.find(row.strategy, row.network, "", reading);
  const Split* split = scenario.published->find_split(row.network, row.block);
  return split == nullptr ? nullptr : find_simulated(outcomes, *split, reading);
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

/// Why the simulated cloud-only figure differs from the printed one.
std::string cloud_only_reason(const Outcome& cloud, const PublishedTables::Strategy& printed,
                              Target target) {
  const Breakdown& b = cloud.simulated;
  if (target == Target::kLatency) {
    return fmt::format(
        "cloud-only is printed as {} ms, but its upload takes {} ms and the cloud {} ms",
        in_ms(printed.latency), in_ms(b.uplink), in_ms(b.cloud));
  }
  return fmt::format(
      "cloud-only is printed as {} mJ, without the beta of the stated power; with it the upload "
      "costs {} mJ",
      in_mj(printed.energy), in_mj(b.uplink_energy));
}

/// Why the simulated collaborative figure differs from the printed one.
std::string collaborative_reason(const Outcome& split, const PublishedTables::Strategy& printed,
                                 Target target) {
  const Breakdown& b = split.simulated;
  if (target == Target::kLatency) {
    return fmt::format("the split is printed as {} ms, with one decimal; simulated {:.3f} ms",
                       in_ms(printed.latency), b.latency().value() * kKilo);
  }
  return fmt::format(
      "the split is printed as {} mJ, but its upload costs {} mJ and the mobile's layers {} mJ",
      in_mj(printed.energy), in_mj(b.uplink_energy), in_mj(b.compute_energy));
}

/// The speedups of one network, target and reading, as a row and perhaps a remark.
class SpeedupRow {
 public:
  SpeedupRow(const Scenario& scenario, const Outcomes& outcomes, const SelectedCut& selected)
      : selected_{selected},
        cloud_{outcomes.cloud_only_of(*selected.best)},
        printed_cloud_{scenario.published->find_strategy("cloud-only", selected.network)},
        printed_split_{scenario.published->find_strategy("butterfly", selected.network)} {
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
      parts.push_back(cloud_only_reason(*cloud_, *printed_cloud_, target()));
    }
    if (differs(*split_, *printed_split_)) {
      parts.push_back(collaborative_reason(*split_, *printed_split_, target()));
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
  const Outcome* cloud_;
  const PublishedTables::Strategy* printed_cloud_;
  const PublishedTables::Strategy* printed_split_;
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
    if (std::string reason = row.reason(); !reason.empty()) section.remarks.push_back(reason);
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return std::nullopt;
  // Means over the networks, one a target and reading, in the order of the first network's rows.
  std::vector<std::string> labels;
  for (const SpeedupRow& row : rows) {
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
    table.rows.push_back({"mean", row.label(), fmt::format("{:.0f}", claimed), "",
                          ratio(paper_cut / count), deviation_percent(paper_cut / count, claimed),
                          "", ratio(best_cut / count),
                          deviation_percent(best_cut / count, claimed)});
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
    const Bytes result{static_cast<double>(*scenario.spec.result_bytes)};
    const Seconds rest = printed->latency - input / radio.uplink - result / radio.downlink;
    parts.push_back(fmt::format("{} {}", network, in_ms(rest)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
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

/// Where the energy's argmin of the simulation is not the paper's single cut.
std::string differing_energy_cuts(const Scenario& scenario, const Outcomes& outcomes) {
  std::vector<std::string> parts;
  for (const SelectedCut& selected : selected_cuts(scenario, outcomes)) {
    const auto* printed = scenario.published->find_strategy("butterfly", selected.network);
    if (selected.target != Target::kEnergy || printed == nullptr ||
        printed->block == selected.best->cell.cut) {
      continue;
    }
    parts.push_back(fmt::format("{} {} instead of {} ({})", selected.network,
                                selected.best->cell.cut, printed->block, name(selected.reading)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// Accuracies that Table V and Fig. 7 print differently.
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
        parts.push_back(fmt::format("{} ({:.1f} % in Table V, {:.1f} % in Fig. 7)", row.block,
                                    row.accuracy * 100, bar.top1 * 100));
      }
    }
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
  if (!scenario.published) return false;
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
  Section section{.title = "Where the paper's figures contradict each other"};
  const auto add = [&](const std::string& found, const std::string& before,
                       const std::string& after) {
    if (!found.empty()) section.remarks.push_back(before + found + after);
  };
  add(cloud_remainders(scenario),
      "Cloud-only latency less its transfers leaves for the cloud, in ms: ",
      ". One network alone needs far more; the same server does the same work on each.");
  add(energies_below_transmission(scenario),
      "Printed energies below the transmission alone (α·bytes, Table III): ", ".");
  add(differing_energy_cuts(scenario, outcomes),
      "The paper selects one cut a network for both targets; by its power model the least energy "
      "is "
      "elsewhere: ",
      ".");
  add(differing_accuracies(*scenario.published), "Accuracy printed twice, differently: ", ".");
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
      "are fitted to {} printed latencies, so the tables above are no independent test of them. "
      "With one network left out, its latencies follow from the others with these errors:",
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
  const auto slowest = std::min_element(std::next(residuals.begin()), residuals.end(), by_rate);
  const auto fastest = std::max_element(std::next(residuals.begin()), residuals.end(), by_rate);
  section.remarks = {
      fmt::format("The implied rates are uneven: stem and {} {} GMAC/s, {} {}, the other blocks {} "
                  "({}) to {} ({}). A smooth device would not do that: the residuals carry the "
                  "table's rounding and its measurement.",
                  residuals[0].block, rate(residuals[0]), residuals[1].block, rate(residuals[1]),
                  rate(*slowest), slowest->block, rate(*fastest), fastest->block),
      fmt::format("The cloud runs each layer {:.0f} times as fast as the mobile ('almost 30x').",
                  tables.cloud_speed_ratio)};
  return {section};
}

}  // namespace papilio
