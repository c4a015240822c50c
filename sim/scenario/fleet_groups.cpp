#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <utility>

#include "sim/base/data/column_unit.hpp"
#include "sim/base/data/csv.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/scenario/fleet_parts.hpp"
#include "sim/scenario/references.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

/// Reads the dates of a table: of its column "arrival" in any unit of time, such as "arrival_s".
std::vector<double> load_dates(const std::string& path) {
  const CsvTable table{path};
  std::vector<std::string> columns;
  for (const std::string& column : table.columns()) {
    const ColumnName name = column_name(column);
    if (name.stem == "arrival" && name.unit != nullptr && name.unit->kind == UnitKind::kTime) {
      columns.push_back(column);
    }
  }
  if (columns.size() != 1) {
    throw ConfigError{
        fmt::format("{}:1: error: expected one column of dates, named 'arrival_s' or 'arrival_ms', "
                    "got {}; rename it",
                    path, fmt::join(columns.empty() ? table.columns() : columns, ", "))};
  }
  const Unit& unit = *column_name(columns.front()).unit;
  std::vector<double> dates;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const double date = unit.in_si(table.number(row, columns.front()));
    if (date < 0 || (!dates.empty() && date < dates.back())) {
      throw ConfigError{fmt::format("{}:{}: error: {}: the dates must not be below 0, nor decrease",
                                    path, table.line(row), columns.front())};
    }
    dates.push_back(date);
  }
  return dates;
}

/// Makes groups of mobiles of what a fleet says of them.
class GroupBuilder {
 public:
  explicit GroupBuilder(const FleetParts& parts)
      : spec_{parts.fleet.spec},
        model_{parts.fleet.model},
        source_{parts.source},
        profiles_{parts.profiles},
        checker_{parts.checker} {}

  void build() {
    for (std::size_t i = 0; i < spec_.mobiles.size(); ++i) build_group(i);
  }

 private:
  template <class Item>
  std::uint32_t position_of(const std::string& name, const std::vector<Item>& items,
                            const std::string& path, const std::string& kind) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i].name == name) return static_cast<std::uint32_t>(i);
      names.push_back(items[i].name);
    }
    if (!name.empty()) {
      checker_.error(path, fmt::format("unknown {} '{}'{}", kind, name, suggestion(name, names)));
    }
    return 0;
  }

  void build_group(std::size_t i) {
    MobilesSpec& spec = spec_.mobiles[i];
    const std::string path = fmt::format("mobiles.{}", i);
    GroupModel group;
    group.name = spec.name;
    group.count = static_cast<std::uint32_t>(spec.count);
    group.cell = position_of(spec.cell, spec_.cells, path + ".cell", "cell");
    group.server = position_of(spec.server, spec_.servers, path + ".server", "server");
    if (!spec.edge.empty()) {
      group.edge = position_of(spec.edge, spec_.servers, path + ".edge", "server");
      if (spec.edge == spec.server) {
        checker_.error(path + ".edge", "must be another server than 'server'");
      }
    }
    build_arrivals(spec.arrivals, path + ".arrivals", group.workload);
    check_variation(spec.service_variation, path + ".service_variation", checker_);
    check_variation(spec.upload_variation, path + ".upload_variation", checker_);
    group.service_variation = variation_of(spec.service_variation);
    group.upload_variation = variation_of(spec.upload_variation);
    group.overlap = static_cast<std::uint32_t>(spec.overlap);
    group.load_level = spec.load_level;
    group.idle_power_w = spec.idle_power_w.value_or(0);  // a device may yet say otherwise
    if (spec.battery_j) group.battery_j = *spec.battery_j;
    const CellSpec& cell = spec_.cells[group.cell];
    const auto cap = [](const DirectionSpec& direction) {
      return direction.cap_bit_per_s ? bits_per_second(*direction.cap_bit_per_s).value()
                                     : std::numeric_limits<double>::infinity();
    };
    group.uplink_cap_byte_per_s = cap(cell.uplink);
    group.downlink_cap_byte_per_s = cap(cell.downlink);
    group.wifi_level = static_cast<std::size_t>(spec.wifi_level);
    if (spec.wifi_level > 0 && group.wifi_level >= cell.wifi_bit_per_s.size()) {
      checker_.error(path + ".wifi_level",
                     fmt::format("the cell '{}' has {} wifi_levels, counted from 0", cell.name,
                                 cell.wifi_bit_per_s.size()));
    }
    group.priority = static_cast<int>(spec.priority);
    if (spec.recovery.present) {
      group.recovery = {spec.recovery.timeout_s, static_cast<int>(spec.recovery.retries),
                        spec.recovery.backoff_s, spec.recovery.fallback == "mobile"};
    }
    check_recovery(spec, group, path);
    if (spec.task.present) {
      if (!spec.model.empty() || !spec.device.empty()) {
        checker_.error(path + ".task", "the requests are given already by 'model'; remove one");
      }
      group.partitions = {task_plan(spec, path)};
    }
    model_.groups.push_back(std::move(group));
  }

  FleetPlan task_plan(const MobilesSpec& spec, const std::string& path) {
    const MobilesSpec::Task& task = spec.task;
    const bool fallback = spec.recovery.present && spec.recovery.fallback == "mobile";
    if (fallback && !task.fallback_s) {
      checker_.error(path + ".task",
                     "falling back to the mobile needs the key 'fallback_s', and 'fallback_j'");
    }
    if (spec.edge.empty() && (task.edge_s > 0 || task.backhaul_bytes > 0)) {
      checker_.error(path + ".task", "has work for an edge server; name it in the key 'edge'");
    }
    return plan_of({.mobile_s = task.mobile_s,
                    .mobile_j = task.mobile_j,
                    .upload_bytes = static_cast<double>(task.upload_bytes),
                    .edge_s = task.edge_s,
                    .backhaul_bytes = static_cast<double>(task.backhaul_bytes),
                    .server_s = task.server_s,
                    .result_bytes = static_cast<double>(task.result_bytes),
                    .fallback = {task.fallback_s.value_or(0), task.fallback_j.value_or(0)}},
                   !spec.edge.empty());
  }

  /// A request whose answer was lost would wait for ever.
  void check_recovery(const MobilesSpec& spec, const GroupModel& group, const std::string& path) {
    if (spec.recovery.present) return;
    const CellSpec& cell = spec_.cells[group.cell];
    std::string reason;
    if (cell.loss > 0) reason = fmt::format("the cell '{}' loses messages", cell.name);
    const auto crashes = [&](std::uint32_t server) {
      const ServerSpec& crashing = spec_.servers[server];
      if (!crashing.crashes.empty()) {
        reason = fmt::format("the server '{}' crashes", crashing.name);
      }
    };
    crashes(group.server);
    if (group.edge) crashes(*group.edge);
    if (reason.empty()) return;
    checker_.error(path,
                   fmt::format("{}, so a request may never be answered; {}", reason,
                               spec.overlap > 0 ? "remove that, for 'overlap' knows no recovery"
                                                : "add recovery: {timeout_s: ...}"));
  }

  void build_arrivals(MobilesSpec::Arrivals& spec, const std::string& path, Workload& workload) {
    struct Key {
      const char* name;
      bool given;
      bool wanted;
      bool required;
    };
    const bool closed = spec.process == "closed-loop";
    const bool poisson = spec.process == "poisson";
    const bool periodic = spec.process == "periodic";
    const bool trace = spec.process == "trace";
    if (!closed && !poisson && !periodic && !trace) return;  // already reported
    for (const Key& key : {Key{"think_s", spec.think_s.has_value(), closed, closed},
                           Key{"think", !spec.think.empty(), closed, false},
                           Key{"requests", spec.requests.has_value(), !trace, false},
                           Key{"rate_per_s", spec.rate_per_s.has_value(), poisson, poisson},
                           Key{"period_s", spec.period_s.has_value(), periodic, periodic},
                           Key{"jitter_s", spec.jitter_s.has_value(), periodic, false},
                           Key{"file", !spec.file.empty(), trace, trace}}) {
      if (key.given && !key.wanted) {
        checker_.error(fmt::format("{}.{}", path, key.name),
                       fmt::format("does not apply to '{}'; remove the key", spec.process));
      } else if (!key.given && key.required) {
        checker_.error(path,
                       fmt::format("the process '{}' needs the key '{}'", spec.process, key.name));
      }
    }
    if (!trace && !spec.requests && !spec_.duration_s) {
      checker_.error(path, "would never end; add 'requests' here, or 'duration_s' to the scenario");
    }
    workload.process = closed     ? Workload::Process::kClosedLoop
                       : poisson  ? Workload::Process::kPoisson
                       : periodic ? Workload::Process::kPeriodic
                                  : Workload::Process::kTrace;
    workload.think_s = spec.think_s.value_or(0);
    workload.think_exponential = spec.think != "constant";
    workload.requests = spec.requests.value_or(0);
    workload.rate_per_s = spec.rate_per_s.value_or(1);
    workload.period_s = spec.period_s.value_or(0);
    workload.jitter_s = spec.jitter_s.value_or(0);
    if (periodic && spec.period_s && workload.jitter_s >= workload.period_s) {
      checker_.error(path + ".jitter_s", "must be below period_s");
    }
    workload.deadline_s = spec.deadline_s.value_or(0);
    workload.drop_when_busy = spec.when_busy == "drop";
    if (trace && !spec.file.empty()) {
      const fs::path file = find_data_file(source_, profiles_.library(), "traces", spec.file);
      if (file.empty()) {
        checker_.error(path + ".file", fmt::format("no file '{}'; check the path", spec.file));
      } else {
        workload.dates_s = load_dates(file.string());
        spec.file = effective_name(source_, spec.file);
      }
    }
  }

  FleetSpec& spec_;
  FleetModel& model_;
  const ScenarioSource& source_;
  ProfileCache& profiles_;
  Checker& checker_;
};

/// What a group has that is not modelled where its requests overlap.
std::vector<std::string> not_with_overlap(const FleetModel& model, const GroupModel& group) {
  std::vector<std::string> reasons;
  const CellModel& cell = model.cells[group.cell];
  if (group.workload.process == Workload::Process::kClosedLoop) {
    reasons.emplace_back("a closed loop, which has one request at a time");
  }
  if (group.recovery.timeout_s > 0) reasons.emplace_back("recovery");
  if (cell.machine) reasons.push_back(fmt::format("the radio_states of the cell '{}'", cell.name));
  if (std::isfinite(group.battery_j)) reasons.emplace_back("battery_j");
  if (group.idle_power_w > 0) {
    reasons.push_back(
        fmt::format("an idle power, here {:.4g} W (give idle_power_w: 0)", group.idle_power_w));
  }
  const auto returns = std::find_if(group.partitions.begin(), group.partitions.end(),
                                    [](const FleetPlan& plan) { return plan.returns(); });
  if (returns != group.partitions.end()) {
    reasons.push_back(fmt::format(
        "the partition '{}', which comes back to the mobile to compute there", returns->name));
  }
  return reasons;
}

}  // namespace

void check_overlaps(const FleetParts& parts) {
  const FleetModel& model = parts.fleet.model;
  for (std::size_t i = 0; i < model.groups.size(); ++i) {
    if (model.groups[i].overlap == 0) continue;
    const std::vector<std::string> reasons = not_with_overlap(model, model.groups[i]);
    if (reasons.empty()) continue;
    parts.checker.error(fmt::format("mobiles.{}.overlap", i),
                        fmt::format("is not modelled together with {}; remove one or the other",
                                    fmt::join(reasons, ", nor with ")));
  }
}

void build_groups(const FleetParts& parts) {
  GroupBuilder{parts}.build();
}

}  // namespace papilio
