#pragma once

#include <string>

#include "models/graph/graph.hpp"

namespace papilio {

/// What the time of a layer follows from, for one picture: its type, and how much it computes and
/// moves.
struct LayerWork {
  /// Layers of one type are computed alike, e.g. "depthwise conv", "max_pool". Convolutions are
  /// told apart by kernel (1x1, or larger), by groups, by dilation, and by whether they are
  /// computed directly or as a matrix product: as LibTorch 1.13 on one thread chooses between
  /// oneDNN and BLAS, directly where the kernel is larger than 3x3 or the input has more than 20480
  /// elements, unless it is a 1x1 kernel without stride (aten/src/ATen/native/Convolution.cpp,
  /// use_mkldnn). Products with quantised weights are types of their own: "8-bit linear".
  std::string type;
  /// Types that are computed much alike: "conv", "linear", "pool", "element-wise", "copy".
  std::string family;
  /// Multiply-accumulates; of a pool, the numbers that it compares or adds.
  double operations{0};
  double inputs{0};      ///< elements of all operands
  double outputs{0};     ///< elements
  double parameters{0};  ///< trained numbers that are read, those that are read again once more
  /// Of the inputs, outputs and parameters those that are quantised, and their bytes.
  double quantised{0};
  double quantised_bytes{0};
  /// Whether nothing is computed: the input, a flattening, a batch norm behind a convolution, into
  /// which it is folded, and a quantisation that the kernel before ends with, with the activation
  /// between.
  bool free{false};
};

/// The work of one layer.
LayerWork work_of(const Graph& graph, LayerId id);

}  // namespace papilio
