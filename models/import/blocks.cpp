#include "models/import/blocks.hpp"

#include <algorithm>
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

/// Whether a layer looks at the whole picture at once, as those do that end in an answer.
bool is_of_head(const LayerOp& op) {
  return std::holds_alternative<GlobalAvgPoolOp>(op) || std::holds_alternative<FlattenOp>(op);
}

/// The block of each layer.
std::vector<std::string> blocks_of(const std::vector<PlainLayer>& layers,
                                   const std::vector<bool>& cut_after) {
  LayerId last_convolution = 0;
  for (LayerId id = 0; id < layers.size(); ++id) {
    if (std::holds_alternative<ConvOp>(layers[id].op)) last_convolution = id;
  }
  std::vector<std::string> block_of(layers.size());
  std::set<std::string> taken;
  std::string path;   // of the modules of the block
  std::string block;  // its name, which is the path but for a number if that is taken
  const auto begin_block = [&](const std::string& of) {
    path = of;
    block = of;
    for (int count = 2; !taken.insert(block).second; ++count)
      block = of + "_" + std::to_string(count);
  };
  for (LayerId begin = 0; begin < layers.size();) {
    LayerId end = begin;
    std::vector<std::string> modules;
    do {
      if (!layers[end].module.empty()) modules.push_back(layers[end].module);
    } while (!cut_after[end++] && end < layers.size());
    if (begin > last_convolution) {
      // What comes after the convolutions is one block, from where it leaves the picture's plane.
      if (path != "head" && (is_of_head(layers[begin].op) || !modules.empty())) begin_block("head");
    } else if (!modules.empty()) {
      std::string common = common_path(modules);
      if (common.empty()) common = path.empty() || path == "stem" ? "stem" : modules.front();
      if (common != path) begin_block(common);
    }
    std::fill(block_of.begin() + static_cast<std::ptrdiff_t>(begin),
              block_of.begin() + static_cast<std::ptrdiff_t>(end), block);
    begin = end;
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
  for (const PlainLayer& layer : layers) plain.add(layer.name, layer.op, layer.inputs);
  std::vector<bool> cut_after(layers.size(), false);
  for (const Cut& cut : plain.cuts()) cut_after[cut.after] = true;
  const std::vector<std::string> block_of = blocks_of(layers, cut_after);
  Graph graph{name, title};
  for (LayerId id = 0; id < layers.size(); ++id) {
    if (id == 0 || block_of[id] != block_of[id - 1]) {
      graph.begin_block(block_of[id]);
    }
    graph.add(layers[id].name, layers[id].op, layers[id].inputs);
    const bool last = id + 1 == layers.size() || block_of[id + 1] != block_of[id];
    if (last && cut_after[id]) graph.end_block();
  }
  return graph;
}

}  // namespace papilio
