#pragma once

#include <map>
#include <set>
#include <string>

#include "models/graph/graph.hpp"
#include "models/weights/state_dict.hpp"

namespace papilio {

/// A tensor of a file under the name that it has in a graph.
struct GivenTensor {
  const StoredTensor* tensor{nullptr};
  std::string name;  ///< in the file
};

/// Weights under the names of the graph's layers:
/// - a prefix of "module.", "model.", "_orig_mod." and "backbone.", one behind another, which
///   wrappers of a module add, is taken away where the names that are needed stand behind it; and
///   where the graph's own names have another such prefix, it takes its place;
/// - names of SqueezeNet v1.0 as converted from Caffe are known ("fire2_conv1x1_1" is its squeeze,
///   "fire2_conv1x1_2" and "fire2_conv3x3_2" its expansions, "conv_final" the classifier);
/// - counters, which nothing reads, are left out ("….num_batches_tracked", and thop's "total_ops"
///   and "total_params").
/// @param weights must outlive the result
/// @param needed  names of the graph's tensors, with ".weight" and the like
std::map<std::string, GivenTensor> with_graph_names(const StateDict& weights, const Graph& graph,
                                                    const std::set<std::string>& needed);

}  // namespace papilio
