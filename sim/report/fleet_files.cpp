#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <tuple>

#include "sim/base/document/json_text.hpp"
#include "sim/base/document/rows.hpp"
#include "sim/play/fleet/fleet.hpp"
#include "sim/report/fleet_columns.hpp"
#include "sim/report/fleet_report.hpp"

namespace papilio {
namespace {

Value number(std::uint64_t count) {
  return static_cast<std::int64_t>(count);
}

Row energy_columns(const EnergyLedger& energy, double by) {
  Row row{{"energy_j", known_energy(energy.total() / by)}};
  for (std::size_t i = 0; i < kEnergyParts.size(); ++i) {
    row.emplace_back(kEnergyParts[i].column, known_energy(energy[static_cast<EnergyPart>(i)] / by));
  }
  return row;
}

Row fleet_row(const FleetScenario& fleet, const FleetSummary& summary) {
  const bool limited = fleet.limits.stated();
  const bool rated = fleet.measurements.accuracies || fleet.limits.accuracy.stated();
  const FleetSubject subject{fleet, summary};
  Row row;
  for (const FleetColumn& column : fleet_columns()) {
    if (column.name == "accuracy" && !rated) continue;
    if (column.name == "admitted" && !limited) continue;
    row.emplace_back(column.name, column.get(subject));
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
  Table table{.columns = {{"strategy", true},
                          {"mobiles", true},
                          {"window", true},
                          {"partition", true},
                          {"completed"}}};
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
  const FleetRecordSubject subject{model, run, record};
  Row row;
  for (const FleetRecordColumn& column : fleet_record_columns()) {
    if (column.name == "image" && model.images.empty()) continue;
    row.emplace_back(column.name, column.get(subject));
  }
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
