#pragma once

#include <Eigen/Core>
#include <map>
#include <string>
#include <vector>

#include "sim/profiles/layer_work.hpp"

namespace papilio {

/// The x >= 0 that makes |A x − b| least: Lawson and Hanson, Solving Least Squares Problems (1974),
/// algorithm NNLS (23.10). Ends for every input; where columns depend on each other, one of the
/// solutions.
/// @param a `[m × n]`, m and n >= 1, finite
/// @param b `[m]`, finite
Eigen::VectorXd nonnegative_least_squares(const Eigen::MatrixXd& a, const Eigen::VectorXd& b);

/// A measured layer.
struct LayerSample {
  LayerWork work;
  double latency_s{0};  ///< > 0
};

/// The time of a layer from its work, by a regression for each type of layer, as Neurosurgeon
/// (ASPLOS 2017) predicts: latency = c0 + c1 · operations + c2 · inputs + c3 · outputs + c4 ·
/// parameters. More work takes no less time, so no coefficient is negative. Squares are weighted by
/// the inverse of the measured time: the errors of large layers weigh more, but not only theirs.
///
/// A type with fewer than 8 measured layers is predicted by its family's, a family without layers
/// by all layers'.
class LayerRegression {
 public:
  /// One row of what it learned.
  struct Fit {
    std::size_t layers{0};         ///< measured ones
    Eigen::VectorXd coefficients;  ///< `[5]`: seconds, and seconds for one of each
  };

  explicit LayerRegression(const std::vector<LayerSample>& samples);

  /// @return seconds; 0 for work that is free, where none was measured
  [[nodiscard]] double latency(const LayerWork& work) const;
  /// Whether layers of this type were measured.
  [[nodiscard]] bool knows(const LayerWork& work) const;
  /// By type, those with enough layers.
  [[nodiscard]] const std::map<std::string, Fit>& types() const { return types_; }

 private:
  std::map<std::string, Fit> types_;
  std::map<std::string, Fit> families_;
  Fit all_;
  std::map<std::string, std::size_t> measured_;  // layers of each type
};

}  // namespace papilio
