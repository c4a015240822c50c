#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"

namespace papilio {

/// A layer before the network's blocks are known.
struct PlainLayer {
  std::string name;
  LayerOp op;
  std::vector<LayerId> inputs;
  std::string module;  ///< dotted path of the module that its weights lie in; empty: it has none
  std::optional<LayerId> weights_of;  ///< the earlier layer whose weights it uses too
};

/// Makes a graph of layers, and its blocks from the modules' paths: what lies between two cuts
/// belongs together, and is called by what the paths of its modules have in common; parts of one
/// name in a row are one block. A part with attention in it is a block of its own,
/// "<path>.attention" where the path does not say so: one name for the projections, products,
/// scale, mask and softmax.
///
/// It is a name, and no operation that computes all of it at once: LibTorch 1.13, which measures
/// and runs the layers, has no kernel that keeps the scores out of memory (its
/// `_scaled_dot_product_attention` makes them), so that the bytes and times of a fused operation
/// would be those of a program that nothing here runs.
/// Where they have nothing in common, or no names, branches that
/// join make a block, "block1", "block2", …, with what leads to them where that has no name either.
/// @throws std::invalid_argument as Graph::add
Graph with_blocks(const std::string& name, const std::string& title,
                  const std::vector<PlainLayer>& layers);

}  // namespace papilio
