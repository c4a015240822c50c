#include <ATen/ATen.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "models/import/torchscript_layers.hpp"

// Recurrent networks, over whole sequences and step by step.

namespace papilio {

void TorchScriptImporter::recurrent(RecurrentOp::Kind kind) {
  // input, states, weights, whether there are biases, layers, dropout, training, both ways, whether
  // the batch is first
  const bool states_are_list = argument(1).isTensorList();
  const auto is_zero = [&](const at::Tensor& state) {
    return !ledger_.has(state) && state.count_nonzero().item<std::int64_t>() == 0;
  };
  bool zero = true;
  if (states_are_list) {
    for (const at::Tensor& state : argument(1).toTensorVector()) zero = zero && is_zero(state);
  } else {
    zero = is_zero(argument(1).toTensor());
  }
  if (!zero) throw Unsupported{"a state that does not begin with zeros"};
  if (argument(6).toBool()) throw Unsupported{"training switched on"};
  const std::vector<at::Tensor> tensors = argument(2).toTensorVector();
  const std::int64_t layers = argument(4).toInt();
  const bool both_ways = argument(7).toBool();
  const bool bias = argument(3).toBool();
  const Sizes all = sizes(0);
  std::optional<std::int64_t> batch = argument(8).toBool() ? 0 : 1;
  if (all.size() == 2) batch.reset();  // places and features alone
  if (batch && all[static_cast<std::size_t>(*batch)] != 1) {
    throw Unsupported{"a batch that is not of one"};
  }
  const RecurrentOp op{.kind = kind,
                       .features = tensors.at(1).size(1),
                       .layers = layers,
                       .both_ways = both_ways,
                       .bias = bias,
                       .states = true};
  const std::int64_t places = all[static_cast<std::size_t>(batch ? 1 - *batch : 0)];
  const LayerId from = shaped(operand(0).layer, {places, all.back()});
  const std::vector<WeightShape> parts = weight_shapes(op, {layers_.shape(from)});
  if (parts.size() != tensors.size()) throw Unsupported{"a projection"};
  std::vector<Weight> of;
  for (std::size_t i = 0; i < parts.size(); ++i) of.push_back({tensors[i], parts[i].name});
  // The last states lie behind the sequence; where nothing reads them, the layer does not give
  // them.
  const LayerId id = add_weighted(op, from, of);
  const LayerId along = layers_.add(SliceOp{.axis = 0, .begin = 0, .end = places}, {id});
  make(0, {along, batch});
  make_states(op, id, along);
}
void TorchScriptImporter::make_states(const RecurrentOp& op, LayerId id, LayerId along) {
  const std::int64_t places = layers_.shape(along)[0];
  const auto slice = [&](LayerId from, std::int64_t axis, std::int64_t begin, std::int64_t end) {
    return layers_.add(SliceOp{.axis = axis, .begin = begin, .end = end}, {from});
  };
  for (std::size_t i = 1; i < outputs_->size(); ++i) {
    const at::Tensor& states = (*outputs_)[i].toTensor();
    constexpr std::int64_t kAxes = 3;  // layers and ways, the batch, features
    const std::optional<std::int64_t> batch =
        states.dim() == kAxes ? std::optional<std::int64_t>{1} : std::nullopt;
    const TensorShape shape{op.layers * op.ways(), op.features};
    LayerId last = 0;
    if (i == 1 && op.layers == 1) {
      // Those of the only layer are in the sequence: the way forth ends at the last place, the way
      // back at the first.
      last = slice(along, 0, places - 1, places);
      if (op.both_ways) {
        last = slice(last, 1, 0, op.features);
        const LayerId back = slice(slice(along, 0, 0, 1), 1, op.features, 2 * op.features);
        last = layers_.add(ConcatOp{}, {last, back});
      }
    } else {
      const std::int64_t begin = places + (static_cast<std::int64_t>(i) - 1) * op.layers;
      last = shaped(slice(id, 0, begin, begin + op.layers), shape);
    }
    make(i, {last, batch});
  }
}

/// Of a step of a recurrent network, an operand as one layer: features, perhaps samples before
/// them.
/// @param batch whether the first axis is a sample's
LayerId TorchScriptImporter::step_of(const at::Tensor& tensor, bool batch) {
  Sizes all = tensor.sizes().vec();
  if (batch) all.erase(all.begin());
  const TensorShape shape{all.begin(), all.end()};
  return ledger_.has(tensor) ? shaped(known(tensor).layer, shape) : stored(tensor, shape);
}
/// The gates of a step: what an input and a state become, each gate a part of the features.
/// @param at where the weight stands among the arguments
std::vector<LayerId> TorchScriptImporter::gates_of(LayerId from, std::size_t at,
                                                   std::int64_t count) {
  std::vector<Weight> of = weights({{at, "weight"}, {at + 2, "bias"}});
  const std::int64_t rows = of.front().tensor.size(0);
  const LayerId all = add_weighted(LinearOp{.out_features = rows, .bias = of.size() > 1}, from, of);
  const auto axis = static_cast<std::int64_t>(layers_.shape(all).rank()) - 1;
  std::vector<LayerId> gates;
  for (std::int64_t i = 0; i < count; ++i) {
    gates.push_back(count == 1 ? all
                               : layers_.add(SliceOp{.axis = axis,
                                                     .begin = i * rows / count,
                                                     .end = (i + 1) * rows / count},
                                             {all}));
  }
  return gates;
}

namespace {

constexpr std::size_t kWeights = 2;  // of the input, of the state; then the biases likewise

}  // namespace

/// c' = σ(f) · c + σ(i) · tanh(g), h' = σ(o) · tanh(c'); PyTorch's nn.LSTMCell.
void TorchScriptImporter::lstm_cell() {
  constexpr std::int64_t kGates = 4;
  const std::vector<at::Tensor> before = argument(1).toTensorVector();
  const bool batch = answer().dim() == 2 && answer().size(0) == 1;
  const auto sigmoid = [&](LayerId of) {
    return layers_.add(ActivationOp{ActivationOp::Kind::kSigmoid}, {of});
  };
  const auto tanh = [&](LayerId of) {
    return layers_.add(ActivationOp{ActivationOp::Kind::kTanh}, {of});
  };
  const std::vector<LayerId> of_input =
      gates_of(step_of(argument(0).toTensor(), batch), kWeights, kGates);
  const std::vector<LayerId> of_state =
      gates_of(step_of(before.at(0), batch), kWeights + 1, kGates);
  std::vector<LayerId> gates;
  for (std::size_t i = 0; i < of_input.size(); ++i) {
    gates.push_back(layers_.add(AddOp{}, {of_input[i], of_state[i]}));
  }
  const LayerId stays =
      layers_.add(MultiplyOp{}, {sigmoid(gates[1]), step_of(before.at(1), batch)});
  const LayerId taken = layers_.add(MultiplyOp{}, {sigmoid(gates[0]), tanh(gates[2])});
  const LayerId cell = layers_.add(AddOp{}, {stays, taken});
  const LayerId hidden = layers_.add(MultiplyOp{}, {sigmoid(gates[3]), tanh(cell)});
  const auto axis = batch ? std::optional<std::int64_t>{0} : std::nullopt;
  make(0, {hidden, axis});
  make(1, {cell, axis});
}
/// n = tanh(iₙ + σ(r) · hₙ), h' = n + σ(z) · (h − n); PyTorch's nn.GRUCell.
void TorchScriptImporter::gru_cell() {
  constexpr std::int64_t kGates = 3;
  const bool batch = answer().dim() == 2 && answer().size(0) == 1;
  const LayerId state = step_of(argument(1).toTensor(), batch);
  const std::vector<LayerId> of_input =
      gates_of(step_of(argument(0).toTensor(), batch), kWeights, kGates);
  const std::vector<LayerId> of_state = gates_of(state, kWeights + 1, kGates);
  const auto gate = [&](std::size_t i) {
    return layers_.add(ActivationOp{ActivationOp::Kind::kSigmoid},
                       {layers_.add(AddOp{}, {of_input[i], of_state[i]})});
  };
  const LayerId reset = layers_.add(MultiplyOp{}, {gate(0), of_state[2]});
  const LayerId fresh = layers_.add(ActivationOp{ActivationOp::Kind::kTanh},
                                    {layers_.add(AddOp{}, {of_input[2], reset})});
  const LayerId change = layers_.add(CombineOp{CombineOp::Kind::kSubtract}, {state, fresh});
  const LayerId stays = layers_.add(MultiplyOp{}, {gate(1), change});
  make({layers_.add(AddOp{}, {fresh, stays}),
        batch ? std::optional<std::int64_t>{0} : std::nullopt});
}
void TorchScriptImporter::plain_cell(const LayerOp& function) {
  const bool batch = answer().dim() == 2 && answer().size(0) == 1;
  const LayerId of_input = gates_of(step_of(argument(0).toTensor(), batch), kWeights, 1).front();
  const LayerId of_state =
      gates_of(step_of(argument(1).toTensor(), batch), kWeights + 1, 1).front();
  make({layers_.add(function, {layers_.add(AddOp{}, {of_input, of_state})}),
        batch ? std::optional<std::int64_t>{0} : std::nullopt});
}

}  // namespace papilio
