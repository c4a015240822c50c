#include "sim/report/fleet_columns.hpp"

#include <array>
#include <cmath>
#include <type_traits>
#include <utility>

namespace papilio {
namespace {

using Subject = FleetSubject;
using Record = FleetRecordSubject;

Value whole(std::uint64_t count) {
  return static_cast<std::int64_t>(count);
}

bool any(const Subject& of) {
  return of.summary.sums.completed > 0;
}

std::uint64_t begun(const Subject& of) {
  return of.summary.sums.completed + of.summary.sums.failed;
}

Value by_completed(const Subject& of, double sum) {
  return any(of) ? Value{sum / static_cast<double>(of.summary.sums.completed)} : Value{};
}

Value known_by_completed(const Subject& of, double sum) {
  return std::isnan(sum) ? Value{} : by_completed(of, sum);
}

Value by_begun(const Subject& of, double sum) {
  return begun(of) > 0 ? Value{sum / static_cast<double>(begun(of))} : Value{};
}

Value known_by_begun(const Subject& of, double sum) {
  return std::isnan(sum) ? Value{} : by_begun(of, sum);
}

Value name_of_strategy(const Subject& of) {
  return of.fleet.model.strategies[of.summary.strategy].name;
}

template <std::uint64_t RequestSums::*kCount>
Value count(const Subject& of) {
  return whole(of.summary.sums.*kCount);
}

Value throughput(const Subject& of) {
  if (of.summary.seconds <= 0) return {};
  return static_cast<double>(of.summary.sums.completed) / of.summary.seconds;
}

Value mean_latency(const Subject& of) {
  return any(of) ? Value{of.summary.latency.value} : Value{};
}

Value mean_latency_interval(const Subject& of) {
  return any(of) ? optional_value(of.summary.latency.half_width) : Value{};
}

template <std::size_t kIndex>
Value percentile(const Subject& of) {
  return any(of) ? Value{of.summary.percentiles[kIndex].value} : Value{};
}

template <std::size_t kIndex>
Value percentile_interval(const Subject& of) {
  return any(of) ? optional_value(of.summary.percentiles[kIndex].half_width) : Value{};
}

Value mean_energy(const Subject& of) {
  return known_by_begun(of, of.summary.sums.energy.total());
}

/// Calls `add` with each place in `kParts` as a constant, of which a column's function can be made.
template <const auto& kParts, class Add>
void each_part(const Add& add) {
  [&]<std::size_t... kPlace>(std::index_sequence<kPlace...>) {
    (add(std::integral_constant<std::size_t, kPlace>{}), ...);
  }
  (std::make_index_sequence<kParts.size()>{});
}

Column phase_column(std::size_t place) {
  return {kPhases[place].column, ValueType::kReal, "s",
          ColumnKind::kMeasure,  Better::kLess,    kPhases[place].doc};
}

Column energy_column(std::size_t place) {
  return {kEnergyParts[place].column, ValueType::kReal, "J",
          ColumnKind::kMeasure,       Better::kLess,    kEnergyParts[place].doc};
}

std::size_t replications(const Record& of) {
  return static_cast<std::size_t>(of.model.replications);
}

const GroupModel& group(const Record& of) {
  return of.model.groups[of.record.group];
}

bool was_begun(const Record& of) {
  return of.record.partition != kNoPartition;
}

Value end_of(const Record& of) {
  constexpr std::array<const char*, 3> kEnds{"completed", "dropped", "failed"};
  return std::string{kEnds[static_cast<std::size_t>(of.record.end)]};
}

Value partition_of(const Record& of) {
  return text_value(was_begun(of) ? group(of).partitions[of.record.partition].name : "");
}

Value image_of(const Record& of) {
  if (of.model.images.empty()) return {};
  return text_value(was_begun(of) ? of.model.images[of.record.image] : "");
}

std::vector<FleetColumn> make_fleet_columns() {
  std::vector<FleetColumn> columns{
      {{"strategy", ValueType::kText, "", ColumnKind::kDimension, Better::kNeither,
        "a partition or a policy"},
       name_of_strategy},
      {{"strategy_kind", ValueType::kText, "", ColumnKind::kDimension, Better::kNeither,
        "what `strategy` is in [summary.csv](#summarycsv): how a partition runs the network "
        "(`mobile-only` to `path`); else the kind of the policy, or `task` where no network is "
        "run"},
       [](const Subject& of) {
         return Value{of.fleet.model.strategies[of.summary.strategy].kind};
       }},
      {{"mobiles", ValueType::kText, "", ColumnKind::kDimension, Better::kNeither,
        "a group of mobiles, or \"all\""},
       [](const Subject& of) { return Value{of.summary.mobiles}; }},
      {{"window", ValueType::kText, "", ColumnKind::kDimension, Better::kNeither,
        "a window, or \"all\"; the row is over all replications"},
       [](const Subject& of) { return Value{of.summary.window}; }},
      {{"arrived", ValueType::kInteger, "", ColumnKind::kMeasure, Better::kNeither,
        "requests: the sum of the next three"},
       count<&RequestSums::arrived>},
      {{"completed", ValueType::kInteger, "", ColumnKind::kMeasure, Better::kMore,
        "with an answer, or computed on the mobile"},
       count<&RequestSums::completed>},
      {{"dropped", ValueType::kInteger, "", ColumnKind::kMeasure, Better::kLess,
        "never begun: mobile busy, or battery empty"},
       count<&RequestSums::dropped>},
      {{"failed", ValueType::kInteger, "", ColumnKind::kMeasure, Better::kLess,
        "begun, and no answer after the last attempt"},
       count<&RequestSums::failed>},
      {{"late", ValueType::kInteger, "", ColumnKind::kMeasure, Better::kLess,
        "completed after their deadline"},
       count<&RequestSums::late>},
      {{"retries", ValueType::kInteger, "", ColumnKind::kMeasure, Better::kLess,
        "attempts beyond the first"},
       count<&RequestSums::retries>},
      {{"fell_back", ValueType::kInteger, "", ColumnKind::kMeasure, Better::kLess,
        "completed on the mobile after failed attempts"},
       count<&RequestSums::fell_back>},
      {{"throughput_per_s", ValueType::kReal, "1/s", ColumnKind::kMeasure, Better::kMore,
        "completed by the length of the window"},
       throughput},
      {{"latency_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "mean latency of the completed, from arrival to answer: the sum of `queue_s` to "
        "`recovery_s`"},
       mean_latency},
      {{"latency_ci_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "half-width of the 95 % interval of `latency_s`"},
       mean_latency_interval},
      {{"p50_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "median latency of the completed"},
       percentile<0>},
      {{"p50_ci_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "half-width of the 95 % interval of `p50_s`"},
       percentile_interval<0>},
      {{"p95_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "95th percentile of it"},
       percentile<1>},
      {{"p95_ci_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "half-width of the 95 % interval of `p95_s`"},
       percentile_interval<1>},
      {{"p99_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "99th percentile of it"},
       percentile<2>},
      {{"p99_ci_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "half-width of the 95 % interval of `p99_s`"},
       percentile_interval<2>}};
  each_part<kPhases>([&](auto place) {
    columns.push_back({phase_column(place), [](const Subject& of) {
                         constexpr auto kPhase = static_cast<Phase>(decltype(place)::value);
                         return by_completed(of, of.summary.sums.phases[kPhase]);
                       }});
  });
  columns.push_back(
      {{"energy_j", ValueType::kReal, "J", ColumnKind::kMeasure, Better::kLess,
        "mean mobile energy of a request that was begun, from its beginning to its end: the sum of "
        "the next six; empty, as `compute_j`, where a mobile computed whose layer table has no "
        "energies"},
       mean_energy});
  each_part<kEnergyParts>([&](auto place) {
    columns.push_back({energy_column(place), [](const Subject& of) {
                         constexpr auto kPart = static_cast<EnergyPart>(decltype(place)::value);
                         return known_by_begun(of, of.summary.sums.energy[kPart]);
                       }});
  });
  const std::vector<FleetColumn> others{
      {{"server_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "mean GPU time on the cloud of a request that was begun, for attempts that were given up "
        "included"},
       [](const Subject& of) { return by_begun(of, of.summary.sums.server_s); }},
      {{"saved_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kMore,
        "mean profiled GPU time that cloud-only would have taken beyond the request's, over the "
        "completed"},
       [](const Subject& of) { return known_by_completed(of, of.summary.sums.saved_s); }},
      {{"mobile_share", ValueType::kReal, "", ColumnKind::kMeasure, Better::kMore,
        "mean share of the network's MACs computed on the mobile, over the completed; 0 for tasks"},
       [](const Subject& of) { return by_completed(of, of.summary.sums.mobile_share); }},
      {{"regret_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "mean latency beyond the oracle's for the same request, over those that both completed; "
        "empty without an oracle"},
       [](const Subject& of) {
         return of.summary.regret ? Value{of.summary.regret->value} : Value{};
       }},
      {{"regret_ci_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "half-width of the 95 % interval of `regret_s`"},
       [](const Subject& of) {
         return of.summary.regret ? optional_value(of.summary.regret->half_width) : Value{};
       }},
      {{"accuracy", ValueType::kReal, "", ColumnKind::kMeasure, Better::kMore,
        "mean top-1 fraction of the partitions that the completed took; empty where one has none. "
        "The column is there only with `accuracy_from` or a stated limit"},
       [](const Subject& of) { return optional_value(of.summary.accuracy); }},
      {{"admitted", ValueType::kInteger, "", ColumnKind::kMeasure, Better::kMore,
        "1 where the limits let everything be chosen that the strategy takes, else 0. The column "
        "is there only where one is stated"},
       [](const Subject& of) {
         return of.summary.admitted ? Value{std::int64_t{*of.summary.admitted}} : Value{};
       }}};
  columns.insert(columns.end(), others.begin(), others.end());
  return columns;
}

std::vector<FleetRecordColumn> make_record_columns() {
  std::vector<FleetRecordColumn> columns{
      {{"strategy", ValueType::kText, "", ColumnKind::kDimension, Better::kNeither,
        "a partition or a policy"},
       [](const Record& of) { return Value{of.model.strategies[of.run / replications(of)].name}; }},
      {{"replication", ValueType::kInteger, "", ColumnKind::kDimension, Better::kNeither,
        "number of the replication, from 0"},
       [](const Record& of) { return whole(of.run % replications(of)); }},
      {{"mobiles", ValueType::kText, "", ColumnKind::kDimension, Better::kNeither,
        "group of the mobile"},
       [](const Record& of) { return Value{group(of).name}; }},
      {{"mobile", ValueType::kInteger, "", ColumnKind::kDimension, Better::kNeither,
        "number of the mobile in the fleet, from 0"},
       [](const Record& of) { return whole(of.record.mobile); }},
      {{"request", ValueType::kInteger, "", ColumnKind::kDimension, Better::kNeither,
        "number of the request at its mobile, from 0"},
       [](const Record& of) { return whole(of.record.number); }},
      {{"arrival_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess, "date"},
       [](const Record& of) { return Value{of.record.arrival_s}; }},
      {{"end", ValueType::kText, "", ColumnKind::kDimension, Better::kNeither,
        "`completed`, `dropped` or `failed`"},
       end_of},
      {{"partition", ValueType::kText, "", ColumnKind::kDimension, Better::kNeither,
        "chosen; empty if dropped"},
       partition_of},
      {{"image", ValueType::kText, "", ColumnKind::kDimension, Better::kNeither,
        "what it was about; empty if dropped. The column is there only where payloads were "
        "measured"},
       image_of},
      {{"attempts", ValueType::kInteger, "", ColumnKind::kMeasure, Better::kLess,
        "attempts of the request that were begun"},
       [](const Record& of) { return whole(of.record.attempts); }},
      {{"fell_back", ValueType::kInteger, "", ColumnKind::kMeasure, Better::kLess,
        "1 if it completed on the mobile after failed attempts, else 0"},
       [](const Record& of) { return whole(of.record.fell_back ? 1 : 0); }},
      {{"late", ValueType::kInteger, "", ColumnKind::kMeasure, Better::kLess,
        "1 if it completed after its deadline, else 0"},
       [](const Record& of) { return whole(of.record.late ? 1 : 0); }},
      {{"payload_bytes", ValueType::kReal, "byte", ColumnKind::kMeasure, Better::kLess,
        "upload, with its random factor, whole bytes"},
       [](const Record& of) { return Value{of.record.upload_bytes}; }},
      {{"latency_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "from arrival to answer: the sum of `queue_s` to `recovery_s`"},
       [](const Record& of) { return Value{of.record.latency_s}; }}};
  each_part<kPhases>([&](auto place) {
    columns.push_back({phase_column(place), [](const Record& of) {
                         return Value{of.record.phases[static_cast<Phase>(decltype(place)::value)]};
                       }});
  });
  columns.push_back(
      {{"energy_j", ValueType::kReal, "J", ColumnKind::kMeasure, Better::kLess,
        "mobile energy of this request: the sum of the next six; empty, as `compute_j`, where a "
        "mobile computed whose layer table has no energies"},
       [](const Record& of) { return known_energy(of.record.energy.total()); }});
  each_part<kEnergyParts>([&](auto place) {
    columns.push_back({energy_column(place), [](const Record& of) {
                         constexpr auto kPart = static_cast<EnergyPart>(decltype(place)::value);
                         return known_energy(of.record.energy[kPart]);
                       }});
  });
  return columns;
}

}  // namespace

Value known_energy(double energy_j) {
  return std::isnan(energy_j) ? Value{} : Value{energy_j};
}

const std::vector<FleetColumn>& fleet_columns() {
  static const std::vector<FleetColumn> kColumns = make_fleet_columns();
  return kColumns;
}

const std::vector<FleetRecordColumn>& fleet_record_columns() {
  static const std::vector<FleetRecordColumn> kColumns = make_record_columns();
  return kColumns;
}

}  // namespace papilio
