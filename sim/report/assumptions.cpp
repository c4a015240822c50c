#include "sim/report/assumptions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "sim/base/units/prefixes.hpp"

namespace papilio {
namespace {

/// What waiting costs a mobile, and who says so.
/// @param power_w as the effective scenario has it; nothing: nobody says
/// @param known   what is known of the device
std::string waiting_text(const std::string& device, const std::optional<double>& power_w,
                         const std::optional<IdlePower>& known) {
  if (!power_w) {
    return device.empty() ? "waiting costs nothing (no idle_power_w)"
                          : fmt::format(
                                "waiting costs nothing (no idle_power_w, and none is known "
                                "of {})",
                                device);
  }
  const std::string draws =
      *power_w > 0 ? fmt::format("waiting draws {:g} W", *power_w) : "waiting costs nothing";
  if (known && known->watts == *power_w) return fmt::format("{}, by {}", draws, known->from);
  return fmt::format("{}, by the scenario{}", draws,
                     known ? fmt::format(", where {} has {:g} W", known->from, known->watts) : "");
}

/// What the file of a radio assumes.
std::optional<std::string> assumed_text(const Radio& radio) {
  if (radio.assumed.empty()) return std::nullopt;
  return fmt::format("{} of the radio {}, by its file", fmt::join(radio.assumed, ", "), radio.name);
}

/// That plans were corrected, and by what; nothing where no file is named.
std::vector<std::string> calibrated_texts(const std::string& file,
                                          const CalibrationFile& calibration) {
  if (file.empty()) return {};
  return {fmt::format("CALIBRATED: all times and bytes are corrected by {} ('{}').",
                      std::filesystem::path{file}.filename().string(), calibration.name)};
}

void add(std::vector<std::string>& texts, std::optional<std::string> text) {
  if (text && std::find(texts.begin(), texts.end(), *text) == texts.end()) {
    texts.push_back(*std::move(text));
  }
}

/// Names that share a text, as "a, b: text"; the text alone where all share it.
std::vector<std::string> by_text(const std::map<std::string, std::vector<std::string>>& names,
                                 std::size_t all) {
  std::vector<std::string> texts;
  texts.reserve(names.size());
  for (const auto& [text, who] : names) {
    texts.push_back(who.size() == all ? text : fmt::format("{} ({})", text, fmt::join(who, ", ")));
  }
  return texts;
}

/// The radios of a fleet's cells, each once, with the greatest rates that any of its cells ever
/// has: what requests share, or a trace gives at its worst, is less.
std::vector<std::pair<const Radio*, RatesUsed>> greatest_rates(const FleetModel& model) {
  std::vector<std::pair<const Radio*, RatesUsed>> used;
  for (const CellModel& cell : model.cells) {
    BytesPerSecond up;
    BytesPerSecond down;
    for (const RateTimeline& rate : cell.uplink) up = std::max(up, rate.greatest_rate());
    for (const RateTimeline& rate : cell.downlink) down = std::max(down, rate.greatest_rate());
    for (const double level : cell.wifi_byte_per_s) {
      up = std::max(up, BytesPerSecond{level});
      down = std::max(down, BytesPerSecond{level});
    }
    const auto same = std::find_if(used.begin(), used.end(), [&](const auto& one) {
      return one.first->name == cell.radio.name;
    });
    if (same == used.end()) {
      used.push_back({&cell.radio, {up, down}});
    } else {
      same->second = {std::max(same->second.uplink, up), std::max(*same->second.downlink, down)};
    }
  }
  return used;
}

}  // namespace

Assumptions assumptions_of(const Scenario& scenario) {
  const bool offloads = std::any_of(scenario.cells.begin(), scenario.cells.end(),
                                    [](const Cell& cell) { return !cell.network.empty(); });
  Assumptions found{
      .opaque = opaque_clauses(scenario.graph),
      .assumed = {},
      .extrapolated = {},
      .calibrated = calibrated_texts(scenario.spec.calibration, scenario.calibration)};
  if (!offloads) return found;
  const ScenarioSpec& spec = scenario.spec;
  const ConditionsSpec& conditions = spec.conditions;
  std::vector<std::string>& assumed = found.assumed;
  assumed.push_back(
      waiting_text(spec.mobile_device, conditions.mobile_idle_power_w, scenario.mobile_idle));
  if (!conditions.download_takes_time) assumed.emplace_back("answers take no time to receive");
  if (!conditions.delay_s && conditions.network_delays.empty()) {
    assumed.emplace_back("no propagation delay (no delay_s)");
  }
  if (!scenario.measurements.names_payload) {
    assumed.emplace_back("quantising and coding take no time (no payload)");
  }
  assumed.emplace_back(conditions.has_edge ? "the radio is up already, and edge and cloud are free"
                                           : "the radio is up already and the cloud free");
  if (conditions.has_edge && !conditions.backhaul_bit_per_s) {
    assumed.emplace_back("the backhaul has no limit (no edge.backhaul.rate_bit_per_s)");
  }
  if (conditions.has_edge && !conditions.backhaul_delay_s) {
    assumed.emplace_back("the backhaul has no propagation delay (no edge.backhaul.delay_s)");
  }
  for (const Cell& cell : scenario.cells) {
    if (cell.network.empty()) continue;
    const Radio& radio = cell.use.radio;
    RatesUsed rates{radio.uplink, {}};
    const bool receives =
        conditions.download_takes_time || cell.use.energy_model == EnergyModel::kThroughputOnly;
    if (receives) rates.downlink = radio.downlink;
    add(assumed, assumed_text(radio));
    add(found.extrapolated, extrapolation_text(radio, rates));
  }
  return found;
}

Assumptions assumptions_of(const FleetScenario& fleet) {
  const FleetModel& model = fleet.model;
  std::map<std::string, std::vector<std::string>> waiting;
  bool uncoded = false;
  for (std::size_t i = 0; i < model.groups.size(); ++i) {
    const MobilesSpec& mobiles = fleet.spec.mobiles[i];
    waiting[waiting_text(mobiles.device, mobiles.idle_power_w, fleet.idle[i])].push_back(
        mobiles.name);
    uncoded = uncoded || (!mobiles.task.present && !fleet.measurements.names_payload);
  }
  Assumptions found{.opaque = {fleet.opaque.begin(), fleet.opaque.end()},
                    .assumed = by_text(waiting, model.groups.size()),
                    .extrapolated = {},
                    .calibrated = calibrated_texts(fleet.spec.calibration, fleet.calibration)};
  std::vector<std::string>& assumed = found.assumed;
  std::map<std::string, std::vector<std::string>> of_cells;
  for (const CellModel& cell : model.cells) {
    if (cell.delay_s == 0) of_cells["no propagation delay (delay_s)"].push_back(cell.name);
    if (!cell.machine) {
      of_cells["radios are always up, without promotions and tails (radio_states)"].push_back(
          cell.name);
    }
  }
  for (std::string& text : by_text(of_cells, model.cells.size())) {
    assumed.push_back(std::move(text));
  }
  if (uncoded) assumed.emplace_back("quantising and coding take no time (no payload)");
  for (const auto& [radio, rates] : greatest_rates(model)) {
    add(assumed, assumed_text(*radio));
    add(found.extrapolated, extrapolation_text(*radio, rates));
  }
  return found;
}

std::vector<std::string> texts_of(const Assumptions& assumptions) {
  std::vector<std::string> texts;
  if (!assumptions.opaque.empty()) {
    texts.push_back(fmt::format("Opaque: {}.", fmt::join(assumptions.opaque, "; ")));
  }
  if (!assumptions.assumed.empty()) {
    texts.push_back(fmt::format("Assumed: {}.", fmt::join(assumptions.assumed, "; ")));
  }
  texts.insert(texts.end(), assumptions.calibrated.begin(), assumptions.calibrated.end());
  texts.insert(texts.end(), assumptions.extrapolated.begin(), assumptions.extrapolated.end());
  return texts;
}

std::optional<std::string> extrapolation_text(const Radio& radio, const RatesUsed& rates) {
  if (!radio.known) return std::nullopt;
  const KnownRates& known = *radio.known;
  std::vector<std::string> beyond;
  const auto check = [&](const char* what, BytesPerSecond used, BytesPerSecond least,
                         BytesPerSecond most, JoulesPerByte alpha) {
    const bool above = used > most;
    if (!above && used >= least) return;
    const Watts power = alpha * used + radio.beta;
    beyond.push_back(
        fmt::format("{} at {:g} Mbit/s, which makes {:.3g} W, where they are known {} "
                    "{:g} Mbit/s",
                    what, used.value() * kMegabitsPerByte, power.value(), above ? "up to" : "from",
                    (above ? most : least).value() * kMegabitsPerByte));
  };
  check("sending", rates.uplink, known.least_uplink, known.most_uplink, radio.alpha_uplink);
  if (rates.downlink) {
    check("receiving", *rates.downlink, known.least_downlink, known.most_downlink,
          radio.alpha_downlink);
  }
  if (beyond.empty()) return std::nullopt;
  return fmt::format("EXTRAPOLATED: the power coefficients of {} are used for {} ({}).", radio.name,
                     fmt::join(beyond, ", and for "), to_string(known.provenance));
}

}  // namespace papilio
