#include "sim/scenario/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/zoo/zoo.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/scenario/checker.hpp"
#include "sim/scenario/partitions.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kPaperBits = 8;  // the accuracies are published for 8-bit features

/// @return whether the device has a layer profile of the model
bool check_device(const ProfileLibrary& library, const std::string& path, const std::string& device,
                  const std::string& model, Checker& checker) {
  if (device.empty()) return false;  // told as a missing key
  if (!library.find("layers", device + "/" + model).empty()) return true;
  const std::vector<std::string> devices = library.names("devices");
  if (std::find(devices.begin(), devices.end(), device) == devices.end()) {
    checker.error(path, fmt::format("unknown device '{}'{}", device, suggestion(device, devices)));
    return false;
  }
  std::vector<std::string> profiled;
  for (const std::string& name : library.names("layers")) {
    if (name.starts_with(device + "/")) profiled.push_back(name.substr(device.size() + 1));
  }
  checker.error(
      path, fmt::format("the device '{}' has no layer profile of '{}'{}", device, model,
                        profiled.empty() ? "; it has none at all" : suggestion(model, profiled)));
  return false;
}

void check_networks(const ProfileLibrary& library, const std::vector<std::string>& networks,
                    Checker& checker) {
  const std::vector<std::string> radios = library.names("radios");
  for (std::size_t i = 0; i < networks.size(); ++i) {
    if (!library.find("radios", networks[i]).empty()) continue;
    checker.item_error(
        "networks", i,
        fmt::format("unknown radio '{}'{}", networks[i], suggestion(networks[i], radios)));
  }
}

/// The scenario's own folders of profiles, resolved: written relative to its file. Those that
/// cannot be searched are told and left out.
std::vector<fs::path> own_folders(const ScenarioSource& source, const ScenarioSpec& spec,
                                  Checker& checker) {
  const fs::path base = fs::absolute(source.file).parent_path();
  std::vector<fs::path> folders;
  for (std::size_t i = 0; i < spec.profiles.size(); ++i) {
    fs::path folder = (base / spec.profiles[i]).lexically_normal();
    if (const std::string problem = ProfileLibrary::problem_with(folder); !problem.empty()) {
      checker.item_error("profiles", i, problem);
    } else {
      folders.push_back(std::move(folder));
    }
  }
  return folders;
}

std::optional<PublishedTables> load_published_of(const ScenarioSpec& spec,
                                                 const ProfileLibrary& library,
                                                 const Bibliography& bibliography,
                                                 Checker& checker) {
  if (spec.published.empty()) return std::nullopt;
  if (library.find("published", spec.published).empty()) {
    checker.error("published", fmt::format("unknown published tables '{}'{}", spec.published,
                                           suggestion(spec.published, library.names("published"))));
    return std::nullopt;
  }
  PublishedTables tables = load_published(library, bibliography, spec.published);
  if (!spec.model.empty() && tables.model != spec.model) {
    checker.error("published", fmt::format("these tables are about the model '{}', not '{}'; "
                                           "remove the key, or change the model",
                                           tables.model, spec.model));
  }
  return tables;
}

/// Prices partitions and puts them on every radio under every reading.
class Expander {
 public:
  explicit Expander(Scenario& scenario)
      : scenario_{scenario},
        mobile_{scenario.mobile_profile, scenario.graph},
        cloud_{scenario.cloud_profile, scenario.graph} {}

  void expand(const Partition& partition) {
    Cell cell;
    cell.strategy = partition.strategy;
    if (partition.cut) cell.cut = partition.cut->name;
    cell.channels = partition.channels;
    cell.bits = partition.bits;
    cell.demand = demand(partition);
    cell.accuracy = accuracy(partition);
    cell.use.download_takes_time = scenario_.spec.download_takes_time;
    cell.use.idle_power = Watts{scenario_.spec.mobile_idle_power_w};
    if (partition.strategy == "mobile-only") {
      add_readings(cell);
      return;
    }
    for (const Radio& radio : scenario_.radios) {
      cell.network = radio.name;
      cell.use.radio = radio;
      add_readings(cell);
    }
  }

 private:
  [[nodiscard]] Demand demand(const Partition& partition) const {
    const Graph& graph = scenario_.graph;
    if (partition.strategy == "mobile-only") return mobile_only_demand(graph, mobile_);
    const auto split = [&](const Graph& rewritten, const Cut& cut) {
      return split_demand(rewritten, cut, static_cast<int>(*partition.bits),
                          Bytes{static_cast<double>(*scenario_.spec.result_bytes)}, mobile_,
                          cloud_);
    };
    if (!partition.cut) return split(graph, graph.cuts().front());
    if (!partition.channels) return split(graph, *partition.cut);
    const ButterflyGraph unit = insert_butterfly(graph, *partition.cut, *partition.channels);
    return split(unit.graph, unit.cut);
  }

  [[nodiscard]] std::optional<double> accuracy(const Partition& partition) const {
    if (!scenario_.published) return std::nullopt;
    const PublishedTables& tables = *scenario_.published;
    if (partition.bits && *partition.bits != kPaperBits) return std::nullopt;
    if (partition.channels) {
      return tables.butterfly_accuracy(partition.cut->name, *partition.channels);
    }
    for (const PublishedTables::Strategy& row : tables.strategies) {
      if (row.strategy == partition.strategy) return row.accuracy;
    }
    return std::nullopt;
  }

  void add_readings(Cell cell) {
    for (const std::string& reading : scenario_.spec.energy_models) {
      cell.use.energy_model = energy_model_by_name(reading);
      scenario_.cells.push_back(cell);
    }
  }

  Scenario& scenario_;
  LayerPricer mobile_;
  LayerPricer cloud_;
};

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
  Checker checker{root, diagnostics};
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_scenario(visitor, spec); }, diagnostics);

  std::vector<fs::path> folders;
  for (const fs::path& folder : source.profiles) folders.push_back(fs::absolute(folder));
  for (fs::path& folder : own_folders(source, spec, checker)) folders.push_back(std::move(folder));
  // The effective scenario must find them again from any place, and without the command line.
  spec.profiles.clear();
  for (const fs::path& folder : folders) spec.profiles.push_back(folder.string());
  folders.push_back(shipped_profiles());
  const ProfileLibrary library{std::move(folders)};
  const Bibliography bibliography{library};

  check_networks(library, spec.networks, checker);
  std::optional<PublishedTables> published =
      load_published_of(spec, library, bibliography, checker);
  const std::optional<Graph> graph = find_model(spec.model);
  std::vector<Partition> partitions;
  std::optional<LayerProfile> mobile;
  if (graph) {
    partitions = resolve_partitions(spec, *graph, published ? &*published : nullptr, checker);
    if (check_device(library, "mobile.device", spec.mobile_device, spec.model, checker)) {
      mobile = load_layer_profile(library, bibliography, spec.mobile_device, *graph);
      if (!mobile->has_energy()) {
        checker.error("mobile.device",
                      fmt::format("the layer profile '{}/{}' has no energies, so it cannot be the "
                                  "mobile's; choose another device",
                                  spec.mobile_device, spec.model));
      }
    }
    check_device(library, "cloud.device", spec.cloud_device, spec.model, checker);
  }
  diagnostics.throw_if_any();

  if (!spec.result_bytes) spec.result_bytes = graph->layers().back().shape.bytes(kPaperBits);
  Scenario scenario{
      .spec = spec,
      .graph = *graph,
      .mobile_profile = std::move(*mobile),
      .cloud_profile = load_layer_profile(library, bibliography, spec.cloud_device, *graph),
      .published = std::move(published)};
  for (const std::string& network : spec.networks) {
    scenario.radios.push_back(load_radio(library, bibliography, network).radio);
  }
  if (scenario.published) {
    scenario.radios_of_published =
        std::all_of(spec.networks.begin(), spec.networks.end(), [&](const std::string& network) {
          return library.folder_of("radios", network) ==
                 library.folder_of("published", spec.published);
        });
  }
  Expander expander{scenario};
  for (const Partition& partition : partitions) expander.expand(partition);
  return scenario;
}

std::string effective_yaml(const Scenario& scenario) {
  ScenarioSpec spec = scenario.spec;
  return write_fields([&](FieldVisitor& visitor) { describe_scenario(visitor, spec); });
}

}  // namespace papilio
