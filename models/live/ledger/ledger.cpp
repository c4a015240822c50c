#include "models/live/ledger/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sim/base/document/rows.hpp"
#include "sim/base/stats/estimate.hpp"
#include "sim/play/fleet/fleet.hpp"
#include "sim/play/fleet/result.hpp"
#include "sim/report/fleet_report.hpp"
#include "sim/report/fleet_summary.hpp"
#include "sim/scenario/fleet_scenario.hpp"

namespace papilio {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// Position in the facts' partitions.
std::uint32_t partition_of(const LiveRunFacts& facts, const LiveRecord& record) {
  return static_cast<std::uint32_t>(record.part.value_or(facts.partitions.size() - 1));
}

/// A fleet of one mobile, as far as its results are told by it.
FleetScenario fleet_of(const LiveRunFacts& facts, std::size_t requests) {
  FleetScenario fleet;
  fleet.spec.name = facts.name;
  fleet.spec.description = facts.description;
  fleet.spec.seed = static_cast<std::int64_t>(facts.seed);
  fleet.spec.mobiles.push_back({.name = "mobile"});
  FleetModel& model = fleet.model;
  model.seed = facts.seed;
  model.record_share = 1;
  model.images = facts.pictures;
  // No rate is known of the way to the server: such a cell is never called overloaded.
  CellModel cell;
  cell.name = "network";
  cell.wifi_byte_per_s = {1};
  model.cells.push_back(std::move(cell));
  ServerModel server;
  server.name = "server";
  model.servers.push_back(std::move(server));
  GroupModel group;
  group.name = "mobile";
  group.workload.process = Workload::Process::kClosedLoop;
  if (facts.rate_per_s) {
    group.workload.process = Workload::Process::kPoisson;
    group.workload.rate_per_s = *facts.rate_per_s;
  }
  group.workload.requests = static_cast<std::int64_t>(requests);
  group.workload.deadline_s = facts.deadline_s;
  group.recovery.timeout_s = facts.deadline_s;
  group.recovery.fallback = facts.fallback;
  FleetStrategy strategy;
  strategy.candidates.emplace_back();
  for (const LivePartition& partition : facts.partitions) {
    FleetPlan plan;
    plan.name = partition.name;
    plan.mobile_share = partition.mobile_share;
    strategy.candidates[0].push_back(static_cast<std::uint32_t>(group.partitions.size()));
    group.partitions.push_back(std::move(plan));
  }
  const LivePartition& first = facts.partitions.front();
  strategy.name = facts.policy.empty() ? first.name : facts.policy;
  strategy.kind = facts.policy.empty() ? first.kind : facts.policy;
  model.groups.push_back(std::move(group));
  model.strategies.push_back(std::move(strategy));
  return fleet;
}

PhaseTimes phases_of(const LiveRecord& record) {
  PhaseTimes phases;
  phases[Phase::kQueue] = record.queue_s;
  phases[Phase::kMobile] = record.mobile_s;
  phases[Phase::kUplink] = record.uplink_s;
  phases[Phase::kWait] = record.wait_s;
  phases[Phase::kService] = record.service_s;
  phases[Phase::kDownlink] = record.downlink_s;
  phases[Phase::kRecovery] = record.recovery_s;
  return phases;
}

/// What the meter says; what a radio draws no meter of a computer tells.
EnergyLedger energy_of(const LiveRecord& record) {
  EnergyLedger energy;
  for (std::size_t i = 0; i < kEnergyParts.size(); ++i) {
    energy[static_cast<EnergyPart>(i)] = kUnknown;
  }
  energy[EnergyPart::kCompute] = record.compute_j;
  return energy;
}

RequestRecord request_of(const LiveRunFacts& facts, const LiveRecord& record) {
  const bool failed = record.end == LiveEnd::kFailed;
  return {.group = 0,
          .mobile = 0,
          .number = static_cast<std::uint32_t>(record.number),
          .partition = partition_of(facts, record),
          .attempts = 1,
          .image = static_cast<std::uint32_t>(record.picture),
          .end = failed ? RequestEnd::kFailed : RequestEnd::kCompleted,
          .fell_back = record.end == LiveEnd::kFellBack,
          .late = record.late && !failed,
          .arrival_s = record.arrival_s,
          .latency_s = record.latency_s,
          .upload_bytes = static_cast<double>(record.frame_bytes),
          .phases = phases_of(record),
          .energy = energy_of(record)};
}

void add_to(Bucket& bucket, const RequestRecord& request, const LiveRecord& record,
            const LivePartition& partition) {
  RequestSums& sums = bucket.sums;
  ++sums.arrived;
  sums.energy += request.energy;
  sums.server_s += record.batch == 0 ? 0 : record.service_s / record.batch;
  if (request.end == RequestEnd::kFailed) {
    ++sums.failed;
    return;
  }
  ++sums.completed;
  sums.late += request.late ? 1U : 0U;
  sums.fell_back += request.fell_back ? 1U : 0U;
  sums.phases += request.phases;
  sums.mobile_share += request.fell_back ? 1 : partition.mobile_share;
  bucket.latencies_s.push_back(request.latency_s);
  bucket.mobiles.push_back(0);
  ++bucket.choices[request.partition];
}

/// @param records in the order in which they ended
FleetResult result_of(const LiveRunFacts& facts, const FleetModel& model,
                      const std::vector<LiveRecord>& records) {
  FleetResult result;
  Bucket bucket;
  bucket.choices.resize(facts.partitions.size());
  EnergyLedger all;
  for (const LiveRecord& record : records) {
    RequestRecord request = request_of(facts, record);
    add_to(bucket, request, record, facts.partitions[request.partition]);
    all += request.energy;
    result.counts.end_s = std::max(result.counts.end_s, record.ended_s);
    result.records.push_back(request);
  }
  bucket.sums.saved_s = kUnknown;  // nobody knows what another cut would have taken
  bucket.ends.push_back(bucket.latencies_s.size());
  result.buckets.push_back(std::move(bucket));
  result.energy = all;
  result.mobiles.push_back(all);
  result.resources.resize(resource_names(model).size());
  result.counted_s = result.counts.end_s;
  result.counts.requests = records.size();
  return result;
}

std::string stages_csv(const LiveRunFacts& facts, const std::vector<LiveRecord>& records) {
  constexpr const char* kEnds[] = {"completed", "fell back", "failed"};
  std::string text;
  for (const LiveRecord& record : records) {
    const bool away = record.batch > 0;
    const auto known = [&](double seconds) { return away ? Value{seconds} : Value{}; };
    Row row{{"request", static_cast<std::int64_t>(record.number)},
            {"image", text_value(facts.pictures.at(record.picture))},
            {"partition", text_value(facts.partitions[partition_of(facts, record)].name)},
            {"end", text_value(kEnds[static_cast<std::size_t>(record.end)])},
            {"failure", text_value(record.failure)},
            {"top1", record.top < 0 ? Value{} : Value{record.top}},
            {"frame_bytes", static_cast<std::int64_t>(record.frame_bytes)},
            {"answer_bytes", static_cast<std::int64_t>(record.answer_bytes)},
            {"batch", static_cast<std::int64_t>(record.batch)},
            {"queue_s", record.queue_s},
            {"prefix_s", record.prefix_s},
            {"encode_s", record.encode_s},
            {"local_s", record.local_s},
            {"uplink_s", known(record.uplink_s)},
            {"wait_s", known(record.wait_s)},
            {"service_s", known(record.service_s)},
            {"decode_s", known(record.decode_s)},
            {"restore_s", known(record.restore_s)},
            {"compute_s", known(record.compute_s)},
            {"downlink_s", known(record.downlink_s)},
            {"recovery_s", record.recovery_s}};
    if (!facts.labels.empty()) row.emplace_back("label", Value{facts.labels.at(record.picture)});
    append_csv(text, row);
  }
  return text;
}

TableCell in_milliseconds(double seconds) {
  return decimals(seconds * 1e3, 3);
}

Section stages_section(const std::vector<LiveRecord>& records) {
  struct Stage {
    const char* name;
    double LiveRecord::*seconds;
  };
  constexpr Stage kStages[] = {{"queue", &LiveRecord::queue_s},
                               {"mobile: layers", &LiveRecord::prefix_s},
                               {"mobile: encode", &LiveRecord::encode_s},
                               {"uplink", &LiveRecord::uplink_s},
                               {"server: wait", &LiveRecord::wait_s},
                               {"server: decode", &LiveRecord::decode_s},
                               {"server: restore", &LiveRecord::restore_s},
                               {"server: layers", &LiveRecord::compute_s},
                               {"downlink", &LiveRecord::downlink_s},
                               {"end to end", &LiveRecord::latency_s}};
  Table table{.columns = {{"stage", true}, {"median, ms"}, {"P90"}, {"P99"}, {"mean"}}};
  for (const Stage& stage : kStages) {
    std::vector<double> values;
    values.reserve(records.size());
    for (const LiveRecord& record : records) {
      if (record.end == LiveEnd::kCompleted) values.push_back(record.*stage.seconds);
    }
    if (values.empty()) continue;
    table.rows.push_back({stage.name, in_milliseconds(quantile(values, 0.5)),
                          in_milliseconds(quantile(values, 0.9)),
                          in_milliseconds(quantile(values, 0.99)), in_milliseconds(mean(values))});
  }
  return {.title = "Stages of the completed requests", .table = std::move(table)};
}

Section requests_section(const LiveRunFacts& facts, const std::vector<LiveRecord>& records) {
  std::size_t ends[3] = {0, 0, 0};
  std::size_t late = 0;
  std::size_t right = 0;
  std::size_t answered = 0;
  double bytes = 0;
  double last_s = 0;
  for (const LiveRecord& record : records) {
    ++ends[static_cast<std::size_t>(record.end)];
    late += record.late ? 1U : 0U;
    bytes += static_cast<double>(record.frame_bytes) / static_cast<double>(records.size());
    last_s = std::max(last_s, record.ended_s);
    if (record.top < 0) continue;
    ++answered;
    if (!facts.labels.empty()) right += facts.labels.at(record.picture) == record.top ? 1U : 0U;
  }
  Table table{.columns = {{"requests"},
                          {"completed"},
                          {"fell back"},
                          {"failed"},
                          {"late"},
                          {"requests/s"},
                          {"frame, bytes"},
                          {"right, %"}},
              .rows = {}};
  const bool rated = !facts.labels.empty() && answered > 0;
  table.rows.push_back(
      {records.size(), ends[0], ends[1], ends[2], late,
       last_s > 0 ? decimals(static_cast<double>(records.size()) / last_s, 1) : none(),
       decimals(bytes, 0),
       rated ? decimals(100.0 * static_cast<double>(right) / static_cast<double>(answered), 2)
             : none()});
  Section section{.title = "Requests", .table = std::move(table)};
  for (const LiveRecord& record : records) {
    if (record.failure.empty()) continue;
    section.remarks.push_back(fmt::format("The first that the server failed at, request {}: {}.",
                                          record.number, record.failure));
    break;
  }
  return section;
}

}  // namespace

LivePartition live_partition(const LivePart& part, const std::string& codec, double mobile_share) {
  LivePartition partition{.name = {}, .kind = {}, .mobile_share = mobile_share};
  partition.kind = part.channels > 0 ? "butterfly" : "split";
  partition.name = part.channels > 0 ? part.cut : "split " + part.cut;
  if (part.of_pictures()) partition.name = partition.kind = "cloud-only";
  if (codec != "raw") partition.name += "/" + codec;
  return partition;
}

LiveLedger live_ledger(const LiveRunFacts& facts, std::vector<LiveRecord> records) {
  std::stable_sort(records.begin(), records.end(),
                   [](const LiveRecord& a, const LiveRecord& b) { return a.ended_s < b.ended_s; });
  const FleetScenario fleet = fleet_of(facts, records.size());
  const std::vector<FleetResult> results{result_of(facts, fleet.model, records)};
  const std::vector<FleetSummary> summaries = summarise(fleet, results);
  std::stable_sort(records.begin(), records.end(),
                   [](const LiveRecord& a, const LiveRecord& b) { return a.number < b.number; });
  LiveLedger ledger;
  ledger.rows = fleet_table(fleet, summaries);
  ledger.json = fleet_json(fleet, summaries);
  ledger.files = {{"fleet.csv", to_csv(ledger.rows)},
                  {"energy.csv", to_csv(energy_table(fleet, results))},
                  {"choices.csv", to_csv(choices_table(fleet, summaries))},
                  {"records.csv", fleet_records_csv(fleet, results)},
                  {"stages.csv", stages_csv(facts, records)}};
  ledger.report = {.title = facts.name,
                   .paragraphs = {facts.description},
                   .sections = {requests_section(facts, records), stages_section(records)}};
  return ledger;
}

}  // namespace papilio
