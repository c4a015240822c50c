#pragma once

#include "models/graph/graph.hpp"
#include "models/weights/state_dict.hpp"

namespace papilio {

/// Weights under the names of the graph's layers. Known are the names of SqueezeNet v1.0 as
/// converted from Caffe ("fire2_conv1x1_1" is its squeeze, "fire2_conv1x1_2" and "fire2_conv3x3_2"
/// its expansions, "conv_final" the classifier); others are left as they are. Counters of batches
/// ("….num_batches_tracked"), which nothing reads, are left out.
StateDict with_graph_names(const StateDict& weights, const Graph& graph);

}  // namespace papilio
