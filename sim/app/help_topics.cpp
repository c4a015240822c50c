#include "sim/app/help_topics.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "sim/app/keys.hpp"
#include "sim/app/starters.hpp"
#include "sim/scenario/fleet_scenario.hpp"
#include "sim/scenario/scenario.hpp"

namespace papilio {
namespace {

using Json = nlohmann::ordered_json;

/// A network of four layers, small enough to be read; the examples of other files are about it.
constexpr std::string_view kNetwork = R"(title: a small network
layers:
  - {op: input, name: input, block: first, channels: 3, height: 32, width: 32}
  - {op: conv, name: conv, out_channels: 8, kernel: 3, stride: 2, padding: 1}
  - {op: relu, name: relu, end_of: first}
  - {op: flatten, name: flatten, block: last}
  - {op: linear, name: fc, out_features: 10}
)";

constexpr std::string_view kLayers = R"(device: phone
model: tiny
precision: fp32
provenance: {kind: assumed, at: my stopwatch}
layers:
  - {layer: input, latency_s: 0}
  - {layer: conv, latency_s: 120e-6}
  - {layer: relu, latency_s: 5e-6}
  - {layer: flatten, latency_s: 0}
  - {layer: fc, latency_s: 40e-6}
)";

constexpr std::string_view kPayloads =
    "image,cut,channels,bits,codec,body_bytes,frame_bytes,encode_s,decode_s\n"
    "cat.jpg,first,0,8,zstd,1520,40,80e-6,30e-6\n"
    "dog.jpg,first,0,8,zstd,1610,40,82e-6,31e-6\n";

constexpr std::string_view kAccuracies =
    "cut,channels,bits,codec,seed,images,accuracy\n"
    ",0,8,raw,,1000,0.91\n"
    "first,2,8,raw,1,1000,0.89\n"
    "first,2,8,raw,2,1000,0.90\n";

/// The words that a key of the strategies may have, with what each is.
std::string variants_of(const Json& schema) {
  std::string text;
  for (const Json& variant : schema["properties"]["strategies"]["items"]["oneOf"]) {
    for (const auto& [key, value] : variant["properties"].items()) {
      if (!value.contains("const")) continue;
      std::vector<std::string> others;
      for (const auto& [other, ignored] : variant["properties"].items()) {
        if (other != key) others.push_back(other);
      }
      text += fmt::format(
          "  {:<13} {}\n", value["const"].get<std::string>(),
          others.empty() ? "no keys" : fmt::format("keys: {}", fmt::join(others, ", ")));
    }
  }
  return text;
}

std::string strategies_text() {
  return "In scenarios:\n" + variants_of(Json::parse(scenario_schema())) + "\nIn fleets:\n" +
         variants_of(Json::parse(fleet_schema())) + "\n";
}

std::string readings_text() {
  const Json readings = Json::parse(scenario_schema())["properties"]["energy_models"];
  return fmt::format("The key 'energy_models' of scenarios: {}\n\n",
                     readings.value("description", std::string{}));
}

std::string units_text() {
  std::string text = "The end of a key's or column's name is its unit:\n";
  for (const auto& [ending, unit] : units_of_keys()) {
    text += fmt::format("  {:<13} {}\n", ending, unit);
  }
  return text + "\n";
}

/// What is generated of a topic, behind its text.
std::string generated(const HelpTopic& topic) {
  if (topic.name == "strategies" || topic.name == "policies") return strategies_text();
  if (topic.name == "readings") return readings_text();
  if (topic.name == "units") return units_text();
  return {};
}

}  // namespace

const std::vector<HelpTopic>& help_topics() {
  static const std::vector<HelpTopic> kTopics{
      {.name = "scenario",
       .summary = "one request: where a network is split, on which radio",
       .text = "A scenario is a file of one request at a time: a network, the mobile's and the "
               "cloud's device, radios, and\nstrategies, each a place where the network may be "
               "split. 'papilio run' simulates every combination (a cell).",
       .starter = "scenario",
       .schema = "scenario",
       .page = "docs/models/cells.md"},
      {.name = "fleet",
       .summary = "many mobiles that share cells and servers over time",
       .text =
           "A fleet is a scenario with 'kind: fleet': groups of mobiles ask by themselves, share "
           "a cell's radio and a\nserver's queue, and meet load, outages and changing rates. "
           "'papilio run' gives latencies with intervals.",
       .starter = "fleet",
       .schema = "fleet",
       .page = "docs/models/fleet.md"},
      {.name = "study",
       .summary = "a scenario or fleet at many values of its keys",
       .text =
           "A study names a base (a scenario or a fleet) and axes: keys and the values that they "
           "take. 'papilio study run'\nputs a point for each combination into a database; "
           "'papilio table' and 'papilio plot' ask it.",
       .starter = "study",
       .schema = "study",
       .page = "docs/studies.md"},
      {.name = "device",
       .summary = "what is known of a phone, a GPU or a board",
       .text =
           "A device's file has its data sheet: peak rate, bandwidth, powers. Its speed layer by "
           "layer stands in layer tables\n('papilio help layers'), which 'papilio predict' makes "
           "of the data sheet and 'papilio profile' measures.",
       .starter = "device",
       .schema = "device",
       .page = "docs/models/prediction.md"},
      {.name = "radio",
       .summary = "rates and powers of 3G, 4G, Wi-Fi or yours",
       .text =
           "A radio's file has its rates each way and what it draws: beta_w + alpha · rate while "
           "it sends. Scenarios name\nradios under 'networks', and may replace its rates.",
       .starter = "radio",
       .schema = "radio",
       .page = "docs/models/radio.md"},
      {.name = "layers",
       .summary = "what each layer of a network takes on a device",
       .text =
           "A layer table has a row for each layer that takes time, in seconds, and perhaps in "
           "joules. It lies in\nlayers/DEVICE/MODEL.yaml of a folder of profiles. 'papilio "
           "predict', 'profile' and 'import-profile' write them.\nThe example is of the network "
           "of 'papilio help network'.",
       .example = kLayers,
       .example_file = "layers/phone/tiny.yaml",
       .schema = "layers",
       .page = "docs/models/measuring.md"},
      {.name = "network",
       .summary = "a network of your own, layer by layer",
       .text =
           "A network lies in models/NAME.yaml of a folder of profiles: its layers in order, each "
           "of which reads the one\nbefore it unless 'inputs' says otherwise. 'papilio import' "
           "makes one of a TorchScript archive or an ONNX file.\nWhere one tensor crosses, the "
           "network can be cut ('papilio models show NAME').",
       .example = kNetwork,
       .example_file = "models/tiny.yaml",
       .schema = "network",
       .page = "docs/models/networks.md"},
      {.name = "trace",
       .summary = "a rate that changes over time",
       .text =
           "A trace is a CSV file of times and rates; the ends of its columns' names say the "
           "units. Fleets play it in a cell\n(uplink: {trace: FILE}), plans are weighed over it "
           "(papilio plan --trace FILE).",
       .starter = "trace",
       .schema = "trace",
       .page = "docs/models/traces.md"},
      {.name = "payload",
       .summary = "measured bytes of what crosses, by picture",
       .text =
           "Without a file the bytes follow from the tensor's shape and bits. A file of measured "
           "payloads (a scenario's key\n'payload: {from: FILE}') has what a codec made of each "
           "picture. 'papilio infer --codecs' and 'papilio profile\n--codecs' write it. The "
           "example is of the network of 'papilio help network'.",
       .example = kPayloads,
       .example_file = "payloads.csv",
       .schema = "payloads",
       .page = "docs/models/payloads.md"},
      {.name = "accuracy",
       .summary = "measured accuracies of what crosses, by training",
       .text =
           "A cut that sends the tensor as it was computed (bits: 32) loses nothing. What a "
           "quantised tensor or a butterfly\nunit loses has to be measured: a file of accuracies "
           "(key 'accuracy_from') has a row for each training. 'papilio\ntrain' writes it. The "
           "example is of the network of 'papilio help network'.",
       .example = kAccuracies,
       .example_file = "accuracy.csv",
       .schema = "accuracy",
       .page = "docs/models/payloads.md"},
      {.name = "plan",
       .summary = "the best split within limits, and a file of it",
       .text =
           "'papilio plan SCENARIO' searches all cuts, units, codecs and tiers for the best plan "
           "within limits, and says what\nwould change the answer. 'papilio plan SCENARIO -o "
           "plan.yaml' keeps it; scenarios and fleets take it as a strategy:\n  {strategy: plan, "
           "from: plan.yaml}",
       .schema = "plan",
       .page = "docs/models/planning.md"},
      {.name = "units",
       .summary = "SI units, and how names say them",
       .text =
           "All numbers are in SI units, written plainly (5e6, never 5M). Rates of radios are in "
           "bits, all else in bytes.",
       .page = "docs/adr/0005-si-units-and-suffixes.md"},
      {.name = "strategies",
       .summary = "where layers may run: the words and their keys",
       .text = "A strategy says where the layers run. Those of scenarios are fixed; fleets have "
               "policies too, which choose at each\nrequest ('papilio help policies').",
       .page = "docs/models/cells.md"},
      {.name = "policies",
       .summary = "how a mobile of a fleet chooses at each request",
       .text =
           "A policy chooses among the partitions by what the mobile can know: rates, its own "
           "requests, what the server tells.\nThe oracle knows all, and is what others are held "
           "against.",
       .page = "docs/models/adaptation.md"},
      {.name = "readings",
       .summary = "what the radio's stated powers are taken to mean",
       .text =
           "The radio's coefficients can be read in two ways, and a publication does not always "
           "say which. A scenario may ask\nfor either or both; each is a cell of its own.",
       .page = "docs/models/radio.md"},
      {.name = "profiles",
       .summary = "folders of devices, radios, layer tables, networks",
       .text =
           "Names are looked up in the folders of --profiles, then in those of the scenario's key "
           "'profiles', then in what comes\nwith Papilio, then in results/profiles of the "
           "working folder, where 'new', 'predict', 'import' and 'profile' write.",
       .page = "docs/profiles.md"},
      {.name = "exit-codes",
       .summary = "what the program ends with",
       .text =
           "  0    success\n  1    a comparison found differences\n  2    wrong input: one line "
           "on stderr says where and what to do; nothing was written\n  3    the simulation "
           "failed\n  130  interrupted",
       .page = "docs/ARCHITECTURE.md"},
  };
  return kTopics;
}

const HelpTopic* find_help_topic(std::string_view name) {
  const std::vector<HelpTopic>& all = help_topics();
  const auto it = std::find_if(all.begin(), all.end(),
                               [&](const HelpTopic& topic) { return topic.name == name; });
  return it == all.end() ? nullptr : &*it;
}

std::string example_of(const HelpTopic& topic) {
  if (topic.starter.empty()) return std::string{topic.example};
  // What somebody would answer who has not got a file yet.
  static const std::map<std::string_view, std::string> kAnswers{
      {"base", "mine.yaml"}, {"peak", "1e12"},     {"bandwidth", "30e9"},
      {"uplink", "40e6"},    {"downlink", "80e6"},
  };
  const auto& all = starters();
  const auto starter = std::find_if(all.begin(), all.end(),
                                    [&](const Starter& one) { return one.kind == topic.starter; });
  StarterAnswers answers;
  for (const StarterField& field : starter->fields) {
    std::string answer{field.usual};
    const auto known = kAnswers.find(field.option);
    if (answer.empty() && known != kAnswers.end()) answer = known->second;
    if (!answer.empty()) answers.emplace(field.option, answer);
  }
  if (topic.starter == "radio") {
    add_powers(answers, "mine", ProfileLibrary{{shipped_profiles()}});
  }
  return starter->text("mine", answers);
}

std::string help_text(const HelpTopic& topic) {
  std::string text =
      fmt::format("{}: {}\n\n{}\n\n{}", topic.name, topic.summary, topic.text, generated(topic));
  if (const std::string example = example_of(topic); !example.empty()) {
    const std::string file = topic.example_file.empty()
                                 ? fmt::format("papilio new {} mine", topic.starter)
                                 : fmt::format("{}", topic.example_file);
    text += fmt::format("Example ({}):\n\n", file);
    std::size_t at = 0;
    while (at < example.size()) {
      const std::size_t end = std::min(example.find('\n', at), example.size());
      text += "  " + example.substr(at, end - at) + "\n";
      at = end + 1;
    }
    text += "\n";
  }
  if (!topic.schema.empty()) {
    text += fmt::format("Every key: papilio schema {} --keys\n", topic.schema);
  }
  return text + fmt::format("More: {}\n", topic.page);
}

}  // namespace papilio
