#include "models/networks/network_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "models/networks/network_schema.hpp"
#include "models/zoo/zoo.hpp"
#include "sim/base/error.hpp"
#include "sim/base/yaml/fields.hpp"
#include "sim/base/yaml/node.hpp"

namespace papilio {
namespace {

constexpr NumberRange kSize{.min = 1, .max = 1e9};
constexpr NumberRange kPadding{.min = 0, .max = 1e9};
constexpr NumberRange kCount{.min = 0, .max = 1e12};
constexpr NumberRange kMacs{.min = 0, .max = 3.6e13};
constexpr NumberRange kAxis{.min = 0, .max = TensorShape::kMostAxes - 1};
constexpr std::string_view kAxisDoc = "Counted from 0, without the batch.";
constexpr NumberRange kAxes{.min = 1, .max = TensorShape::kMostAxes};
constexpr std::size_t kMostPlaces = std::size_t{1} << 20;
constexpr NumberRange kRows{.min = 1, .max = 1000};
constexpr NumberRange kBits{.min = 2, .max = 16};
constexpr NumberRange kZeroPoint{.min = -32768, .max = 65535};

/// One layer as the file has it.
struct Entry {
  std::string op;
  std::string name;
  std::string block;
  std::string end_of;  ///< the block that ends with it
  std::vector<std::string> inputs;
  std::string weights_of;
  LayerOp operation{InputOp{}};
};

template <class... Ops>
void add_defaults(std::vector<LayerOp>& all) {
  (all.emplace_back(std::in_place_type<Ops>), ...);
}

template <class Kind>
Kind next(Kind kind) {
  return static_cast<Kind>(static_cast<int>(kind) + 1);
}

double usual_slope(ActivationOp::Kind kind) {
  constexpr double kOfLeakyRelu = 0.01;
  if (kind == ActivationOp::Kind::kLeakyRelu) return kOfLeakyRelu;
  return kind == ActivationOp::Kind::kElu || kind == ActivationOp::Kind::kPower ? 1 : 0;
}

/// Every operation with its defaults.
const std::vector<LayerOp>& operations() {
  static const std::vector<LayerOp> kOperations = [] {
    std::vector<LayerOp> all;
    all.emplace_back(InputOp{{3, 224, 224}});
    add_defaults<ParameterOp, ConvOp, ConvTransposeOp, BatchNormOp, LayerNormOp, GroupNormOp,
                 LocalNormOp, ReluOp, Relu6Op, PreluOp, ClampOp, MaxPoolOp, AvgPoolOp,
                 GlobalAvgPoolOp, AdaptivePoolOp, AddOp, MultiplyOp, SelectOp, ConcatOp,
                 ZeroPadShortcutOp, FlattenOp, ReshapeOp, TransposeOp, SliceOp, PadOp, ExpandOp,
                 LinearOp, MatMulOp, EmbeddingOp, SoftmaxOp, ScaleOp, ResizeOp, CacheOp, QuantizeOp,
                 IndexOp, OpaqueOp>(all);
    all.emplace_back(AdaptivePoolOp{.maximum = true});
    for (auto kind = ActivationOp::Kind::kSigmoid; kind <= ActivationOp::Kind::kFloor;
         kind = next(kind)) {
      all.emplace_back(ActivationOp{kind, usual_slope(kind)});
    }
    for (auto kind = CombineOp::Kind::kSubtract; kind <= CombineOp::Kind::kEqual;
         kind = next(kind)) {
      all.emplace_back(CombineOp{kind});
    }
    for (auto kind = ReduceOp::Kind::kMean; kind <= ReduceOp::Kind::kMinimum; kind = next(kind)) {
      all.emplace_back(ReduceOp{.kind = kind});
    }
    for (auto kind = RecurrentOp::Kind::kRnnTanh; kind <= RecurrentOp::Kind::kLstm;
         kind = next(kind)) {
      all.emplace_back(RecurrentOp{.kind = kind});
    }
    return all;
  }();
  return kOperations;
}

const std::vector<std::string>& operation_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const LayerOp& op : operations()) names.emplace_back(kind_name(op));
    return names;
  }();
  return kNames;
}

/// Describes the keys of one operation.
struct OperationKeys {
  FieldVisitor& visitor;

  /// One of the values of an enumeration, by the words for them in order.
  template <class Value>
  void choice(std::string_view key, Value& value, const std::vector<std::string>& words,
              std::string_view doc) const {
    std::string word = words.at(static_cast<std::size_t>(value));
    visitor.text(key, word, TextRule{.choices = words}, Presence::kOptional, doc);
    const auto found = std::find(words.begin(), words.end(), word);
    if (found == words.end()) return;  // already reported
    value = static_cast<Value>(found - words.begin());
  }

  /// A number that is written where it is another than the usual.
  void unusual(std::string_view key, std::int64_t& value, std::int64_t usual, NumberRange range,
               std::string_view doc) const {
    std::optional<std::int64_t> own = value == usual ? std::nullopt : std::optional{value};
    visitor.integer(key, own, range, doc);
    value = own.value_or(usual);
  }
  void size(std::string_view key, std::int64_t& value, std::string_view doc) const {
    visitor.integer(key, value, kSize, Presence::kRequired, doc);
  }
  /// A number for the height, and those of width and depth where they differ.
  void sides(std::string_view key, Spatial& window, NumberRange range, Presence presence,
             std::string_view doc) const {
    const auto own = [&](std::int64_t value) {  // before the file is read, none differs
      return value == window.height ? std::nullopt : std::optional{value};
    };
    std::optional<std::int64_t> width = own(window.width);
    std::optional<std::int64_t> depth = own(window.depth);
    visitor.integer(key, window.height, range, presence, doc);
    constexpr std::string_view kWhere = "Where it differs from that of the height.";
    visitor.integer(fmt::format("{}_width", key), width, range, kWhere);
    visitor.integer(fmt::format("{}_depth", key), depth, range, kWhere);
    window = {depth.value_or(window.height), window.height, width.value_or(window.height)};
  }
  void window(Spatial& kernel, Spatial& stride) const {
    sides("kernel", kernel, kSize, Presence::kRequired, "Height and width of the window.");
    sides("stride", stride, kSize, Presence::kOptional, "Step of the window.");
  }
  void window(Spatial& kernel, Spatial& stride, Padding& padding) const {
    window(kernel, stride);
    // A side has its own key where it differs; before the file is read, none does.
    const auto own = [&](std::int64_t value) {
      return value == padding.top ? std::nullopt : std::optional{value};
    };
    std::optional<std::int64_t> left = own(padding.left);
    std::optional<std::int64_t> bottom = own(padding.bottom);
    std::optional<std::int64_t> right = own(padding.right);
    std::optional<std::int64_t> front = own(padding.front);
    std::optional<std::int64_t> back = own(padding.back);
    visitor.integer("padding", padding.top, kPadding, Presence::kOptional,
                    "Rows and columns around; above, where sides differ.");
    constexpr std::string_view kWhere = "Where it differs from the padding above.";
    visitor.integer("padding_left", left, kPadding, kWhere);
    visitor.integer("padding_bottom", bottom, kPadding, kWhere);
    visitor.integer("padding_right", right, kPadding, kWhere);
    visitor.integer("padding_front", front, kPadding, kWhere);
    visitor.integer("padding_back", back, kPadding, kWhere);
    const std::int64_t top = padding.top;
    padding = {top, left.value_or(top), bottom.value_or(top), right.value_or(top)};
    padding.front = front.value_or(top);
    padding.back = back.value_or(top);
  }
  void shape(TensorShape& value, std::string_view doc) const {
    std::vector<std::int64_t> sizes{value.begin(), value.end()};
    visitor.integer_list("shape", sizes, kSize, TensorShape::kMostAxes, Presence::kRequired, doc);
    value = {sizes.begin(), sizes.end()};
  }
  void axis(std::int64_t& value) const {
    visitor.integer("axis", value, kAxis, Presence::kRequired, kAxisDoc);
  }
  void weight_bits(std::int64_t& value) const {
    unusual("weight_bits", value, 0, kBits,
            "That a number of the weights takes, biases apart; else they are reals.");
  }
  void affine(double& epsilon, bool& affine) const {
    visitor.number("epsilon", epsilon, kPositive, Presence::kOptional, "Added to the variance.");
    visitor.boolean("affine", affine, Presence::kOptional, "Whether there are scales and shifts.");
  }

  void operator()(InputOp& op) const {
    constexpr std::size_t kPictureAxes = 3;
    std::vector<std::int64_t> sizes;
    if (op.shape.rank() != kPictureAxes) sizes = {op.shape.begin(), op.shape.end()};
    visitor.integer_list("shape", sizes, kSize, TensorShape::kMostAxes, Presence::kOptional,
                         "Sizes of one sample along its axes; of a picture rather the next three.");
    if (sizes.empty()) {
      size("channels", op.shape[0], "Of the picture.");
      size("height", op.shape[1], "Of the picture.");
      size("width", op.shape[2], "Of the picture.");
    } else {
      op.shape = {sizes.begin(), sizes.end()};
    }
    unusual("below", op.below, 0, kCount, "Whole numbers from 0 to below this; else reals.");
  }
  void operator()(ParameterOp& op) const {
    shape(op.shape, "Sizes along its axes.");
    visitor.integer("trained", op.trained, kCount, Presence::kOptional,
                    "Trained numbers that it is made of; 0: it is a constant.");
  }
  void operator()(ConvOp& op) const {
    size("out_channels", op.out_channels, "Channels of the output.");
    window(op.kernel, op.stride, op.padding);
    visitor.integer("groups", op.groups, kSize, Presence::kOptional, "Parts of the channels.");
    sides("dilation", op.dilation, kSize, Presence::kOptional,
          "Steps between the pixels that a kernel sees.");
    visitor.boolean("bias", op.bias, Presence::kOptional, "Whether a number is added.");
    weight_bits(op.weight_bits);
  }
  void operator()(ConvTransposeOp& op) const {
    size("out_channels", op.out_channels, "Channels of the output.");
    window(op.kernel, op.stride);
    sides("padding", op.padding, kPadding, Presence::kOptional, "Rows and columns around.");
    size("height", op.height, "Of the output.");
    size("width", op.width, "Of the output.");
    unusual("groups", op.groups, 1, kSize, "Parts of the channels.");
    visitor.boolean("bias", op.bias, Presence::kOptional, "Whether a number is added.");
    weight_bits(op.weight_bits);
    unusual("depth", op.depth, 1, kSize, "Of the output.");
  }
  void operator()(MaxPoolOp& op) const {
    window(op.kernel, op.stride, op.padding);
    visitor.boolean("ceil", op.ceil, Presence::kOptional, "Whether a part of a window counts.");
  }
  void operator()(AvgPoolOp& op) const {
    window(op.kernel, op.stride, op.padding);
    visitor.boolean("count_padding", op.count_padding, Presence::kOptional,
                    "Whether the padding's zeros are in the mean.");
  }
  void operator()(AdaptivePoolOp& op) const {
    sides("size", op.size, kSize, Presence::kRequired, "Of the output.");
  }
  void operator()(LayerNormOp& op) const {
    visitor.integer("axes", op.axes, kAxes, Presence::kOptional, "How many of the last.");
    affine(op.epsilon, op.affine);
  }
  void operator()(GroupNormOp& op) const {
    size("groups", op.groups, "Parts of the channels.");
    affine(op.epsilon, op.affine);
  }
  void operator()(PreluOp& op) const {
    visitor.boolean("shared", op.shared, Presence::kOptional, "One slope for all channels.");
  }
  void operator()(ClampOp& op) const {
    visitor.number("least", op.least, NumberRange{}, Presence::kOptional, "Of the output.");
    visitor.number("most", op.most, NumberRange{}, Presence::kOptional, "Of the output.");
  }
  void operator()(ConcatOp& op) const { unusual("axis", op.axis, 0, kAxis, kAxisDoc); }
  void operator()(SoftmaxOp& op) const { unusual("axis", op.axis, 0, kAxis, kAxisDoc); }
  void operator()(ReshapeOp& op) const { shape(op.shape, "Of the output."); }
  void operator()(ExpandOp& op) const { shape(op.shape, "Of the output."); }
  void operator()(TransposeOp& op) const {
    visitor.integer_list("order", op.order, kAxis, TensorShape::kMostAxes, Presence::kRequired,
                         "Which axis of the input each axis of the output is.");
  }
  void operator()(SliceOp& op) const {
    axis(op.axis);
    visitor.integer("begin", op.begin, kCount, Presence::kOptional, "The first place.");
    visitor.integer("end", op.end, kCount, Presence::kRequired, "Behind the last place.");
    visitor.integer("step", op.step, kSize, Presence::kOptional, "Between places.");
  }
  void operator()(IndexOp& op) const {
    axis(op.axis);
    visitor.integer_list("indices", op.places, kCount, kMostPlaces, Presence::kRequired,
                         "Which places of the axis the output has, in order.");
  }
  void operator()(PadOp& op) const {
    axis(op.axis);
    visitor.integer("before", op.before, kCount, Presence::kOptional, "Places that come first.");
    visitor.integer("behind", op.behind, kCount, Presence::kOptional, "Places that come last.");
    choice("mode", op.mode, {"constant", "reflect", "edge"}, "What the new places hold.");
    visitor.number("value", op.value, NumberRange{}, Presence::kOptional, "Of mode constant.");
  }
  void operator()(ReduceOp& op) const {
    visitor.integer_list("axes", op.axes, kAxis, TensorShape::kMostAxes, Presence::kRequired,
                         "Along which all numbers become one.");
    visitor.boolean("keep", op.keep, Presence::kOptional, "Whether they stay, of size 1.");
  }
  void operator()(EmbeddingOp& op) const {
    size("entries", op.entries, "Rows of the table.");
    size("features", op.features, "Columns of the table.");
    weight_bits(op.weight_bits);
  }
  void operator()(RecurrentOp& op) const {
    size("features", op.features, "Of a hidden state.");
    visitor.integer("layers", op.layers, kRows, Presence::kOptional, "One on another.");
    visitor.boolean("both_ways", op.both_ways, Presence::kOptional,
                    "Whether it also goes from the last place to the first.");
    visitor.boolean("bias", op.bias, Presence::kOptional, "Whether numbers are added.");
    visitor.boolean("states", op.states, Presence::kOptional,
                    "Whether each layer's last states lie behind the places.");
  }
  void operator()(ZeroPadShortcutOp& op) const {
    size("channels", op.channels, "Of the output.");
    size("stride", op.stride, "Step between rows and columns that stay.");
  }
  void operator()(LinearOp& op) const {
    size("out_features", op.out_features, "Numbers of the output.");
    visitor.boolean("bias", op.bias, Presence::kOptional, "Whether a number is added.");
    weight_bits(op.weight_bits);
  }
  void operator()(BatchNormOp& op) const {
    visitor.number("epsilon", op.epsilon, kPositive, Presence::kOptional, "Added to the variance.");
  }
  void operator()(ScaleOp& op) const {
    visitor.number("factor", op.factor, NumberRange{}, Presence::kOptional, "Of each element.");
    visitor.number("offset", op.offset, NumberRange{}, Presence::kOptional, "Added to it.");
  }
  void operator()(ReluOp&) const {}
  void operator()(Relu6Op&) const {}
  void operator()(ActivationOp& op) const {
    if (op.kind == ActivationOp::Kind::kPower) {
      visitor.number("exponent", op.slope, NumberRange{}, Presence::kRequired, "Of each element.");
    }
    const bool sloped =
        op.kind == ActivationOp::Kind::kLeakyRelu || op.kind == ActivationOp::Kind::kElu;
    if (!sloped) return;
    visitor.number("slope", op.slope, NumberRange{}, Presence::kOptional,
                   "Of negative numbers: what they, or e^x - 1, are multiplied with.");
  }
  void operator()(ResizeOp& op) const {
    size("height", op.height, "Of the output.");
    size("width", op.width, "Of the output.");
    choice("method", op.method,
           {"nearest", "bilinear", "bilinear_corners", "bicubic", "bicubic_corners"},
           "How pixels follow from others.");
  }
  void operator()(LocalNormOp& op) const {
    visitor.integer("size", op.size, kSize, Presence::kOptional,
                    "Channels whose squares are added up, an odd number.");
    visitor.number("factor", op.factor, NumberRange{}, Presence::kOptional,
                   "Of the mean of the squares.");
    visitor.number("exponent", op.exponent, NumberRange{}, Presence::kOptional,
                   "To which the divisor is raised.");
    visitor.number("offset", op.offset, NumberRange{}, Presence::kOptional,
                   "Added to the divisor.");
  }
  void operator()(CacheOp& op) const {
    axis(op.axis);
    visitor.integer("places", op.places, kCount, Presence::kOptional, "Kept of earlier runs.");
  }
  void operator()(OpaqueOp& op) const {
    shape(op.shape, "Of the output.");
    visitor.text("what", op.what, {}, Presence::kOptional, "What it does, for people.");
    visitor.integer("macs", op.macs, kMacs, Presence::kOptional, "Of its products.");
    visitor.integer("parameters", op.parameters, kCount, Presence::kOptional,
                    "Trained numbers that it reads, and no other layer.");
  }
  void operator()(GlobalAvgPoolOp&) const {}
  void operator()(AddOp&) const {}
  void operator()(MultiplyOp&) const {}
  void operator()(FlattenOp&) const {}
  void operator()(CombineOp&) const {}
  void operator()(SelectOp&) const {}
  void operator()(MatMulOp&) const {}
  void operator()(QuantizeOp& op) const {
    Levels& levels = op.levels;
    visitor.number("scale", levels.scale, kPositive, Presence::kOptional, "Between two levels.");
    visitor.integer("zero", levels.zero, kZeroPoint, Presence::kOptional,
                    "The whole number that stands for 0.");
    visitor.integer("bits", levels.bits, kBits, Presence::kOptional, "That a whole number takes.");
    visitor.boolean("signed", levels.is_signed, Presence::kOptional,
                    "Whether they begin at -2^(bits - 1); else at 0.");
    visitor.boolean("by_range", levels.by_range, Presence::kOptional,
                    "Whether scale and zero follow from the range of each sample instead.");
    visitor.boolean("halved", levels.halved, Presence::kOptional,
                    "By range: whether only half of the whole numbers are used.");
  }
};

void describe_entry(FieldVisitor& visitor, Entry& entry) {
  static const TextRule kOperation{.choices = operation_names()};
  visitor.text("op", entry.op, kOperation, Presence::kRequired, "What the layer does.");
  if (kind_name(entry.operation) != entry.op) {  // it is being read
    for (const LayerOp& op : operations()) {
      if (kind_name(op) == entry.op) entry.operation = op;
    }
  }
  visitor.text("name", entry.name, {}, Presence::kRequired, "Of the layer; unique.");
  visitor.text("block", entry.block, {}, Presence::kOptional,
               "Part of the network that begins here.");
  static const TextRule kLayers{.repeats = true};  // as of a product of a tensor with itself
  visitor.text_list("inputs", entry.inputs, kLayers, Presence::kOptional,
                    "Layers that it reads; else the one before.");
  visitor.text("weights_of", entry.weights_of, {}, Presence::kOptional,
               "An earlier layer whose weights it uses too; else it has its own.");
  std::visit(OperationKeys{visitor}, entry.operation);
  visitor.text("end_of", entry.end_of, {}, Presence::kOptional,
               "The block that ends here: the cut after the layer has its name.");
}

/// A file as it is read or written.
struct NetworkFile {
  std::string title;
  std::vector<std::string> notes;
  std::vector<std::string> unused_weights;
  std::vector<Entry> entries;
};

void describe_graph(FieldVisitor& visitor, NetworkFile& file) {
  std::vector<Entry>& entries = file.entries;
  visitor.text("title", file.title, {}, Presence::kRequired, "One line for people.");
  visitor.text_list("notes", file.notes, {}, Presence::kOptional,
                    "What is to be known of where it comes from, for people.");
  visitor.text_list("unused_weights", file.unused_weights, {}, Presence::kOptional,
                    "Modules whose weights a file of weights may have, and no layer needs.");
  visitor.object_list(
      "layers",
      {.resize = [&](std::size_t n) { entries.resize(n); },
       .size = [&] { return entries.size(); },
       .describe = [&](std::size_t i, FieldVisitor& item) { describe_entry(item, entries[i]); }},
      Presence::kRequired, "In the order in which they are computed.");
}

/// Adds one layer to the graph.
/// @param tell told what is wrong with it: a key of it, as ".inputs", or nothing, and a message
void add_entry(Graph& graph, const Entry& entry,
               const std::function<void(std::string_view, std::string_view)>& tell) {
  const bool first = graph.layers().empty();
  if (!entry.block.empty()) graph.begin_block(entry.block);
  std::vector<LayerId> inputs;
  for (const std::string& input : entry.inputs) {
    const auto id = graph.find_layer(input);
    if (!id) return tell(".inputs", fmt::format("there is no layer '{}' before it", input));
    inputs.push_back(*id);
  }
  const bool is_source = std::holds_alternative<InputOp>(entry.operation) ||
                         std::holds_alternative<ParameterOp>(entry.operation);
  if (inputs.empty() && !first && !is_source) inputs.push_back(graph.layers().size() - 1);
  std::optional<LayerId> weights_of;
  if (!entry.weights_of.empty()) {
    weights_of = graph.find_layer(entry.weights_of);
    if (!weights_of) {
      return tell(".weights_of", fmt::format("there is no layer '{}' before it", entry.weights_of));
    }
  }
  try {
    graph.add(entry.name, entry.operation, std::move(inputs), weights_of);
  } catch (const std::invalid_argument& error) {
    return tell("", error.what());
  }
  if (entry.end_of.empty()) return;
  if (entry.end_of != graph.layers().back().block) {
    return tell(".end_of",
                fmt::format("the layer belongs to the block '{}'", graph.layers().back().block));
  }
  graph.end_block();
}

Graph read_graph(const Node& root, const std::string& name) {
  Diagnostics diagnostics;
  NetworkFile file;
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_graph(visitor, file); }, diagnostics);
  diagnostics.throw_if_any();
  Graph graph{name, file.title};
  for (std::string& note : file.notes) graph.add_note(std::move(note));
  for (std::string& module : file.unused_weights) graph.add_unused_weights(std::move(module));
  const std::vector<Node>& items = root.find("layers")->value.items;
  for (std::size_t i = 0; i < items.size() && diagnostics.empty(); ++i) {
    add_entry(graph, file.entries[i], [&](std::string_view key, std::string_view message) {
      diagnostics.error(items[i].mark, fmt::format("layers.{}{}", i, key), message);
    });
  }
  if (diagnostics.empty() && !std::holds_alternative<InputOp>(graph.layers().front().op)) {
    diagnostics.error(items.front().mark, "layers.0", "the first layer must be an input");
  }
  diagnostics.throw_if_any();
  return graph;
}

}  // namespace

Graph load_graph(const std::string& path) {
  return read_graph(load_yaml(path), std::filesystem::path{path}.stem().string());
}

Graph parse_graph(std::string_view text, const std::string& source, const std::string& name) {
  return read_graph(parse_yaml(text, source), name);
}

nlohmann::ordered_json network_schema() {
  using Json = nlohmann::ordered_json;
  NetworkFile file;
  Json schema = schema_of_fields([&](FieldVisitor& visitor) { describe_graph(visitor, file); });
  Json variants = Json::array();
  const auto add = [&](const LayerOp& op, const char* needed) {
    Entry entry{.op = std::string{kind_name(op)}, .operation = op};
    Json one = schema_of_fields([&](FieldVisitor& visitor) { describe_entry(visitor, entry); });
    one.erase("$schema");
    Json& word = one["properties"]["op"];
    word.erase("type");
    word.erase("enum");
    word["const"] = entry.op;
    if (needed != nullptr) {
      one["required"].push_back(needed);
      one["properties"][needed].erase("default");
    }
    if (entry.op == kind_name(InputOp{}) && needed == nullptr) one["properties"].erase("shape");
    variants.push_back(std::move(one));
  };
  for (const LayerOp& op : operations()) add(op, nullptr);
  add(InputOp{{16}}, "shape");  // of anything but a picture
  schema["properties"]["layers"]["items"] = Json{{"oneOf", std::move(variants)}};
  return schema;
}

std::string graph_file(const Graph& graph) {
  NetworkFile file{
      .title = graph.title(), .notes = graph.notes(), .unused_weights = graph.unused_weights()};
  std::string block;
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    const Layer& layer = graph.layer(id);
    Entry entry{.op = std::string{kind_name(layer.op)}, .name = layer.name, .operation = layer.op};
    if (layer.block != block) entry.block = block = layer.block;
    const bool follows = layer.inputs.size() == 1 && layer.inputs.front() + 1 == id;
    if (!follows) {
      for (const LayerId input : layer.inputs) entry.inputs.push_back(graph.layer(input).name);
    }
    if (layer.weights_of) entry.weights_of = graph.layer(*layer.weights_of).name;
    if (graph.ends_block(id)) entry.end_of = layer.block;
    file.entries.push_back(std::move(entry));
  }
  return write_fields([&](FieldVisitor& visitor) { describe_graph(visitor, file); });
}

std::optional<Graph> find_network(const ProfileLibrary& library, std::string_view name) {
  try {
    if (auto graph = find_model(name)) return graph;
  } catch (const std::invalid_argument& error) {
    throw ConfigError{fmt::format("papilio: error: {}", error.what())};
  }
  const std::filesystem::path path = library.find("models", name);
  if (path.empty()) return std::nullopt;
  return load_graph(path.string());
}

std::vector<std::string> network_names(const ProfileLibrary& library) {
  std::vector<std::string> names = zoo_names();
  for (const std::string& name : library.names("models")) names.push_back(name);
  return names;
}

}  // namespace papilio
