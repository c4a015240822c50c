#include "models/graph/graph.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace papilio {
namespace {

/// What follows from an operation and the shapes of its operands.
struct Inferred {
  TensorShape shape;
  std::int64_t macs{0};
  std::int64_t parameters{0};
};

void require(bool condition, const std::string& message) {
  if (!condition) throw std::invalid_argument{message};
}

std::int64_t window_output(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                           std::int64_t padding) {
  require(kernel >= 1 && stride >= 1 && padding >= 0, "kernel and stride must be >= 1");
  require(size + 2 * padding >= kernel, "the kernel is larger than its padded input");
  return (size + 2 * padding - kernel) / stride + 1;
}

/// Shape inference: one overload an operation, given the shapes of the operands.
struct Inference {
  std::vector<TensorShape> operands;

  [[nodiscard]] const TensorShape& only() const {
    require(operands.size() == 1, "takes one input");
    return operands.front();
  }

  Inferred operator()(const InputOp& op) const {
    require(operands.empty(), "takes no input");
    require(op.shape.channels >= 1 && op.shape.height >= 1 && op.shape.width >= 1,
            "an input has at least one channel, row and column");
    return {op.shape};
  }
  Inferred operator()(const ConvOp& op) const {
    const TensorShape& in = only();
    require(op.out_channels >= 1, "a convolution needs at least one output channel");
    require(op.groups >= 1 && in.channels % op.groups == 0 && op.out_channels % op.groups == 0,
            "the groups must divide the channels");
    const TensorShape out{op.out_channels,
                          window_output(in.height, op.kernel, op.stride, op.padding),
                          window_output(in.width, op.kernel, op.stride, op.padding)};
    const std::int64_t weights_per_output = in.channels / op.groups * op.kernel * op.kernel;
    return {out, out.elements() * weights_per_output,
            op.out_channels * (weights_per_output + (op.bias ? 1 : 0))};
  }
  Inferred operator()(const BatchNormOp&) const { return {only(), 0, 2 * only().channels}; }
  Inferred operator()(const ReluOp&) const { return {only()}; }
  Inferred operator()(const MaxPoolOp& op) const {
    const TensorShape& in = only();
    return {{in.channels, window_output(in.height, op.kernel, op.stride, op.padding),
             window_output(in.width, op.kernel, op.stride, op.padding)}};
  }
  Inferred operator()(const GlobalAvgPoolOp&) const { return {{only().channels, 1, 1}}; }
  Inferred operator()(const AddOp&) const {
    require(operands.size() == 2, "takes two inputs");
    require(operands[0] == operands[1], "the two inputs differ in shape");
    return {operands[0]};
  }
  Inferred operator()(const FlattenOp&) const { return {{only().elements(), 1, 1}}; }
  Inferred operator()(const LinearOp& op) const {
    const TensorShape& in = only();
    require(in.height == 1 && in.width == 1, "a linear layer takes a flat vector");
    require(op.out_features >= 1, "a linear layer needs at least one output");
    const std::int64_t weights = in.channels * op.out_features;
    return {{op.out_features, 1, 1}, weights, weights + (op.bias ? op.out_features : 0)};
  }
  Inferred operator()(const SoftmaxOp&) const { return {only()}; }
};

}  // namespace

std::string_view kind_name(const LayerOp& op) {
  static constexpr std::array<std::string_view, std::variant_size_v<LayerOp>> kNames{
      "input",           "conv", "batch_norm", "relu",   "max_pool",
      "global_avg_pool", "add",  "flatten",    "linear", "softmax"};
  return kNames.at(op.index());
}

Graph::Graph(std::string name, std::string title)
    : name_{std::move(name)}, title_{std::move(title)} {}

void Graph::begin_block(std::string block) {
  block_ = std::move(block);
}

void Graph::end_block() {
  require(!layers_.empty(), "a block ends after a layer");
  block_ends_.push_back(layers_.size() - 1);
}

LayerId Graph::add(std::string name, const LayerOp& op, std::vector<LayerId> inputs) {
  require(!find_layer(name), name + ": the name is taken");
  Inference inference;
  for (const LayerId input : inputs) {
    require(input < layers_.size(), name + ": an input does not exist");
    inference.operands.push_back(layers_[input].shape);
  }
  Inferred inferred;
  try {
    inferred = std::visit(inference, op);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument{name + ": " + error.what()};
  }
  layers_.push_back({std::move(name), block_, op, std::move(inputs), inferred.shape, inferred.macs,
                     inferred.parameters});
  return layers_.size() - 1;
}

std::optional<LayerId> Graph::find_layer(std::string_view name) const {
  const auto it = std::find_if(layers_.begin(), layers_.end(),
                               [&](const Layer& layer) { return layer.name == name; });
  if (it == layers_.end()) return std::nullopt;
  return static_cast<LayerId>(it - layers_.begin());
}

std::int64_t Graph::macs(LayerId first, LayerId last) const {
  std::int64_t sum = 0;
  for (LayerId id = first; id < last; ++id) sum += layer(id).macs;
  return sum;
}

std::int64_t Graph::parameters() const {
  std::int64_t sum = 0;
  for (const Layer& layer : layers_) sum += layer.parameters;
  return sum;
}

std::vector<Cut> Graph::cuts() const {
  std::vector<LayerId> last_use(layers_.size(), 0);
  for (LayerId id = 0; id < layers_.size(); ++id) {
    for (const LayerId input : layers_[id].inputs) last_use[input] = id;
  }
  std::vector<Cut> cuts;
  // A cut is after layer `id` when no earlier tensor is still to be read: `reach` is the last
  // reader of any tensor made before `id`.
  LayerId reach = 0;
  for (LayerId id = 0; id + 1 < layers_.size(); ++id) {
    if (reach <= id && last_use[id] > id) {
      const bool ends_block =
          std::find(block_ends_.begin(), block_ends_.end(), id) != block_ends_.end();
      cuts.push_back({id, ends_block ? layers_[id].block : layers_[id].name, layers_[id].shape});
    }
    reach = std::max(reach, last_use[id]);
  }
  return cuts;
}

std::vector<Cut> Graph::block_cuts() const {
  std::vector<Cut> result = cuts();
  std::erase_if(result, [&](const Cut& cut) { return cut.name == layers_[cut.after].name; });
  return result;
}

std::optional<Cut> Graph::find_cut(std::string_view name) const {
  for (Cut& cut : cuts()) {
    if (cut.name == name || layers_[cut.after].name == name) return std::move(cut);
  }
  return std::nullopt;
}

/// Copies a graph while inserting the unit. A friend, for it renumbers positions.
struct ButterflyRewrite {
  static ButterflyGraph apply(const Graph& source, const Cut& cut, std::int64_t channels) {
    require(cut.after < source.layers_.size() && cut.shape == source.layer(cut.after).shape,
            "the cut does not belong to the network '" + source.name_ + "'");
    require(channels >= 1 && channels <= cut.shape.channels,
            "a butterfly unit after " + cut.name + " takes 1 to " +
                std::to_string(cut.shape.channels) + " channels, not " + std::to_string(channels));
    Graph result{source.name_, source.title_ + ", butterfly unit of " + std::to_string(channels) +
                                   " channels after " + cut.name};
    std::vector<LayerId> moved(source.layers_.size());
    LayerId crossing = 0;
    for (LayerId id = 0; id < source.layers_.size(); ++id) {
      const Layer& layer = source.layers_[id];
      result.begin_block(layer.block);
      std::vector<LayerId> inputs;
      for (const LayerId input : layer.inputs) inputs.push_back(moved[input]);
      moved[id] = result.add(layer.name, layer.op, std::move(inputs));
      if (id == cut.after) {
        crossing = add_unit_half(result, cut.name + ".reduction", channels, moved[id]);
        moved[id] = add_unit_half(result, cut.name + ".restoration", cut.shape.channels, crossing);
      }
    }
    for (const LayerId end : source.block_ends_) result.block_ends_.push_back(moved[end]);
    const TensorShape shape = result.layer(crossing).shape;
    return {std::move(result), {crossing, cut.name, shape}};
  }

  static LayerId add_unit_half(Graph& graph, const std::string& prefix, std::int64_t channels,
                               LayerId input) {
    const LayerId conv = graph.add(prefix + ".conv", ConvOp{.out_channels = channels}, {input});
    const LayerId norm = graph.add(prefix + ".bn", BatchNormOp{}, {conv});
    return graph.add(prefix + ".relu", ReluOp{}, {norm});
  }
};

ButterflyGraph insert_butterfly(const Graph& graph, const Cut& cut, std::int64_t channels) {
  return ButterflyRewrite::apply(graph, cut, channels);
}

}  // namespace papilio
