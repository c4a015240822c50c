#pragma once

#include <onnx/onnx_pb.h>

#include <string>

namespace papilio {

/// Makes a graph compute with reals what it computes with whole numbers: weights are stored as what
/// they stand for, and a QuantizeLinear becomes the division, rounding and cutting off that it is.
/// OpenCV's dnn takes what a DequantizeLinear makes of a constant for a tensor of the network, and
/// computes with whole numbers in another way.
/// @return why that is not possible; empty: it is done
std::string compute_with_reals(onnx::GraphProto& graph);

}  // namespace papilio
