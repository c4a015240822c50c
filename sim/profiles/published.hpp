#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/data/library.hpp"
#include "sim/base/data/provenance.hpp"
#include "sim/base/units/units.hpp"

namespace papilio {

/// The figures that a split-computing paper prints, loaded from `published/NAME/`:
/// `table4.csv` (one row a network and partition point), `table5.csv` (one row a strategy and
/// network), `fig7.csv` (accuracy by partition point and channels) and `claims.yaml`.
struct PublishedTables {
  /// One cell pair of Table IV.
  struct Split {
    std::string network;
    std::string block;
    std::int64_t channels{0};
    Bytes offload;
    Seconds latency;
    Joules energy;
  };
  /// One row of Table V.
  struct Strategy {
    std::string strategy;  ///< "mobile-only", "cloud-only" or "butterfly"
    std::string network;   ///< empty for mobile-only
    Seconds latency;
    Joules energy;
    std::string block;  ///< of the butterfly unit, else empty
    Bytes offload;
    double accuracy{0};  ///< top-1 fraction
  };
  /// One bar of Fig. 7.
  struct Accuracy {
    std::string block;
    std::int64_t channels{0};
    double top1{0};  ///< fraction
  };
  /// Speedups over cloud-only as the text claims them.
  struct Speedup {
    std::string network;
    double latency{0};
    double energy{0};
  };

  std::string name;
  std::string title;
  Provenance source;
  std::string model;   ///< the network of the tables, as the zoo names it
  std::string mobile;  ///< device
  std::string cloud;   ///< device
  std::vector<Split> splits;
  std::vector<Strategy> strategies;
  std::vector<Accuracy> accuracies;
  std::vector<Speedup> speedups;
  double mean_latency_speedup{0};
  double mean_energy_speedup{0};
  double cloud_speed_ratio{0};   ///< computing power of the cloud over the mobile
  std::int64_t result_bytes{0};  ///< of the answer, as the printed energies imply
  double accepted_accuracy{0};   ///< least top-1 fraction that a unit may have to be chosen

  /// The networks in the order of Table IV.
  [[nodiscard]] std::vector<std::string> networks() const;
  /// The row of Table IV, or nullptr.
  [[nodiscard]] const Split* find_split(std::string_view network, std::string_view block) const;
  /// The row of Table V, or nullptr.
  [[nodiscard]] const Strategy* find_strategy(std::string_view strategy,
                                              std::string_view network) const;
  /// Channels that the paper chose at a partition point.
  [[nodiscard]] std::optional<std::int64_t> chosen_channels(std::string_view block) const;
  /// Top-1 accuracy of a butterfly unit with 8-bit features: Table V's where it prints one, else
  /// Fig. 7's, else nothing.
  [[nodiscard]] std::optional<double> butterfly_accuracy(std::string_view block,
                                                         std::int64_t channels) const;
};

/// @throws ConfigError if the name is unknown or a file is malformed
PublishedTables load_published(const ProfileLibrary& library, const Bibliography& bibliography,
                               std::string_view name);

}  // namespace papilio
