#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/dataset/dataset.hpp"

namespace papilio {

/// How a picture becomes a network's input `[3 × height × width]`.
struct Transform {
  std::int64_t height{224};
  std::int64_t width{224};
  /// The shorter side is scaled to this first, the other in proportion; 0 leaves the size alone.
  /// A picture that is still smaller than the crop in a direction is scaled up to it.
  std::int64_t shorter_side{256};
  std::int64_t padding{0};  ///< black pixels around it before the crop
  bool augment{false};      ///< random crop and horizontal flip; else the centre crop
  bool bgr{false};          ///< channels in the order blue, green, red
  /// A colour c in 0..255 becomes (c · scale − mean) / deviation, in the order red, green, blue.
  float scale{1.0F / 255.0F};
  std::array<float, 3> mean{0.485F, 0.456F, 0.406F};       ///< ImageNet's
  std::array<float, 3> deviation{0.229F, 0.224F, 0.225F};  ///< ImageNet's
};

/// Some pictures, ready for a network.
struct Batch {
  std::vector<float> images;         ///< `[size × 3 × height × width]`
  std::vector<std::int64_t> labels;  ///< `[size]`
  std::vector<std::size_t> indices;  ///< `[size]`, positions in the dataset
  [[nodiscard]] std::size_t size() const { return labels.size(); }
};

/// One pass over a dataset.
struct EpochSpec {
  std::size_t batch_size{128};
  bool shuffle{false};
  std::uint64_t seed{1};
  std::uint64_t epoch{0};      ///< with the seed, decides order, crops and flips
  std::size_t first_batch{0};  ///< where to begin, to go on where a pass was left
};

/// Makes batches ahead of their use, with workers, which decode and scale each picture once and
/// keep it. What a batch holds depends on its place in the pass and on the seed, never on workers.
class Loader {
 public:
  /// @param workers threads, >= 1
  Loader(std::shared_ptr<const Dataset> dataset, const Transform& transform, std::size_t workers);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  [[nodiscard]] const Dataset& dataset() const;
  /// Batches in a pass; the last may be smaller.
  [[nodiscard]] std::size_t batches(std::size_t batch_size) const;

  /// Begins a pass; one at a time.
  void start(const EpochSpec& epoch);
  /// The next batch of the pass, or one of size 0 at its end.
  /// @throws ConfigError if a picture cannot be decoded
  Batch next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace papilio
