#include "models/import/onnx_recurrent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/import/onnx_node.hpp"

namespace papilio {
namespace {

/// A node's inputs.
enum RecurrentInput {
  kSequence,
  kInputWeights,
  kStateWeights,
  kBiases,
  kLengths,
  kState,
  kCell,
  kPeepholes
};

/// ONNX's gates, in PyTorch's order: of i, o, f, c those i, f, c, o; of z, r, h those r, z, h.
std::vector<std::int64_t> gate_order(const RecurrentOp& op) {
  if (op.kind == RecurrentOp::Kind::kLstm) return {0, 2, 3, 1};
  if (op.kind == RecurrentOp::Kind::kGru) return {1, 0, 2};
  return {0};
}

/// The kind of layer, from a node's type and its activations.
RecurrentOp::Kind kind_of(const onnx::NodeProto& node) {
  std::vector<std::string> activations;
  if (const onnx::AttributeProto* list = find_attribute(node, "activations")) {
    activations = {list->strings().begin(), list->strings().end()};
  }
  const auto are = [&](const std::vector<std::string>& wanted) {
    for (std::size_t i = 0; i < activations.size(); ++i) {
      if (activations[i] != wanted[i % wanted.size()]) return false;
    }
    return true;
  };
  if (node.op_type() == "LSTM" && are({"Sigmoid", "Tanh", "Tanh"})) return RecurrentOp::Kind::kLstm;
  if (node.op_type() == "GRU" && are({"Sigmoid", "Tanh"})) return RecurrentOp::Kind::kGru;
  if (node.op_type() == "RNN" && are({"Tanh"})) return RecurrentOp::Kind::kRnnTanh;
  if (node.op_type() == "RNN" && are({"Relu"})) return RecurrentOp::Kind::kRnnRelu;
  throw Unsupported{"functions of its own"};
}

}  // namespace

void OnnxRecurrent::require_zeros(const Node& node, int input) {
  if (!has_input(node, input)) return;
  const OnnxConstant& state = constant(node, input, "a state that is known in the run only");
  if (const auto* fill = std::get_if<OnnxConstant::Fill>(&state.data); fill != nullptr) {
    if (fill->value != 0) throw Unsupported{"a state to begin with"};
    return;
  }
  const std::vector<double> numbers = constants_.reals(state);
  if (std::any_of(numbers.begin(), numbers.end(), [](double one) { return one != 0; })) {
    throw Unsupported{"a state to begin with"};
  }
}

void OnnxRecurrent::require_usual(const Node& node, const RecurrentOp& op) const {
  if (find_attribute(node, "clip") != nullptr || number_of(node, "input_forget", 0) != 0 ||
      number_of(node, "layout", 0) != 0 || has_input(node, kPeepholes)) {
    throw Unsupported{"clip, layout, peepholes or coupled gates"};
  }
  if (op.kind == RecurrentOp::Kind::kGru && number_of(node, "linear_before_reset", 0) != 1) {
    throw Unsupported{"a reset before the product; PyTorch's is behind it"};
  }
}

void OnnxRecurrent::require_all_places(const Node& node, const OnnxDims& dims) {
  if (has_input(node, kLengths) && integers(node, kLengths) != Numbers{dims[0]}) {
    throw Unsupported{"a part of the sequence"};
  }
}

void OnnxRecurrent::keep_gates(LayerId id, const std::string& part, const RecurrentOp& op,
                               const OnnxConstant& constant, std::int64_t offset,
                               std::int64_t columns) {
  OnnxDims dims{op.gates() * op.features};
  if (!part.starts_with("bias")) dims.push_back(columns);
  keep_part(id, part, dims, why_no_floats(constant), [&] {
    const std::vector<float> all = floats_of(constant);
    const std::int64_t size = op.features * columns;  // of a gate
    std::vector<float> values;
    for (const std::int64_t gate : gate_order(op)) {
      const auto begin = all.begin() + offset + gate * size;
      values.insert(values.end(), begin, begin + size);
    }
    return values;
  });
}

void OnnxRecurrent::keep_weights(const Node& node, LayerId id, const RecurrentOp& op) {
  const OnnxConstant& of_input = weight(node, kInputWeights);
  const OnnxConstant& of_state = weight(node, kStateWeights);
  const std::int64_t rows = op.gates() * op.features;
  for (std::int64_t way = 0; way < op.ways(); ++way) {
    const std::string end = way == 0 ? "l0" : "l0_reverse";
    const std::int64_t features = of_input.dims[2];
    keep_gates(id, "weight_ih_" + end, op, of_input, way * rows * features, features);
    keep_gates(id, "weight_hh_" + end, op, of_state, way * rows * op.features, op.features);
    if (!op.bias) continue;
    const OnnxConstant& biases = weight(node, kBiases);
    keep_gates(id, "bias_ih_" + end, op, biases, way * 2 * rows, 1);
    keep_gates(id, "bias_hh_" + end, op, biases, (way * 2 + 1) * rows, 1);
  }
}

void OnnxRecurrent::make_last(const Node& node, LayerId id, const RecurrentOp& op) {
  constexpr int kLastState = 1;
  constexpr int kLastCell = 2;
  if (is_read(node, kLastCell)) throw Unsupported{"its last cells read"};
  if (!is_read(node, kLastState)) return;
  const std::int64_t places = layers_.shape(id)[0];
  LayerId last = push(SliceOp{.axis = 0, .begin = places - 1, .end = places}, {id});
  if (op.both_ways) {
    // The way back ends at the first place.
    const LayerId first = push(SliceOp{.axis = 0, .begin = 0, .end = 1}, {id});
    const LayerId ahead = push(SliceOp{.axis = 1, .begin = 0, .end = op.features}, {last});
    const LayerId back =
        push(SliceOp{.axis = 1, .begin = op.features, .end = 2 * op.features}, {first});
    last = push(ConcatOp{0}, {ahead, back});
  }
  make(node.output(kLastState), {last, {op.ways(), 1, op.features}});
}

void OnnxRecurrent::recurrent(const Node& node) {
  constexpr std::size_t kDimensions = 3;
  constexpr std::int64_t kMost = std::int64_t{1} << 24;
  RecurrentOp op{.kind = kind_of(node), .features = number_of(node, "hidden_size", 0)};
  const std::string direction = text_of(node, "direction", "forward");
  if (direction != "forward" && direction != "bidirectional") {
    throw Unsupported{fmt::format("the direction '{}'", direction)};
  }
  op.both_ways = direction == "bidirectional";
  op.bias = has_input(node, kBiases);
  require_usual(node, op);
  require_zeros(node, kState);
  require_zeros(node, kCell);
  const OnnxConstant& of_input = weight(node, kInputWeights, kDimensions);
  const OnnxConstant& of_state = weight(node, kStateWeights, kDimensions);
  const Tensor from = real_operand(node);
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  if (from.rank() != kDimensions || from.dims[1] != 1) throw Unsupported{"a batch of several"};
  require_all_places(node, from.dims);
  if (op.features < 1 || op.features > kMost) throw Unsupported{"states of no size"};
  const std::int64_t rows = op.gates() * op.features;
  std::string identity = fmt::format("recurrent {} {}", of_input.source, of_state.source);
  if (of_input.dims != OnnxDims{op.ways(), rows, from.dims[2]} ||
      of_state.dims != OnnxDims{op.ways(), rows, op.features}) {
    throw Unsupported{"weights of other dimensions"};
  }
  if (op.bias) {
    const OnnxConstant& biases = weight(node, kBiases, 2);
    if (biases.dims != OnnxDims{op.ways(), 2 * rows})
      throw Unsupported{"biases of other dimensions"};
    identity += fmt::format(" {}", biases.source);
  }
  const LayerId id = add_computed(op, layer_as(from, {from.dims[0], from.dims[2]}),
                                  module_of(node, of_input.label), identity);
  keep_weights(node, id, op);
  if (!node.output(0).empty()) {
    Tensor to{id, {from.dims[0], op.ways(), 1, op.features}};
    make(node.output(0), to);
  }
  make_last(node, id, op);
}

}  // namespace papilio
