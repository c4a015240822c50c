#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "models/graph/graph.hpp"

namespace papilio {

/// Finds the layer of a network that another tool means by a name.
///
/// A layer's own name is its. Else names are compared without regard to case and to what separates
/// their parts (".", "/", "_", …), and if that finds none, also without, in this order:
/// a scope that the next one repeats ("/layer1/layer1.0/conv1" is "layer1.0.conv1"); what tools put
/// behind names ("_output_0", "_nchwc"); an operation's name at the end ("/conv1/Conv"), where the
/// operation may compute a layer of that kind or a part of it; the scopes that more than half of
/// the file's names begin with, as far as the first with which a layer's name begins. A name that
/// fits several layers is none's. The input is no layer that takes time.
///
/// Further calls of a module are numbered from 2 here ("relu", "relu_2") and by PyTorch's exporter
/// from 1: where the file has "relu_1" and the network has not, its "relu_1" is "relu_2".
class LayerNames {
 public:
  /// @param names all that the file has
  LayerNames(const Graph& graph, const std::vector<std::string>& names);

  /// @param fused whether the tool may have put the activation behind a layer into it, and then
  ///        named both: "conv1/Relu" is then "conv1"
  [[nodiscard]] std::optional<LayerId> find(std::string_view name, bool fused = false) const;

 private:
  using Tokens = std::vector<std::string>;
  struct Meaning {
    Tokens tokens;
    std::string operation;  // that was taken off the end, if any
  };

  void find_shared_scope(const std::vector<std::string>& names);
  /// What a name may mean, the nearest first.
  [[nodiscard]] std::vector<Meaning> meanings_of(std::string_view name) const;
  /// The layer's tokens that a name's mean, where further calls are numbered otherwise.
  [[nodiscard]] Tokens renumbered(Tokens tokens) const;
  [[nodiscard]] bool has_layer(const Tokens& tokens) const;

  std::unordered_map<std::string, LayerId> exact_;
  /// By tokens; nothing where several layers have them.
  std::unordered_map<std::string, std::optional<LayerId>> by_tokens_;
  std::vector<std::string_view> kinds_;           // `[layers]`, as `kind_name` has them
  std::unordered_set<std::string> first_tokens_;  // of the layers' names
  Tokens scope_;                                  // that most of the names share
  std::unordered_set<std::string> from_one_;      // whose further calls the file numbers from 1
};

}  // namespace papilio
