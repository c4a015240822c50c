#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "sim/base/units/prefixes.hpp"
#include "sim/paper/fit.hpp"
#include "sim/paper/published_match.hpp"
#include "sim/paper/sections.hpp"
#include "sim/report/format.hpp"
#include "sim/report/selections.hpp"

namespace papilio {
namespace {

using Split = PublishedTables::Split;

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
    parts.push_back(fmt::format("{} {}", network, in_ms(rest).text()));
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
                                  in_mj(split.energy).text(), in_mj(transmission).text()));
    }
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// Where the energy's argmin of the simulation is not the paper's single cut, and by how much.
std::string differing_energy_cuts(const Scenario& scenario, const Outcomes& outcomes) {
  std::vector<std::string> parts;
  for (const SelectedCut& selected : selected_cuts(scenario, outcomes)) {
    const auto* printed = scenario.published->find_strategy("butterfly", selected.network);
    if (selected.target != Target::kEnergy || printed == nullptr || selected.best == nullptr ||
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

std::optional<Section> provenance_section(const Scenario& scenario) {
  const PublishedTables& tables = *scenario.published;
  const Provenance& provenance = scenario.mobile_profile.provenance;
  const bool derived = provenance.kind == "derived" && provenance.source == tables.source.source &&
                       published_networks(scenario).size() == tables.networks().size();
  if (!derived) return std::nullopt;
  const auto uplink = [&](const std::string& network) { return scenario.radio(network).uplink; };
  const std::vector<Residual> residuals = residuals_of_blocks(tables, scenario.graph, uplink);
  if (residuals.size() < 3) return std::nullopt;
  Section section{.title = "Where the layer times come from"};
  section.paragraphs = {fmt::format(
      "The paper prints no layer table. {} residuals (latency less upload, the mean of {} "
      "networks) "
      "are fitted to {} printed latencies, and the mobile-only row and 30x are inputs, so the "
      "tables "
      "above are no independent test of them. With one network left out, its latencies follow from "
      "the others with these errors:",
      residuals.size(), tables.networks().size(), tables.splits.size())};
  Table table{
      .columns = {{"left out", true}, {"mean abs. dev. %"}, {"worst dev. %"}, {"at", true}}};
  for (const HeldOutError& error : leave_one_network_out(tables, uplink)) {
    table.rows.push_back({error.network, decimals(error.mean * 100, 2),
                          signed_decimals(error.worst * 100, 2), error.worst_block});
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
  return section;
}

}  // namespace papilio
