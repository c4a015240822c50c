#include "sim/report/summary.hpp"

namespace papilio {
namespace {

using Subject = SummarySubject;

constexpr bool kIfAny = true;  // see Column::if_any

/// An energy that is part of the mobile's own, if that is known.
Value mobile_energy(const Subject& of, Joules energy) {
  return of.cell.energy_known ? Value{energy.value()} : Value{};
}

Value energy_speedup(const Subject& of) {
  if (of.base == nullptr || !of.cell.energy_known || !of.base_cell->energy_known) return {};
  return of.base->energy() / of.took.energy();
}

}  // namespace

Value first_token_value(const Plan& plan, const Breakdown& took) {
  return plan.tokens > 0 ? Value{took.first_token.value()} : Value{};
}

Value per_token_value(const Plan& plan, const Breakdown& took) {
  if (plan.tokens < 2) return {};
  return (took.latency() - took.first_token).value() / static_cast<double>(plan.tokens - 1);
}

const std::vector<SummaryColumn>& summary_columns() {
  static const std::vector<SummaryColumn> kColumns{
      {{"strategy", ValueType::kText, "", ColumnKind::kDimension, Better::kNeither,
        "`mobile-only`, `cloud-only`, `butterfly`, `split`, `three-way` or `path`"},
       [](const Subject& of) { return Value{of.cell.strategy}; }},
      {{"network", ValueType::kText, "", ColumnKind::kDimension, Better::kNeither,
        "radio; empty for mobile-only"},
       [](const Subject& of) { return text_value(of.cell.network); }},
      {{"cut", ValueType::kText, "", ColumnKind::kDimension, Better::kNeither,
        "partition point; empty for mobile-only and cloud-only"},
       [](const Subject& of) { return text_value(of.cell.cut); }},
      {{"edge_after", ValueType::kText, "", ColumnKind::kDimension, Better::kNeither,
        "three-way: the last cut on the edge, or `output`. The column is there only where the "
        "scenario has an `edge`",
        kIfAny},
       [](const Subject& of) { return text_value(of.cell.edge_after); }},
      {{"channels", ValueType::kInteger, "", ColumnKind::kDimension, Better::kNeither,
        "D_r of the butterfly unit; else empty"},
       [](const Subject& of) { return optional_value(of.cell.channels); }},
      {{"bits", ValueType::kInteger, "bit", ColumnKind::kDimension, Better::kNeither,
        "of one crossing element; empty for mobile-only"},
       [](const Subject& of) { return optional_value(of.cell.bits); }},
      {{"codec", ValueType::kText, "", ColumnKind::kDimension, Better::kNeither,
        "of what crosses; empty for mobile-only. The column is there only where a payload was "
        "measured"},
       [](const Subject& of) { return text_value(of.cell.codec); }},
      {{"energy_model", ValueType::kText, "", ColumnKind::kDimension, Better::kNeither,
        "reading of the radio's energy: `stated` or `throughput-only`"},
       [](const Subject& of) { return Value{std::string{name(of.cell.use.energy_model)}}; }},
      {{"payload_bytes", ValueType::kInteger, "byte", ColumnKind::kMeasure, Better::kLess,
        "what crosses the radio upwards: ⌈elements · bits / 8⌉, or the mean that was measured "
        "([payloads](models/payloads.md)), rounded up; of a path, the sum of its uploads"},
       [](const Subject& of) {
         return Value{static_cast<std::int64_t>(of.cell.plan.upload().value())};
       }},
      {{"n", ValueType::kInteger, "", ColumnKind::kMeasure, Better::kNeither,
        "requests that the row averages"},
       [](const Subject&) { return Value{std::int64_t{1}}; }},
      {{"latency_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "mean latency: the sum of the parts that follow"},
       [](const Subject& of) { return Value{of.took.latency().value()}; }},
      {{"mobile_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "mobile computing, encoding included"},
       [](const Subject& of) { return Value{of.took.mobile.value()}; }},
      {{"uplink_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess, "upload"},
       [](const Subject& of) { return Value{of.took.uplink.value()}; }},
      {{"delay_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "propagation, there and back, and `message_s` of a calibration. The column is there only "
        "where the scenario has a delay or such",
        kIfAny},
       [](const Subject& of) { return of.delayed ? Value{of.took.delay.value()} : Value{}; }},
      {{"edge_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "computing on the edge server. The column is there only where the scenario has an `edge`",
        kIfAny},
       [](const Subject& of) { return of.edged ? Value{of.took.edge.value()} : Value{}; }},
      {{"backhaul_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "transfers between edge and cloud, both ways; the column as `edge_s`", kIfAny},
       [](const Subject& of) { return of.edged ? Value{of.took.backhaul.value()} : Value{}; }},
      {{"cloud_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "cloud computing, decoding included, which is in `edge_s` where the edge decodes"},
       [](const Subject& of) { return Value{of.took.cloud.value()}; }},
      {{"downlink_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "downloads: of the answer, 0 unless `download_takes_time`, and of what a path brings back"},
       [](const Subject& of) { return Value{of.took.downlink.value()}; }},
      {{"first_token_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "of a decoder: until its first token is on the mobile. The column is there only where the "
        "scenario has `generate`",
        kIfAny},
       [](const Subject& of) { return first_token_value(of.cell.plan, of.took); }},
      {{"per_token_s", ValueType::kReal, "s", ColumnKind::kMeasure, Better::kLess,
        "of a decoder: each token after the first, the mean; empty of one token; the column as "
        "`first_token_s`",
        kIfAny},
       [](const Subject& of) { return per_token_value(of.cell.plan, of.took); }},
      {{"token_bytes", ValueType::kReal, "byte", ColumnKind::kMeasure, Better::kLess,
        "of a decoder: what crosses the radio upwards for each token after the first; the column "
        "as "
        "`first_token_s`",
        kIfAny},
       [](const Subject& of) {
         return of.cell.plan.tokens > 1 ? Value{of.cell.plan.upload_per_token().value()} : Value{};
       }},
      {{"energy_j", ValueType::kReal, "J", ColumnKind::kMeasure, Better::kLess,
        "mean mobile energy: the sum of the next three; empty, as `mobile_j`, where the mobile "
        "computes and its layer table has no energies"},
       [](const Subject& of) { return mobile_energy(of, of.took.energy()); }},
      {{"mobile_j", ValueType::kReal, "J", ColumnKind::kMeasure, Better::kLess,
        "mobile computing and waiting (`compute_j` + `idle_j` of the records)"},
       [](const Subject& of) {
         return mobile_energy(of, of.took.compute_energy + of.took.idle_energy);
       }},
      {{"uplink_j", ValueType::kReal, "J", ColumnKind::kMeasure, Better::kLess, "radio, upload"},
       [](const Subject& of) { return Value{of.took.uplink_energy.value()}; }},
      {{"downlink_j", ValueType::kReal, "J", ColumnKind::kMeasure, Better::kLess,
        "radio, download; may be charged by the byte where it takes no time"},
       [](const Subject& of) { return Value{of.took.downlink_energy.value()}; }},
      {{"speedup_latency", ValueType::kReal, "", ColumnKind::kMeasure, Better::kMore,
        "cloud-only's `latency_s` on the same network and reading over this one's; of several, the "
        "first of the same bits, else the first; empty without"},
       [](const Subject& of) {
         return of.base == nullptr ? Value{} : Value{of.base->latency() / of.took.latency()};
       }},
      {{"speedup_energy", ValueType::kReal, "", ColumnKind::kMeasure, Better::kMore,
        "the same of `energy_j`"},
       energy_speedup},
      {{"accuracy", ValueType::kReal, "", ColumnKind::kMeasure, Better::kMore,
        "top-1 as a fraction: with `accuracy_from` what that file has, or empty; else Table V's "
        "where printed, else Fig. 7's, else empty"},
       [](const Subject& of) { return optional_value(of.cell.plan.accuracy); }},
      {{"partition", ValueType::kText, "", ColumnKind::kDimension, Better::kNeither,
        "a name that no other partition of the scenario has: \"RB8\", \"split RB8\", "
        "\"cloud-only\"; with \"/D_r\" and \"/bits\" where there are several, and the codec, "
        "\"RB8/zstd\", where it is not raw"},
       [](const Subject& of) { return Value{of.cell.plan.name}; }},
      {{"admitted", ValueType::kInteger, "", ColumnKind::kMeasure, Better::kMore,
        "1 where the stated limits let it be chosen, else 0 "
        "([accuracy](models/payloads.md#a-limit), "
        "[others](models/planning.md#limits)). The column is there only where one is stated"},
       [](const Subject& of) {
         return of.admitted ? Value{std::int64_t{*of.admitted}} : Value{};
       }}};
  return kColumns;
}

}  // namespace papilio
