#include "sim/scenario/references.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include "models/networks/network_file.hpp"
#include "models/zoo/zoo.hpp"
#include "sim/base/suggest.hpp"
#include "sim/scenario/plan_reader.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

/// The scenario's own folders of profiles, resolved: written relative to its file. Those that
/// cannot be searched are told and left out.
std::vector<fs::path> own_folders(const ScenarioSource& source,
                                  const std::vector<std::string>& profiles, Checker& checker) {
  const fs::path base = fs::absolute(source.file).parent_path();
  std::vector<fs::path> folders;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    fs::path folder = (base / profiles[i]).lexically_normal();
    if (const std::string problem = ProfileLibrary::problem_with(folder); !problem.empty()) {
      checker.item_error("profiles", i, problem);
    } else {
      folders.push_back(std::move(folder));
    }
  }
  return folders;
}

}  // namespace

Node read_scenario(const ScenarioSource& source) {
  Node root = load_yaml(source.file);
  for (const std::string& assignment : source.overrides) apply_override(root, assignment);
  insert_plans(root, source);
  return root;
}

ProfileCache& profiles_of(const ScenarioSource& source, std::vector<std::string>& profiles,
                          ProfileCaches& caches, Checker& checker) {
  std::vector<fs::path> folders;
  for (const fs::path& folder : source.profiles) folders.push_back(fs::absolute(folder));
  for (fs::path& folder : own_folders(source, profiles, checker)) {
    folders.push_back(std::move(folder));
  }
  // The effective scenario must find them again from any place, and without the command line.
  profiles.clear();
  for (const fs::path& folder : folders) profiles.push_back(folder.string());
  return caches.of(profile_folders(std::move(folders)));
}

std::string lasting_yaml(std::vector<std::string>& profiles, const std::vector<fs::path>& folders,
                         const std::function<std::string()>& write) {
  std::string text = write();
  std::set<std::string> texts;
  gather_texts(parse_yaml(text, "the scenario with every default"), texts);
  const std::vector<fs::path> lasting = lasting_folders(folders, profiles.size(), texts);
  if (lasting.size() == profiles.size()) return text;
  profiles.clear();
  for (const fs::path& folder : lasting) profiles.push_back(folder.string());
  return write();
}

fs::path find_data_file(const ScenarioSource& source, const ProfileLibrary& library,
                        const std::string& kind, const std::string& name) {
  std::vector<fs::path> places{fs::path{source.file}.parent_path()};
  for (const fs::path& folder : library.folders()) places.push_back(folder / kind);
  places.push_back(data_folder() / kind);
  for (const fs::path& place : places) {
    if (fs::is_regular_file(place / name)) return (place / name).lexically_normal();
  }
  return {};
}

std::string effective_name(const ScenarioSource& source, const std::string& name) {
  const fs::path beside = fs::absolute(source.file).parent_path() / name;
  return fs::exists(beside) ? beside.lexically_normal().string() : name;
}

bool check_device(ProfileCache& profiles, const std::string& path, const std::string& device,
                  const std::string& model, Checker& checker) {
  if (device.empty()) return false;  // told as a missing key
  const ProfileLibrary& library = profiles.library();
  if (profiles.has_layers(device, model)) {
    const Graph* graph = profiles.find_graph(model);
    const std::string problem =
        graph == nullptr ? "" : profiles.problem_with_rescaling(device, *graph);
    if (problem.empty()) return true;
    checker.error(path,
                  fmt::format("the device '{}' has tables of other lengths of '{}' alone, and "
                              "these cannot be rescaled: {}",
                              device, model, problem));
    return false;
  }
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
      path,
      fmt::format("the device '{0}' has no layer profile of '{1}'{2}; predict it with "
                  "'papilio predict --model {1} --device {0} -o DIR', or measure it there "
                  "with 'papilio profile --model {1} --name {0} -o DIR', and run with "
                  "--profiles DIR",
                  device, model, profiled.empty() ? " or any other" : suggestion(model, profiled)));
  return false;
}

const Graph* checked_network(ProfileCache& profiles, const std::string& path,
                             const std::string& name, Checker& checker) {
  if (name.empty()) return nullptr;  // told by whoever read it
  if (name.find('@') != std::string::npos) {
    try {
      static_cast<void>(find_model(name));
    } catch (const std::invalid_argument& error) {
      checker.error(path, error.what());
      return nullptr;
    }
  }
  const Graph* graph = profiles.find_graph(name);
  if (graph == nullptr) {
    checker.error(path, fmt::format("unknown model '{}'{}", name,
                                    suggestion(name, network_names(profiles.library()))));
  }
  return graph;
}

std::string unknown_radio(const ProfileLibrary& library, const std::string& name) {
  if (!library.find("radios", name).empty()) return {};
  return fmt::format("unknown radio '{}'{}", name, suggestion(name, library.names("radios")));
}

std::string no_energies(const std::string& device, const std::string& model) {
  return fmt::format(
      "the layer profile '{}/{}' has no energies; remove the key, choose another device, or "
      "measure "
      "or state its power ('papilio profile --help')",
      device, model);
}

const PublishedTables* checked_published(const std::string& name,
                                         const std::vector<std::string>& models,
                                         ProfileCache& profiles, Checker& checker) {
  if (name.empty()) return nullptr;
  const ProfileLibrary& library = profiles.library();
  if (library.find("published", name).empty()) {
    checker.error("published", fmt::format("unknown published tables '{}'{}", name,
                                           suggestion(name, library.names("published"))));
    return nullptr;
  }
  const PublishedTables& tables = profiles.published(name);
  for (const std::string& model : models) {
    if (model.empty() || tables.model == model) continue;
    checker.error("published", fmt::format("these tables are about the model '{}', not '{}'; "
                                           "remove the key, or change the model",
                                           tables.model, model));
  }
  return &tables;
}

}  // namespace papilio
