#include "sim/study/columns.hpp"

namespace papilio {
namespace {

constexpr std::string_view kText{"TEXT"};
constexpr std::string_view kWhole{"INTEGER"};
constexpr std::string_view kReal{"REAL"};

/// Appends columns of one type.
void add(std::vector<ResultColumn>& columns, std::string_view type,
         std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) columns.push_back({name, type});
}

void add_phases_and_energies(std::vector<ResultColumn>& columns) {
  add(columns, kReal,
      {"queue_s", "mobile_s", "promotion_s", "uplink_s", "delay_s", "wait_s", "service_s",
       "backhaul_s", "downlink_s", "recovery_s", "energy_j", "compute_j", "promotion_j",
       "transmit_j", "receive_j", "tail_j", "idle_j"});
}

}  // namespace

const std::vector<ResultColumn>& summary_result_columns() {
  static const std::vector<ResultColumn> kColumns = [] {
    std::vector<ResultColumn> columns;
    add(columns, kText, {"strategy", "network", "cut"});
    add(columns, kWhole, {"channels", "bits"});
    add(columns, kText, {"codec", "energy_model"});
    add(columns, kWhole, {"payload_bytes", "n"});
    add(columns, kReal, {"latency_s", "mobile_s", "uplink_s"});
    add(columns, kReal, {"delay_s"});
    add(columns, kReal,
        {"cloud_s", "downlink_s", "energy_j", "mobile_j", "uplink_j", "downlink_j",
         "speedup_latency", "speedup_energy", "accuracy"});
    add(columns, kText, {"partition"});
    add(columns, kWhole, {"admitted"});
    return columns;
  }();
  return kColumns;
}

const std::vector<ResultColumn>& fleet_result_columns() {
  static const std::vector<ResultColumn> kColumns = [] {
    std::vector<ResultColumn> columns;
    add(columns, kText, {"strategy", "mobiles", "window"});
    add(columns, kWhole,
        {"arrived", "completed", "dropped", "failed", "late", "retries", "fell_back"});
    add(columns, kReal,
        {"throughput_per_s", "latency_s", "latency_ci_s", "p50_s", "p50_ci_s", "p95_s", "p95_ci_s",
         "p99_s", "p99_ci_s"});
    add_phases_and_energies(columns);
    add(columns, kReal,
        {"server_s", "saved_s", "mobile_share", "regret_s", "regret_ci_s", "accuracy"});
    add(columns, kWhole, {"admitted"});
    return columns;
  }();
  return kColumns;
}

const std::vector<ResultColumn>& fleet_record_columns() {
  static const std::vector<ResultColumn> kColumns = [] {
    std::vector<ResultColumn> columns;
    add(columns, kText, {"strategy"});
    add(columns, kWhole, {"replication"});
    add(columns, kText, {"mobiles"});
    add(columns, kWhole, {"mobile", "request"});
    add(columns, kReal, {"arrival_s"});
    add(columns, kText, {"end", "partition", "image"});
    add(columns, kWhole, {"attempts", "fell_back", "late"});
    add(columns, kReal, {"payload_bytes", "latency_s"});
    add_phases_and_energies(columns);
    return columns;
  }();
  return kColumns;
}

std::vector<std::string> reserved_column_names(bool fleet) {
  std::vector<std::string> names{"study", "number", "replicate", "seed", "status", "error", "row"};
  for (const ResultColumn& column : fleet ? fleet_result_columns() : summary_result_columns()) {
    names.emplace_back(column.name);
  }
  return names;
}

}  // namespace papilio
