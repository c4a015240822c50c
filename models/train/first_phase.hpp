#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/dataset/dataset.hpp"
#include "models/dataset/loader.hpp"
#include "models/graph/graph.hpp"
#include "models/train/trainer.hpp"
#include "models/weights/state_dict.hpp"

namespace papilio {

/// One network to train: with a butterfly unit, or without one, as the baseline.
struct Point {
  std::optional<Cut> cut;  ///< of the network without unit; none for the baseline
  std::int64_t channels{0};
  std::uint64_t seed{1};

  /// Its name in files: "baseline-s1", "RB3-d2-s1".
  [[nodiscard]] std::string key() const;
};

/// The first phase of the butterfly paper's Algorithm 1: which units, trained how.
struct FirstPhaseSpec {
  Graph graph{"", ""};         ///< without units
  StateDict weights;           ///< where each training begins; empty: from random weights
  std::string source;          ///< of the weights, for errors
  bool new_classifier{false};  ///< the last layer begins at random: another set of classes
  std::vector<Cut> cuts;
  std::vector<std::int64_t> channels;  ///< D_r, ascending
  std::int64_t stride{1};              ///< of the units in space
  int bits{8};
  std::vector<std::uint64_t> seeds;
  /// Of the baseline's accuracy, that a unit may lose: at each cut, only as many channels are tried
  /// as it takes to stay within it. Nothing: all are trained.
  std::optional<double> search_budget;
  TrainingSpec training;  ///< its seed is each point's
  c10::Device device{c10::kCPU};
  /// Takes note of the pictures that cannot be read; none: such a picture ends the phase.
  std::shared_ptr<LeftOut> left_out;
  int jobs{1};     ///< points trained side by side
  int threads{1};  ///< of each
};

/// What the training of one point came to.
struct PointResult {
  Point point;
  std::vector<EpochStats> epochs;
  double mean_class_accuracy{0};
  std::vector<bool> right;  ///< each test picture that can be read
  double elapsed_s{0};      ///< of training and test, in the session that ended it

  [[nodiscard]] double accuracy() const;
};

/// Where the points of a phase stand, for a progress bar.
struct PhaseProgress {
  std::size_t done{0};     ///< points
  std::size_t total{0};    ///< at most, in a search
  double share{0};         ///< of the work that was left at the start, in 0..1
  double images_per_s{0};  ///< of training, all jobs together
  std::string text;        ///< of one of the points at work: its name, epoch, loss and accuracy
};

/// Trains and tests every point, in the order baselines first, then seed by seed. Each that is done
/// stands in `folder`/points, so that a phase that was stopped or killed goes on where it was, to
/// the same results. The trained weights go to `folder`/units.
/// @param stop called often, from any thread; whether to stop with checkpoints
/// @return every result, in the order of the points
/// @throws Interrupted if `stop` said so
/// @throws ConfigError if a file cannot be read or written, or the weights do not fit
std::vector<PointResult> run_first_phase(const FirstPhaseSpec& spec,
                                         const std::shared_ptr<const Dataset>& train_set,
                                         const std::shared_ptr<const Dataset>& test_set,
                                         const Transform& transform,
                                         const std::filesystem::path& folder,
                                         const std::function<void(const PhaseProgress&)>& progress,
                                         const std::function<bool()>& stop);

/// The network of a point with its weights as training begins, and where its features cross.
struct PreparedNetwork {
  Network network;
  std::optional<QuantizedCut> quantized;
  std::vector<std::string> left_over;  ///< names of the weights that it has no place for
};
PreparedNetwork prepare(const FirstPhaseSpec& spec, const Point& point);

}  // namespace papilio
