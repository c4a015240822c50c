#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/base/data/library.hpp"
#include "sim/base/data/provenance.hpp"
#include "sim/profiles/device.hpp"
#include "sim/profiles/layer_profile.hpp"
#include "sim/profiles/measured_accuracy.hpp"
#include "sim/profiles/measured_payloads.hpp"
#include "sim/profiles/published.hpp"
#include "sim/radio/radio.hpp"

namespace papilio {

/// What a library of profiles holds, each thing read when first asked for and once: scenarios that
/// differ in a few keys share the rest. A file that changes meanwhile is not read again. Every
/// function throws as the loader of its kind does.
class ProfileCache {
 public:
  explicit ProfileCache(ProfileLibrary library)
      : library_{std::move(library)}, bibliography_{library_} {}
  ProfileCache(const ProfileCache&) = delete;
  ProfileCache& operator=(const ProfileCache&) = delete;

  [[nodiscard]] const ProfileLibrary& library() const { return library_; }
  [[nodiscard]] const Bibliography& bibliography() const { return bibliography_; }

  /// The network of this name, or nullptr.
  const Graph* find_graph(const std::string& name);
  /// @param graph of `find_graph`
  const LayerProfile& layer_profile(const std::string& device, const Graph& graph);
  /// Prices the layers of `layer_profile`.
  const LayerPricer& pricer(const std::string& device, const Graph& graph);
  /// What `idle_power_of` knows of a device.
  /// @param graph of `find_graph`
  std::optional<IdlePower> idle_power(const std::string& device, const Graph& graph);
  const RadioProfile& radio(const std::string& name);
  const PublishedTables& published(const std::string& name);
  /// @param file  its path
  /// @param graph of `find_graph`
  const MeasuredPayloads& payloads(const std::string& file, const Graph& graph);
  const MeasuredAccuracies& accuracies(const std::string& file, const Graph& graph);

 private:
  using OfGraph = std::pair<std::string, std::string>;  // a device or a file, and a network

  ProfileLibrary library_;
  Bibliography bibliography_;
  std::map<std::string, Graph> graphs_;
  std::map<OfGraph, LayerProfile> layer_profiles_;
  std::map<OfGraph, LayerPricer> pricers_;
  std::map<std::string, Device> devices_;
  std::map<std::string, RadioProfile> radios_;
  std::map<std::string, PublishedTables> published_;
  std::map<OfGraph, MeasuredPayloads> payloads_;
  std::map<OfGraph, MeasuredAccuracies> accuracies_;
};

/// A cache for each list of folders that scenarios search.
class ProfileCaches {
 public:
  /// @throws ConfigError as `ProfileLibrary`, and if a bibliography is malformed
  ProfileCache& of(const std::vector<std::filesystem::path>& folders) {
    return caches_.try_emplace(folders, ProfileLibrary{folders}).first->second;
  }

 private:
  std::map<std::vector<std::filesystem::path>, ProfileCache> caches_;
};

}  // namespace papilio
