#include "sim/app/fleet_from_scenario.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "sim/base/yaml/fields.hpp"
#include "sim/base/yaml/node.hpp"
#include "sim/scenario/plan_reader.hpp"
#include "sim/scenario/spec.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

/// A value in YAML's flow style: "{strategy: split, after: [RB1, RB8]}".
std::string flow_text(const Node& node) {
  std::vector<std::string> parts;
  switch (node.kind) {
    case Node::Kind::kNull:
      return "null";
    case Node::Kind::kScalar: {
      const bool plain = !node.quoted && !node.scalar.empty() &&
                         node.scalar.find_first_of(",[]{}:#&*!|>'\"%@`\\\n") == std::string::npos;
      return plain ? node.scalar : nlohmann::json(node.scalar).dump();
    }
    case Node::Kind::kSequence:
      parts.reserve(node.items.size());
      for (const Node& item : node.items) parts.push_back(flow_text(item));
      return fmt::format("[{}]", fmt::join(parts, ", "));
    case Node::Kind::kMapping:
      parts.reserve(node.entries.size());
      for (const Node::Entry& entry : node.entries) {
        parts.push_back(fmt::format("{}: {}", entry.key, flow_text(entry.value)));
      }
      return fmt::format("{{{}}}", fmt::join(parts, ", "));
  }
  return {};
}

/// How a file in the folder names another.
std::string name_from(const fs::path& folder, const fs::path& file) {
  return file.lexically_normal()
      .lexically_relative(fs::absolute(folder.empty() ? fs::path{"."} : folder).lexically_normal())
      .string();
}

/// How one file names another that lies beside a third.
class Neighbour {
 public:
  Neighbour(const std::string& file, const fs::path& folder)
      : beside_{fs::absolute(file).parent_path()}, folder_{folder} {}

  /// The name from the folder, where it is a file's or folder's beside the scenario.
  void rename(Node& name) const {
    if (name.kind == Node::Kind::kSequence) {
      for (Node& item : name.items) rename(item);
      return;
    }
    const fs::path there = beside_ / name.scalar;
    if (!fs::exists(there)) return;
    name.scalar = name_from(folder_, there);
  }

 private:
  fs::path beside_;
  fs::path folder_;
};

Node* value_of(Node& mapping, const char* key) {
  const auto found = std::find_if(mapping.entries.begin(), mapping.entries.end(),
                                  [&](const Node::Entry& entry) { return entry.key == key; });
  return found == mapping.entries.end() ? nullptr : &found->value;
}

/// Refuses what no fleet can be made of.
void check_for_fleet(const Node& root, const ScenarioSpec& spec) {
  Diagnostics diagnostics;
  for (const char* key : {"input", "generate"}) {
    const bool present =
        std::string_view{key} == "input" ? spec.input.present : spec.generate.present;
    if (!present) continue;
    diagnostics.error(mark_of(root, key), key,
                      "a fleet's networks read sequences of their usual length, and generate "
                      "none; begin it from a scenario without this key");
  }
  diagnostics.throw_if_any();
}

std::string cell_of(const ConditionsSpec& conditions) {
  std::string text;
  if (conditions.uplink_bit_per_s) {
    text += fmt::format(", uplink: {{rate_bit_per_s: {}}}", *conditions.uplink_bit_per_s);
  }
  if (conditions.downlink_bit_per_s) {
    text += fmt::format(", downlink: {{rate_bit_per_s: {}}}", *conditions.downlink_bit_per_s);
  }
  return text;
}

std::string load_of(double level) {
  return level == 1 ? std::string{} : fmt::format(", load_level: [{{from_s: 0, k: {}}}]", level);
}

std::string edge_of(const ScenarioSpec& spec) {
  const ConditionsSpec& conditions = spec.conditions;
  if (!conditions.has_edge) return {};
  std::vector<std::string> backhaul;
  if (conditions.backhaul_bit_per_s) {
    backhaul.push_back(fmt::format("rate_bit_per_s: {}", *conditions.backhaul_bit_per_s));
  }
  if (conditions.backhaul_delay_s) {
    backhaul.push_back(fmt::format("delay_s: {}", *conditions.backhaul_delay_s));
  }
  return fmt::format(
      "  - {{name: edge, device: {}{}{}}}\n", spec.edge_device, load_of(conditions.edge_load_level),
      backhaul.empty() ? std::string{}
                       : fmt::format(", backhaul: {{{}}}", fmt::join(backhaul, ", ")));
}

std::string mobiles_of(const ConditionsSpec& conditions) {
  std::string text;
  if (conditions.has_edge) text += "    edge: edge\n";
  if (conditions.mobile_load_level != 1) {
    text += fmt::format("    load_level: {}\n", conditions.mobile_load_level);
  }
  if (conditions.mobile_idle_power_w) {
    text += fmt::format("    idle_power_w: {}\n", *conditions.mobile_idle_power_w);
  }
  if (conditions.result_bytes) {
    text += fmt::format("    result_bytes: {}\n", *conditions.result_bytes);
  }
  return text;
}

/// What a scenario and a fleet say with the same keys.
std::string shared_keys(Node& root, const Neighbour& neighbour) {
  std::string text;
  for (const char* key : {"published", "accuracy_from", "accuracy_budget", "least_accuracy",
                          "payload", "calibration", "limits", "profiles"}) {
    Node* value = value_of(root, key);
    if (value == nullptr) continue;
    const std::string_view name{key};
    if (name == "accuracy_from" || name == "calibration" || name == "profiles") {
      neighbour.rename(*value);
    }
    if (name == "payload") {
      if (Node* from = value_of(*value, "from")) neighbour.rename(*from);
    }
    text += fmt::format("{}: {}\n", key, flow_text(*value));
  }
  return text;
}

std::string strategies_of(Node& root, const Neighbour& neighbour) {
  std::string text;
  Node* strategies = value_of(root, "strategies");
  if (strategies == nullptr) return text;
  for (Node& strategy : strategies->items) {
    if (Node* from = value_of(strategy, "from")) neighbour.rename(*from);
    text += fmt::format("  - {}\n", flow_text(strategy));
  }
  return text;
}

/// What of the scenario the fleet has not.
std::string left_out(const ScenarioSpec& spec) {
  std::vector<std::string> left;
  if (spec.networks.size() > 1) {
    left.push_back(fmt::format("its other radios ({}), each of which is a cell of its own",
                               fmt::join(spec.networks.begin() + 1, spec.networks.end(), ", ")));
  }
  if (!spec.conditions.download_takes_time) {
    left.emplace_back("download_takes_time: false, for in a fleet answers take their time");
  }
  if (spec.energy_models.size() > 1) left.emplace_back("its other energy_models");
  return left.empty() ? std::string{}
                      : fmt::format("Not taken from the scenario: {}.", fmt::join(left, "; "));
}

}  // namespace

StarterAnswers fleet_answers_of(const std::string& file, const fs::path& folder) {
  Node root = load_yaml(file);
  if (const Node::Entry* kind = root.find("kind")) {
    Diagnostics diagnostics;
    diagnostics.error(kind->value.mark, "kind",
                      "a fleet begins from a scenario, which has not this key");
    diagnostics.throw_if_any();
  }
  ScenarioSpec spec;
  Diagnostics diagnostics;
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_scenario(visitor, spec); }, diagnostics);
  diagnostics.throw_if_any();
  check_for_fleet(root, spec);
  const Neighbour neighbour{file, folder};
  const std::string& radio = spec.networks.front();
  std::string more = shared_keys(root, neighbour);
  if (spec.energy_models.front() != "stated") {
    more += fmt::format("energy_model: {}\n", spec.energy_models.front());
  }
  return {{"model", spec.model},
          {"mobile", spec.mobile_device},
          {"cloud", spec.cloud_device},
          {"radio", radio},
          {"delay", fmt::format("{}", spec.conditions.delay_of(radio))},
          {"cell-more", cell_of(spec.conditions)},
          {"server-more", load_of(spec.conditions.cloud_load_level)},
          {"edge-server", edge_of(spec)},
          {"mobile-more", mobiles_of(spec.conditions)},
          {"more", std::move(more)},
          {"strategies", strategies_of(root, neighbour)},
          {"note", left_out(spec)}};
}

void add_plan(StarterAnswers& answers, const fs::path& folder) {
  const std::string& plan = answers.at("plan");
  const Node root = load_yaml(plan);
  const Node::Entry* kind = root.find("kind");
  Diagnostics diagnostics;
  if (kind == nullptr || kind->value.scalar != "plan") {
    diagnostics.error(kind == nullptr ? root.mark : kind->value.mark, "kind",
                      "this is no plan, which has 'kind: plan'; make one with 'papilio plan -o "
                      "FILE'");
    diagnostics.throw_if_any();
  }
  PlanFile read;
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_plan_file(visitor, read); }, diagnostics);
  diagnostics.throw_if_any();
  Node file{.kind = Node::Kind::kScalar};
  file.scalar = name_from(folder, fs::absolute(plan));
  answers["strategies"] = fmt::format(
      "  - {{strategy: mobile-only}}\n  - {{strategy: cloud-only}}\n"
      "  - {{strategy: plan, from: {}}}\n",
      flow_text(file));
  const bool offloads = std::any_of(
      read.plans.begin(), read.plans.end(),
      [](const PlanFile::Item& item) { return item.strategy.strategy != "mobile-only"; });
  if (offloads || read.plans.empty()) return;
  std::string& note = answers["note"];
  note += fmt::format(
      "{}The plan computes everything on the mobiles, which then share neither cell nor server, "
      "however many there are; add a strategy that sends, such as "
      "{{strategy: split, after: [LAYER], bits: 32}}, to see what they would share.",
      note.empty() ? "" : " ");
}

}  // namespace papilio
