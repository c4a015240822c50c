#include "sim/planner/network_levels.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// Stored tensors are wherever they are needed; inputs begin on the mobile.
bool is_layer(const Layer& layer) {
  return !std::holds_alternative<InputOp>(layer.op) &&
         !std::holds_alternative<ParameterOp>(layer.op);
}

std::vector<std::vector<LayerId>> readers_of(const Graph& graph) {
  std::vector<std::vector<LayerId>> readers(graph.layers().size());
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    for (const LayerId input : graph.layer(id).inputs) {
      if (readers[input].empty() || readers[input].back() != id) readers[input].push_back(id);
    }
  }
  return readers;
}

/// The cut behind the layers up to a level, by its name: the layers that no other of them reads
/// say it. Empty: there are no such layers, so that the inputs cross.
std::string cut_name(const Graph& graph, const std::vector<std::uint8_t>& levels,
                     std::uint8_t level) {
  const std::vector<std::vector<LayerId>> readers = readers_of(graph);
  std::vector<std::string> last;
  for (LayerId id = 0; id < levels.size(); ++id) {
    const bool before = is_layer(graph.layer(id)) && levels[id] <= level;
    const bool read = std::any_of(readers[id].begin(), readers[id].end(),
                                  [&](LayerId reader) { return levels[reader] <= level; });
    if (before && !read) last.push_back(graph.layer(id).name);
  }
  if (last.empty()) return {};
  if (last.size() == 1) {
    const std::optional<Cut> narrow = graph.find_cut(last.front());
    return narrow ? narrow->name : last.front() + "+";
  }
  std::string name = last.front();
  for (std::size_t i = 1; i < last.size(); ++i) name.append("+").append(last[i]);
  return name;
}

}  // namespace

CutProblem levels_of(const Graph& graph, const std::vector<Tier>& tiers, const StepCosts& costs,
                     const Spend& weights, int bits) {
  const std::size_t boundaries = tiers.size() - 1;
  CutProblem problem{.levels = tiers.size(), .cost = {}, .tensors = {}, .crossing = {}};
  // A message costs something however small it is: the delay of its link.
  std::vector<double> of_byte;
  double answer_before = 0;
  for (std::size_t b = 0; b < boundaries; ++b) {
    constexpr double kSample = 1e6;
    const double none = costs.move(tiers[b], tiers[b + 1], Bytes{0}).weighed(weights);
    const double some = costs.move(tiers[b], tiers[b + 1], Bytes{kSample}).weighed(weights);
    of_byte.push_back((some - none) / kSample);
    const double answer = costs.answer(tiers[b + 1]).weighed(weights);
    problem.crossing.push_back(none + answer - answer_before);
    answer_before = answer;
  }
  const std::vector<std::vector<LayerId>> readers = readers_of(graph);
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    const Layer& layer = graph.layer(id);
    std::vector<double>& cost = problem.cost.emplace_back();
    for (const Tier tier : tiers) cost.push_back(costs.compute({id}, tier).weighed(weights));
    if (std::holds_alternative<ParameterOp>(layer.op)) std::fill(cost.begin(), cost.end(), 0);
    if (readers[id].empty()) continue;
    const bool crosses = !std::holds_alternative<ParameterOp>(layer.op);
    const auto bytes = static_cast<double>(output_bytes(layer, bits));
    CutTensor tensor{.producer = id, .consumers = {}, .cost = {}};
    tensor.consumers.assign(readers[id].begin(), readers[id].end());
    for (std::size_t b = 0; b < boundaries; ++b) {
      tensor.cost.push_back(crosses ? bytes * of_byte[b] : 0);
    }
    problem.tensors.push_back(std::move(tensor));
  }
  for (const LayerId input : graph.inputs()) problem.pin(input, 0);
  return problem;
}

StrategySpec strategy_of(const Graph& graph, const std::vector<std::uint8_t>& levels,
                         const std::vector<Tier>& tiers, int bits) {
  PAPILIO_CHECK(levels.size() == graph.layers().size());
  StrategySpec strategy{.strategy = "path", .bits = bits};
  const std::string inputs = graph.cuts().front().name;
  for (std::uint8_t level = 0; level + 1U < tiers.size(); ++level) {
    const bool goes_on =
        std::any_of(levels.begin(), levels.end(), [&](std::uint8_t one) { return one > level; });
    if (!goes_on) break;
    std::string name = cut_name(graph, levels, level);
    if (name.empty()) name = inputs;
    const std::string to{papilio::name(tiers[level + 1U])};
    // What the tier before does not compute, it only passes on.
    if (!strategy.hops.empty() && strategy.hops.back().after == name) {
      strategy.hops.back().to = to;
    } else {
      strategy.hops.push_back({std::move(name), to});
    }
  }
  if (strategy.hops.empty()) return {.strategy = "mobile-only"};
  if (strategy.hops.size() > 1 || strategy.hops.front().to != "cloud") return strategy;
  const std::string cut = strategy.hops.front().after;
  if (cut == inputs) return {.strategy = "cloud-only", .bits = bits};
  return {.strategy = "split", .after = {cut}, .bits = bits};
}

}  // namespace papilio
