#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/profiles/crossing.hpp"

namespace papilio {

/// Top-1 accuracies that were measured with trained networks, by what crosses.
class MeasuredAccuracies {
 public:
  struct Accuracy {
    double mean{0};          ///< over the seeds, a fraction in 0..1
    std::size_t seeds{0};    ///< trainings that it averages, >= 1
    std::int64_t images{0};  ///< test pictures of each; of several numbers the least
  };

  /// Reads a CSV file with the columns cut, channels, bits, codec, seed, images, accuracy
  /// (docs/models/payloads.md).
  /// @param graph the network that it is about
  /// @throws ConfigError with file and line for a malformed cell, or a second row of a crossing and
  ///         seed
  MeasuredAccuracies(const std::string& path, const Graph& graph);

  /// Mean over the rows of exactly this crossing. A raw picture that has no row of its own has the
  /// uncut network's of as many bits; one of 8 bits, else, the baseline's.
  [[nodiscard]] std::optional<Accuracy> find(const Crossing& crossing) const;

  /// The uncut network's: rows without a cut of the codec raw; of several bits, those of the most.
  [[nodiscard]] std::optional<Accuracy> baseline() const;

  /// The fewest channels of a unit at a cut that is accurate enough. Nothing if none was measured.
  /// @param at       its `channels` do not matter
  /// @param accurate tells of a mean accuracy, a fraction, whether it is enough
  [[nodiscard]] std::optional<std::int64_t> smallest_channels(
      const Crossing& at, const std::function<bool(double)>& accurate) const;

  /// Every crossing of a cut network that has a row, in their order.
  [[nodiscard]] std::vector<Crossing> crossings() const;

  /// The best unit measured at a cut, whatever its channels, or nothing.
  [[nodiscard]] std::optional<Accuracy> best_at(const Crossing& at) const;

 private:
  std::map<std::int64_t, Accuracy> uncut_;  // by bits
  std::map<Crossing, Accuracy> accuracies_;
};

}  // namespace papilio
