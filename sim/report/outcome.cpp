#include "sim/report/outcome.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/base/document/json_text.hpp"
#include "sim/base/document/rows.hpp"
#include "sim/report/selections.hpp"
#include "sim/report/summary.hpp"

namespace papilio {
namespace {

Row cell_columns(const Cell& cell, bool codecs) {
  Row row{{"strategy", cell.strategy},
          {"network", text_value(cell.network)},
          {"cut", text_value(cell.cut)}};
  if (cell.edged) extend(row, {{"edge_after", text_value(cell.edge_after)}});
  extend(row, {{"channels", optional_value(cell.channels)}, {"bits", optional_value(cell.bits)}});
  if (codecs) extend(row, {{"codec", text_value(cell.codec)}});
  extend(row, {{"energy_model", std::string{name(cell.use.energy_model)}},
               {"payload_bytes", static_cast<std::int64_t>(cell.plan.upload().value())}});
  return row;
}

Row phase_columns(const Breakdown& b, bool delayed, bool edged) {
  Row row{{"latency_s", b.latency().value()},
          {"mobile_s", b.mobile.value()},
          {"uplink_s", b.uplink.value()}};
  if (delayed) extend(row, {{"delay_s", b.delay.value()}});
  if (edged) extend(row, {{"edge_s", b.edge.value()}, {"backhaul_s", b.backhaul.value()}});
  extend(row, {{"cloud_s", b.cloud.value()}, {"downlink_s", b.downlink.value()}});
  return row;
}

/// An energy that is part of the mobile's own, if that is known.
Value mobile_energy(const Cell& cell, Joules energy) {
  return cell.energy_known ? Value{energy.value()} : Value{};
}

/// The rows of a summary, in the order of the outcomes.
std::vector<Row> summary_rows(const Outcomes& outcomes) {
  std::vector<SummarySubject> subjects;
  for (const Outcome& outcome : outcomes.all()) {
    const Outcome* base = outcomes.cloud_only_of(outcome);
    subjects.push_back({.cell = outcome.cell,
                        .took = outcome.simulated,
                        .base_cell = base == nullptr ? nullptr : &base->cell,
                        .base = base == nullptr ? nullptr : &base->simulated,
                        .delayed = outcome.cell.delayed,
                        .edged = outcome.cell.edged,
                        .admitted = outcome.cell.admitted});
  }
  const auto stands = [&](const SummaryColumn& column) {
    if (column.name == "codec") return has_codecs(outcomes);
    const bool optional = column.if_any || column.name == "admitted";
    return !optional || std::any_of(subjects.begin(), subjects.end(), [&](const auto& subject) {
      return !std::holds_alternative<std::monostate>(column.get(subject));
    });
  };
  std::vector<Row> rows(subjects.size());
  for (const SummaryColumn& column : summary_columns()) {
    if (!stands(column)) continue;
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      rows[i].emplace_back(column.name, column.get(subjects[i]));
    }
  }
  return rows;
}

Row record_row(std::size_t request, const Outcome& outcome, bool codecs) {
  const Breakdown& b = outcome.simulated;
  Row row{{"request", static_cast<std::int64_t>(request)}};
  extend(row, cell_columns(outcome.cell, codecs));
  extend(row, {{"finish_s", outcome.finish.value()}});
  extend(row, phase_columns(b, outcome.cell.delayed, outcome.cell.edged));
  if (outcome.cell.plan.tokens > 0) {
    extend(row, {{"first_token_s", first_token_value(outcome.cell.plan, b)},
                 {"per_token_s", per_token_value(outcome.cell.plan, b)}});
  }
  extend(row, {{"energy_j", mobile_energy(outcome.cell, b.energy())},
               {"compute_j", mobile_energy(outcome.cell, b.compute_energy)},
               {"idle_j", b.idle_energy.value()},
               {"uplink_j", b.uplink_energy.value()},
               {"downlink_j", b.downlink_energy.value()}});
  return row;
}

}  // namespace

const Outcome* Outcomes::cloud_only_of(const Outcome& outcome) const {
  const std::size_t base = papilio::cloud_only_of(
      outcome.cell, all_.size(), [&](std::size_t i) -> const Cell& { return all_[i].cell; });
  return base == all_.size() ? nullptr : &all_[base];
}

std::vector<const Outcome*> Outcomes::cuts(std::string_view network, EnergyModel reading) const {
  std::vector<const Outcome*> found = choices(network, reading);
  std::erase_if(found, [](const Outcome* outcome) { return outcome->cell.cut.empty(); });
  return found;
}

std::vector<const Outcome*> Outcomes::choices(std::string_view network, EnergyModel reading) const {
  std::vector<const Outcome*> found;
  for (const Outcome& outcome : all_) {
    const Cell& cell = outcome.cell;
    if ((cell.network.empty() || cell.network == network) && cell.use.energy_model == reading) {
      found.push_back(&outcome);
    }
  }
  return found;
}

bool has_codecs(const Outcomes& outcomes) {
  return std::any_of(outcomes.all().begin(), outcomes.all().end(),
                     [](const Outcome& outcome) { return outcome.cell.measured; });
}

bool has_delay(const Outcomes& outcomes) {
  return !outcomes.all().empty() && outcomes.all().front().cell.delayed;
}

std::string partition_name(const Cell& cell) {
  const bool usual = !cell.bits || cell.bits == kUsualBits;
  const bool coded = !cell.codec.empty() && cell.codec != kRawCodec;
  if (!cell.channels) {
    std::string name =
        cell.cut.empty() ? cell.strategy : fmt::format("{} after {}", cell.strategy, cell.route);
    std::vector<std::string> how;
    if (!usual) how.push_back(fmt::format("{} bits", *cell.bits));
    if (coded) how.push_back(cell.codec);
    if (!how.empty()) name += fmt::format(" ({})", fmt::join(how, ", "));
    return name;
  }
  return fmt::format("{} (D_r {}{}{})", cell.route, *cell.channels,
                     usual ? "" : fmt::format(", {} bits", *cell.bits),
                     coded ? ", " + cell.codec : "");
}

Table summary_table(const Outcomes& outcomes) {
  Table table;
  for (const Row& row : summary_rows(outcomes)) append(table, row);
  return table;
}

Table records_table(const Outcomes& outcomes) {
  Table table;
  const bool codecs = has_codecs(outcomes);
  for (std::size_t i = 0; i < outcomes.all().size(); ++i) {
    append(table, record_row(i, outcomes.all()[i], codecs));
  }
  return table;
}

std::string summary_json(const Scenario& scenario, const Outcomes& outcomes) {
  using json = nlohmann::ordered_json;
  const std::optional<double> least = scenario.measurements.limit.floor();
  json rows = json::array();
  for (const Row& row : summary_rows(outcomes)) rows.push_back(json_of(row));
  const json document{{"scenario", scenario.spec.name},
                      {"model", scenario.spec.model},
                      {"mobile", scenario.spec.mobile_device},
                      {"cloud", scenario.spec.cloud_device},
                      {"least_accuracy", least ? json(*least) : json()},
                      {"selected", selections_json(scenario, outcomes)},
                      {"summary", std::move(rows)}};
  return json_text(document);
}

}  // namespace papilio
