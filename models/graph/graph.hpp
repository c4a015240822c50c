#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "models/graph/operations.hpp"
#include "models/graph/shape.hpp"

namespace papilio {

/// Position of a layer in its graph, in 0..size-1; inputs always have smaller positions.
using LayerId = std::size_t;

/// One layer with what follows from its place in the graph.
struct Layer {
  std::string name;   ///< unique in the graph, e.g. "layer1.0.conv1"
  std::string block;  ///< the unit it belongs to, e.g. "stem", "RB1", "head"
  LayerOp op;
  std::vector<LayerId> inputs;
  TensorShape shape;     ///< of the output
  std::int64_t macs{0};  ///< multiply-accumulates of convolutions and linear layers, one image
  std::int64_t parameters{0};  ///< trained numbers that it reads; running statistics do not count
  std::optional<LayerId> weights_of;    ///< the earlier layer whose weights it uses; none: its own
  std::optional<std::size_t> channels;  ///< axis of the channels or features, where it is known
  /// The whole numbers that its output is held as; none: reals, or an input's own whole numbers.
  std::optional<Levels> levels;
};

/// Bytes of a layer's output at `bits` for each number, rounded up to whole bytes; the whole
/// numbers of an input take the bits that they need, and those of a quantised tensor no more than
/// theirs.
/// @param bits in 1..64
std::int64_t output_bytes(const Layer& layer, int bits);

/// A place where exactly one tensor crosses from the layers before to the layers after, or the
/// network's inputs do; or, where somebody asks for it, several tensors do.
struct Cut {
  LayerId after{0};   ///< the layer that produces the crossing tensor; of several, the last
  std::string name;   ///< the block's when the cut ends one that no layer is called as, or else
                      ///< the layer's
  TensorShape shape;  ///< of the crossing tensor; of the first, where several inputs cross
  /// Whether the network's inputs cross, so that all of it runs behind: cloud-only.
  bool of_inputs{false};
  /// Channels that a butterfly unit can reduce here, D; 0 where none fits: what crosses is no
  /// picture with its channels first, nor what convolutions make of one, nor a flat vector; or
  /// comes out of an opaque layer.
  std::int64_t unit_channels{0};
  /// Of a cut through several tensors: the layers before it, ascending, which read nothing that
  /// lies behind. None: all up to `after`.
  std::vector<LayerId> before{};
  std::vector<LayerId> crossing{};  ///< of such a cut: whose outputs cross, each once, ascending

  /// Whether a layer lies before it.
  [[nodiscard]] bool has_before(LayerId id) const {
    return before.empty() ? id <= after : std::binary_search(before.begin(), before.end(), id);
  }
};

/// A neural network as a directed acyclic graph of layers in topological order. The cost, the
/// tables and the tensors all come from this one description.
class Graph {
 public:
  /// @param name  how the user calls it, e.g. "resnet50"
  /// @param title one line for people
  Graph(std::string name, std::string title);

  /// Sets the block that the layers added from now on belong to.
  void begin_block(std::string block);
  /// Says that the last layer added ends its block, so that the cut there carries the block's name.
  void end_block();

  /// Appends a layer and infers its output shape, MACs and parameters.
  /// @param inputs positions of earlier layers, as many as the operation takes
  /// @param weights_of the earlier layer whose weights it uses too, as where a module is called
  ///        twice; none: it has its own. A layer without a bias may use the weight of one with a
  ///        bias
  /// @return its position
  /// @throws std::invalid_argument if the name is taken, an input does not exist, the shapes do
  ///         not fit the operation, the other layer's weights do not, or the layer is beyond
  ///         2⁴⁰ elements or parameters, or 2⁴⁵ MACs
  LayerId add(std::string name, const LayerOp& op, std::vector<LayerId> inputs,
              std::optional<LayerId> weights_of = std::nullopt);

  /// Adds a sentence for people about where the network comes from, e.g. what was left out of it.
  void add_note(std::string note) { notes_.push_back(std::move(note)); }
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

  /// Says that files of its weights also hold those of this module, which no layer computes with:
  /// of a branch that was left out, or of a second name for the same weights.
  void add_unused_weights(std::string module) { unused_weights_.push_back(std::move(module)); }
  [[nodiscard]] const std::vector<std::string>& unused_weights() const { return unused_weights_; }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& title() const { return title_; }
  [[nodiscard]] const std::vector<Layer>& layers() const { return layers_; }
  /// @throws std::out_of_range if `id` is not a layer
  [[nodiscard]] const Layer& layer(LayerId id) const { return layers_.at(id); }
  /// Position of the layer of this name, or nothing.
  [[nodiscard]] std::optional<LayerId> find_layer(std::string_view name) const;

  /// Whether the cut after this layer carries its block's name.
  [[nodiscard]] bool ends_block(LayerId id) const;

  /// Whether another layer computes with this layer's weights, or this one with another's.
  [[nodiscard]] bool shares_weights(LayerId id) const;

  /// What a layer is stored with, or the layer whose weights it uses.
  [[nodiscard]] std::vector<WeightShape> weights_of(LayerId id) const;
  /// The network's inputs, in order.
  [[nodiscard]] std::vector<LayerId> inputs() const;

  /// The layers that are known by what goes in and comes out alone, in order.
  [[nodiscard]] std::vector<LayerId> opaque_layers() const;

  /// Whether the layer is a batch norm that the convolution before it can take up at inference,
  /// because nothing else reads that and the weights of neither have another use.
  [[nodiscard]] bool folds_into_convolution(LayerId id) const;

  /// The quantisation that a layer's output goes into, so that one kernel computes both and only
  /// whole numbers leave it: the next layer or the one behind an activation, each of which nothing
  /// else reads. None for a layer that is quantised itself, for inputs and constants, and for
  /// levels by range, which are known only when all of the output is.
  [[nodiscard]] std::optional<LayerId> quantised_by(LayerId id) const;

  /// Sums over the layers `first` (included) to `last` (excluded).
  [[nodiscard]] std::int64_t macs(LayerId first, LayerId last) const;
  [[nodiscard]] std::int64_t macs() const { return macs(0, layers_.size()); }
  /// Of all layers, weights that several share counted once.
  [[nodiscard]] std::int64_t parameters() const;
  /// What a layer's parameters take: quantised weights their bits, all else 32 each; rounded up.
  [[nodiscard]] std::int64_t parameter_bytes(LayerId id) const;
  /// Of all layers, weights that several share counted once.
  [[nodiscard]] std::int64_t parameter_bytes() const;
  /// Whether a layer's weights or output are quantised.
  [[nodiscard]] bool is_quantised() const { return quantised_; }

  /// All cuts in order, from the one after the input (cloud-only) to the last before the output.
  [[nodiscard]] std::vector<Cut> cuts() const;
  /// The cuts that end a labelled block, in order: the paper's partition points P_j. Where no block
  /// is labelled, the cuts where branches join: after the sum, product or concatenation and the
  /// activations that follow it directly.
  [[nodiscard]] std::vector<Cut> block_cuts() const;
  /// Bytes that cross at a cut, as `output_bytes`; of several tensors the sum.
  [[nodiscard]] std::int64_t bytes(const Cut& cut, int bits) const;
  /// The cut with this name, or the cut after the layer of this name. With a plus behind or
  /// between, "up3.conv+" or "a+b", the cut through several tensors before which lies what these
  /// layers need and nothing else: all that is read of it behind crosses, and so do inputs that
  /// are.
  [[nodiscard]] std::optional<Cut> find_cut(std::string_view name) const;
  /// How many cuts there are in all: sets of layers that read nothing of the others, but none and
  /// all. Inputs and stored tensors are no layers here, for they are everywhere.
  /// @return nothing if there are more than 2⁶², or it would take too long to count them
  [[nodiscard]] std::optional<std::int64_t> count_cuts() const;

 private:
  friend struct GraphRewrite;

  /// Lets a name be looked up that is no std::string.
  struct NameHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  /// What the cut after a layer is called, no two alike.
  [[nodiscard]] const std::string& cut_name(LayerId id) const;
  [[nodiscard]] std::optional<Cut> find_wide_cut(std::string_view name) const;
  [[nodiscard]] std::vector<TensorShape> operand_shapes(const std::vector<LayerId>& inputs) const;

  std::string name_;
  std::string title_;
  std::string block_{"stem"};
  std::vector<Layer> layers_;
  std::unordered_map<std::string, LayerId, NameHash, std::equal_to<>> by_name_;
  std::vector<LayerId> block_ends_;  // ascending
  std::vector<std::string> notes_;
  std::vector<std::string> unused_weights_;
  bool quantised_{false};
};

/// Whether all that lies before one cut lies before another, and more does.
bool precedes(const Graph& graph, const Cut& cut, const Cut& later);

/// "25557032 parameters", and of a quantised network what they take: "… parameters in 25744704
/// bytes".
std::string parameters_text(const Graph& graph);

/// What people are to know of a network's opaque layers; empty: it has none.
std::string opaque_note(const Graph& graph);

/// A clause for each of them that a table of times needs beside it: what the layer is, and that it
/// is one stage; with the network's name, for a table may be of several.
std::vector<std::string> opaque_clauses(const Graph& graph);

/// Whether a network's only input is a picture: channels, height and width.
bool takes_pictures(const Graph& graph);

/// The same network over pictures of another size, or with another number of classes: of its last
/// layer with weights, which classifies. What is not given stays.
/// @throws std::invalid_argument if the layers do not fit the new size, no layer has weights, or
/// one is
///         opaque
Graph adapted(const Graph& graph, std::optional<TensorShape> input,
              std::optional<std::int64_t> classes);

/// A network with a butterfly unit in it, and where to cut it.
struct ButterflyGraph {
  Graph graph;
  Cut cut;  ///< between reduction and restoration: the tensor that crosses the radio
};

/// Rewrites `graph` with a butterfly unit at `cut`: reduction (1×1 convolution D → channels, batch
/// normalisation, ReLU) before the crossing, restoration (1×1 convolution channels → D, batch
/// normalisation, ReLU) after it. The new layers are called "<cut>.reduction.conv", … and belong to
/// the block of the layer they follow.
///
/// With a `stride` s > 1 the unit also makes the tensor s times smaller in height and width, as
/// BottleNet (arXiv 1902.01000) does: the reduction's convolution has a (2s−1)×(2s−1) kernel and
/// stride s, and a transposed one restores. BottleNet takes one convolution for the channels and
/// one for the space; this is their product in one.
/// @param cut      one of `graph.cuts()`
/// @param channels D_r, in 1..D
/// @param stride   in 1..the tensor's height and width
/// @throws std::invalid_argument if channels or stride is out of range
/// Source: "Towards Collaborative Intelligence Friendly Architectures for Deep Learning" (2019),
/// Fig. 3.
ButterflyGraph insert_butterfly(const Graph& graph, const Cut& cut, std::int64_t channels,
                                std::int64_t stride = 1);

}  // namespace papilio
