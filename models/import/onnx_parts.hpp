#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"

namespace papilio {

/// The only input that is no weight: old files list the weights among the inputs.
/// @throws Unsupported if there are several, or there is none
const onnx::ValueInfoProto& only_input(const onnx::GraphProto& graph);

/// Leaves what the first output depends on, alone.
/// @param model with an output
/// @param notes get what was left out
void for_one_output(onnx::ModelProto& model, std::vector<std::string>& notes);

/// What is known of a graph's nodes without running them, by the tensors that they make.
struct OnnxFolded {
  std::vector<onnx::TensorProto> constants;                ///< of constants and sizes alone
  std::map<std::string, std::vector<std::int64_t>> views;  ///< sizes: the same numbers otherwise
};

/// Leaves what these tensors depend on, alone, and gives them as its output: their numbers one
/// behind the other where they are several.
/// @param tensors one or more, by name
/// @param folded  what nodes make, which they make no more, and views that are to say their sizes
/// @param begin   a tensor that becomes the only input; empty: inputs are as they were
/// @return whether they depend on nothing before `begin`
bool for_tensors(onnx::ModelProto& model, const std::vector<std::string>& tensors,
                 OnnxFolded folded, const std::string& begin);

/// The module of a node as PyTorch calls it: of "/layer1/layer1.0/conv1/Conv" layer1.0.conv1. The
/// parts of a sequence repeat what it is called. Empty for other names.
std::string module_path(const std::string& node);

/// What `auto_pad` puts around a picture so that a window of stride 1 keeps its size: as many rows
/// on both sides, and of an odd number one more below (SAME_UPPER) or above.
/// Source: ONNX, operator Conv.
/// @param dims of the tensor, with the batch and the channels before the axes of the window
Padding same_padding(const std::vector<std::int64_t>& dims, const Spatial& kernel,
                     const Spatial& stride, bool more_before);

/// Makes a model that OpenCV's dnn runs of one picture: states its size, and works around what it
/// does otherwise than ONNX says.
/// @return why it does not compute the same all the same; empty: it does
std::string prepare_to_run(onnx::ModelProto& model, const TensorShape& shape);

}  // namespace papilio
