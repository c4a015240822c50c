#include "sim/app/prediction_subject.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "models/networks/network_file.hpp"
#include "sim/app/catalogue.hpp"
#include "sim/app/data_sheet.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace {

constexpr const char* kRecalled = "recalled";

/// The tables at one precision, which is that of all of them, or the one asked for.
std::string keep_one_precision(std::vector<KnownTable>& tables, const std::string& wanted) {
  std::set<std::string> precisions;
  for (const KnownTable& table : tables) precisions.insert(table.profile.precision);
  if (wanted.empty() && precisions.size() > 1) {
    refuse_prediction(fmt::format("the device's tables are at {}; choose one with --precision",
                                  fmt::join(precisions, " and ")));
  }
  std::string precision = !wanted.empty()      ? wanted
                          : precisions.empty() ? "fp32"
                                               : *precisions.begin();
  std::erase_if(tables,
                [&](const KnownTable& table) { return table.profile.precision != precision; });
  return precision;
}

double total_of(const LayerProfile& profile) {
  double sum = 0;
  for (const LayerProfile::Row& row : profile.rows) sum += row.latency_s;
  return sum;
}

TableComparison comparison_of(const KnownTable& table) {
  return {{table.graph, total_of(table.profile)},
          fmt::format("the table of {} at {} ({})", table.graph.name(), table.profile.precision,
                      to_string(table.profile.provenance))};
}

/// @throws ConfigError if a part of the total ends nowhere in the network, or before the one before
TotalOfFile total_of(const StatedTotal& stated, Graph graph, const std::string& device) {
  TotalOfFile total{.known = {std::move(graph), stated.latency_s, stated.energy_j, {}},
                    .from = stated.provenance,
                    .doubt = stated.doubt};
  const Graph& network = total.known.graph;
  std::vector<KnownTotal::Part>& parts = total.known.parts;
  for (const StatedTotal::Part& part : stated.parts) {
    const std::optional<LayerId> last = network.find_layer(part.to);
    if (!last || *last + 1 >= network.layers().size() ||
        (!parts.empty() && *last <= parts.back().last)) {
      throw ConfigError{
          fmt::format("devices/{}.yaml: error: totals: '{}' does not end a part of '{}'; name "
                      "layers before its "
                      "last one, in its order ('papilio models show {}')",
                      device, part.to, network.name(), network.name())};
    }
    parts.push_back({*last, part.latency_s, part.energy_j});
  }
  return total;
}

/// Makes the total that calibrates the basis'. A recollection does so only where it is asked for.
/// @param wanted name of its network; empty: the first total's
void choose_total(PredictionSubject& subject, const std::string& wanted) {
  const auto chosen =
      std::find_if(subject.totals.begin(), subject.totals.end(), [&](const TotalOfFile& total) {
        return wanted.empty() ? total.from.kind != kRecalled : total.known.graph.name() == wanted;
      });
  if (chosen == subject.totals.end()) return;
  subject.calibrating = static_cast<std::size_t>(chosen - subject.totals.begin());
  subject.basis.total = chosen->known;
}

/// Whose total a roofline is calibrated by, or else may be held against.
void keep_for_calibration(PredictionSubject& subject, const std::optional<std::string>& wanted) {
  std::vector<KnownTable>& tables = subject.basis.tables;
  if (!wanted) {
    choose_total(subject, "");
    return;
  }
  std::vector<std::string> known;
  known.reserve(tables.size() + subject.totals.size());
  for (const KnownTable& table : tables) known.push_back(table.graph.name());
  const bool of_table = std::find(known.begin(), known.end(), *wanted) != known.end();
  for (const TotalOfFile& total : subject.totals) known.push_back(total.known.graph.name());
  if (std::find(known.begin(), known.end(), *wanted) == known.end()) {
    refuse_prediction(fmt::format("the device '{}' has no table of '{}' at {}{}", subject.device,
                                  *wanted, subject.precision, suggestion(*wanted, known)));
  }
  for (const KnownTable& table : tables) {
    if (table.graph.name() != *wanted) subject.comparisons.push_back(comparison_of(table));
  }
  std::erase_if(tables, [&](const KnownTable& table) { return table.graph.name() != *wanted; });
  choose_total(subject, of_table ? "" : *wanted);
}

/// Whether the device's file has what a roofline at the precision is made of.
bool has_peak(const Device& device, const std::string& precision) {
  const std::optional<Sourced> peak =
      find_constant(device, fmt::format("peak_{}_flop_per_s", precision));
  return peak && peak->value;
}

}  // namespace

void refuse_prediction(const std::string& message) {
  throw ConfigError{"papilio predict: error: " + message};
}

bool uses_total(const PredictionSubject& subject, const std::string& model) {
  const std::vector<KnownTable>& tables = subject.basis.tables;
  return subject.basis.method == PredictionMethod::kRoofline && subject.basis.total &&
         std::all_of(tables.begin(), tables.end(),
                     [&](const KnownTable& table) { return table.graph.name() == model; });
}

bool by_data_sheet_alone(const PredictionSubject& subject, const std::string& model) {
  return subject.basis.method == PredictionMethod::kRoofline && !uses_total(subject, model) &&
         std::all_of(subject.basis.tables.begin(), subject.basis.tables.end(),
                     [&](const KnownTable& table) { return table.graph.name() == model; });
}

PredictionSubject subject_of(const CommandLine& line, const ProfileLibrary& library,
                             const Bibliography& bibliography, const std::string& device) {
  PredictionSubject subject{.device = device};
  const std::vector<std::string> devices = library.names("devices");
  const bool described = std::find(devices.begin(), devices.end(), subject.device) != devices.end();
  std::vector<KnownTable>& tables = subject.basis.tables;
  tables = known_tables(library, bibliography, subject.device);
  if (!described && tables.empty()) {
    refuse_prediction(
        fmt::format("unknown device '{}'{}", subject.device, suggestion(subject.device, devices)));
  }
  const std::vector<KnownTable> all = tables;
  subject.precision =
      keep_one_precision(tables, line.has("precision") ? line.get<std::string>("precision") : "");
  const Device device_data =
      described ? load_device(library, bibliography, subject.device) : Device{};
  const auto method = line.get<std::string>("method");
  if (method != "auto" && method != "regression" && method != "roofline") {
    refuse_prediction(fmt::format("unknown --method '{}'{}", method,
                                  suggestion(method, {"auto", "regression", "roofline"})));
  }
  const bool roofline = method == "roofline" || line.has("calibrate") ||
                        (method == "auto" && tables.size() < kEnoughToLearn);
  if (method == "regression" && line.has("calibrate")) {
    refuse_prediction(
        "--calibrate applies only to the roofline; remove it, or --method regression");
  }
  if (roofline && !line.has("precision") && !has_peak(device_data, subject.precision) &&
      has_peak(device_data, "fp32")) {
    // What was measured at another precision cannot calibrate it, but is held against it.
    subject.precision = "fp32";
    std::erase_if(tables,
                  [](const KnownTable& table) { return table.profile.precision != "fp32"; });
  }
  for (const KnownTable& table : all) {
    if (table.profile.precision != subject.precision) {
      subject.comparisons.push_back(comparison_of(table));
    }
  }
  for (const StatedTotal& total : device_data.totals) {
    subject.totals.push_back(total_of(total, model_by_name(library, total.model), subject.device));
  }
  if (!roofline) {
    subject.comparisons.clear();
    return subject;
  }
  subject.basis.method = PredictionMethod::kRoofline;
  if (!described) {
    refuse_prediction(
        fmt::format("a roofline needs devices/{}.yaml, which is not there; write it, or measure "
                    "more networks ('papilio profile')",
                    subject.device));
  }
  keep_for_calibration(subject, line.has("calibrate")
                                    ? std::optional{line.get<std::string>("calibrate")}
                                    : std::nullopt);
  subject.basis.roofline = roofline_of(device_data, subject.precision);
  return subject;
}

}  // namespace papilio
