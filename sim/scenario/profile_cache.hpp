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
#include "sim/profiles/rescaled.hpp"
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
  /// The device's table of the network; where it has one of another length of its sequences alone,
  /// the nearest of these, `rescaled`.
  /// @param graph of `find_graph`
  const LayerProfile& layer_profile(const std::string& device, const Graph& graph);
  /// The same, which is not remembered: for networks that are many and soon done with.
  LayerProfile passing_profile(const std::string& device, const Graph& graph);
  /// Why there is no `layer_profile` of another length, as a clause; empty: there is one, or none
  /// of the network at all.
  std::string problem_with_rescaling(const std::string& device, const Graph& graph);
  /// Whether the device has a table of the network, at this length or another.
  bool has_layers(const std::string& device, const std::string& model);
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

  /// Tables of one network at several lengths, and how others follow.
  struct Lengths {
    struct Table {
      KnownTable known;
      double by_law_s{0};  ///< its whole network
    };
    std::vector<Table> tables;
    std::optional<LayerLaw> law;  ///< of the device at their precision
    std::string problem;          ///< why there is none
  };
  const Lengths& lengths_of(const std::string& device, const std::string& model);
  /// What somebody measured or published of a device's layers at a precision.
  std::vector<KnownTable> known_tables(const std::string& device, const std::string& precision);
  const Device& device(const std::string& name);

  ProfileLibrary library_;
  Bibliography bibliography_;
  std::map<std::string, Graph> graphs_;
  std::map<OfGraph, LayerProfile> layer_profiles_;
  std::map<OfGraph, Lengths> lengths_;  // by the network's name without a length
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
