#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/graph/graph.hpp"

namespace papilio {

/// A graph under construction along one line of layers: each reads the last.
class Builder {
 public:
  /// @param below of an input of whole numbers, which are from 0 to below this; 0: of reals
  Builder(std::string name, std::string title, const TensorShape& input, std::int64_t below = 0)
      : graph_{std::move(name), std::move(title)},
        last_{graph_.add("input", InputOp{input, below}, {})} {}

  /// The layer that the next one reads.
  [[nodiscard]] LayerId last() const { return last_; }
  [[nodiscard]] std::int64_t channels() const { return shape().channels(); }
  /// Of the layer that the next one reads.
  [[nodiscard]] const TensorShape& shape() const { return graph_.layer(last_).shape; }

  /// Adds a layer that reads the last one, and is the last from now on.
  LayerId then(std::string name, const LayerOp& op) { return join(std::move(name), op, {last_}); }
  /// Adds a layer that reads these, and is the last from now on.
  /// @param weights_of the earlier layer whose weights it uses; none: it has its own
  LayerId join(std::string name, const LayerOp& op, std::vector<LayerId> inputs,
               std::optional<LayerId> weights_of = std::nullopt) {
    return last_ = graph_.add(std::move(name), op, std::move(inputs), weights_of);
  }
  /// Lets the next layer read this one.
  void go_back_to(LayerId layer) { last_ = layer; }

  void begin_block(std::string block) { graph_.begin_block(std::move(block)); }
  void end_block() { graph_.end_block(); }

  Graph finish() { return std::move(graph_); }

 private:
  Graph graph_;
  LayerId last_;
};

}  // namespace papilio
