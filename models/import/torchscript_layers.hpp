#pragma once

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/import/torchscript.hpp"
#include "models/import/torchscript_node.hpp"

namespace papilio {

/// Makes layers of a program's operations, as they run.
class TorchScriptImporter : public TorchScriptLayers {
 public:
  /// @param inputs that the program reads, one or more
  TorchScriptImporter(const ArchiveTensors& archive, const std::vector<InputOp>& inputs);

  /// Says that a tensor is an input.
  void begin(std::size_t input, const at::Tensor& tensor, std::size_t batch);
  /// Looks at an operation that is to run.
  void prepare(const torch::jit::Node& node, const Stack& inputs);
  /// Looks at an operation that has run.
  void visit(const torch::jit::Node& node, const Stack& inputs, const Stack& outputs);

  /// The network of an output.
  /// @throws Unsupported if there were operations that a graph cannot say
  ImportedNetwork network(const at::Tensor& output, const std::string& name);
  /// The modules whose weights are in the archive, but in no layer.
  [[nodiscard]] std::set<std::string> unused_modules() const;

 private:
  using Convert = void (TorchScriptImporter::*)();
  static const std::unordered_map<std::string, Convert>& converters();

  void convert(const std::string& kind);
  /// @param varies whether their sizes hang on numbers
  void lose_outputs(bool varies);
  void derive_outputs();

  void unary(const LayerOp& op) { add(op, operand(0)); }
  template <class Op>
  void plain_op() {
    unary(Op{});
  }
  template <ActivationOp::Kind kKind>
  void activation() {
    unary(ActivationOp{kKind});
  }
  void gelu();
  void hardtanh();
  void clamp();
  void clamp_min();
  void softplus();
  void leaky_relu();
  void elu();
  void prelu();
  void power();
  void rsqrt() { unary(ActivationOp{ActivationOp::Kind::kPower, -0.5}); }
  void reciprocal() { unary(ActivationOp{ActivationOp::Kind::kPower, -1}); }
  void square() { unary(ActivationOp{ActivationOp::Kind::kPower, 2}); }
  void negate() { unary(ScaleOp{.factor = -1}); }

  void conv(const Sizes& stride, const Sizes& padding, const Sizes& dilation, std::int64_t groups);
  void transposed(const Sizes& stride, const Sizes& padding, const Sizes& more,
                  const Sizes& dilation, std::int64_t groups);
  void convolution();
  void convolution_nd();
  void conv_transpose();
  void batch_norm();
  void layer_norm();
  void group_norm();
  void instance_norm();
  void linear();
  void addmm();
  /// An operand as a linear layer reads it.
  [[nodiscard]] NetworkTensor linear_operand(std::size_t input);
  void linear_layer(std::size_t input, const at::Tensor& weight, const at::Tensor& bias);
  /// A weight with rows and columns turned.
  at::Tensor turned(std::size_t input);
  void embedding();
  void recurrent_lstm() { recurrent(RecurrentOp::Kind::kLstm); }
  void recurrent_gru() { recurrent(RecurrentOp::Kind::kGru); }
  void recurrent_tanh() { recurrent(RecurrentOp::Kind::kRnnTanh); }
  void recurrent_relu() { recurrent(RecurrentOp::Kind::kRnnRelu); }
  void recurrent(RecurrentOp::Kind kind);
  /// Of the states that a recurrent network ends with, those of the hidden layer.
  void make_states(const RecurrentOp& op, LayerId sequence);

  void max_pool();
  void avg_pool();
  void adaptive_avg_pool();
  void adaptive_max_pool();
  void resize_nearest() { resize(ResizeOp::Method::kNearest, 2); }
  void resize_bilinear();
  void resize(ResizeOp::Method method, std::size_t scales);

  void sum_of();
  void difference();
  void reversed_difference();
  void product();
  void quotient();
  void scaled_by(double factor, double offset) {
    unary(ScaleOp{.factor = factor, .offset = offset});
  }
  template <CombineOp::Kind kKind>
  void combined() {
    combine(CombineOp{kKind}, {argument(0), argument(1)});
  }
  void combine(const LayerOp& op, const std::vector<c10::IValue>& operands);
  /// Whether a constant is one number, and none that is trained.
  [[nodiscard]] bool is_one_number(std::size_t input) const;
  /// factor · x + offset of the operand that is not the constant.
  void scaled_or_added(std::size_t constant, double factor, double offset) {
    add(ScaleOp{.factor = factor, .offset = offset}, operand(1 - constant));
  }
  void select_where() { combine(SelectOp{}, {argument(0), argument(1), argument(2)}); }
  void masked_fill() { combine(SelectOp{}, {argument(1), argument(2), argument(0)}); }
  void matrix_product();
  void product_and_sum();
  void attention();

  void pass_on();
  void same_numbers();
  void dropout();
  void to_type();
  void flatten();
  void reshape();
  void reshape_any() { make_reshaped(operand(0)); }
  void transpose();
  void permute();
  void permute_by(const std::vector<std::int64_t>& order);
  void expand();
  void select();
  void slice();
  void narrow();
  void slices(std::int64_t axis, const std::vector<std::int64_t>& ends, bool drops_axis);
  void split();
  void split_with_sizes();
  void chunk();
  void unbind();
  void concat();
  void stack();
  void join(std::int64_t axis, bool is_new);
  void roll();
  void pad();
  void pad_of(PadOp::Mode mode, double value);
  void reflection_pad() { pad_of(PadOp::Mode::kReflect, 0); }
  void replication_pad() { pad_of(PadOp::Mode::kEdge, 0); }
  void constant_pad();
  void mean() { reduce(ReduceOp::Kind::kMean); }
  void sum() { reduce(ReduceOp::Kind::kSum); }
  void greatest() { reduce(ReduceOp::Kind::kMaximum); }
  void least() { reduce(ReduceOp::Kind::kMinimum); }
  void reduce(ReduceOp::Kind kind);
  void softmax();
  void log_softmax();

  // Quantised kernels: what they compute of reals, and their answer's levels behind.

  void kernel_conv(bool relu, bool by_range);
  template <bool kRelu>
  void quantised_conv() {
    kernel_conv(kRelu, false);
  }
  void dynamic_conv() { kernel_conv(false, true); }
  void kernel_linear(bool relu, bool by_range);
  template <bool kRelu>
  void quantised_linear() {
    kernel_linear(kRelu, false);
  }
  template <bool kRelu>
  void dynamic_linear() {
    kernel_linear(kRelu, true);
  }
  template <bool kRelu>
  void quantised_sum() {
    kernel_pair(AddOp{}, kRelu);
  }
  template <bool kRelu>
  void quantised_product() {
    kernel_pair(MultiplyOp{}, kRelu);
  }
  void kernel_pair(const LayerOp& op, bool relu);
  template <bool kRelu>
  void quantised_norm() {
    kernel_norm(kRelu);
  }
  void kernel_norm(bool relu);
  void quantised_elu();
  /// The operand by its range, as a dynamic kernel takes it.
  LayerId by_range(LayerId from, bool halved);
  /// What a kernel has packed.
  [[nodiscard]] const PackedWeights& packed(std::size_t input) const;
  [[nodiscard]] LayerId add_packed(const LayerOp& op, LayerId from, const PackedWeights& weights);

  std::size_t inputs_of_program_;
  bool reads_numbers_{false};  ///< whether the program takes numbers out of the network's tensors
};

}  // namespace papilio
