#include "models/import/onnx_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "models/import/layer_list.hpp"
#include "models/import/onnx_node.hpp"
#include "models/import/onnx_tensors.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

using Dimensions = onnx::TensorShapeProto;

/// Tables by the whole numbers that name their rows: those of inputs go on under other names.
class Tables {
 public:
  explicit Tables(const onnx::GraphProto& graph) {
    std::map<std::string, std::int64_t> rows;
    for (const onnx::TensorProto& tensor : graph.initializer()) {
      if (tensor.dims_size() == 2) rows[tensor.name()] = tensor.dims(0);
    }
    for (const onnx::ValueInfoProto& input : graph.input()) inputs_[input.name()] = input.name();
    static const std::set<std::string> kViews{"Cast",      "Identity",  "Reshape", "Squeeze",
                                              "Unsqueeze", "Transpose", "Flatten", "Slice",
                                              "Split",     "Expand"};
    for (const onnx::NodeProto& node : graph.node()) {
      if (node.op_type() == "Gather" && has_input(node, 1)) note(node, rows);
      if (!has_input(node, 0)) continue;
      const bool is_view = kViews.contains(node.op_type()) || node.op_type() == "Gather";
      if (const auto table = rows.find(node.input(0)); table != rows.end()) {
        static const std::set<std::string> kSame{"Identity", "QuantizeLinear", "DequantizeLinear"};
        if (kSame.contains(node.op_type()) && node.output_size() == 1) {
          rows.emplace(node.output(0), table->second);
        }
      } else if (const auto from = inputs_.find(node.input(0)); from != inputs_.end() && is_view) {
        const std::string input = from->second;
        for (const std::string& output : node.output()) inputs_.emplace(output, input);
      }
    }
  }

  /// The rows of the smallest that an input names; 2 if it names none.
  [[nodiscard]] std::int64_t rows(const std::string& input) const {
    constexpr std::int64_t kTruthValues = 2;
    const auto it = rows_.find(input);
    return it == rows_.end() ? kTruthValues : it->second;
  }

 private:
  void note(const onnx::NodeProto& node, const std::map<std::string, std::int64_t>& rows) {
    const auto table = rows.find(node.input(0));
    const auto input = inputs_.find(node.input(1));
    if (table == rows.end() || input == inputs_.end() || table->second < 1) return;
    const auto [known, is_first] = rows_.emplace(input->second, table->second);
    if (!is_first) known->second = std::min(known->second, table->second);
  }

  std::map<std::string, std::string> inputs_;  // by the names of what is made of them
  std::map<std::string, std::int64_t> rows_;   // by the input
};

/// Whether an input of this type names rows, or says what is true; other whole numbers are those
/// that pictures are stored with.
bool names_rows(int type) {
  return type == onnx::TensorProto::INT64 || type == onnx::TensorProto::INT32 ||
         type == onnx::TensorProto::BOOL;
}

/// Sizes of a size that the user gives.
void set_size(OnnxInput& input, const TensorShape& wanted, int dimensions) {
  input.shape = wanted;
  const bool flat = dimensions == kFlatRank && is_flat(wanted);
  input.dims = {1};
  if (flat) {
    input.dims.push_back(wanted.elements());
  } else {
    input.dims.insert(input.dims.end(), wanted.begin(), wanted.end());
  }
}

/// Sizes that the file states.
void set_size(OnnxInput& input, const Dimensions& stated) {
  const auto dimensions = static_cast<std::size_t>(stated.dim_size());
  if (dimensions == 0 || dimensions > TensorShape::kMostAxes) {
    throw Unsupported{"an input without a size; say it with --input CxHxW"};
  }
  for (const Dimensions::Dimension& dimension : stated.dim()) {
    input.dims.push_back(dimension.dim_value());
  }
  const bool picture = dimensions == kPictureRank;
  if (picture || input.dims[0] <= 0) {  // which nobody knows is the batch
    input.batch = std::max<std::int64_t>(input.dims[0], 1);
    input.dims[0] = 1;
  }
  if (*std::min_element(input.dims.begin(), input.dims.end()) <= 0) {
    throw Unsupported{picture || dimensions == kFlatRank
                          ? "an input without a size; say it with --input CxHxW"
                          : fmt::format("an input '{}' of {} dimensions, not all of which have a "
                                        "size; export it with fixed sizes",
                                        printable(input.name), dimensions)};
  }
  static_cast<void>(count_of(input.dims));  // can be counted
  OnnxDims sample = input.dims;
  const auto batch = std::find(sample.begin(), sample.end(), 1);
  if (batch != sample.end()) sample.erase(batch);
  input.shape = {sample.begin(), sample.end()};
}

}  // namespace

bool is_whole_type(int type) {
  using Proto = onnx::TensorProto;
  static const std::set<int> kWhole{Proto::INT64,  Proto::INT32,  Proto::BOOL,
                                    Proto::INT8,   Proto::INT16,  Proto::UINT8,
                                    Proto::UINT16, Proto::UINT32, Proto::UINT64};
  return kWhole.contains(type);
}

std::vector<OnnxInput> inputs_of(const onnx::GraphProto& graph,
                                 const std::optional<TensorShape>& wanted) {
  std::set<std::string> weights;
  for (const onnx::TensorProto& constant : graph.initializer()) weights.insert(constant.name());
  const Tables tables{graph};
  std::vector<OnnxInput> inputs;
  for (const onnx::ValueInfoProto& stated : graph.input()) {
    if (!weights.insert(stated.name()).second) continue;
    const auto& type = stated.type().tensor_type();
    OnnxInput input{.name = stated.name(), .type = type.elem_type()};
    if (names_rows(input.type)) input.below = tables.rows(input.name);
    if (wanted && inputs.empty()) {
      set_size(input, *wanted, type.shape().dim_size());
    } else {
      set_size(input, type.shape());
    }
    inputs.push_back(std::move(input));
  }
  if (inputs.empty()) throw Unsupported{"no input"};
  return inputs;
}

bool has_stated_size(const onnx::GraphProto& graph, const OnnxInput& input) {
  for (const onnx::ValueInfoProto& stated : graph.input()) {
    if (stated.name() != input.name || !stated.type().tensor_type().has_shape()) continue;
    OnnxDims dims;
    for (const auto& dimension : stated.type().tensor_type().shape().dim()) {
      dims.push_back(dimension.dim_value());
    }
    if (dims.size() != input.dims.size()) return false;
    for (std::size_t i = 0; i < dims.size(); ++i) {
      if (i > 0 && dims[i] > 0 && dims[i] != input.dims[i]) return false;
    }
  }
  return true;
}

std::string why_not_asked(const std::vector<OnnxInput>& inputs) {
  const OnnxInput& first = inputs.front();
  constexpr std::size_t kAxes = kPictureRank - 1;
  if (inputs.size() == 1 && first.shape.rank() == kAxes && first.below == 0) return {};
  return "OpenCV's dnn is not asked about inputs other than one picture";
}

std::map<std::string, std::string> names_apart(const Graph& graph) {
  std::map<std::string, std::string> names;
  for (const Layer& layer : graph.layers()) {
    if (!std::holds_alternative<ParameterOp>(layer.op)) continue;
    // The layer "a" may have weights "a.weight", as this one is called.
    const std::size_t dot = layer.name.rfind('.');
    if (dot == std::string::npos || !graph.find_layer(layer.name.substr(0, dot))) continue;
    std::string other = layer.name.substr(0, dot) + "_constant" + layer.name.substr(dot);
    while (graph.find_layer(other)) other += "_2";
    names.emplace(layer.name, std::move(other));
  }
  return names;
}

Graph changed(const Graph& graph, std::int64_t below,
              const std::map<std::string, std::string>& names) {
  Graph result{graph.name(), graph.title()};
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    const Layer& layer = graph.layer(id);
    LayerOp op = layer.op;
    if (auto* input = std::get_if<InputOp>(&op); input != nullptr && id == 0) input->below = below;
    const auto other = names.find(layer.name);
    result.begin_block(layer.block);
    result.add(other == names.end() ? layer.name : other->second, op, layer.inputs,
               layer.weights_of);
    if (graph.ends_block(id)) result.end_block();
  }
  return result;
}

}  // namespace papilio
