#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <utility>

#include "sim/scenario/fleet_parts.hpp"
#include "sim/scenario/references.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

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

/// Makes cells of what a fleet says of them.
class CellBuilder {
 public:
  explicit CellBuilder(const FleetParts& parts)
      : fleet_{parts.fleet},
        spec_{parts.fleet.spec},
        model_{parts.fleet.model},
        source_{parts.source},
        profiles_{parts.profiles},
        checker_{parts.checker} {}

  void build() {
    for (std::size_t i = 0; i < spec_.cells.size(); ++i) build_cell(i);
  }

 private:
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
                         fmt::format("the radio '{}' describes no radio machine (such as "
                                     "'states'); add one to its file, or "
                                     "remove the key",
                                     spec.radio));
        }
        cell.machine = radio.machine;
      }
    }
    check_spans(spec.outages, path + ".outages", checker_);
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

  FleetScenario& fleet_;
  FleetSpec& spec_;
  FleetModel& model_;
  const ScenarioSource& source_;
  ProfileCache& profiles_;
  Checker& checker_;
};

}  // namespace

void build_cells(const FleetParts& parts) {
  CellBuilder{parts}.build();
}

}  // namespace papilio
