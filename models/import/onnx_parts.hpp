#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <vector>

#include "models/graph/graph.hpp"

namespace papilio {

/// The only input that is no weight: old files list the weights among the inputs.
/// @throws Unsupported if there are several, or there is none
const onnx::ValueInfoProto& only_input(const onnx::GraphProto& graph);

/// What the first output depends on, alone.
/// @param model with an output
/// @param notes get what was left out
onnx::ModelProto for_one_output(onnx::ModelProto model, std::vector<std::string>& notes);

/// States the input's size: one picture.
void set_input(onnx::ModelProto& model, const TensorShape& shape);

}  // namespace papilio
