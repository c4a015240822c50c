#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "models/networks/network_schema.hpp"
#include "sim/app/command.hpp"
#include "sim/app/keys.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/base/yaml/fields.hpp"
#include "sim/profiles/device.hpp"
#include "sim/profiles/measurement_columns.hpp"
#include "sim/radio/radio.hpp"
#include "sim/radio/trace_columns.hpp"
#include "sim/scenario/calibration_file.hpp"
#include "sim/scenario/fleet_scenario.hpp"
#include "sim/scenario/plan_reader.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/study/design/spec.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace {

/// A kind of file, and the schema of what reads it.
struct FileKind {
  const char* name;
  const char* title;
  std::string (*schema)();
};

template <class Described, void (*kDescribe)(FieldVisitor&, Described&)>
std::string schema_with(const char* title) {
  Described described;
  nlohmann::ordered_json schema =
      schema_of_fields([&](FieldVisitor& visitor) { kDescribe(visitor, described); });
  schema["title"] = title;
  return schema.dump(2) + "\n";
}

std::string device_schema() {
  return schema_with<Device, describe_device_file>("Papilio device");
}
std::string radio_schema() {
  return schema_with<RadioProfile, describe_radio_file>("Papilio radio");
}
std::string layers_schema() {
  return schema_with<LayerProfile, describe_layer_profile>("Papilio layer table");
}
std::string calibration_schema() {
  return schema_with<CalibrationFile, describe_calibration>("Papilio calibration");
}
std::string plan_schema() {
  return schema_with<PlanFile, describe_plan_file>("Papilio plans");
}

std::string titled(nlohmann::ordered_json schema, const char* title) {
  schema["title"] = title;
  return schema.dump(2) + "\n";
}
std::string network_file_schema() {
  return titled(network_schema(), "Papilio network");
}
std::string trace_schema() {
  return titled(schema_of_row(trace_columns()), "Papilio trace, a row");
}
std::string payloads_schema() {
  return titled(schema_of_row(payload_columns()), "Papilio payloads, a row");
}
std::string accuracy_schema() {
  return titled(schema_of_row(accuracy_columns()), "Papilio accuracies, a row");
}

constexpr FileKind kFileKinds[]{
    {"scenario", "Scenarios", scenario_schema},
    {"fleet", "Fleets: kind: fleet", fleet_schema},
    {"study", "Studies: kind: study", study_schema},
    {"device", "Devices: devices/NAME.yaml of a folder of profiles", device_schema},
    {"radio", "Radios: radios/NAME.yaml of a folder of profiles", radio_schema},
    {"layers", "Layer tables: layers/DEVICE/MODEL.yaml of a folder of profiles", layers_schema},
    {"network", "Networks: models/NAME.yaml of a folder of profiles", network_file_schema},
    {"trace", "Traces: columns of a CSV file; also Mahimahi's packet deliveries", trace_schema},
    {"payloads", "Measured payloads: columns of a CSV file, the key payload.from", payloads_schema},
    {"accuracy", "Measured accuracies: columns of a CSV file, the key accuracy_from",
     accuracy_schema},
    {"calibration", "Calibrations: kind: calibration, the key calibration", calibration_schema},
    {"plan", "Plans: what 'papilio plan -o' writes", plan_schema},
};

}  // namespace

void schema_command(const Words& words) {
  CommandLine line{
      "schema [KIND] [options]",
      "Prints the JSON Schema (draft 7) of a scenario, or of KIND: scenario, fleet, study, device, "
      "radio,\nlayers, network, calibration or plan, or of a row of the CSV files: trace, "
      "payloads, accuracy; "
      "or, "
      "with --keys, a\ntable of every key with its unit, range, default and example, of KIND or of "
      "all. In an editor with the YAML language server, put\n"
      "# yaml-language-server: $schema=papilio.schema.json\nat the top of a scenario.",
      {"papilio schema > papilio.schema.json", "papilio schema fleet > papilio.fleet.schema.json",
       "papilio schema device --keys", "papilio schema --keys > keys.md"}};
  line.add_positional("kind");
  line.add_options()("keys", po::bool_switch(), "a table of the keys instead");
  line.add_format_option("of the table: md, csv, json, latex or html");
  if (!line.parse(words)) return;
  const bool keys = line.get<bool>("keys");
  const std::string format = line.get<std::string>("format");
  check_format(format);
  const std::string wanted = line.has("kind") ? line.all("kind").front() : "";
  std::vector<std::string> known;
  Document document{.title = "Every key of every file"};
  document.paragraphs.push_back(
      "Made of the descriptions that read the files ('papilio schema --keys'). A key with points "
      "stands in the keys before them, `[]` is any item of a list. Numbers are in SI units, which "
      "a key's name says. Where there is no default the key may be left out.");
  for (const FileKind& kind : kFileKinds) {
    known.emplace_back(kind.name);
    const bool asked = wanted == kind.name || (wanted.empty() && (keys || known.size() == 1));
    if (!asked) continue;
    if (!keys) {
      say(kind.schema());
      return;
    }
    document.sections.push_back(keys_of(kind.title, nlohmann::ordered_json::parse(kind.schema())));
  }
  if (document.sections.empty()) {
    throw ConfigError{fmt::format("papilio schema: error: unknown kind '{}'{}", wanted,
                                  suggestion(wanted, known))};
  }
  print(document, format, line.is_wide());
}

std::vector<std::string> schema_kinds() {
  std::vector<std::string> kinds;
  for (const FileKind& kind : kFileKinds) kinds.emplace_back(kind.name);
  return kinds;
}

}  // namespace papilio
