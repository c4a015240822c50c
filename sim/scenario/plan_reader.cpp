#include "sim/scenario/plan_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "sim/base/suggest.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPlan = "plan";

/// One item of a list of strategies that names a plan file.
struct PlanItem {
  std::string strategy;
  std::string from;
  std::string network;  ///< empty: the plans of every radio
};

PlanItem read_item(const Node& node, const std::string& path, Diagnostics& diagnostics) {
  PlanItem item;
  FieldReader reader{node, path, node.mark, diagnostics};
  reader.text("strategy", item.strategy, {}, Presence::kRequired, "");
  reader.text("from", item.from, {}, Presence::kRequired, "");
  reader.text("network", item.network, {}, Presence::kOptional, "");
  reader.finish();
  return item;
}

/// The networks that a scenario or a fleet runs, as written.
std::vector<std::string> models_of(const Node& root) {
  std::vector<std::string> models;
  const auto add = [&](const Node& of) {
    const Node::Entry* model = of.find("model");
    if (model != nullptr && !model->value.scalar.empty()) models.push_back(model->value.scalar);
  };
  add(root);
  if (const Node::Entry* mobiles = root.find("mobiles")) {
    for (const Node& group : mobiles->value.items) add(group);
  }
  return models;
}

/// Reads a plan file. What is wrong with it as an answer to the item is told at the item.
/// @param models of the scenario
std::optional<PlanFile> read_plan(const Node& root, const PlanItem& item, const Mark& where,
                                  const std::string& path, const std::vector<std::string>& models,
                                  Diagnostics& diagnostics) {
  const Node::Entry* kind = root.find("kind");
  if (kind == nullptr || kind->value.scalar != kPlan) {
    diagnostics.error(where, path + ".from",
                      fmt::format("'{}' is no plan file, which has 'kind: plan'; make one with "
                                  "'papilio plan -o FILE'",
                                  item.from));
    return std::nullopt;
  }
  PlanFile file;
  Diagnostics own;
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_plan_file(visitor, file); }, own);
  own.throw_if_any();
  if (!models.empty() && std::find(models.begin(), models.end(), file.model) == models.end()) {
    diagnostics.error(where, path + ".from",
                      fmt::format("'{}' is a plan for '{}', and this runs {}; name a plan for it",
                                  item.from, file.model, fmt::join(models, ", ")));
    return std::nullopt;
  }
  return file;
}

/// The strategies of a plan file as they are written, but for what is of the file alone.
/// @param where  of the item's `network`
std::vector<Node> strategies_of(const Node& root, const PlanFile& file, const PlanItem& item,
                                const Mark& where, const std::string& path,
                                Diagnostics& diagnostics) {
  std::vector<std::string> networks;
  for (const PlanFile::Item& one : file.plans) networks.push_back(one.network);
  if (!item.network.empty() &&
      std::find(networks.begin(), networks.end(), item.network) == networks.end()) {
    diagnostics.error(where, path + ".network",
                      fmt::format("'{}' has no plan for '{}'{}; it has {}", item.from, item.network,
                                  suggestion(item.network, networks), fmt::join(networks, ", ")));
    return {};
  }
  std::vector<Node> strategies;
  for (const Node& written : root.find("plans")->value.items) {
    if (!item.network.empty() && written.find("network")->value.scalar != item.network) continue;
    Node strategy = written;
    std::erase_if(strategy.entries,
                  [](const Node::Entry& entry) { return entry.key == "network"; });
    strategies.push_back(std::move(strategy));
  }
  return strategies;
}

bool names_plan(const Node& item) {
  const Node::Entry* strategy = item.find("strategy");
  return strategy != nullptr && strategy->value.scalar == kPlan;
}

}  // namespace

void describe_plan_file(FieldVisitor& visitor, PlanFile& file) {
  visitor.text("kind", file.kind, {.choices = {std::string{kPlan}}}, Presence::kRequired,
               "What a planner found.");
  visitor.integer("version", file.version, {.min = 1, .max = 1}, Presence::kOptional,
                  "Version of this format.");
  visitor.text("model", file.model, {.identifier = true}, Presence::kRequired, "The network.");
  visitor.text("target", file.target, {}, Presence::kOptional, "What it is the best for.");
  visitor.object_list(
      "plans",
      {.discriminator = "strategy",
       .variants = placement_names(),
       .resize = [&](std::size_t n) { file.plans.resize(n); },
       .size = [&] { return file.plans.size(); },
       .describe =
           [&](std::size_t i, FieldVisitor& item) {
             PlanFile::Item& one = file.plans[i];
             item.text("strategy", one.strategy.strategy, {.choices = placement_names()},
                       Presence::kRequired, "Where the layers run.");
             item.text("network", one.network, {}, Presence::kRequired,
                       "The radio for which it is the best.");
             describe_cuts(item, one.strategy);
           },
       .select =
           [&](const std::string& variant) { file.plans.front().strategy.strategy = variant; }},
      Presence::kRequired, "The best plan of each radio.");
}

void insert_plans(Node& root, const ScenarioSource& source) {
  const auto list = std::find_if(root.entries.begin(), root.entries.end(),
                                 [](const Node::Entry& one) { return one.key == "strategies"; });
  if (list == root.entries.end()) return;
  std::vector<Node>& items = list->value.items;
  if (std::none_of(items.begin(), items.end(), names_plan)) return;
  Diagnostics diagnostics;
  const std::vector<std::string> models = models_of(root);
  std::vector<Node> all;
  std::set<std::string> seen;  // what is there already comes in once, whichever file has it too
  for (const Node& item : items) {
    if (!names_plan(item)) seen.insert(json_of(item).dump());
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!names_plan(items[i])) {
      all.push_back(std::move(items[i]));
      continue;
    }
    const std::string path = fmt::format("strategies.{}", i);
    const PlanItem item = read_item(items[i], path, diagnostics);
    if (item.from.empty()) continue;
    const fs::path beside = fs::path{source.file}.parent_path() / item.from;
    if (!fs::is_regular_file(beside)) {
      diagnostics.error(items[i].find("from")->value.mark, path + ".from",
                        fmt::format("no file '{}' beside the scenario; make it with 'papilio plan "
                                    "-o FILE', or check the path",
                                    item.from));
      continue;
    }
    const Node plans = load_yaml(beside.string());
    const std::optional<PlanFile> file =
        read_plan(plans, item, items[i].find("from")->value.mark, path, models, diagnostics);
    if (!file) continue;
    const Node::Entry* network = items[i].find("network");
    const Mark& where = network != nullptr ? network->value.mark : items[i].mark;
    for (Node& strategy : strategies_of(plans, *file, item, where, path, diagnostics)) {
      if (seen.insert(json_of(strategy).dump()).second) all.push_back(std::move(strategy));
    }
  }
  diagnostics.throw_if_any();
  items = std::move(all);
}

}  // namespace papilio
