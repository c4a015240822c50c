#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/dataset/loader.hpp"
#include "models/tensor/network.hpp"
#include "models/train/evaluation.hpp"

namespace papilio {

/// How the learning rate falls over a training.
enum class Schedule {
  kCosine,  ///< from the first rate to 0, along half a cosine, a step a batch
  kStep,    ///< to a tenth after half of the epochs, and to a hundredth after three quarters
};

/// How weights follow their gradients.
enum class Optimizer {
  kSgd,   ///< stochastic gradient descent with momentum
  kAdam,  ///< Adam (Kingma and Ba 2015), its second decay 0.999
};

/// How a network is trained, on the cross-entropy.
struct TrainingSpec {
  std::int64_t epochs{3};      ///< >= 1
  std::size_t batch_size{32};  ///< >= 2, for batch norm
  Optimizer optimizer{Optimizer::kAdam};
  double learning_rate{0.003};  ///< > 0, the first
  double momentum{0.9};         ///< in [0, 1); of Adam the first decay
  double weight_decay{1e-4};    ///< >= 0, added to the gradients
  Schedule schedule{Schedule::kCosine};
  std::int64_t patience{0};          ///< epochs without a lower mean loss before it stops; 0: never
  std::uint64_t seed{1};             ///< decides order, crops and flips
  double checkpoint_interval_s{60};  ///< between two checkpoints within an epoch
};

/// The rate for one batch.
/// @param batch in 0..batches-1 of the epoch
double learning_rate(const TrainingSpec& spec, std::int64_t epoch, std::size_t batch,
                     std::size_t batches);

/// What one epoch did.
struct EpochStats {
  double loss{0};      ///< mean over the pictures
  double accuracy{0};  ///< on the training pictures as they came, in 0..1
  bool operator==(const EpochStats&) const = default;
};

/// How far a training is.
struct TrainingProgress {
  std::int64_t epoch{0};
  std::size_t batch{0};  ///< batches done in it
  std::size_t batches{0};
  EpochStats so_far;  ///< of the epoch
};

/// Trains a network with its features quantised at a cut where one is given, end to end.
///
/// A checkpoint is kept in `folder` and gone at the end; where one is found, the training goes on
/// from it, to the same weights as if it had never stopped.
/// @param network as it begins; holds the trained weights at the end, in inference
/// @param loader  of the training pictures
/// @param watch   called after each batch; returns whether to stop there, with a checkpoint
/// @return what each epoch did
/// @throws Interrupted if `watch` said so
/// @throws ConfigError if the checkpoint cannot be read or written
/// @throws SimulationError if the loss is not finite: the learning rate is too high
std::vector<EpochStats> train(Network& network, const std::optional<QuantizedCut>& quantized,
                              Loader& loader, const TrainingSpec& spec,
                              const std::filesystem::path& folder,
                              const std::function<bool(const TrainingProgress&)>& watch);

}  // namespace papilio
