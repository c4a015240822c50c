#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <tuple>

#include "sim/document/json_text.hpp"
#include "sim/fleet/fleet.hpp"
#include "sim/report/fleet_report.hpp"
#include "sim/report/rows.hpp"

namespace papilio {
namespace {

Value number(std::uint64_t count) {
  return static_cast<std::int64_t>(count);
}

/// Of computing, or a sum with it: nothing where a layer table without energies was part of it.
Value if_known(double energy_j) {
  return std::isnan(energy_j) ? Value{} : Value{energy_j};
}

Row energy_columns(const EnergyLedger& energy, double by) {
  return {{"energy_j", if_known(energy.total() / by)},
          {"compute_j", if_known(energy.compute / by)},
          {"promotion_j", energy.promotion / by},
          {"transmit_j", energy.transmit / by},
          {"receive_j", energy.receive / by},
          {"tail_j", energy.tail / by},
          {"idle_j", energy.idle / by}};
}

Row phase_columns(const PhaseTimes& phases, double by) {
  return {{"queue_s", phases.queue / by},         {"mobile_s", phases.mobile / by},
          {"promotion_s", phases.promotion / by}, {"uplink_s", phases.uplink / by},
          {"delay_s", phases.delay / by},         {"wait_s", phases.wait / by},
          {"service_s", phases.service / by},     {"backhaul_s", phases.backhaul / by},
          {"downlink_s", phases.downlink / by},   {"recovery_s", phases.recovery / by}};
}

/// Columns that do not exist where there is nothing to divide by.
Row divided(const Row& columns, bool exist) {
  Row row = columns;
  if (!exist) {
    for (auto& [column, value] : row) value = Value{};
  }
  return row;
}

Row estimate_columns(const std::string& name, const Estimate& estimate, bool exists) {
  return divided(
      {{name + "_s", estimate.value}, {name + "_ci_s", optional_value(estimate.half_width)}},
      exists);
}

Row fleet_row(const FleetScenario& fleet, const FleetSummary& summary) {
  const RequestSums& sums = summary.sums;
  const auto completed = static_cast<double>(sums.completed);
  const bool any = sums.completed > 0;
  const auto begun = static_cast<double>(sums.completed + sums.failed);
  Row row{{"strategy", fleet.model.strategies[summary.strategy].name},
          {"mobiles", summary.mobiles},
          {"window", summary.window},
          {"arrived", number(sums.arrived)},
          {"completed", number(sums.completed)},
          {"dropped", number(sums.dropped)},
          {"failed", number(sums.failed)},
          {"late", number(sums.late)},
          {"retries", number(sums.retries)},
          {"fell_back", number(sums.fell_back)}};
  extend(row, divided({{"throughput_per_s", completed / summary.seconds}}, summary.seconds > 0));
  extend(row, estimate_columns("latency", summary.latency, any));
  extend(row, estimate_columns("p50", summary.percentiles[0], any));
  extend(row, estimate_columns("p95", summary.percentiles[1], any));
  extend(row, estimate_columns("p99", summary.percentiles[2], any));
  extend(row, divided(phase_columns(sums.phases, completed), any));
  extend(row, divided(energy_columns(sums.energy, begun), begun > 0));
  extend(row, divided({{"server_s", sums.server_s / begun}}, begun > 0));
  extend(row, divided({{"saved_s", sums.saved_s / completed},
                       {"mobile_share", sums.mobile_share / completed}},
                      any));
  extend(row, estimate_columns("regret", summary.regret.value_or(Estimate{}),
                               summary.regret.has_value()));
  const bool limited = fleet.measurements.limit.stated();
  if (fleet.measurements.accuracies || limited) {
    extend(row, {{"accuracy", optional_value(summary.accuracy)}});
  }
  if (limited) {
    extend(row,
           {{"admitted", summary.admitted ? Value{std::int64_t{*summary.admitted}} : Value{}}});
  }
  return row;
}

}  // namespace

std::vector<Row> fleet_rows(const FleetScenario& fleet,
                            const std::vector<FleetSummary>& summaries) {
  std::vector<Row> rows;
  rows.reserve(summaries.size());
  for (const FleetSummary& summary : summaries) rows.push_back(fleet_row(fleet, summary));
  return rows;
}

Table fleet_table(const FleetScenario& fleet, const std::vector<FleetSummary>& summaries) {
  Table table;
  for (const Row& row : fleet_rows(fleet, summaries)) append(table, row);
  return table;
}

std::string fleet_json(const FleetScenario& fleet, const std::vector<FleetSummary>& summaries) {
  using json = nlohmann::ordered_json;
  const std::optional<double> least = fleet.measurements.limit.floor();
  json rows = json::array();
  for (const Row& row : fleet_rows(fleet, summaries)) rows.push_back(json_of(row));
  const json document{{"scenario", fleet.spec.name},
                      {"seed", fleet.spec.seed},
                      {"replications", fleet.model.replications},
                      {"least_accuracy", least ? json(*least) : json()},
                      {"fleet", std::move(rows)}};
  return json_text(document);
}

Table energy_table(const FleetScenario& fleet, const std::vector<FleetResult>& results) {
  const FleetModel& model = fleet.model;
  Table table;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto replications = static_cast<std::size_t>(model.replications);
    std::size_t first = 0;
    for (const GroupModel& group : model.groups) {
      EnergyLedger sum;
      std::vector<double> totals;
      for (std::size_t m = first; m < first + group.count; ++m) {
        sum += results[i].mobiles[m];
        totals.push_back(results[i].mobiles[m].total());
      }
      first += group.count;
      Row row{{"strategy", model.strategies[i / replications].name},
              {"replication", number(i % replications)},
              {"mobiles", group.name},
              {"count", number(group.count)},
              {"end_s", results[i].counts.end_s}};
      extend(row, energy_columns(sum, 1));
      const bool known = !std::isnan(sum.total());  // what is unknown has no order either
      const double least = 1.0 / (2.0 * static_cast<double>(totals.size()));
      extend(row, {{"least_j", known ? Value{quantile(totals, least)} : Value{}},
                   {"median_j", known ? Value{quantile(totals, 0.5)} : Value{}},
                   {"most_j", known ? Value{quantile(totals, 1)} : Value{}}});
      append(table, row);
    }
  }
  return table;
}

Table choices_table(const FleetScenario& fleet, const std::vector<FleetSummary>& summaries) {
  // Named here, for there may be no row: nobody asked, or nothing completed.
  Table table{.columns = {{"strategy"}, {"mobiles"}, {"window"}, {"partition"}, {"completed"}}};
  for (const FleetSummary& summary : summaries) {
    // "all" of several groups has no partitions of its own.
    if (summary.mobiles == "all" && fleet.model.groups.size() > 1) continue;
    const auto group =
        std::find_if(fleet.model.groups.begin(), fleet.model.groups.end(),
                     [&](const GroupModel& one) { return one.name == summary.mobiles; });
    const GroupModel& of = group == fleet.model.groups.end() ? fleet.model.groups.front() : *group;
    for (std::size_t i = 0; i < summary.choices.size(); ++i) {
      if (summary.choices[i] == 0) continue;
      append(table, {{"strategy", fleet.model.strategies[summary.strategy].name},
                     {"mobiles", of.name},
                     {"window", summary.window},
                     {"partition", of.partitions[i].name},
                     {"completed", number(summary.choices[i])}});
    }
  }
  return table;
}

std::string timeseries_csv(const FleetScenario& fleet, const std::vector<FleetResult>& results) {
  const FleetModel& model = fleet.model;
  const std::vector<std::string> names = resource_names(model);
  const auto replications = static_cast<std::size_t>(model.replications);
  std::string text;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto line = [&](const SampleRow& row) {
      append_csv(text, {{"strategy", model.strategies[i / replications].name},
                        {"replication", number(i % replications)},
                        {"from_s", row.from_s},
                        {"to_s", row.to_s},
                        {"resource", names[row.resource]},
                        {"utilisation", row.utilisation},
                        {"mean_queue", row.mean_queue},
                        {"per_second", row.per_second}});
    };
    for (const SampleRow& row : results[i].samples) line(row);
    if (!results[i].samples.empty()) continue;
    for (std::size_t r = 0; r < names.size(); ++r) {
      const ResourceMeans& means = results[i].resources[r];
      line({0, results[i].counts.end_s, static_cast<std::uint32_t>(r), means.utilisation,
            means.mean_queue, means.per_second});
    }
  }
  return text;
}

namespace {

Row record_row(const FleetModel& model, std::size_t run, const RequestRecord& record) {
  const auto replications = static_cast<std::size_t>(model.replications);
  const GroupModel& group = model.groups[record.group];
  const bool begun = record.partition != kNoPartition;
  constexpr std::array<const char*, 3> kEnds{"completed", "dropped", "failed"};
  Row row{{"strategy", model.strategies[run / replications].name},
          {"replication", number(run % replications)},
          {"mobiles", group.name},
          {"mobile", number(record.mobile)},
          {"request", number(record.number)},
          {"arrival_s", record.arrival_s},
          {"end", kEnds[static_cast<std::size_t>(record.end)]},
          {"partition", text_value(begun ? group.partitions[record.partition].name : "")}};
  if (!model.images.empty()) {
    extend(row, {{"image", text_value(begun ? model.images[record.image] : "")}});
  }
  extend(row, {{"attempts", number(record.attempts)},
               {"fell_back", number(record.fell_back ? 1 : 0)},
               {"late", number(record.late ? 1 : 0)},
               {"payload_bytes", record.upload_bytes},
               {"latency_s", record.latency_s}});
  extend(row, phase_columns(record.phases, 1));
  extend(row, energy_columns(record.energy, 1));
  return row;
}

}  // namespace

std::string fleet_records_csv(const FleetScenario& fleet, const std::vector<FleetResult>& results) {
  std::string text;
  each_fleet_record(fleet, results, [&](const Row& row) { append_csv(text, row); });
  if (!text.empty()) return text;
  // Nobody asked: the columns alone.
  const RequestRecord none{.partition = kNoPartition, .end = RequestEnd::kDropped};
  return csv_header(record_row(fleet.model, 0, none));
}

void each_fleet_record(const FleetScenario& fleet, const std::vector<FleetResult>& results,
                       const std::function<void(const Row&)>& take) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    std::vector<const RequestRecord*> records;
    records.reserve(results[i].records.size());
    for (const RequestRecord& record : results[i].records) records.push_back(&record);
    std::sort(records.begin(), records.end(), [](const auto* a, const auto* b) {
      return std::tuple{a->arrival_s, a->mobile, a->number} <
             std::tuple{b->arrival_s, b->mobile, b->number};
    });
    for (const RequestRecord* record : records) take(record_row(fleet.model, i, *record));
  }
}

}  // namespace papilio
