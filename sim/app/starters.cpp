#include "sim/app/starters.hpp"

#include <fmt/args.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/app/data_sheet.hpp"
#include "sim/base/units/units.hpp"
#include "sim/base/yaml/fields.hpp"
#include "sim/profiles/device.hpp"
#include "sim/radio/radio.hpp"
#include "sim/report/assumptions.hpp"
#include "sim/scenario/fleet_spec.hpp"
#include "sim/scenario/spec.hpp"
#include "sim/study/design/spec.hpp"

namespace papilio {
namespace {

using Kind = StarterField::Kind;
using Answers = StarterAnswers;

/// A text as YAML has it in double quotes, which JSON's are.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump();
}

/// A text whose remarks behind values all begin in one column, where there is room.
std::string aligned(std::string_view text) {
  constexpr std::string_view kRemark = "  # ";
  constexpr std::size_t kColumn = 44;
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    const std::size_t remark = line.rfind(kRemark);
    const bool has_text = line.find('"') != std::string_view::npos;  // in which a # may stand
    if (remark == std::string_view::npos || line.front() == '#' || has_text) {
      result += line;
      continue;
    }
    const std::size_t last = line.find_last_not_of(' ', remark) + 1;
    result += line.substr(0, last);
    result.append(last < kColumn ? kColumn - last : 2, ' ');
    result += line.substr(remark + 2);
  }
  return result;
}

/// A template with "{option}" in the places of answers, and "{name}"; an option with a dash has a
/// low line there.
std::string filled(std::string_view text, const std::string& name, const Answers& answers) {
  fmt::dynamic_format_arg_store<fmt::format_context> values;
  values.push_back(fmt::arg("name", name));
  std::map<std::string, std::string> kept;  // the store holds references to names
  for (const auto& [option, answer] : answers) {
    std::string word = option;
    for (char& c : word) c = c == '-' ? '_' : c;
    kept.emplace(std::move(word), answer);
  }
  for (const auto& [word, answer] : kept) values.push_back(fmt::arg(word.c_str(), answer));
  return aligned(fmt::vformat(text, values));
}

/// A line of an optional number: as it was given, or as a comment that shows how.
std::string line_of(const Answers& answers, const char* option, const std::string& key,
                    const std::string& example, const std::string& comment) {
  const auto given = answers.find(option);
  const std::string pair = given == answers.end() ? fmt::format("# {}: {}", key, example)
                                                  : fmt::format("{}: {}", key, given->second);
  return fmt::format("{:<42}  # {}\n", pair, comment);
}

std::string scenario_text(const std::string& name, const Answers& given) {
  Answers answers = given;
  answers["delay"] = line_of(given, "delay", "delay_s", "0.005", "one way, once for each message");
  return filled(
      R"(# Where should {model} be split? Run it with 'papilio run {name}.yaml'; 'papilio plan' searches beyond what is listed.
# Every key: 'papilio schema', docs/models/.
name: {name}
model: {model}               # 'papilio models list', or a network that 'papilio import' read
mobile: {{device: {mobile}}}   # 'papilio devices list'; its layer times: 'papilio profiles list'
cloud: {{device: {cloud}}}
networks: [{radio}]             # radios, one table each: 'papilio radios list'
strategies:
  - {{strategy: mobile-only}}
  - {{strategy: cloud-only}}
  - {{strategy: split, after: all}}            # every cut, the tensor as it is in 8 bits
  # - {{strategy: split, after: all, bits: 32}}  # as it is computed: loses no accuracy
  # - {{strategy: butterfly, after: [RB8], channels: 5}}   # a butterfly unit; its accuracy has to be measured ('papilio train')
{delay}# uplink_bit_per_s: 5e6      # in place of the radio's own rate; also downlink_bit_per_s
# download_takes_time: true  # else the answer comes at once
# cloud: {{device: {cloud}, load_level: 10}}  # a busy cloud, which takes ten times as long
# limits: {{latency_s: 0.03}}  # what may be chosen; also mobile_energy_j, upload_bytes, …
# accuracy_budget: 0.01      # and at most one percentage point worse than the uncut network
)",
      name, answers);
}

std::string fleet_text(const std::string& name, const Answers& given) {
  Answers answers = given;
  for (const char* part : {"cell-more", "server-more", "edge-server", "mobile-more", "more"}) {
    answers.emplace(part, "");  // of a fleet that begins from no scenario
  }
  answers.emplace("strategies", "  - {strategy: mobile-only}\n  - {strategy: cloud-only}\n");
  return filled(
      R"(# Many mobiles that share a cell and a server. Run it with 'papilio run {name}.yaml'; draw it with 'papilio plot results/{name}';
# 'papilio capacity {name}.yaml --for mobiles.0.count --until "p95_s < 0.1"' says how many are too many, sooner for one --strategy. Every key: docs/models/fleet.md.
kind: fleet
name: {name}
duration_s: 600              # of arrivals; what has arrived is played to its end
warm_up_s: 60                # of it, not counted
replications: 3              # independent runs, for intervals
cells:
  - {{name: cell, radio: {radio}, delay_s: {delay}{cell_more}}}
servers:
  - {{name: server, device: {cloud}{server_more}}}
{edge_server}mobiles:
  - name: phones
    count: {count}
    model: {model}
    device: {mobile}
    cell: cell
    server: server
{mobile_more}    arrivals: {{process: poisson, rate_per_s: {rate}}}   # of each mobile; also periodic, closed-loop, trace
{more}strategies:
{strategies}  # - {{strategy: split, after: [LAYER]}}      # a fixed cut: 'papilio models show {model}'
  # - {{strategy: selection}}                  # each request is cut where it seems best at that time
  # - {{strategy: oracle}}                     # the same, by one who knows every queue
)",
      name, answers);
}

std::string study_text(const std::string& name, const Answers& answers) {
  Answers all = answers;
  all["base"] = quoted(answers.at("base"));
  return filled(
      R"(# A scenario or fleet at many values of its keys. Run it with 'papilio study run {name}.yaml', ask it with
# 'papilio table results/{name}.db --rows {key} --value latency --best partition'. Every key: docs/studies.md.
kind: study
name: {name}
base: {base}
grid:
  - {{axis: log_range, key: {key}, from: {from}, to: {to}, count: {count}}}   # also range and list; a second axis is a second line
)",
      name, all);
}

std::string device_text(const std::string& name, const Answers& answers) {
  const auto title = answers.find("title");
  Answers all = answers;
  all["title"] = quoted(title == answers.end() ? name : title->second);
  return filled(
             R"(# A device of which a data sheet is known. 'papilio predict --device {name} --model MODEL' makes layer times of it.
# A number alone is assumed, and reports say so. With its source, a key of sources.yaml in this folder of profiles:
#   peak_fp32_flop_per_s: {{value: {peak}, kind: published, source: KEY, at: "Table 2"}}
title: {title}
peak_fp32_flop_per_s: {peak}   # in single precision; a multiply-add is two operations
memory_byte_per_s: {bandwidth}
)",
             name, all) +
         line_of(answers, "overhead", "launch_overhead_s", "10e-6",
                 "what it takes to start a layer; left out, predictions count 0") +
         line_of(answers, "idle-power", "idle_power_w", "1.5",
                 "while nothing is computed; both powers give energies") +
         line_of(answers, "peak-power", "peak_power_w", "10",
                 "of the part that computes, at its busiest") +
         "# totals:                         # one network measured whole makes every prediction "
         "right by as much\n"
         "#   - {model: resnet50, latency_s: 0.05, kind: assumed}\n";
}

std::string radio_text(const std::string& name, const Answers& given) {
  const bool constant = given.contains("power");
  Answers answers = given;
  answers.emplace("known-rates", "");  // of a radio whose file states none
  return filled(
             R"(# A radio of which the rates are known. Use it as 'networks: [{name}]'; where this folder is not results/profiles, with --profiles.
# A number alone is assumed, and reports say so. With its source, a key of sources.yaml in this folder of profiles:
#   uplink_bit_per_s: {{value: {uplink}, kind: published, source: KEY, at: "Table 2"}}
)",
             name, answers) +
         filled(constant ? "title: {name}, of one power at every rate\n"
                         : "title: {name}, its powers those of {like}\n",
                name, answers) +
         filled(R"(uplink_bit_per_s: {uplink}
downlink_bit_per_s: {downlink}
# Power while it sends: beta_w + alpha_uplink_j_per_bit × rate; docs/models/radio.md.
)",
                name, answers) +
         filled(constant ? R"(alpha_uplink_j_per_bit: 0
alpha_downlink_j_per_bit: 0
beta_w: {power}
)"
                         : R"(# These are {like}'s.
alpha_uplink_j_per_bit: {alpha_uplink}
alpha_downlink_j_per_bit: {alpha_downlink}
beta_w: {beta}
{known_rates})",
                name, answers);
}

std::string trace_text(const std::string& name, const Answers& answers) {
  return filled(
      R"(# {name}: a rate over time. Each holds from its time on, the last as long as the one before it; then it begins anew.
# Use it as 'uplink: {{trace: {name}.csv}}' of a fleet's cell, or 'papilio plan SCENARIO --trace {name}.csv'. docs/models/traces.md
from_s,rate_mbit_per_s
0,{uplink}
10,{low}
20,{uplink}
)",
      name, answers);
}

std::vector<std::string> after_scenario(const std::string& name, const std::filesystem::path& file,
                                        const Answers& /*answers*/) {
  return {fmt::format("papilio check {}", shell_word(file.string())),
          fmt::format("papilio run {}", shell_word(file.string())),
          fmt::format("papilio plan {}", shell_word(file.string())),
          fmt::format("papilio report results/{}", name)};
}

std::vector<std::string> after_fleet(const std::string& name, const std::filesystem::path& file,
                                     const Answers& /*answers*/) {
  return {fmt::format("papilio check {}", shell_word(file.string())),
          fmt::format("papilio run {} --jobs 0", shell_word(file.string())),
          fmt::format("papilio plot results/{}", name)};
}

std::vector<std::string> after_study(const std::string& name, const std::filesystem::path& file,
                                     const Answers& answers) {
  // A plot of it has a line for each partition, which may be dozens.
  return {fmt::format("papilio study check {}", shell_word(file.string())),
          fmt::format("papilio study run {} --jobs 0", shell_word(file.string())),
          fmt::format("papilio table results/{}.db --rows {} --best partition", name,
                      answers.at("key"))};
}

/// The folder of profiles in which a file lies.
std::string profiles_of(const std::filesystem::path& file) {
  return shell_word(file.parent_path().parent_path().string());
}

/// What makes a command find it: nothing where every command looks.
std::string profiles_option_of(const std::filesystem::path& file) {
  const std::string folder = profiles_of(file);
  return folder == kOwnProfiles ? "" : fmt::format(" --profiles {}", folder);
}

std::vector<std::string> after_device(const std::string& name, const std::filesystem::path& file,
                                      const Answers& /*answers*/) {
  return {fmt::format("papilio devices show {}{}", name, profiles_option_of(file)),
          fmt::format("papilio predict --model resnet50 --device {}{} -o {}", name,
                      profiles_option_of(file), profiles_of(file))};
}

/// What was found while the answers were collected.
std::string note_of(const Answers& answers) {
  const auto note = answers.find("note");
  return note == answers.end() ? std::string{} : note->second;
}

std::string worth_of_device(const Answers& answers) {
  std::string text = shipped_data_sheet_worth().text();
  if (!answers.contains("overhead")) {
    text +=
        "\nStarting a layer is counted as taking no time, for launch_overhead_s is not given: "
        "where "
        "it takes 10 µs, a network of 100 layers takes 1 ms longer than predicted. Give "
        "--overhead, "
        "or the key.";
  }
  return text;
}

std::vector<std::string> after_radio(const std::string& name, const std::filesystem::path& file,
                                     const Answers& /*answers*/) {
  return {fmt::format("papilio radios show {}{}", name, profiles_option_of(file))};
}

std::vector<std::string> after_trace(const std::string& /*name*/, const std::filesystem::path& file,
                                     const Answers& /*answers*/) {
  return {fmt::format("papilio plan SCENARIO --trace {}", shell_word(file.string()))};
}

/// Reads a text with what reads such files.
template <class Described, void (*kDescribe)(FieldVisitor&, Described&)>
void check_with(const std::string& text, const std::string& file) {
  const Node root = parse_yaml(text, file);
  Diagnostics diagnostics;
  Described described;
  read_fields(
      root, [&](FieldVisitor& visitor) { kDescribe(visitor, described); }, diagnostics);
  diagnostics.throw_if_any();
}
/// Of a trace the answers' own check is enough.
void check_nothing(const std::string& /*text*/, const std::string& /*file*/) {}

const StarterField kModel{"model", "network", Kind::kName, "resnet50-paper", false, "models"};
const StarterField kMobile{"mobile", "the mobile's device", Kind::kName, "jetson-tx2", false,
                           "devices"};
const StarterField kCloud{"cloud",  "the cloud's device", Kind::kName, "gtx-1080-ti", false,
                          "devices"};
const StarterField kRadio{"radio", "radio", Kind::kName, "4g", false, "radios"};

}  // namespace

std::string shell_word(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+@%,/:";
  if (word.empty()) return ".";
  if (word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return quoted + "'";
}

void add_powers(StarterAnswers& answers, const std::string& name, const ProfileLibrary& library) {
  const RadioProfile like = load_radio(library, Bibliography{library}, answers.at("like"));
  const std::map<std::string, std::string> kept{{"alpha_uplink_j_per_bit", "alpha-uplink"},
                                                {"alpha_downlink_j_per_bit", "alpha-downlink"},
                                                {"beta_w", "beta"}};
  for (const auto& [key, constant] : like.about.constants) {
    const auto as = kept.find(key);
    if (as != kept.end()) answers[as->second] = fmt::format("{}", constant.value.value_or(0));
  }
  std::string rates;
  for (const auto& [key, constant] : like.about.constants) {
    constexpr std::string_view kKnown = "known_rates.";
    if (!key.starts_with(kKnown)) continue;
    rates += fmt::format(", {}: {}", key.substr(kKnown.size()), constant.value.value_or(0));
  }
  answers["known-rates"] =
      rates.empty() ? ""
                    : fmt::format(
                          "# At these rates {}'s powers are known to hold; beyond them, reports "
                          "say that a power is extrapolated.\nknown_rates: {{kind: assumed{}}}\n",
                          like.about.name, rates);
  if (answers.contains("power")) return;
  Radio radio = like.radio;
  radio.name = name;
  radio.uplink = bits_per_second(std::stod(answers.at("uplink")));
  radio.downlink = bits_per_second(std::stod(answers.at("downlink")));
  if (const auto beyond =
          extrapolation_text(radio, {.uplink = radio.uplink, .downlink = radio.downlink})) {
    answers["note"] =
        *beyond +
        "\nEnergies follow from it. Where you know the radio's power, state it: --power W.";
  }
}

const std::vector<Starter>& starters() {
  static const std::vector<Starter> kStarters{
      {"scenario",
       "",
       ".yaml",
       {kModel,
        kMobile,
        kCloud,
        kRadio,
        {"delay", "propagation delay one way, s", Kind::kNumber, "", true}},
       scenario_text,
       check_with<ScenarioSpec, describe_scenario>,
       after_scenario},
      {"fleet",
       "",
       ".yaml",
       {{"base", "file of a scenario whose network, devices, radio, delay and strategies it has",
         Kind::kText, "", true, "", true},
        {"plan", "file that 'papilio plan -o' wrote, in place of the scenario's cuts", Kind::kText,
         "", true, "", true},
        kModel,
        kMobile,
        kCloud,
        kRadio,
        {"delay", "propagation delay one way, s", Kind::kNumber, "0.001"},
        {"count", "mobiles", Kind::kWhole, "20"},
        {"rate", "requests of each mobile, 1/s", Kind::kNumber, "0.1"}},
       fleet_text,
       check_with<FleetSpec, describe_fleet>,
       after_fleet,
       note_of},
      {"study",
       "",
       ".yaml",
       {{"base", "file of the scenario or fleet", Kind::kText},
        {"key", "key that changes", Kind::kKey, "uplink_bit_per_s"},
        {"from", "its least value", Kind::kNumber, "1e6"},
        {"to", "its greatest value", Kind::kNumber, "50e6"},
        {"count", "values", Kind::kWhole, "50"}},
       study_text,
       check_with<StudySpec, describe_study>,
       after_study},
      {"device",
       "devices",
       ".yaml",
       {{"peak", "peak rate in single precision, FLOP/s", Kind::kNumber},
        {"bandwidth", "memory bandwidth, B/s", Kind::kNumber},
        {"title", "what it is, in one line", Kind::kText, "", true},
        {"overhead", "time to start a layer, s", Kind::kNumber, "", true},
        {"idle-power", "power while nothing is computed, W", Kind::kNumber, "", true},
        {"peak-power", "power at its busiest, W", Kind::kNumber, "", true}},
       device_text,
       check_with<Device, describe_device_file>,
       after_device,
       worth_of_device},
      {"radio",
       "radios",
       ".yaml",
       {{"uplink", "uplink, bit/s", Kind::kNumber},
        {"downlink", "downlink, bit/s", Kind::kNumber},
        {"like", "radio whose powers it has", Kind::kName, "wifi", false, "radios"},
        {"power", "power while it sends or receives, W, instead of those", Kind::kNumber, "",
         true}},
       radio_text,
       check_with<RadioProfile, describe_radio_file>,
       after_radio,
       note_of},
      {"trace",
       "",
       ".csv",
       {{"uplink", "usual rate, Mbit/s", Kind::kNumber, "20"},
        {"low", "rate in between, Mbit/s", Kind::kNumber, "5"}},
       trace_text,
       check_nothing,
       after_trace},
  };
  return kStarters;
}

}  // namespace papilio
