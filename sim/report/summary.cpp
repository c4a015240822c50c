#include "sim/report/summary.hpp"

namespace papilio {
namespace {

using Subject = SummarySubject;

/// An energy that is part of the mobile's own, if that is known.
Value mobile_energy(const Subject& of, Joules energy) {
  return of.cell.energy_known ? Value{energy.value()} : Value{};
}

Value energy_speedup(const Subject& of) {
  if (of.base == nullptr || !of.cell.energy_known || !of.base_cell->energy_known) return {};
  return of.base->energy() / of.took.energy();
}

}  // namespace

const std::vector<SummaryColumn>& summary_columns() {
  static const std::vector<SummaryColumn> kColumns{
      {"strategy", [](const Subject& of) { return Value{of.cell.strategy}; }},
      {"network", [](const Subject& of) { return text_value(of.cell.network); }},
      {"cut", [](const Subject& of) { return text_value(of.cell.cut); }},
      {"channels", [](const Subject& of) { return optional_value(of.cell.channels); }},
      {"bits", [](const Subject& of) { return optional_value(of.cell.bits); }},
      {"codec", [](const Subject& of) { return text_value(of.cell.codec); }},
      {"energy_model",
       [](const Subject& of) { return Value{std::string{name(of.cell.use.energy_model)}}; }},
      {"payload_bytes",
       [](const Subject& of) {
         return Value{static_cast<std::int64_t>(of.cell.plan.upload().value())};
       }},
      {"n", [](const Subject&) { return Value{std::int64_t{1}}; }},
      {"latency_s", [](const Subject& of) { return Value{of.took.latency().value()}; }},
      {"mobile_s", [](const Subject& of) { return Value{of.took.mobile.value()}; }},
      {"uplink_s", [](const Subject& of) { return Value{of.took.uplink.value()}; }},
      {"delay_s",
       [](const Subject& of) { return of.delayed ? Value{of.took.delay.value()} : Value{}; }},
      {"cloud_s", [](const Subject& of) { return Value{of.took.cloud.value()}; }},
      {"downlink_s", [](const Subject& of) { return Value{of.took.downlink.value()}; }},
      {"energy_j", [](const Subject& of) { return mobile_energy(of, of.took.energy()); }},
      {"mobile_j",
       [](const Subject& of) {
         return mobile_energy(of, of.took.compute_energy + of.took.idle_energy);
       }},
      {"uplink_j", [](const Subject& of) { return Value{of.took.uplink_energy.value()}; }},
      {"downlink_j", [](const Subject& of) { return Value{of.took.downlink_energy.value()}; }},
      {"speedup_latency",
       [](const Subject& of) {
         return of.base == nullptr ? Value{} : Value{of.base->latency() / of.took.latency()};
       }},
      {"speedup_energy", energy_speedup},
      {"accuracy", [](const Subject& of) { return optional_value(of.cell.plan.accuracy); }},
      {"partition", [](const Subject& of) { return Value{of.cell.plan.name}; }},
      {"admitted", [](const Subject& of) {
         return of.cell.admitted ? Value{std::int64_t{*of.cell.admitted}} : Value{};
       }}};
  return kColumns;
}

}  // namespace papilio
