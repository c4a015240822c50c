#include "sim/scenario/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

#include "models/zoo/zoo.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kPaperBits = 8;  // the accuracies are published for 8-bit features

/// Checks a spec against the graph and the profiles, telling each error at its key.
class Checker {
 public:
  Checker(const Node& root, const ScenarioSpec& spec, Diagnostics& diagnostics)
      : root_{root}, spec_{spec}, diagnostics_{diagnostics} {}

  void error(const std::string& path, const std::string& message) {
    diagnostics_.error(mark_of(root_, path), path, message);
  }
  /// As `error`, at an item of a list that may be written as one text.
  void item_error(const std::string& path, std::size_t item, const std::string& message) {
    error(item_path(root_, path, item), message);
  }

  void check_device(const ProfileLibrary& library, const std::string& path,
                    const std::string& device) {
    if (device.empty() || !library.find("layers", device + "/" + spec_.model).empty()) return;
    const std::vector<std::string> devices = library.names("devices");
    if (std::find(devices.begin(), devices.end(), device) == devices.end()) {
      error(path, fmt::format("unknown device '{}'{}", device, suggestion(device, devices)));
      return;
    }
    std::vector<std::string> profiled;
    for (const std::string& name : library.names("layers")) {
      if (name.starts_with(device + "/")) profiled.push_back(name.substr(device.size() + 1));
    }
    error(path, fmt::format(
                    "the device '{}' has no layer profile of '{}'{}", device, spec_.model,
                    profiled.empty() ? "; it has none at all" : suggestion(spec_.model, profiled)));
  }

  void check_networks(const ProfileLibrary& library) {
    const std::vector<std::string> radios = library.names("radios");
    for (std::size_t i = 0; i < spec_.networks.size(); ++i) {
      const std::string& network = spec_.networks[i];
      if (library.find("radios", network).empty()) {
        item_error("networks", i,
                   fmt::format("unknown radio '{}'{}", network, suggestion(network, radios)));
      }
    }
  }

  /// @param folders the paths of `spec.profiles`, resolved
  /// @return whether they can be searched
  bool check_profiles(const std::vector<fs::path>& folders) {
    bool usable = true;
    for (std::size_t i = 0; i < folders.size(); ++i) {
      const std::string problem = ProfileLibrary::problem_with(folders[i]);
      if (problem.empty()) continue;
      item_error("profiles", i, problem);
      usable = false;
    }
    return usable;
  }

  void check_published(const ProfileLibrary& library) {
    if (spec_.published.empty() || !library.find("published", spec_.published).empty()) return;
    error("published", fmt::format("unknown published tables '{}'{}", spec_.published,
                                   suggestion(spec_.published, library.names("published"))));
  }

 private:
  const Node& root_;
  const ScenarioSpec& spec_;
  Diagnostics& diagnostics_;
};

/// Turns the strategies of a checked spec into cells.
class Expander {
 public:
  Expander(Scenario& scenario, Checker& checker)
      : scenario_{scenario},
        checker_{checker},
        mobile_{scenario.mobile_profile, scenario.graph},
        cloud_{scenario.cloud_profile, scenario.graph} {
    for (const Cut& cut : scenario.graph.cuts()) cut_names_.push_back(cut.name);
  }

  void expand() {
    for (std::size_t i = 0; i < scenario_.spec.strategies.size(); ++i) {
      const StrategySpec& strategy = scenario_.spec.strategies[i];
      path_ = fmt::format("strategies.{}", i);
      if (strategy.strategy == "mobile-only") {
        Cell cell{.strategy = strategy.strategy};
        cell.demand = mobile_only_demand(scenario_.graph, mobile_);
        cell.accuracy = whole_network_accuracy("mobile-only");
        add_readings(cell);
      } else if (strategy.strategy == "cloud-only") {
        Cell cell{.strategy = strategy.strategy, .bits = strategy.bits};
        cell.demand = demand(scenario_.graph, scenario_.graph.cuts().front(), strategy.bits);
        if (strategy.bits == kPaperBits) cell.accuracy = whole_network_accuracy("cloud-only");
        add_networks(cell);
      } else {
        for (const Cut& cut : cuts_of(strategy)) add_cut(strategy, cut);
      }
    }
  }

 private:
  void add_cut(const StrategySpec& strategy, const Cut& cut) {
    Cell cell{.strategy = strategy.strategy, .cut = cut.name, .bits = strategy.bits};
    if (strategy.strategy == "split") {
      cell.demand = demand(scenario_.graph, cut, strategy.bits);
      add_networks(cell);
      return;
    }
    for (const std::int64_t channels : channels_of(strategy, cut)) {
      const ButterflyGraph unit = insert_butterfly(scenario_.graph, cut, channels);
      cell.channels = channels;
      cell.demand = demand(unit.graph, unit.cut, strategy.bits);
      cell.accuracy.reset();
      if (scenario_.published && strategy.bits == kPaperBits) {
        cell.accuracy = scenario_.published->butterfly_accuracy(cut.name, channels);
      }
      add_networks(cell);
    }
  }

  [[nodiscard]] Demand demand(const Graph& graph, const Cut& cut, std::int64_t bits) const {
    return split_demand(graph, cut, static_cast<int>(bits),
                        Bytes{static_cast<double>(*scenario_.spec.result_bytes)}, mobile_, cloud_);
  }

  std::vector<Cut> cuts_of(const StrategySpec& strategy) {
    std::vector<Cut> cuts;
    for (std::size_t i = 0; i < strategy.after.size(); ++i) {
      const std::string& name = strategy.after[i];
      if (name == "blocks" || name == "all") {
        const std::vector<Cut> many =
            name == "all" ? scenario_.graph.cuts() : scenario_.graph.block_cuts();
        // The cut after the input is cloud-only, a strategy of its own.
        std::copy_if(many.begin(), many.end(), std::back_inserter(cuts),
                     [](const Cut& cut) { return cut.after != 0; });
      } else if (const std::optional<Cut> cut = scenario_.graph.find_cut(name); !cut) {
        checker_.item_error(path_ + ".after", i,
                            fmt::format("'{}' has no cut '{}'{}", scenario_.graph.name(), name,
                                        cut_suggestion(name)));
      } else if (cut->after == 0) {
        checker_.item_error(path_ + ".after", i,
                            "the cut after the input is the strategy 'cloud-only'");
      } else {
        cuts.push_back(*cut);
      }
    }
    return cuts;
  }

  [[nodiscard]] std::string cut_suggestion(const std::string& name) const {
    const std::string nearest = nearest_name(name, cut_names_);
    if (!nearest.empty()) return fmt::format("; did you mean '{}'?", nearest);
    return fmt::format("; see 'papilio models show {}'", scenario_.graph.name());
  }

  std::vector<std::int64_t> channels_of(const StrategySpec& strategy, const Cut& cut) {
    std::vector<std::int64_t> channels;
    for (std::size_t i = 0; i < strategy.channels.size(); ++i) {
      const std::string& item = strategy.channels[i];
      std::int64_t number = 0;
      if (item == "paper") {
        const std::optional<std::int64_t> chosen =
            scenario_.published ? scenario_.published->chosen_channels(cut.name) : std::nullopt;
        if (!chosen) {
          checker_.item_error(path_ + ".channels", i,
                              scenario_.published
                                  ? fmt::format("the published tables have no channels for the cut "
                                                "'{}'; give a number",
                                                cut.name)
                                  : "'paper' needs the key 'published'; set it, or give a number");
          continue;
        }
        number = *chosen;
      } else {
        std::from_chars(item.data(), item.data() + item.size(), number);
      }
      if (number > cut.shape.channels) {
        checker_.item_error(path_ + ".channels", i,
                            fmt::format("must be >= 1 and <= {} at the cut '{}', got {}",
                                        cut.shape.channels, cut.name, number));
        continue;
      }
      channels.push_back(number);
    }
    return channels;
  }

  [[nodiscard]] std::optional<double> whole_network_accuracy(std::string_view strategy) const {
    if (!scenario_.published) return std::nullopt;
    for (const PublishedTables::Strategy& row : scenario_.published->strategies) {
      if (row.strategy == strategy) return row.accuracy;
    }
    return std::nullopt;
  }

  void add_networks(Cell cell) {
    for (const Radio& radio : scenario_.radios) {
      cell.network = radio.name;
      cell.use.radio = radio;
      add_readings(cell);
    }
  }

  void add_readings(Cell cell) {
    const auto key = std::tuple{cell.strategy, cell.network, cell.cut, cell.channels, cell.bits};
    if (!seen_.insert(key).second) {
      checker_.error(path_, fmt::format("repeats {}{}{} of an earlier strategy", cell.strategy,
                                        cell.cut.empty() ? "" : " after ", cell.cut));
      return;
    }
    cell.use.download_takes_time = scenario_.spec.download_takes_time;
    cell.use.idle_power = Watts{scenario_.spec.mobile_idle_power_w};
    for (const std::string& reading : scenario_.spec.energy_models) {
      cell.use.energy_model = energy_model_by_name(reading);
      scenario_.cells.push_back(cell);
    }
  }

  Scenario& scenario_;
  Checker& checker_;
  LayerPricer mobile_;
  LayerPricer cloud_;
  std::vector<std::string> cut_names_;
  std::string path_;
  std::set<std::tuple<std::string, std::string, std::string, std::optional<std::int64_t>,
                      std::optional<std::int64_t>>>
      seen_;
};

/// The scenario's own folders of profiles, resolved: written relative to its file.
std::vector<fs::path> own_folders(const ScenarioSource& source, const ScenarioSpec& spec) {
  const fs::path base = fs::absolute(source.file).parent_path();
  std::vector<fs::path> folders;
  for (const std::string& folder : spec.profiles) {
    folders.push_back((base / folder).lexically_normal());
  }
  return folders;
}

}  // namespace

const Radio& Scenario::radio(const std::string& name) const {
  const auto it = std::find_if(radios.begin(), radios.end(),
                               [&](const Radio& radio) { return radio.name == name; });
  PAPILIO_CHECK(it != radios.end());
  return *it;
}

Scenario load_scenario(const ScenarioSource& source) {
  Node root = load_yaml(source.file);
  for (const std::string& assignment : source.overrides) apply_override(root, assignment);

  ScenarioSpec spec;
  Diagnostics diagnostics;
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_scenario(visitor, spec); }, diagnostics);

  Checker checker{root, spec, diagnostics};
  const std::vector<fs::path> own = own_folders(source, spec);
  if (!checker.check_profiles(own)) diagnostics.throw_if_any();
  std::vector<fs::path> folders;
  for (const fs::path& folder : source.profiles) folders.push_back(fs::absolute(folder));
  folders.insert(folders.end(), own.begin(), own.end());
  // The effective scenario must find them again from any place, and without the command line.
  spec.profiles.clear();
  for (const fs::path& folder : folders) spec.profiles.push_back(folder.string());
  folders.push_back(shipped_profiles());
  const ProfileLibrary library{std::move(folders)};

  const std::optional<Graph> graph = find_model(spec.model);
  if (graph) {
    checker.check_device(library, "mobile.device", spec.mobile_device);
    checker.check_device(library, "cloud.device", spec.cloud_device);
  }
  checker.check_networks(library);
  checker.check_published(library);
  diagnostics.throw_if_any();

  const Bibliography bibliography{library};
  if (!spec.result_bytes) {
    spec.result_bytes = graph->layers().back().shape.bytes(kPaperBits);
  }
  Scenario scenario{
      .spec = spec,
      .graph = *graph,
      .mobile_profile = load_layer_profile(library, bibliography, spec.mobile_device, *graph),
      .cloud_profile = load_layer_profile(library, bibliography, spec.cloud_device, *graph)};
  if (!scenario.mobile_profile.has_energy()) {
    checker.error("mobile.device",
                  fmt::format("the layer profile '{}/{}' has no energies, so it cannot be the "
                              "mobile's; choose another device",
                              spec.mobile_device, spec.model));
  }
  for (const std::string& network : spec.networks) {
    scenario.radios.push_back(load_radio(library, bibliography, network).radio);
  }
  if (!spec.published.empty()) {
    scenario.published = load_published(library, bibliography, spec.published);
  }
  Expander{scenario, checker}.expand();
  diagnostics.throw_if_any();
  return scenario;
}

std::string effective_yaml(const Scenario& scenario) {
  ScenarioSpec spec = scenario.spec;
  return write_fields([&](FieldVisitor& visitor) { describe_scenario(visitor, spec); });
}

}  // namespace papilio
