#pragma once

#include <string>
#include <vector>

#include "models/import/onnx_elements.hpp"

namespace papilio {

/// Recurrent layers as PyTorch exports them: one layer a node, from zeros on, one way or both.
class OnnxRecurrent : public OnnxElements {
 protected:
  using OnnxElements::OnnxElements;

  /// LSTM, GRU and RNN.
  void recurrent(const Node& node);

 private:
  void require_zeros(const Node& node, int input);
  void require_usual(const Node& node, const RecurrentOp& op) const;
  void require_all_places(const Node& node, const OnnxDims& dims);
  /// Keeps the matrix of a way, or the bias, with the gates in PyTorch's order.
  /// @param columns numbers a row; 1 for a bias
  /// @param offset  of the first number
  void keep_gates(LayerId id, const std::string& part, const RecurrentOp& op,
                  const OnnxConstant& constant, std::int64_t offset, std::int64_t columns);
  void keep_weights(const Node& node, LayerId id, const RecurrentOp& op);
  /// What the last place has, of each way.
  void make_last(const Node& node, LayerId id, const RecurrentOp& op);
};

}  // namespace papilio
