#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/base/data/library.hpp"
#include "sim/profiles/published.hpp"
#include "sim/scenario/checker.hpp"
#include "sim/scenario/profile_cache.hpp"
#include "sim/scenario/source.hpp"

/// What scenarios of both kinds refer to by name.
namespace papilio {

/// What lies in the folders of profiles that a scenario searches: the command line's, its own, the
/// shipped ones. Those of its own that cannot be searched are told to `checker`.
/// @param profiles as the scenario has them; becomes the list that finds the same from any place
ProfileCache& profiles_of(const ScenarioSource& source, std::vector<std::string>& profiles,
                          ProfileCaches& caches, Checker& checker);

/// A scenario or fleet as its file's YAML says it, with the folders of profiles by which it finds
/// the same from any working folder.
/// @param profiles of the spec that `write` writes; become what is written
/// @param folders  that were searched
/// @param write    the spec as YAML
std::string lasting_yaml(std::vector<std::string>& profiles,
                         const std::vector<std::filesystem::path>& folders,
                         const std::function<std::string()>& write);

/// Where a data file that a scenario names lies: beside the scenario, else under `kind` of a folder
/// of profiles, else under `kind` of the data folder (sim/base/data/library.hpp).
/// @param kind a folder's name, e.g. "traces"
/// @return the file, relative to the working folder where the scenario's name is; empty: nowhere
std::filesystem::path find_data_file(const ScenarioSource& source, const ProfileLibrary& library,
                                     const std::string& kind, const std::string& name);

/// How the effective scenario names a file that `find_data_file` found, so that it finds it again
/// from any place: what lies beside the scenario by its whole path, the others as they are.
std::string effective_name(const ScenarioSource& source, const std::string& name);

/// @param path of the key that names the device
/// @return whether the device has a layer profile of the network, be it of another length of its
///         sequences; if not, it has been told
bool check_device(ProfileCache& profiles, const std::string& path, const std::string& device,
                  const std::string& model, Checker& checker);

/// The network of this name, or nullptr, which is told at `path`.
const Graph* checked_network(ProfileCache& profiles, const std::string& path,
                             const std::string& name, Checker& checker);

/// What is wrong with the name of a radio, or nothing.
std::string unknown_radio(const ProfileLibrary& library, const std::string& name);

/// What to say of a device whose profile cannot be a mobile's.
std::string no_energies(const std::string& device, const std::string& model);

/// The published tables of this name, which must be about every one of `models`.
/// @return nullptr if `name` is empty or unknown, which has been told
const PublishedTables* checked_published(const std::string& name,
                                         const std::vector<std::string>& models,
                                         ProfileCache& profiles, Checker& checker);

}  // namespace papilio
