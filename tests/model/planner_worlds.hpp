#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "models/graph/graph.hpp"
#include "models/networks/network_file.hpp"
#include "sim/planner/planner.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio::testing {

/// By how much of itself a sum may differ where it is added up in another order.
inline constexpr double kRelative = 1e-9;

/// Draws that are the same with every library of C++.
class PlannerDraws {
 public:
  explicit PlannerDraws(unsigned seed) : engine_{seed} {}

  std::size_t below(std::size_t end) { return engine_() % end; }
  bool chance() { return below(2) == 0; }
  /// Spread evenly over the logarithm.
  double between(double low, double high) {
    constexpr double kRange = 4294967296.0;
    return low * std::pow(high / low, static_cast<double>(engine_()) / kRange);
  }

 private:
  std::mt19937 engine_;
};

/// A loaded scenario, and what it was loaded from.
struct LoadedScenario {
  explicit LoadedScenario(const ScenarioSource& source)
      : scenario{load_scenario(read_scenario(source), source, caches)} {}
  /// One of the project.
  static LoadedScenario of_project(const std::string& file,
                                   std::vector<std::string> overrides = {}) {
    return LoadedScenario{ScenarioSource{.file = PAPILIO_SOURCE_DIR "/scenarios/" + file,
                                         .overrides = std::move(overrides)}};
  }

  ProfileCache& profiles() { return profiles_of(scenario, caches); }
  Planner planner(PlanQuestion question) {
    return Planner{scenario, profiles(), std::move(question)};
  }
  Devices devices() {
    const ScenarioSpec& spec = scenario.spec;
    Devices of{.mobile = profiles().pricer(spec.mobile_device, scenario.graph),
               .cloud = &profiles().pricer(spec.cloud_device, scenario.graph)};
    if (spec.conditions.has_edge) {
      of.edge = &profiles().pricer(spec.edge_device, scenario.graph);
    }
    return of;
  }
  Situation situation(const Goal& goal, int bits, std::size_t radio = 0) {
    return {.scenario = scenario,
            .devices = devices(),
            .use = {.radio = scenario.radios.at(radio),
                    .energy_model = energy_model_by_name(scenario.spec.energy_models.front())},
            .goal = goal,
            .bits = {bits},
            .conditions = scenario.spec.conditions};
  }

  ProfileCaches caches;
  Scenario scenario;
};

/// A folder of profiles with layer tables of its own for a network, and scenarios over them.
class MadeWorld {
 public:
  /// What a layer takes on a device: latency in s, energy in J, or NaN: nobody knows it.
  using PriceOf = std::function<std::pair<double, double>(const Layer&)>;

  void write_network(const Graph& graph) const {
    folder_.write(fmt::format("profiles/models/{}.yaml", graph.name()), graph_file(graph));
  }
  void write_table(const Graph& graph, const std::string& device, const PriceOf& price) const {
    std::string rows;
    for (const Layer& layer : graph.layers()) {
      const auto [latency_s, energy_j] = price(layer);
      rows += fmt::format("  - {{layer: \"{}\", latency_s: {}{}}}\n", layer.name, latency_s,
                          std::isnan(energy_j) ? "" : fmt::format(", energy_j: {}", energy_j));
    }
    folder_.write(fmt::format("profiles/layers/{}/{}.yaml", device, graph.name()),
                  fmt::format("device: {}\nmodel: {}\nprecision: fp32\n"
                              "provenance: {{kind: assumed, at: for a test}}\nlayers:\n{}",
                              device, graph.name(), rows));
  }
  /// Tables of "phone", "edge" and "server" that nobody has: each layer may be the fastest
  /// anywhere.
  /// @param energies whether somebody knows the phone's
  void write_random_tables(const Graph& graph, PlannerDraws& draws, bool energies = true) const {
    for (const char* device : {"phone", "edge", "server"}) {
      write_table(graph, device, [&](const Layer& layer) -> std::pair<double, double> {
        const double unknown = std::nan("");
        const bool known = energies || device[0] != 'p';
        if (std::holds_alternative<InputOp>(layer.op) ||
            std::holds_alternative<ParameterOp>(layer.op)) {
          return {0, known ? 0 : unknown};
        }
        const double latency_s = draws.between(1e-4, 1e-2);
        const double energy_j = latency_s * draws.between(0.1, 10);
        return {latency_s, known ? energy_j : unknown};
      });
    }
  }
  /// @param keys lines of YAML beside the network's and the devices'
  [[nodiscard]] LoadedScenario load(const std::string& network, const std::string& keys,
                                    std::vector<std::string> overrides = {}) const {
    const std::string text = fmt::format(
        "name: made\nprofiles: profiles\nmodel: \"{}\"\nmobile: {{device: phone}}\n"
        "cloud: {{device: server}}\n{}",
        network, keys);
    return LoadedScenario{ScenarioSource{.file = write("made.yaml", text).string(),
                                         .overrides = std::move(overrides)}};
  }
  // NOLINTNEXTLINE(modernize-use-nodiscard): as TemporaryFolder's.
  std::filesystem::path write(const std::filesystem::path& name, const std::string& text) const {
    return folder_.write(name, text);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

/// Rates, delays and loads of a world, drawn, as lines of YAML.
inline std::string drawn_conditions(PlannerDraws& draws, bool with_edge) {
  std::string keys = fmt::format(
      "networks: [wifi]\nuplink_bit_per_s: {}\ndownlink_bit_per_s: {}\nresult_bytes: {}\n"
      "download_takes_time: {}\n",
      draws.between(1e4, 1e8), draws.between(1e4, 1e8),
      static_cast<std::int64_t>(draws.between(1, 1e4)), draws.chance());
  if (draws.chance()) keys += fmt::format("delay_s: {}\n", draws.between(1e-5, 1e-2));
  if (with_edge) {
    keys += fmt::format(
        "edge: {{device: edge, load_level: {}, backhaul: {{rate_bit_per_s: {}, delay_s: {}}}}}\n",
        draws.between(0.5, 5), draws.between(1e5, 1e9), draws.between(1e-5, 1e-2));
  }
  return keys + "strategies:\n  - {strategy: mobile-only}\n";
}

/// A network of 3 to 8 small layers that branch and join, with one output.
/// @param shares whether a layer may compute with the weights of an earlier one
inline Graph drawn_network(PlannerDraws& draws, const std::string& name, bool shares = false) {
  Graph graph{name, "drawn for a test"};
  constexpr std::int64_t kSide = 8;
  graph.add("input", InputOp{TensorShape{2, kSide, kSide}}, {});
  std::vector<LayerId> unread{0};
  const std::size_t layers = 2 + draws.below(5);
  std::optional<LayerId> owner;
  for (std::size_t i = 0; i < layers; ++i) {
    const std::string layer = fmt::format("n{}", i);
    const LayerId reads = draws.below(graph.layers().size());
    LayerId added = 0;
    if (draws.below(3) == 0 && reads + 1 < graph.layers().size()) {
      added = graph.add(layer, ConcatOp{}, {reads, graph.layers().size() - 1});
      std::erase(unread, graph.layers().size() - 2);
    } else {
      ConvOp conv;
      conv.out_channels = static_cast<std::int64_t>(shares ? 2 : 1 + draws.below(6));
      conv.kernel = Spatial{3};
      conv.padding = Padding{1};
      const bool fits = graph.layer(reads).shape[0] == 2;
      const bool reuses = shares && fits && owner && draws.below(3) > 0;
      added = graph.add(layer, conv, {reads}, reuses ? owner : std::nullopt);
      if (shares && fits && !owner) owner = added;
    }
    std::erase(unread, reads);
    unread.push_back(added);
  }
  if (unread.size() > 1) graph.add("out", ConcatOp{}, unread);
  return graph;
}

}  // namespace papilio::testing
