#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "models/dataset/loader.hpp"
#include "models/graph/graph.hpp"
#include "models/tensor/network.hpp"

namespace papilio {

/// What a network answers to a dataset's pictures.
struct Evaluation {
  std::vector<std::int64_t> predictions;  ///< the most likely class of each picture, in their order
  std::vector<std::int64_t> labels;       ///< the right one

  /// Share of right answers, in 0..1.
  [[nodiscard]] double accuracy() const;
  /// Mean over the classes of the share of right answers in each: what counts where classes are not
  /// balanced.
  [[nodiscard]] double mean_class_accuracy() const;
};

/// A place where features are quantised on their way through a network.
struct QuantizedCut {
  Cut cut;
  int bits{8};  ///< in 1..16
};

/// A batch's pictures as `[n × 3 × height × width]`, on the network's device.
at::Tensor images_of(Batch& batch, const Network& network);

/// Runs a network, its features quantised at a cut where one is given.
at::Tensor forward_through(const Network& network, const std::optional<QuantizedCut>& quantized,
                           const at::Tensor& images);

/// Classifies every picture that the loader does not leave out. The network must be in inference.
/// @param each called after each batch with the number of pictures done; may throw
/// @throws ConfigError if no picture can be read
Evaluation evaluate(const Network& network, const std::optional<QuantizedCut>& quantized,
                    Loader& loader, std::size_t batch_size,
                    const std::function<void(std::size_t)>& each = {});

}  // namespace papilio
