#include "models/graph/graph.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace papilio {
namespace {

void require(bool condition, std::string_view message) {
  if (!condition) throw std::invalid_argument{std::string{message}};
}

/// Whether an operation has one matrix of a row for each of its numbers: a table of words, or the
/// linear layer that says how well each word fits (Press and Wolf 2017).
bool has_rows(const LayerOp& op) {
  return std::holds_alternative<EmbeddingOp>(op) || std::holds_alternative<LinearOp>(op);
}

/// Whether a layer can compute with the weights of another, its owner: both have the same kind of
/// operation, or rows, and the owner's weights begin with those of the layer, by names and sizes. A
/// layer without a bias can so take the weight of one with a bias.
bool can_take_weights(const LayerOp& op, const std::vector<TensorShape>& operands,
                      const LayerOp& owner, const std::vector<TensorShape>& operands_of_owner) {
  if (op.index() != owner.index() && !(has_rows(op) && has_rows(owner))) return false;
  const std::vector<WeightShape> first = weight_shapes(op, operands);
  const std::vector<WeightShape> second = weight_shapes(owner, operands_of_owner);
  return first.size() <= second.size() &&
         std::equal(first.begin(), first.end(), second.begin(),
                    [](const WeightShape& one, const WeightShape& other) {
                      return one.name == other.name && one.sizes == other.sizes;
                    });
}

/// Whether a layer makes one tensor of several branches.
bool joins(const Layer& layer) {
  return layer.inputs.size() > 1;
}

/// Channels that a butterfly unit can reduce behind a layer; 0 where none fits.
std::int64_t unit_channels(const Layer& layer) {
  constexpr std::size_t kPictureAxes = 3;
  if (std::holds_alternative<OpaqueOp>(layer.op)) return 0;  // nobody knows what its numbers mean
  const bool flat = layer.shape.rank() == 1;
  const bool picture = layer.shape.rank() == kPictureAxes && layer.channels == 0U;
  return flat || picture ? layer.shape.channels() : 0;
}

bool is_activation(const LayerOp& op) {
  return std::holds_alternative<ReluOp>(op) || std::holds_alternative<Relu6Op>(op) ||
         std::holds_alternative<ActivationOp>(op);
}

/// Whether an operation belongs to the one before: an activation, or what its numbers are held as.
bool completes(const LayerOp& op) {
  return is_activation(op) || std::holds_alternative<QuantizeOp>(op);
}

}  // namespace

std::int64_t output_bytes(const Layer& layer, int bits) {
  const auto* input = std::get_if<InputOp>(&layer.op);
  if (layer.levels) return layer.shape.bytes(std::min(bits, static_cast<int>(layer.levels->bits)));
  if (input == nullptr || input->below == 0) return layer.shape.bytes(bits);
  const auto greatest = static_cast<std::uint64_t>(input->below - 1);
  return layer.shape.bytes(std::max(static_cast<int>(std::bit_width(greatest)), 1));
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
    require(!std::holds_alternative<InputOp>(op) || layers_.size() == this->inputs().size(),
            "an input comes before all other layers");
    for (const LayerId input : inputs) require(input < layers_.size(), "an input does not exist");
    const auto* table = std::get_if<EmbeddingOp>(&op);
    const auto* words = table == nullptr || inputs.empty()
                            ? nullptr
                            : std::get_if<InputOp>(&layers_[inputs.front()].op);
    require(words == nullptr || words->below <= table->entries,
            "the input's whole numbers go beyond the rows of the table");
    const std::vector<TensorShape> operands = operand_shapes(inputs);
    inferred = infer(op, operands);
    if (weights_of) {
      require(*weights_of < layers_.size(), "the layer of its weights does not exist");
      const Layer& owner = layers_[*weights_of];
      require(!owner.weights_of && !weight_shapes(op, operands).empty() &&
                  can_take_weights(op, operands, owner.op, operand_shapes(owner.inputs)),
              "the weights of " + owner.name + " do not fit it");
    }
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument{name + ": " + error.what()};
  }
  std::vector<Axes> axes;
  axes.reserve(inputs.size());
  for (const LayerId input : inputs)
    axes.push_back({layers_[input].shape, layers_[input].channels});
  const std::optional<std::size_t> channels = channel_axis(op, axes, inferred.shape);
  std::vector<std::optional<Levels>> levels;
  levels.reserve(inputs.size());
  for (const LayerId input : inputs) levels.push_back(layers_[input].levels);
  layers_.push_back({std::move(name), block_, op, std::move(inputs), inferred.shape, inferred.macs,
                     inferred.parameters, weights_of, channels, levels_of(op, levels)});
  by_name_.emplace(layers_.back().name, layers_.size() - 1);
  quantised_ = quantised_ || layers_.back().levels || weight_bits(op) != 0;
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

std::vector<WeightShape> Graph::weights_of(LayerId id) const {
  return weight_shapes(layer(id).op, operand_shapes(layer(id).inputs));
}

std::vector<LayerId> Graph::opaque_layers() const {
  std::vector<LayerId> ids;
  for (LayerId id = 0; id < layers_.size(); ++id) {
    if (std::holds_alternative<OpaqueOp>(layers_[id].op)) ids.push_back(id);
  }
  return ids;
}

std::vector<LayerId> Graph::inputs() const {
  std::vector<LayerId> ids;
  for (LayerId id = 0; id < layers_.size(); ++id) {
    if (std::holds_alternative<InputOp>(layers_[id].op)) ids.push_back(id);
  }
  return ids;
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

std::int64_t Graph::parameter_bytes(LayerId id) const {
  constexpr std::int64_t kBitsOfByte = 8;
  constexpr std::int64_t kBitsOfReal = 32;
  const std::int64_t bits = weight_bits(layer(id).op);
  std::int64_t quantised = 0;
  if (bits != 0) {
    const std::vector<WeightShape> weights = weights_of(id);
    quantised = 1;
    for (const std::int64_t size : weights.front().sizes) quantised *= size;
  }
  const std::int64_t all = quantised * bits + (layer(id).parameters - quantised) * kBitsOfReal;
  return (all + kBitsOfByte - 1) / kBitsOfByte;
}

std::int64_t Graph::parameter_bytes() const {
  std::int64_t sum = 0;
  for (LayerId id = 0; id < layers_.size(); ++id) {
    sum += layers_[id].weights_of ? 0 : parameter_bytes(id);
  }
  return sum;
}

std::optional<LayerId> Graph::quantised_by(LayerId id) const {
  const auto only_reader = [&](LayerId from) {
    std::optional<LayerId> reader;
    for (LayerId to = from + 1; to < layers_.size(); ++to) {
      const std::vector<LayerId>& read = layers_[to].inputs;
      if (std::find(read.begin(), read.end(), from) == read.end()) continue;
      if (reader) return std::optional<LayerId>{};
      reader = to;
    }
    return reader;
  };
  const LayerOp& op = layer(id).op;
  if (!quantised_ || layer(id).levels || std::holds_alternative<InputOp>(op) ||
      std::holds_alternative<ParameterOp>(op)) {
    return std::nullopt;
  }
  std::optional<LayerId> next = only_reader(id);
  if (next && is_activation(layers_[*next].op)) next = only_reader(*next);
  const auto* quantise = next ? std::get_if<QuantizeOp>(&layers_[*next].op) : nullptr;
  return quantise != nullptr && !quantise->levels.by_range ? next : std::nullopt;
}

bool Graph::ends_block(LayerId id) const {
  return std::binary_search(block_ends_.begin(), block_ends_.end(), id);
}

const std::string& Graph::cut_name(LayerId id) const {
  const Layer& layer = layers_[id];
  if (!ends_block(id)) return layer.name;
  // A block may be called as a layer within it: then the layer has the name.
  const std::optional<LayerId> other = find_layer(layer.block);
  return other && *other != id ? layer.name : layer.block;
}

std::vector<Cut> Graph::cuts() const {
  std::vector<LayerId> last_use(layers_.size(), 0);
  for (LayerId id = 0; id < layers_.size(); ++id) {
    for (const LayerId input : layers_[id].inputs) last_use[input] = id;
  }
  std::vector<Cut> cuts;
  // Inputs that are not read before a cut cross at it too: the mobile has all of them.
  const std::vector<LayerId> all_inputs = inputs();
  const LayerId last_input = all_inputs.empty() ? 0 : all_inputs.back();
  if (last_input > 0) {
    cuts.push_back({last_input, "inputs", layers_.front().shape, true});
  }
  // A cut is after layer `id` when no earlier tensor is still to be read: `reach` is the last
  // reader of any tensor made before `id`.
  LayerId reach = last_input;
  for (LayerId id = 0; id < last_input; ++id) reach = std::max(reach, last_use[id]);
  for (LayerId id = last_input; id + 1 < layers_.size(); ++id) {
    if (reach <= id && last_use[id] > id) {
      cuts.push_back({id, cut_name(id), layers_[id].shape, id == 0 && !all_inputs.empty(),
                      unit_channels(layers_[id])});
    }
    reach = std::max(reach, last_use[id]);
  }
  return cuts;
}

std::int64_t Graph::bytes(const Cut& cut, int bits) const {
  if (!cut.of_inputs && cut.crossing.empty()) return output_bytes(layer(cut.after), bits);
  std::int64_t sum = 0;
  for (const LayerId id : cut.of_inputs ? inputs() : cut.crossing) {
    sum += output_bytes(layers_[id], bits);
  }
  return sum;
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
    after_join[id] = joins(layer) || (completes(layer.op) && after_join[layer.inputs.front()]);
  }
  std::vector<Cut> joined;
  for (std::size_t i = 0; i < result.size(); ++i) {
    const LayerId id = result[i].after;
    const bool goes_on =
        i + 1 < result.size() && result[i + 1].after == id + 1 && completes(layers_[id + 1].op);
    if (after_join[id] && !goes_on) joined.push_back(result[i]);
  }
  return joined;
}

std::optional<Cut> Graph::find_cut(std::string_view name) const {
  std::optional<Cut> by_layer;
  for (Cut& cut : cuts()) {
    // A block's end before a layer of the same name.
    if (cut.name == name && ends_block(cut.after)) return std::move(cut);
    if (!by_layer && (cut.name == name || layers_[cut.after].name == name)) {
      by_layer = std::move(cut);
    }
  }
  if (!by_layer && name.find('+') != std::string_view::npos) return find_wide_cut(name);
  return by_layer;
}

std::optional<Cut> Graph::find_wide_cut(std::string_view name) const {
  std::vector<bool> needed(layers_.size(), false);
  for (std::string_view rest = name; !rest.empty();) {
    const std::size_t end = std::min(rest.find('+'), rest.size());
    const std::optional<LayerId> id = find_layer(rest.substr(0, end));
    if (!id) return std::nullopt;
    needed[*id] = true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  Cut cut{.name = std::string{name}};
  for (LayerId id = layers_.size(); id-- > 0;) {
    if (!needed[id]) continue;
    for (const LayerId input : layers_[id].inputs) needed[input] = true;
  }
  std::vector<bool> crosses(layers_.size(), false);
  for (LayerId id = 0; id < layers_.size(); ++id) {
    if (needed[id]) {
      cut.before.push_back(id);
      continue;
    }
    for (const LayerId input : layers_[id].inputs) {
      const bool given = std::holds_alternative<InputOp>(layers_[input].op);
      const bool stored = std::holds_alternative<ParameterOp>(layers_[input].op);
      crosses[input] = crosses[input] || given || (needed[input] && !stored);
    }
  }
  for (LayerId id = 0; id < layers_.size(); ++id) {
    if (crosses[id]) cut.crossing.push_back(id);
  }
  if (cut.crossing.empty()) return std::nullopt;  // nothing lies behind
  cut.after = cut.before.back();
  cut.shape = layers_[cut.crossing.front()].shape;
  return cut;
}

std::optional<std::int64_t> Graph::count_cuts() const {
  // Layer by layer: of each set of layers so far, all that later layers ask is which of those that
  // they read are in it.
  constexpr std::size_t kMostStates = 1 << 16;
  constexpr std::int64_t kMostCuts = std::int64_t{1} << 62;
  std::vector<LayerId> last_reader(layers_.size(), 0);
  for (LayerId id = 0; id < layers_.size(); ++id) {
    for (const LayerId input : layers_[id].inputs) last_reader[input] = id;
  }
  using Open = std::vector<LayerId>;  // layers of the set that are still read, ascending
  std::map<Open, std::int64_t> counts{{Open{}, 1}};
  for (LayerId id = 0; id < layers_.size(); ++id) {
    const Layer& layer = layers_[id];
    const bool everywhere =
        std::holds_alternative<InputOp>(layer.op) || std::holds_alternative<ParameterOp>(layer.op);
    std::map<Open, std::int64_t> next;
    for (const auto& entry : counts) {
      const Open& open = entry.first;
      const bool allowed = std::all_of(
          layer.inputs.begin(), layer.inputs.end(),
          [&](LayerId input) { return std::binary_search(open.begin(), open.end(), input); });
      for (const bool in : {false, true}) {
        if (in ? !everywhere && !allowed : everywhere) continue;
        Open left = open;
        if (in && last_reader[id] > id) left.push_back(id);
        std::erase_if(left, [&](LayerId one) { return last_reader[one] <= id; });
        std::int64_t& sum = next[std::move(left)];
        if (sum > kMostCuts - entry.second) return std::nullopt;
        sum += entry.second;
      }
    }
    if (next.size() > kMostStates) return std::nullopt;
    counts = std::move(next);
  }
  std::int64_t all = 0;
  for (const auto& [open, count] : counts) {
    if (all > kMostCuts - count) return std::nullopt;
    all += count;
  }
  return all - 2;  // nothing, and everything
}

bool precedes(const Graph& graph, const Cut& cut, const Cut& later) {
  bool more = false;
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    if (cut.has_before(id) && !later.has_before(id)) return false;
    more = more || (later.has_before(id) && !cut.has_before(id));
  }
  return more;
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

std::string parameters_text(const Graph& graph) {
  std::string text = std::to_string(graph.parameters()) + " parameters";
  if (graph.is_quantised()) text += " in " + std::to_string(graph.parameter_bytes()) + " bytes";
  return text;
}

std::string opaque_note(const Graph& graph) {
  std::string list;
  for (const LayerId id : graph.opaque_layers()) {
    const Layer& layer = graph.layer(id);
    constexpr std::int64_t kMega = 1'000'000;
    list += (list.empty() ? "'" : ", '") + layer.name + "' (" + std::get<OpaqueOp>(layer.op).what +
            "; " + std::to_string(layer.parameters) + " parameters, " +
            std::to_string((layer.macs + kMega / 2) / kMega) + " MMAC)";
  }
  if (list.empty()) return list;
  return "Opaque: " + list +
         ". No cut goes through it and no butterfly unit stands behind it; its MACs are those of "
         "one input, and a time that is predicted for it is a guess.";
}

std::vector<std::string> opaque_clauses(const Graph& graph) {
  std::vector<std::string> clauses;
  for (const LayerId id : graph.opaque_layers()) {
    const Layer& layer = graph.layer(id);
    clauses.push_back(graph.name() + "'s layer '" + layer.name + "' is opaque (" +
                      std::get<OpaqueOp>(layer.op).what + "): one stage, without a cut");
  }
  return clauses;
}

bool takes_pictures(const Graph& graph) {
  constexpr std::size_t kPictureAxes = 3;
  return graph.inputs().size() == 1 && graph.layers().front().shape.rank() == kPictureAxes;
}

Graph adapted(const Graph& graph, std::optional<TensorShape> input,
              std::optional<std::int64_t> classes) {
  const std::vector<Layer>& layers = graph.layers();
  const auto classifier = std::find_if(layers.rbegin(), layers.rend(), [](const Layer& layer) {
    return std::holds_alternative<LinearOp>(layer.op) || std::holds_alternative<ConvOp>(layer.op);
  });
  require(!classes || classifier != layers.rend(), graph.name() + " has no layer that classifies");
  const bool changes = classes || (input && *input != layers.front().shape);
  require(!changes || graph.opaque_layers().empty(),
          graph.name() + " has an opaque layer, which takes and gives what it did when imported");
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
  const std::int64_t most = unit_channels(layers[cut.after]);
  require(most > 0, "no butterfly unit fits after " + cut.name +
                        ": what crosses has no channels before rows and columns");
  require(channels >= 1 && channels <= most, "a butterfly unit after " + cut.name + " takes 1 to " +
                                                 std::to_string(most) + " channels, not " +
                                                 std::to_string(channels));
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
