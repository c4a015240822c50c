#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "models/import/onnx_constants.hpp"

namespace papilio {

/// An input of a network that is no weight.
struct OnnxInput {
  std::string name;
  OnnxDims dims;  ///< of one sample, in ONNX
  TensorShape shape;
  int type{0};  ///< an onnx::TensorProto::DataType
  /// Whole numbers from 0 to below this, the rows of the table that they name, or 2; 0: reals.
  std::int64_t below{0};
  std::int64_t batch{1};  ///< that the file states of a picture, and is taken as 1
};

/// The inputs, in the file's order.
/// @param wanted size of the first, a picture or a flat vector; none: what the file states
/// @throws Unsupported if there is none, or one has no size
std::vector<OnnxInput> inputs_of(const onnx::GraphProto& graph,
                                 const std::optional<TensorShape>& wanted);

/// Whether an input is as large as the file states, as far as it does.
bool has_stated_size(const onnx::GraphProto& graph, const OnnxInput& input);

/// Whether a type of numbers is whole numbers, or truth values.
bool is_whole_type(int type);

/// Why OpenCV's dnn, which is asked about a picture alone, is not asked about these inputs; empty:
/// it is.
std::string why_not_asked(const std::vector<OnnxInput>& inputs);

/// Other names for the constants of a graph that are called as another layer's weights.
std::map<std::string, std::string> names_apart(const Graph& graph);

/// The same graph with whole numbers below this as its first input, and layers called otherwise.
/// @param below 0: reals
Graph changed(const Graph& graph, std::int64_t below,
              const std::map<std::string, std::string>& names);

}  // namespace papilio
