#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/base/data/provenance.hpp"
#include "sim/base/stats/estimate.hpp"
#include "sim/base/units/units.hpp"

namespace papilio {

/// What a table's times may be, s.
inline constexpr NumberRange kLayerLatency{.min = 0, .max = 1e6};
/// What a table's energies may be, J.
inline constexpr NumberRange kLayerEnergy{.min = 0, .max = 1e9};

/// The source, in profiles/sources.yaml, of tables that 'papilio import-profile' writes.
inline constexpr std::string_view kImportedProfile{"papilio-import-profile"};

/// Time and energy of some layers on one device.
struct LayerCost {
  Seconds latency;
  Joules energy;

  LayerCost& operator+=(const LayerCost& other) {
    latency += other.latency;
    energy += other.energy;
    return *this;
  }
};

/// What each layer of one network costs on one device: `[layers]` rows, one image a batch.
struct LayerProfile {
  struct Row {
    std::string layer;
    double latency_s{0};  ///< in `kLayerLatency`
    std::optional<double>
        energy_j;  ///< in `kLayerEnergy`; absent where nobody measured or printed it
    std::optional<double> interval_s;  ///< half-width of the latency's 95 % interval, if measured
  };
  /// What a table was measured under, and how it came out.
  struct Conditions {
    std::string date;                    ///< "2026-11-23"
    std::string processor;               ///< as the system names it
    std::optional<double> frequency_hz;  ///< of the CPU's clock at the end, where it was told
    std::int64_t threads{1};             ///< >= 1
    std::string library;                 ///< what computed, and its version
    std::int64_t passes{1};              ///< forward passes, >= 1
    std::int64_t outliers{0};            ///< of them, far beyond the others
    double whole_latency_s{0};           ///< median of passes timed as a whole
    double whole_interval_s{0};          ///< half-width of its 95 % interval
    /// Sum of the layers by the whole, less 1; absent in tables that were made before it was kept.
    std::optional<double> disagreement;
    std::string power_from;         ///< the meter of `power_w`, or "stated"; empty: no energies
    std::optional<double> power_w;  ///< while it computes: energies are latencies times this
    std::optional<double> idle_power_w;  ///< while it does not, if measured
  };
  /// What a forward pass of several pictures at once takes.
  struct Batch {
    std::int64_t pictures{1};          ///< >= 1
    double latency_s{0};               ///< of all of them, in 0..1e6
    std::optional<double> interval_s;  ///< half-width of its 95 % interval
  };
  std::string device;
  std::string model;
  std::string precision;  ///< number format of the computation, e.g. "fp16"
  Provenance provenance;
  std::string note;                      ///< what a user of the numbers must know
  std::optional<Conditions> conditions;  ///< of measured tables
  std::vector<Row> rows;
  std::vector<Batch> batches;  ///< those that were measured, in ascending order

  /// What all layers take together, s, with an interval where the rows have them.
  [[nodiscard]] Estimate whole_by_layers() const;
  /// What passes timed as a whole took, s; nothing where none was.
  [[nodiscard]] std::optional<Estimate> whole_by_passes() const;

  /// Whether every row has an energy.
  [[nodiscard]] bool has_energy() const;
  /// Energy of all layers by their time; rows without an energy count as 0 J. 0 W where all layers
  /// together take no time.
  [[nodiscard]] Watts mean_power() const;
};

/// What a measured table knows of its error, as a clause: both times of a whole pass with their
/// intervals and whether they agree, or that no interval was recorded. Empty of other tables.
std::string uncertainty_of(const LayerProfile& profile);

/// Where a table of layer times comes from, for reports that used it.
struct TableOrigin {
  std::string table;  ///< "jetson-tx2/resnet50-paper"
  Provenance provenance;
  std::string note;         ///< of the table, if it was predicted or another tool measured it
  std::string uncertainty;  ///< what a measured table knows of its error, as a clause

  bool operator<(const TableOrigin& other) const { return table < other.table; }
};
TableOrigin origin_of(const LayerProfile& profile);

/// Describes the keys of a layer profile.
void describe_layer_profile(FieldVisitor& visitor, LayerProfile& profile);

/// Loads `layers/DEVICE/MODEL.yaml` and checks it against the network: a row for each layer, in any
/// order, and for nothing else; device and model as the path says.
/// @throws ConfigError if there is no such profile or the file is malformed
LayerProfile load_layer_profile(const ProfileLibrary& library, const Bibliography& bibliography,
                                std::string_view device, const Graph& graph);

/// Prices the layers of a network, or of its rewrites, by a profile of the network.
///
/// A layer that the profile has no row for, as those of a butterfly unit, is priced by its MACs at
/// the mean rate and the mean energy per MAC of the profiled layers of its block; by the whole
/// network's where the block has no MACs or no time. Limits: memory-bound layers are not modelled
/// (docs/models/cost.md).
class LayerPricer {
 public:
  /// @param graph the network that the profile describes, without a rewrite
  LayerPricer(const LayerProfile& profile, const Graph& graph);

  /// @param layer a layer of the network or of a rewrite of it
  [[nodiscard]] LayerCost cost(const Layer& layer) const;

  /// Sum over the positions `first` (included) to `last` (excluded) of `graph`.
  [[nodiscard]] LayerCost cost(const Graph& graph, LayerId first, LayerId last) const;

 private:
  struct Named {
    std::string name;
    LayerCost cost;
  };
  struct Block {
    std::string name;
    LayerCost cost;
    double macs{0};
  };
  std::vector<Named> rows_;  // sorted by name
  std::vector<Block> blocks_;
  Block whole_;
};

}  // namespace papilio
