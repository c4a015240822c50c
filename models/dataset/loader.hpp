#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/dataset/dataset.hpp"
#include "models/dataset/left_out.hpp"
#include "models/dataset/transform.hpp"

namespace papilio {

/// Some pictures, ready for a network.
struct Batch {
  std::vector<float> images;         ///< `[size × 3 × height × width]`
  std::vector<std::int64_t> labels;  ///< `[size]`
  std::vector<std::size_t> indices;  ///< `[size]`, positions in the dataset
  std::size_t place{0};              ///< in the pass, from 0
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
/// `start` and `next` are for one thread.
class Loader {
 public:
  /// @param workers    threads, >= 1
  /// @param kept_bytes of scaled pictures; those beyond are decoded in each pass
  /// @param left_out   takes note of the pictures that cannot be read, which batches then do not
  ///                   have: they are smaller, and what is in the others stays the same. None: such
  ///                   a picture is an error
  Loader(std::shared_ptr<const Dataset> dataset, const Transform& transform, std::size_t workers,
         std::size_t kept_bytes = std::size_t{2} << 30U,
         std::shared_ptr<LeftOut> left_out = nullptr);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  [[nodiscard]] const Dataset& dataset() const;
  /// Null where a picture that cannot be read is an error.
  [[nodiscard]] const LeftOut* left_out() const;
  /// Batches in a pass; the last may be smaller.
  [[nodiscard]] std::size_t batches(std::size_t batch_size) const;

  /// Begins a pass and drops what is left of the one before.
  void start(const EpochSpec& epoch);
  /// The next batch of the pass that has a picture, or one of size 0 at its end or before the first
  /// pass.
  /// @throws ConfigError if a picture of the batch cannot be decoded; the call after gives the
  /// batch after
  Batch next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace papilio
