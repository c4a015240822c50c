#include "models/import/blocks.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace papilio {
namespace {

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts{""};
  for (const char c : path) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string path;
  for (const std::string& part : parts) path += (path.empty() ? "" : ".") + part;
  return path;
}

/// What the paths begin with in common. One path alone counts without its last part, the module
/// itself; empty if it has no other.
std::string common_path(const std::vector<std::string>& paths) {
  std::vector<std::string> common = parts_of(paths.front());
  for (const std::string& path : paths) {
    const std::vector<std::string> parts = parts_of(path);
    const auto [end, ignored] =
        std::mismatch(common.begin(), common.end(), parts.begin(), parts.end());
    common.erase(end, common.end());
  }
  if (paths.size() == 1) common.pop_back();
  return joined(common);
}

/// Whether the last part of a path says already that attention is in it: "attn", "self_attention".
bool is_called_attention(const std::string& path) {
  const std::string last = parts_of(path).back();
  return last.find("attn") != std::string::npos || last.find("attention") != std::string::npos;
}

/// Whether a layer looks at the whole picture at once, as those do that end in an answer.
bool is_of_head(const LayerOp& op) {
  return std::holds_alternative<GlobalAvgPoolOp>(op) || std::holds_alternative<FlattenOp>(op);
}

bool has_weights(const LayerOp& op) {
  return std::holds_alternative<ConvOp>(op) || std::holds_alternative<LinearOp>(op);
}

/// Whether a layer hands on its inputs' numbers place by place, as what scales and masks the scores
/// of attention does between the product and the softmax.
bool keeps_places(const LayerOp& op) {
  return std::holds_alternative<ScaleOp>(op) || std::holds_alternative<AddOp>(op) ||
         std::holds_alternative<MultiplyOp>(op) || std::holds_alternative<SelectOp>(op) ||
         std::holds_alternative<CombineOp>(op) || std::holds_alternative<ClampOp>(op) ||
         std::holds_alternative<ReshapeOp>(op) || std::holds_alternative<ExpandOp>(op);
}

/// The softmaxes of attention: over scores that a product of queries and keys makes, scaled and
/// masked or not; what they make weighs values, in another product.
std::vector<bool> softmaxes_of_attention(const std::vector<PlainLayer>& layers) {
  // Whether a layer's numbers are those of a product, and whether of a softmax over such scores.
  std::vector<bool> scores(layers.size(), false);
  std::vector<std::optional<LayerId>> shares(layers.size());
  std::vector<bool> attends(layers.size(), false);
  for (LayerId id = 0; id < layers.size(); ++id) {
    const PlainLayer& layer = layers[id];
    const auto from_scores = [&](LayerId input) { return scores[input]; };
    if (std::holds_alternative<MatMulOp>(layer.op)) {
      scores[id] = true;
      for (const LayerId input : layer.inputs) {
        if (shares[input]) attends[*shares[input]] = true;
      }
    } else if (keeps_places(layer.op)) {
      scores[id] = std::any_of(layer.inputs.begin(), layer.inputs.end(), from_scores);
      for (const LayerId input : layer.inputs) {
        if (shares[input]) shares[id] = shares[input];
      }
    } else if (std::holds_alternative<SoftmaxOp>(layer.op) && scores[layer.inputs.front()]) {
      shares[id] = id;
    }
  }
  return attends;
}

/// What lies between two cuts.
struct Part {
  LayerId begin{0};
  LayerId end{0};
  std::vector<std::string> modules;
  bool joins{false};    ///< branches do in it
  bool weights{false};  ///< of a convolution or a linear layer, with or without a name
  bool attends{false};  ///< it has attention in it
};

/// Gives blocks to the parts of a network, from its input to its output.
class Blocks {
 public:
  explicit Blocks(const std::vector<PlainLayer>& layers) : layers_{layers} {
    // A block's name is that of the cut at its end, and so must not be that of another layer's.
    for (const PlainLayer& layer : layers) taken_.insert(layer.name);
    for (LayerId id = 0; id < layers.size(); ++id) {
      const bool joins = layers[id].inputs.size() > 1;
      if (joins || std::holds_alternative<ConvOp>(layers[id].op)) last_of_body_ = id;
    }
  }

  /// The name of the block that a part belongs to.
  const std::string& of(const Part& part) {
    const bool named = !part.modules.empty();
    if (part.begin > last_of_body_) {
      // What comes after the convolutions and the joins is one block, from where it leaves the
      // picture's plane.
      // It ends with the network, so no cut is called by it.
      if (is_of_head(layers_[part.begin].op) || named) path_ = block_ = "head";
      return block_;
    }
    std::string common = named ? common_path(part.modules) : "";
    if (part.attends && !common.empty() && !is_called_attention(common)) common += ".attention";
    if (!common.empty()) {
      if (common != path_) begin_block(common);
    } else if (part.joins) {
      // Of what leads to it, what has no name is its own already.
      if (!is_open_) begin_numbered();
      is_open_ = false;
    } else if (named) {
      if (!is_straight_) begin_block(path_.empty() ? "stem" : part.modules.front());
      is_straight_ = true;
    } else if (part.weights && joined_) {
      if (!is_open_) begin_numbered();
      is_open_ = true;
    }
    joined_ = joined_ || part.joins;
    return block_;
  }

 private:
  void begin_block(const std::string& path) {
    is_open_ = is_straight_ = false;
    path_ = path;
    block_ = path;
    int& count = counts_[path];
    while (!taken_.insert(block_).second) {
      count = std::max(count + 1, 2);
      block_ = path + "_" + std::to_string(count);
    }
  }
  void begin_numbered() { begin_block("block" + std::to_string(++numbered_)); }

  const std::vector<PlainLayer>& layers_;
  LayerId last_of_body_{0};
  std::set<std::string> taken_;
  std::map<std::string, int> counts_;  // the last number behind a name
  std::string path_;                   // of the modules of the block
  std::string block_;        // its name, which is the path but for a number if that is taken
  bool joined_{false};       // branches did, somewhere before
  bool is_open_{false};      // a block without a name, whose branches have not joined yet
  bool is_straight_{false};  // one of modules at the top, called by the first
  int numbered_{0};
};

/// The block of each layer.
std::vector<std::string> blocks_of(const std::vector<PlainLayer>& layers,
                                   const std::vector<bool>& cut_after) {
  std::vector<std::string> block_of(layers.size());
  Blocks blocks{layers};
  const std::vector<bool> attends = softmaxes_of_attention(layers);
  for (LayerId begin = 0; begin < layers.size();) {
    Part part{.begin = begin, .end = begin};
    do {
      const PlainLayer& layer = layers[part.end];
      if (!layer.module.empty()) part.modules.push_back(layer.module);
      part.joins = part.joins || layer.inputs.size() > 1;
      part.weights = part.weights || has_weights(layer.op);
      part.attends = part.attends || attends[part.end];
    } while (!cut_after[part.end++] && part.end < layers.size());
    std::fill(block_of.begin() + static_cast<std::ptrdiff_t>(begin),
              block_of.begin() + static_cast<std::ptrdiff_t>(part.end), blocks.of(part));
    begin = part.end;
  }
  // The input belongs to what reads it first.
  const auto first = std::find_if(block_of.begin(), block_of.end(),
                                  [](const auto& name) { return !name.empty(); });
  std::fill(block_of.begin(), first, first == block_of.end() ? "stem" : *first);
  return block_of;
}

}  // namespace

Graph with_blocks(const std::string& name, const std::string& title,
                  const std::vector<PlainLayer>& layers) {
  Graph plain{name, title};
  for (const PlainLayer& layer : layers) {
    plain.add(layer.name, layer.op, layer.inputs, layer.weights_of);
  }
  std::vector<bool> cut_after(layers.size(), false);
  for (const Cut& cut : plain.cuts()) cut_after[cut.after] = true;
  const std::vector<std::string> block_of = blocks_of(layers, cut_after);
  Graph graph{name, title};
  for (LayerId id = 0; id < layers.size(); ++id) {
    if (id == 0 || block_of[id] != block_of[id - 1]) {
      graph.begin_block(block_of[id]);
    }
    graph.add(layers[id].name, layers[id].op, layers[id].inputs, layers[id].weights_of);
    const bool last = id + 1 == layers.size() || block_of[id + 1] != block_of[id];
    if (last && cut_after[id]) graph.end_block();
  }
  return graph;
}

}  // namespace papilio
