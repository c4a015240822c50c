#include "sim/scenario/fleet_scenario.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/data/column_unit.hpp"
#include "sim/data/csv.hpp"
#include "sim/fleet/fleet.hpp"
#include "sim/scenario/fleet_pricer.hpp"
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

/// How a scenario has a table of rates read.
TableFormat format_of(const TraceTableSpec& spec) {
  return {.time = spec.time,
          .time_unit = spec.time_unit,
          .rate = spec.rate,
          .rate_unit = spec.rate_unit,
          .holds = spec.rate_holds == kSinceRowBeforeName ? RateHolds::kSinceRowBefore
                   : spec.rate_holds == kUntilNextRowName ? RateHolds::kUntilNextRow
                                                          : RateHolds::kUnsaid};
}

/// For reports.
std::string to_text(RateHolds holds) {
  switch (holds) {
    case RateHolds::kSinceRowBefore:
      return "since the row before";
    case RateHolds::kUntilNextRow:
      return "until the next row";
    case RateHolds::kUnsaid:
      break;
  }
  return "";
}

Variation variation_of(const VariationSpec& spec) {
  if (!spec.present) return {};
  if (spec.distribution == "exponential") return {Variation::Kind::kExponential, 1};
  const auto kind =
      spec.distribution == "uniform" ? Variation::Kind::kUniform : Variation::Kind::kLognormal;
  return {kind, spec.cv.value_or(1)};
}

/// Rows of timeseries.csv over all runs: a hundred megabytes of it.
constexpr std::uint64_t kMostSamples = 1'000'000;

std::uint64_t runs_of(const FleetModel& model) {
  return std::max<std::uint64_t>(1, model.strategies.size()) *
         static_cast<std::uint64_t>(std::max(1, model.replications));
}

/// Rows of timeseries.csv, if every run goes on until then.
double samples_until(const FleetModel& model, double until_s) {
  return until_s / model.sample_s * static_cast<double>(resource_names(model).size()) *
         static_cast<double>(runs_of(model));
}

std::string too_many_samples(const FleetModel& model, double until_s) {
  return fmt::format(
      "a run goes on for {:.4g} s, so timeseries.csv would have {:.2g} rows, and more than {} are "
      "too "
      "many; choose a longer interval, or 0 for none",
      until_s, samples_until(model, until_s), kMostSamples);
}

/// How long a run goes on is known to the date of its last arrival; then it is seen in the run.
void bound_time_series(FleetModel& model, Checker& checker) {
  if (model.sample_s <= 0) return;
  model.most_samples = kMostSamples / runs_of(model);
  if (!std::isfinite(model.duration_s) ||
      samples_until(model, model.duration_s) <= static_cast<double>(kMostSamples)) {
    return;
  }
  checker.error("output.timeseries_s", too_many_samples(model, model.duration_s));
}

class Builder {
 public:
  Builder(FleetScenario& fleet, const ScenarioSource& source, ProfileCache& profiles,
          Checker& checker)
      : fleet_{fleet},
        spec_{fleet.spec},
        model_{fleet.model},
        source_{source},
        profiles_{profiles},
        checker_{checker} {}

  void build() {
    build_run();
    for (std::size_t i = 0; i < spec_.cells.size(); ++i) build_cell(i);
    for (std::size_t i = 0; i < spec_.servers.size(); ++i) build_server(i);
    for (std::size_t i = 0; i < spec_.mobiles.size(); ++i) build_group(i);
  }

 private:
  template <class Item>
  void check_unique(const std::vector<Item>& items, const std::string& key) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i].name.empty() || seen.insert(items[i].name).second) continue;
      checker_.error(fmt::format("{}.{}.name", key, i),
                     fmt::format("'{}' comes twice; rename one", items[i].name));
    }
  }

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

  /// Stretches of time must be ordered and apart.
  template <class Span>
  void check_spans(const std::vector<Span>& spans, const std::string& path) {
    for (std::size_t i = 0; i < spans.size(); ++i) {
      if (spans[i].to_s <= spans[i].from_s) {
        checker_.error(fmt::format("{}.{}.to_s", path, i),
                       fmt::format("must be after from_s, which is {}", spans[i].from_s));
      }
      if (i > 0 && spans[i].from_s < spans[i - 1].to_s) {
        checker_.error(fmt::format("{}.{}.from_s", path, i),
                       fmt::format("must not be before {}, the end of the one above; order them "
                                   "and let them not overlap",
                                   spans[i - 1].to_s));
      }
    }
  }

  std::vector<Step> steps_of(const std::vector<StepSpec>& specs, const std::string& path) {
    std::vector<Step> steps;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      if (i > 0 && specs[i].from_s <= specs[i - 1].from_s) {
        checker_.error(fmt::format("{}.{}.from_s", path, i),
                       fmt::format("must be after {}, that of the one above", specs[i - 1].from_s));
      }
      steps.push_back({specs[i].from_s, specs[i].value});
    }
    return steps;
  }

  void check_variation(const VariationSpec& variation, const std::string& path) {
    if (!variation.present || variation.distribution.empty()) return;
    if (variation.distribution == "exponential" && variation.cv) {
      checker_.error(path + ".cv", "an exponential factor has none to choose; remove the key");
    } else if (variation.distribution != "exponential" && !variation.cv) {
      checker_.error(path, fmt::format("a {} factor needs the key 'cv'", variation.distribution));
    } else if (variation.distribution == "uniform" && *variation.cv > 1 / std::sqrt(3.0)) {
      checker_.error(path + ".cv", "must be <= 0.577 of a uniform factor, or it would be negative");
    }
  }

  void build_run() {
    check_unique(spec_.cells, "cells");
    check_unique(spec_.servers, "servers");
    check_unique(spec_.mobiles, "mobiles");
    check_unique(spec_.windows, "windows");
    check_spans(spec_.windows, "windows");
    if (spec_.duration_s && spec_.warm_up_s >= *spec_.duration_s) {
      checker_.error("warm_up_s",
                     fmt::format("must be below duration_s, which is {}", *spec_.duration_s));
    }
    model_.seed = static_cast<std::uint64_t>(spec_.seed);
    if (spec_.duration_s) model_.duration_s = *spec_.duration_s;
    model_.warm_up_s = spec_.warm_up_s;
    model_.replications = static_cast<int>(spec_.replications);
    for (const FleetSpec::WindowSpec& window : spec_.windows) {
      model_.windows.push_back({window.name, window.from_s, window.to_s});
    }
    model_.simgrid_links = spec_.links == "simgrid";
    model_.sample_s = spec_.timeseries_s;
    model_.record_share = spec_.records;
  }

  // Cells
  // ------------------------------------------------------------------------------------------

  void build_cell(std::size_t i) {
    CellSpec& spec = spec_.cells[i];
    const std::string path = fmt::format("cells.{}", i);
    CellModel cell;
    cell.name = spec.name;
    cell.count = static_cast<std::uint32_t>(spec.count);
    cell.delay_s = spec.delay_s;
    cell.loss = spec.loss;
    if (std::find(energy_model_names().begin(), energy_model_names().end(), spec_.energy_model) !=
        energy_model_names().end()) {
      cell.energy_model = energy_model_by_name(spec_.energy_model);
    }
    const std::string problem =
        spec.radio.empty() ? "" : unknown_radio(profiles_.library(), spec.radio);
    if (!problem.empty()) {
      checker_.error(path + ".radio", problem);
    } else if (!spec.radio.empty()) {
      const RadioProfile& radio = profiles_.radio(spec.radio);
      cell.radio = radio.radio;
      if (spec.radio_states) {
        if (!radio.machine) {
          checker_.error(path + ".radio_states",
                         fmt::format("the radio '{}' has no states; add them to its file, or "
                                     "remove the key",
                                     spec.radio));
        }
        cell.machine = radio.machine;
      }
    }
    check_spans(spec.outages, path + ".outages");
    if (!spec.wifi_bit_per_s.empty()) {
      if (spec.uplink.present || spec.downlink.present || !spec.outages.empty()) {
        checker_.error(path + ".wifi_levels",
                       "a Wi-Fi cell has one rate for both directions; remove 'uplink', "
                       "'downlink' and 'outages'");
      }
      for (const double rate : spec.wifi_bit_per_s) {
        cell.wifi_byte_per_s.push_back(bits_per_second(rate).value());
      }
      const RateTimeline air{BytesPerSecond{cell.wifi_byte_per_s.front()}};
      cell.uplink.assign(cell.count, air);
      cell.downlink.assign(cell.count, air);
    } else {
      cell.uplink = timelines(spec, spec.uplink, cell.radio.uplink, path, "uplink");
      cell.downlink = timelines(spec, spec.downlink, cell.radio.downlink, path, "downlink");
    }
    model_.cells.push_back(std::move(cell));
  }

  /// One timeline a copy of the cell.
  std::vector<RateTimeline> timelines(const CellSpec& spec, DirectionSpec& direction,
                                      BytesPerSecond radio_rate, const std::string& path,
                                      const std::string& name) {
    const auto count = static_cast<std::size_t>(spec.count);
    if (direction.rate_bit_per_s && !direction.trace.empty()) {
      checker_.error(fmt::format("{}.{}.trace", path, name),
                     "the rate is given already by 'rate_bit_per_s'; remove one");
      return {};
    }
    if (direction.trace_table.present && direction.trace.empty()) {
      checker_.error(fmt::format("{}.{}.trace_table", path, name),
                     "says how a trace's table is read; add the key 'trace', or remove this one");
      return {};
    }
    std::vector<RateTimeline> all;
    if (direction.trace.empty()) {
      const BytesPerSecond rate =
          direction.rate_bit_per_s ? bits_per_second(*direction.rate_bit_per_s) : radio_rate;
      all.assign(count, RateTimeline{rate});
    } else {
      const std::shared_ptr<const Trace> trace = trace_of(spec, direction, path, name);
      if (!trace) return {};
      const StreamFamily offsets{model_.seed, "trace offset " + spec.name};
      for (std::size_t copy = 0; copy < count; ++copy) {
        // Up- and downlink begin at the same part of their traces.
        const double part = Stream{offsets, copy}.uniform();
        const double offset = spec.trace_offset_s ? std::fmod(*spec.trace_offset_s, trace->length_s)
                                                  : part * trace->length_s;
        all.emplace_back(*trace, Seconds{offset});
      }
    }
    for (RateTimeline& timeline : all) {
      for (const SpanSpec& outage : spec.outages) timeline.add_outage({outage.from_s, outage.to_s});
    }
    return all;
  }

  std::shared_ptr<const Trace> trace_of(const CellSpec& spec, DirectionSpec& direction,
                                        const std::string& path, const std::string& name) {
    const std::string written = direction.trace;
    const fs::path file = find_data_file(source_, profiles_.library(), "traces", written);
    if (file.empty()) {
      checker_.error(fmt::format("{}.{}.trace", path, name),
                     fmt::format("no trace '{}' beside the scenario, or under traces/ of a folder "
                                 "of profiles or of the data folder; set PAPILIO_DATA to a data "
                                 "folder that has it",
                                 written));
      return nullptr;
    }
    direction.trace = effective_name(source_, written);
    auto trace = std::make_shared<const Trace>(
        load_trace(file.string(), Seconds{spec.trace_bin_s}, format_of(direction.trace_table)));
    model_.traces.push_back(trace);
    fleet_.traces.push_back({spec.name, name, written, trace->mean(), Seconds{trace->length_s},
                             trace->longest_outage(), to_text(trace->holds)});
    return trace;
  }

  // Servers
  // ----------------------------------------------------------------------------------------

  void build_server(std::size_t i) {
    const ServerSpec& spec = spec_.servers[i];
    const std::string path = fmt::format("servers.{}", i);
    ServerModel server;
    server.name = spec.name;
    server.count = static_cast<std::uint32_t>(spec.count);
    server.gpus = static_cast<int>(spec.gpus);
    server.priority = spec.discipline == "priority";
    if (spec.batching) build_batching(spec, path + ".batching", server);
    server.load_levels = steps_of(spec.load_level, path + ".load_level");
    if (spec.background) {
      server.background_s = spec.background_s;
      check_variation(spec.background_variation, path + ".background.variation");
      server.background_variation = variation_of(spec.background_variation);
      server.background = steps_of(spec.background_load, path + ".background.load");
    }
    check_spans(spec.crashes, path + ".crashes");
    check_spans(spec.slow, path + ".slow");
    for (const SpanSpec& span : spec.crashes) server.faults.push_back({span.from_s, span.to_s, 0});
    for (const SpanSpec& span : spec.slow) {
      server.faults.push_back({span.from_s, span.to_s, span.factor});
    }
    if (spec.backhaul) {
      if (spec.backhaul_bit_per_s) {
        server.backhaul_byte_per_s = bits_per_second(*spec.backhaul_bit_per_s).value();
      }
      server.backhaul_delay_s = spec.backhaul_delay_s;
    }
    model_.servers.push_back(std::move(server));
  }

  void build_batching(const ServerSpec& spec, const std::string& path, ServerModel& server) {
    server.batch_size = static_cast<int>(spec.batch_size);
    server.batch_delay_s = spec.batch_delay_s;
    server.batch_factors.push_back({1, 1});
    for (std::size_t i = 0; i < spec.batch_factors.size(); ++i) {
      const ServerSpec::BatchSize& batch = spec.batch_factors[i];
      if (batch.size == 1 && i == 0) {
        if (batch.factor != 1) {
          checker_.error(fmt::format("{}.times.0.factor", path), "must be 1: one request is one");
        }
        continue;
      }
      if (batch.size <= server.batch_factors.back().size) {
        checker_.error(fmt::format("{}.times.{}.size", path, i),
                       fmt::format("must be above {}, that of the one above",
                                   server.batch_factors.back().size));
        continue;
      }
      server.batch_factors.push_back({static_cast<int>(batch.size), batch.factor});
    }
    if (server.batch_factors.back().size < server.batch_size) {
      checker_.error(path + ".times",
                     fmt::format("must reach the size {}, the most in one batch", spec.batch_size));
    }
  }

  // Mobiles
  // ----------------------------------------------------------------------------------------

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
    check_variation(spec.service_variation, path + ".service_variation");
    check_variation(spec.upload_variation, path + ".upload_variation");
    group.service_variation = variation_of(spec.service_variation);
    group.upload_variation = variation_of(spec.upload_variation);
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
      group.partitions = {task_partition(spec, path)};
    }
    model_.groups.push_back(std::move(group));
  }

  FleetPartition task_partition(const MobilesSpec& spec, const std::string& path) {
    const MobilesSpec::Task& task = spec.task;
    const bool fallback = spec.recovery.present && spec.recovery.fallback == "mobile";
    if (fallback && !task.fallback_s) {
      checker_.error(path + ".task",
                     "falling back to the mobile needs the key 'fallback_s', and 'fallback_j'");
    }
    if (spec.edge.empty() && (task.edge_s > 0 || task.backhaul_bytes > 0)) {
      checker_.error(path + ".task", "has work for an edge server; name it in the key 'edge'");
    }
    return {.name = "task",
            .mobile_s = task.mobile_s,
            .mobile_j = task.mobile_j,
            .upload_bytes = static_cast<double>(task.upload_bytes),
            .edge_s = task.edge_s,
            .backhaul_bytes = static_cast<double>(task.backhaul_bytes),
            .server_s = task.server_s,
            .result_bytes = static_cast<double>(task.result_bytes),
            .fallback_s = task.fallback_s.value_or(0),
            .fallback_j = task.fallback_j.value_or(0),
            .cloud_only_s = task.server_s};
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
    checker_.error(path, fmt::format("{}, so a request may never be answered; add "
                                     "recovery: {{timeout_s: ...}}",
                                     reason));
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

  FleetScenario& fleet_;
  FleetSpec& spec_;
  FleetModel& model_;
  const ScenarioSource& source_;
  ProfileCache& profiles_;
  Checker& checker_;
};

}  // namespace

bool is_fleet(const ScenarioSource& source) {
  return is_fleet(read_scenario(source));
}

bool is_fleet(const Node& root) {
  return root.find("kind") != nullptr;
}

FleetScenario load_fleet(const ScenarioSource& source) {
  ProfileCaches caches;
  return load_fleet(read_scenario(source), source, caches);
}

FleetScenario load_fleet(const Node& root, const ScenarioSource& source, ProfileCaches& caches) {
  FleetScenario fleet;
  Diagnostics diagnostics;
  Checker checker{root, diagnostics};
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_fleet(visitor, fleet.spec); }, diagnostics);
  // What follows looks into every list; where one is missing there is nothing to look into.
  FleetSpec& spec = fleet.spec;
  if (spec.cells.empty() || spec.servers.empty() || spec.mobiles.empty()) {
    diagnostics.throw_if_any();
  }
  ProfileCache& profiles = profiles_of(source, spec.profiles, caches, checker);
  Builder{fleet, source, profiles, checker}.build();
  FleetPrices prices = price_fleet(spec, source, profiles, checker, fleet.model);
  fleet.measurements = std::move(prices.measurements);
  fleet.tables = std::move(prices.tables);
  fleet.idle = std::move(prices.idle);
  bound_time_series(fleet.model, checker);
  diagnostics.throw_if_any();
  return fleet;
}

void check_time_series(const ScenarioSource& source, const FleetScenario& fleet,
                       const std::vector<FleetResult>& results) {
  double end_s = 0;
  for (const FleetResult& result : results) {
    if (result.samples_cut != 0) end_s = std::max(end_s, result.counts.end_s);
  }
  if (end_s == 0) return;
  const std::string key = "output.timeseries_s";
  Diagnostics diagnostics;
  diagnostics.error(mark_of(read_scenario(source), key), key, too_many_samples(fleet.model, end_s));
  diagnostics.throw_if_any();
}

std::string effective_yaml(const FleetScenario& fleet) {
  FleetSpec spec = fleet.spec;
  return write_fields([&](FieldVisitor& visitor) { describe_fleet(visitor, spec); });
}

}  // namespace papilio
