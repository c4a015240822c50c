#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "models/graph/graph.hpp"

namespace papilio {

/// A graph under construction along one line of layers: each reads the last.
class Builder {
 public:
  Builder(std::string name, std::string title, const TensorShape& input)
      : graph_{std::move(name), std::move(title)}, last_{graph_.add("input", InputOp{input}, {})} {}

  /// The layer that the next one reads.
  [[nodiscard]] LayerId last() const { return last_; }
  [[nodiscard]] std::int64_t channels() const { return graph_.layer(last_).shape.channels(); }

  /// Adds a layer that reads the last one, and is the last from now on.
  LayerId then(std::string name, const LayerOp& op) { return join(std::move(name), op, {last_}); }
  /// Adds a layer that reads these, and is the last from now on.
  LayerId join(std::string name, const LayerOp& op, std::vector<LayerId> inputs) {
    return last_ = graph_.add(std::move(name), op, std::move(inputs));
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
