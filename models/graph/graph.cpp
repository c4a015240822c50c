#include "models/graph/graph.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace papilio {
namespace {

/// What follows from an operation and the shapes of its operands.
struct Inferred {
  TensorShape shape;
  std::int64_t macs{0};
  std::int64_t parameters{0};
};

void require(bool condition, std::string_view message) {
  if (!condition) throw std::invalid_argument{std::string{message}};
}

/// A product of sizes, each >= 0.
std::int64_t product(std::initializer_list<std::int64_t> sizes) {
  std::int64_t result = 1;
  for (const std::int64_t size : sizes) {
    require(!__builtin_mul_overflow(result, size, &result), "it is larger than can be counted");
  }
  return result;
}

std::int64_t window_output(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                           std::int64_t before, std::int64_t after) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  require(kernel >= 1 && stride >= 1 && before >= 0 && after >= 0,
          "kernel and stride must be >= 1, and padding >= 0");
  require(std::max({size, kernel, stride, before, after}) <= kMost,
          "it is larger than can be counted");
  require(size + before + after >= kernel, "the kernel is larger than its padded input");
  return (size + before + after - kernel) / stride + 1;
}

/// As `window_output`, but a last window that hangs over the edge counts if it starts inside the
/// input or the padding before it.
std::int64_t ceil_window_output(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                                std::int64_t before, std::int64_t after) {
  const std::int64_t whole = window_output(size, kernel, stride, before, after);
  const bool rest = (size + before + after - kernel) % stride != 0;
  return rest && whole * stride < size + before ? whole + 1 : whole;
}

/// A flat vector counts as a picture of one row and column, as files that were imported before
/// tensors had axes say it.
void require_picture(const TensorShape& shape) {
  constexpr std::size_t kPictureAxes = 3;
  require(shape.rank() == kPictureAxes || shape.rank() == 1,
          "takes a picture: channels, height and width");
}

/// Height and width of what a square window makes of a picture.
template <class Op>
TensorShape windows(const TensorShape& in, std::int64_t channels, const Op& op, bool ceil) {
  require_picture(in);
  const auto output = ceil ? ceil_window_output : window_output;
  const Padding& padding = op.padding;
  return {channels, output(in.height(), op.kernel, op.stride, padding.top, padding.bottom),
          output(in.width(), op.kernel, op.stride, padding.left, padding.right)};
}

/// A convolution with as large a kernel as what its own sees from end to end.
ConvOp extent_of(ConvOp op) {
  constexpr std::int64_t kMost = std::int64_t{1} << 20;
  require(op.dilation >= 1 && op.dilation <= kMost && op.kernel <= kMost,
          "a kernel sees pixels 1 to 2^20 steps apart");
  op.kernel = (op.kernel - 1) * op.dilation + 1;
  return op;
}

/// As `windows`, of a pool: each window sees a part of the picture.
template <class Op>
TensorShape pooled(const TensorShape& in, const Op& op, bool ceil) {
  const Padding& padding = op.padding;
  require(std::max({padding.top, padding.left, padding.bottom, padding.right}) < op.kernel,
          "the padding must be smaller than the window");
  return windows(in, in.channels(), op, ceil);
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
    require(
        std::all_of(op.shape.begin(), op.shape.end(), [](std::int64_t size) { return size >= 1; }),
        "an input has at least one number along each axis");
    return {op.shape};
  }
  Inferred operator()(const ConvOp& op) const {
    const TensorShape& in = only();
    require(op.out_channels >= 1, "a convolution needs at least one output channel");
    require(op.groups >= 1 && in.channels() % op.groups == 0 && op.out_channels % op.groups == 0,
            "the groups must divide the channels");
    const TensorShape out = windows(in, op.out_channels, extent_of(op), false);
    const std::int64_t per_output = product({in.channels() / op.groups, op.kernel, op.kernel});
    return {out, product({out.channels(), out.height(), out.width(), per_output}),
            product({op.out_channels, per_output}) + (op.bias ? op.out_channels : 0)};
  }
  Inferred operator()(const ConvTransposeOp& op) const {
    const TensorShape& in = only();
    require_picture(in);
    require(op.out_channels >= 1, "a convolution needs at least one output channel");
    const auto fits = [&](std::int64_t output, std::int64_t input) {
      return output >= 1 &&
             window_output(output, op.kernel, op.stride, op.padding, op.padding) == input;
    };
    require(fits(op.height, in.height()) && fits(op.width, in.width()),
            "a convolution of this kernel and stride does not make the input of the output");
    const std::int64_t per_input = product({op.out_channels, op.kernel, op.kernel});
    return {{op.out_channels, op.height, op.width},
            product({in.elements(), per_input}),
            product({in.channels(), per_input})};
  }
  Inferred operator()(const BatchNormOp&) const {
    require(only().rank() >= 1, "takes at least one channel");
    return {only(), 0, 2 * only().channels()};
  }
  Inferred operator()(const ReluOp&) const { return {only()}; }
  Inferred operator()(const Relu6Op&) const { return {only()}; }
  Inferred operator()(const ActivationOp&) const { return {only()}; }
  Inferred operator()(const AvgPoolOp& op) const { return {pooled(only(), op, false)}; }
  Inferred operator()(const MaxPoolOp& op) const { return {pooled(only(), op, op.ceil)}; }
  Inferred operator()(const GlobalAvgPoolOp&) const {
    require_picture(only());
    return {{only().channels(), 1, 1}};
  }
  Inferred operator()(const AddOp&) const {
    require(operands.size() == 2, "takes two inputs");
    require(operands[0] == operands[1], "the two inputs differ in shape");
    return {operands[0]};
  }
  Inferred operator()(const MultiplyOp&) const {
    require(operands.size() == 2, "takes two inputs");
    const TensorShape& scale = operands[1];
    require(operands[0] == scale || (operands[0].channels() == scale.channels() &&
                                     scale.elements() == scale.channels()),
            "the second input has neither the first one's shape nor a number for each channel");
    return {operands[0]};
  }
  Inferred operator()(const ConcatOp&) const {
    require(!operands.empty(), "takes one input or more");
    TensorShape out = operands.front();
    require(out.rank() >= 1, "takes at least one channel");
    out[0] = 0;
    for (const TensorShape& in : operands) {
      require(in.rank() == out.rank() && std::equal(in.begin() + 1, in.end(), out.begin() + 1),
              "the inputs differ in height or width");
      out[0] += in[0];
    }
    return {out};
  }
  Inferred operator()(const ZeroPadShortcutOp& op) const {
    const TensorShape& in = only();
    require_picture(in);
    require(op.channels >= in.channels() && (op.channels - in.channels()) % 2 == 0,
            "the zero channels must be as many before as behind");
    return {{op.channels, window_output(in.height(), 1, op.stride, 0, 0),
             window_output(in.width(), 1, op.stride, 0, 0)}};
  }
  Inferred operator()(const FlattenOp&) const { return {{only().elements()}}; }
  Inferred operator()(const LinearOp& op) const {
    const TensorShape& in = only();
    require(in.elements() == in.channels(), "a linear layer takes a flat vector");
    require(op.out_features >= 1, "a linear layer needs at least one output");
    const std::int64_t weights = product({in.channels(), op.out_features});
    return {{op.out_features}, weights, weights + (op.bias ? op.out_features : 0)};
  }
  Inferred operator()(const SoftmaxOp&) const { return {only()}; }
  Inferred operator()(const ScaleOp&) const { return {only()}; }
  Inferred operator()(const LocalNormOp& op) const {
    require(only().rank() >= 1, "takes at least one channel");
    require(op.size >= 1 && op.size % 2 == 1,
            "the channels that are looked at must be odd in number");
    return {only()};
  }
  Inferred operator()(const ResizeOp& op) const {
    require_picture(only());
    require(op.height >= 1 && op.width >= 1, "a picture has at least one row and column");
    return {{only().channels(), op.height, op.width}};
  }
};

/// Sums over many layers stay far below 2⁶³ if each is below these.
void require_countable(const Inferred& inferred) {
  constexpr std::int64_t kMostNumbers = std::int64_t{1} << 40;
  constexpr std::int64_t kMostMacs = std::int64_t{1} << 45;
  const TensorShape& shape = inferred.shape;
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) elements = product({elements, size});
  require(
      elements <= kMostNumbers && inferred.parameters <= kMostNumbers && inferred.macs <= kMostMacs,
      "it is larger than can be counted");
}

/// What must be equal for two layers to compute with the same weights: the kind of operation, the
/// sizes of the weight, and whether there is a bias.
std::vector<std::int64_t> weight_form(const LayerOp& op, const std::vector<TensorShape>& operands) {
  const auto kind = static_cast<std::int64_t>(op.index());
  const std::int64_t channels = operands.empty() ? 0 : operands.front().channels();
  if (const auto* conv = std::get_if<ConvOp>(&op)) {
    return {kind, conv->out_channels, channels / conv->groups, conv->kernel, conv->bias ? 1 : 0};
  }
  if (const auto* conv = std::get_if<ConvTransposeOp>(&op)) {
    return {kind, channels, conv->out_channels, conv->kernel};
  }
  if (const auto* linear = std::get_if<LinearOp>(&op)) {
    return {kind, linear->out_features, channels, linear->bias ? 1 : 0};
  }
  return {kind, channels};
}

/// Whether a layer makes one tensor of several branches.
bool joins(const Layer& layer) {
  return layer.inputs.size() > 1;
}

bool is_activation(const LayerOp& op) {
  return std::holds_alternative<ReluOp>(op) || std::holds_alternative<Relu6Op>(op) ||
         std::holds_alternative<ActivationOp>(op);
}

}  // namespace

std::string text(const TensorShape& shape) {
  std::string sizes;
  for (const std::int64_t size : shape) {
    if (!sizes.empty()) sizes += "×";
    sizes += std::to_string(size);
  }
  return sizes.empty() ? "1" : sizes;
}

std::string_view kind_name(const LayerOp& op) {
  static constexpr std::array<std::string_view, std::variant_size_v<LayerOp>> kNames{
      "input",  "conv",     "conv_transpose", "batch_norm",        "relu",
      "relu6",  "sigmoid",  "max_pool",       "avg_pool",          "global_avg_pool",
      "add",    "multiply", "concat",         "zero_pad_shortcut", "flatten",
      "linear", "softmax",  "scale",          "local_norm",        "resize"};
  static constexpr std::array<std::string_view, 12> kActivations{
      "sigmoid", "hardsigmoid", "hardswish", "silu",      "tanh", "leaky_relu",
      "elu",     "selu",        "gelu",      "gelu_tanh", "mish", "softplus"};
  if (const auto* activation = std::get_if<ActivationOp>(&op)) {
    return kActivations.at(static_cast<std::size_t>(activation->kind));
  }
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

LayerId Graph::add(std::string name, const LayerOp& op, std::vector<LayerId> inputs,
                   std::optional<LayerId> weights_of) {
  Inferred inferred;
  try {
    require(!find_layer(name), "the name is taken");
    for (const LayerId input : inputs) require(input < layers_.size(), "an input does not exist");
    const Inference inference{operand_shapes(inputs)};
    inferred = std::visit(inference, op);
    require_countable(inferred);
    if (weights_of) {
      require(*weights_of < layers_.size(), "the layer of its weights does not exist");
      const Layer& owner = layers_[*weights_of];
      require(!owner.weights_of && inferred.parameters > 0 &&
                  weight_form(op, inference.operands) ==
                      weight_form(owner.op, operand_shapes(owner.inputs)),
              "the weights of " + owner.name + " do not fit it");
    }
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument{name + ": " + error.what()};
  }
  layers_.push_back({std::move(name), block_, op, std::move(inputs), inferred.shape, inferred.macs,
                     inferred.parameters, weights_of});
  by_name_.emplace(layers_.back().name, layers_.size() - 1);
  return layers_.size() - 1;
}

std::vector<TensorShape> Graph::operand_shapes(const std::vector<LayerId>& inputs) const {
  std::vector<TensorShape> shapes;
  shapes.reserve(inputs.size());
  for (const LayerId input : inputs) shapes.push_back(layers_[input].shape);
  return shapes;
}

std::optional<LayerId> Graph::find_layer(std::string_view name) const {
  const auto it = by_name_.find(name);
  if (it == by_name_.end()) return std::nullopt;
  return it->second;
}

bool Graph::shares_weights(LayerId id) const {
  return layer(id).weights_of ||
         std::any_of(layers_.begin(), layers_.end(),
                     [&](const Layer& other) { return other.weights_of == id; });
}

bool Graph::folds_into_convolution(LayerId id) const {
  if (!std::holds_alternative<BatchNormOp>(layer(id).op)) return false;
  const LayerId before = layer(id).inputs.front();
  const LayerOp& op = layer(before).op;
  if (!std::holds_alternative<ConvOp>(op) && !std::holds_alternative<ConvTransposeOp>(op)) {
    return false;
  }
  if (shares_weights(before) || shares_weights(id)) return false;
  return std::all_of(layers_.begin(), layers_.end(), [&](const Layer& reader) {
    return &reader == &layer(id) ||
           std::find(reader.inputs.begin(), reader.inputs.end(), before) == reader.inputs.end();
  });
}

std::int64_t Graph::macs(LayerId first, LayerId last) const {
  std::int64_t sum = 0;
  for (LayerId id = first; id < last; ++id) sum += layer(id).macs;
  return sum;
}

std::int64_t Graph::parameters() const {
  std::int64_t sum = 0;
  for (const Layer& layer : layers_) sum += layer.weights_of ? 0 : layer.parameters;
  return sum;
}

bool Graph::ends_block(LayerId id) const {
  return std::binary_search(block_ends_.begin(), block_ends_.end(), id);
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
      cuts.push_back(
          {id, ends_block(id) ? layers_[id].block : layers_[id].name, layers_[id].shape});
    }
    reach = std::max(reach, last_use[id]);
  }
  return cuts;
}

std::vector<Cut> Graph::block_cuts() const {
  std::vector<Cut> result = cuts();
  if (!block_ends_.empty()) {
    std::erase_if(result, [&](const Cut& cut) { return !ends_block(cut.after); });
    return result;
  }
  // What follows a join at once, as the activation of a residual block does, belongs to it.
  std::vector<bool> after_join(layers_.size(), false);
  for (LayerId id = 0; id < layers_.size(); ++id) {
    const Layer& layer = layers_[id];
    after_join[id] = joins(layer) || (is_activation(layer.op) && after_join[layer.inputs.front()]);
  }
  std::vector<Cut> joined;
  for (std::size_t i = 0; i < result.size(); ++i) {
    const LayerId id = result[i].after;
    const bool goes_on =
        i + 1 < result.size() && result[i + 1].after == id + 1 && is_activation(layers_[id + 1].op);
    if (after_join[id] && !goes_on) joined.push_back(result[i]);
  }
  return joined;
}

std::optional<Cut> Graph::find_cut(std::string_view name) const {
  for (Cut& cut : cuts()) {
    if (cut.name == name || layers_[cut.after].name == name) return std::move(cut);
  }
  return std::nullopt;
}

/// Makes one graph of another. A friend, for it renumbers positions.
struct GraphRewrite {
  /// Copies the layers of `source` with its blocks; `change` may alter each operation, and `follow`
  /// may put layers after a copied one: it returns what reads the copy's output from then on.
  template <class Change, class Follow>
  static Graph apply(const Graph& source, std::string title, Change change, Follow follow) {
    Graph result{source.name_, std::move(title)};
    std::vector<LayerId> copied(source.layers_.size());
    std::vector<LayerId> moved(source.layers_.size());  // what reads the copy's output from then on
    for (LayerId id = 0; id < source.layers_.size(); ++id) {
      const Layer& layer = source.layers_[id];
      result.begin_block(layer.block);
      std::vector<LayerId> inputs;
      inputs.reserve(layer.inputs.size());
      for (const LayerId input : layer.inputs) inputs.push_back(moved[input]);
      const std::optional<LayerId> weights_of =
          layer.weights_of ? std::optional{copied[*layer.weights_of]} : std::nullopt;
      copied[id] = result.add(layer.name, change(id), std::move(inputs), weights_of);
      moved[id] = follow(result, id, copied[id]);
    }
    result.notes_ = source.notes_;
    result.unused_weights_ = source.unused_weights_;
    for (const LayerId end : source.block_ends_) result.block_ends_.push_back(moved[end]);
    return result;
  }
};

Graph adapted(const Graph& graph, std::optional<TensorShape> input,
              std::optional<std::int64_t> classes) {
  const std::vector<Layer>& layers = graph.layers();
  const auto classifier = std::find_if(layers.rbegin(), layers.rend(), [](const Layer& layer) {
    return std::holds_alternative<LinearOp>(layer.op) || std::holds_alternative<ConvOp>(layer.op);
  });
  require(!classes || classifier != layers.rend(), graph.name() + " has no layer that classifies");
  const auto change = [&](LayerId id) {
    LayerOp op = layers[id].op;
    if (auto* in = std::get_if<InputOp>(&op); in != nullptr && input) in->shape = *input;
    if (classes && &layers[id] == &*classifier) {
      if (auto* linear = std::get_if<LinearOp>(&op)) linear->out_features = *classes;
      if (auto* conv = std::get_if<ConvOp>(&op)) conv->out_channels = *classes;
    }
    return op;
  };
  return GraphRewrite::apply(graph, graph.title(), change,
                             [](Graph&, LayerId, LayerId copy) { return copy; });
}

ButterflyGraph insert_butterfly(const Graph& graph, const Cut& cut, std::int64_t channels,
                                std::int64_t stride) {
  const std::vector<Layer>& layers = graph.layers();
  require(cut.after < layers.size() && cut.shape == layers[cut.after].shape,
          "the cut does not belong to the network '" + graph.name() + "'");
  require(channels >= 1 && channels <= cut.shape.channels(),
          "a butterfly unit after " + cut.name + " takes 1 to " +
              std::to_string(cut.shape.channels()) + " channels, not " + std::to_string(channels));
  const std::int64_t side = std::min(cut.shape.height(), cut.shape.width());
  require(stride >= 1 && stride <= side, "a butterfly unit after " + cut.name +
                                             " takes a stride of 1 to " + std::to_string(side) +
                                             ", not " + std::to_string(stride));

  const std::int64_t kernel = 2 * stride - 1;  // odd, so that it has a centre; 1 without a stride
  const auto add_half = [](Graph& result, const std::string& prefix, const LayerOp& conv,
                           LayerId input) {
    const LayerId norm =
        result.add(prefix + ".bn", BatchNormOp{}, {result.add(prefix + ".conv", conv, {input})});
    return result.add(prefix + ".relu", ReluOp{}, {norm});
  };
  LayerId crossing = 0;
  const auto follow = [&](Graph& result, LayerId id, LayerId copy) {
    if (id != cut.after) return copy;
    crossing = add_half(
        result, cut.name + ".reduction",
        ConvOp{.out_channels = channels, .kernel = kernel, .stride = stride, .padding = stride - 1},
        copy);
    LayerOp restoration = ConvOp{.out_channels = cut.shape.channels()};
    if (stride > 1) {
      restoration = ConvTransposeOp{.out_channels = cut.shape.channels(),
                                    .kernel = kernel,
                                    .stride = stride,
                                    .padding = stride - 1,
                                    .height = cut.shape.height(),
                                    .width = cut.shape.width()};
    }
    return add_half(result, cut.name + ".restoration", restoration, crossing);
  };
  std::string title = graph.title() + ", butterfly unit of " + std::to_string(channels) +
                      " channels after " + cut.name;
  if (stride > 1) title += ", stride " + std::to_string(stride);
  Graph result = GraphRewrite::apply(
      graph, std::move(title), [&](LayerId id) { return layers[id].op; }, follow);
  const TensorShape shape = result.layer(crossing).shape;
  return {std::move(result), {crossing, cut.name, shape}};
}

}  // namespace papilio
