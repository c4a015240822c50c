#pragma once

#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/import/opaque_part.hpp"
#include "models/import/torchscript.hpp"
#include "models/import/torchscript_node.hpp"

namespace papilio {

/// Makes layers of a program's operations, as they run.
class TorchScriptImporter : public TorchScriptLayers {
 public:
  /// @param inputs that the program reads, one or more
  TorchScriptImporter(ArchiveTensors& archive, const std::vector<InputOp>& inputs);

  /// Says that a tensor is an input.
  /// @param batch its axis; none: it is one sample alone
  void begin(std::size_t input, const at::Tensor& tensor, std::optional<std::int64_t> batch);
  /// Tells of an argument of the program, the next one.
  void add_argument(const c10::IValue& argument) { opaque_.add_argument(argument); }
  /// Looks at an operation that is to run.
  void prepare(const torch::jit::Node& node, const Stack& inputs);
  /// Looks at an operation that has run.
  void visit(const torch::jit::Node& node, const Stack& inputs, const Stack& outputs);

  /// The operation from which on the way through the program hangs on numbers; none: none does.
  [[nodiscard]] const torch::jit::Node* first_of_numbers() const { return first_of_numbers_; }
  /// Tells of what other ways behind it may read.
  void may_read(const Stack& values) { opaque_.may_read(values, ledger_); }

  /// The network of an output.
  /// @throws Unsupported if there were operations that a graph cannot say
  ImportedNetwork network(const at::Tensor& output, const std::string& name,
                          const OpaqueRequest& request);
  /// The modules whose weights are in the archive, but in no layer.
  [[nodiscard]] std::set<std::string> unused_modules() const;

 private:
  using Convert = void (TorchScriptImporter::*)();
  static const std::unordered_map<std::string, Convert>& converters();

  void look_at(const torch::jit::Node& node, const std::string& kind);
  void convert(const std::string& kind);
  void read_numbers();
  /// The layer that an output is of; none where it hangs on what is not known.
  [[nodiscard]] std::optional<LayerId> known_layer(const at::Tensor& output) const;
  LayerId add_opaque(const at::Tensor& output, const OpaqueRequest& request);
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

  /// What windows along so many axes move over: with the batch before the channels, or without one.
  NetworkTensor with_windows(std::size_t input, std::size_t axes);
  void add_windows(const LayerOp& op, std::size_t axes);
  void conv(const Sizes& stride, const Sizes& padding, const Sizes& dilation, std::int64_t groups);
  void conv(const Sizes& stride, const Padding& padding, const Sizes& dilation,
            std::int64_t groups);
  void transposed(const Sizes& stride, const Sizes& padding, const Sizes& more,
                  const Sizes& dilation, std::int64_t groups);
  void convolution();
  void convolution_nd();
  void convolution_mode();
  void conv_transpose();
  void batch_norm();
  void normed_by_statistics();
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
  /// The states that a recurrent network ends with.
  /// @param id    the network, @param along its sequence alone
  void make_states(const RecurrentOp& op, LayerId id, LayerId along);
  LayerId step_of(const at::Tensor& tensor, bool batch);
  std::vector<LayerId> gates_of(LayerId from, std::size_t at, std::int64_t count);
  void lstm_cell();
  void gru_cell();
  void tanh_cell() { plain_cell(ActivationOp{ActivationOp::Kind::kTanh}); }
  void relu_cell() { plain_cell(ReluOp{}); }
  void plain_cell(const LayerOp& function);

  template <std::size_t kAxes>
  void max_pool_over() {
    max_pool(kAxes);
  }
  template <std::size_t kAxes>
  void avg_pool_over() {
    avg_pool(kAxes);
  }
  template <std::size_t kAxes>
  void adaptive_avg_pool_over() {
    adaptive_avg_pool(kAxes);
  }
  template <std::size_t kAxes>
  void adaptive_max_pool_over() {
    adaptive_max_pool(kAxes);
  }
  void max_pool(std::size_t axes);
  void avg_pool(std::size_t axes);
  void adaptive_avg_pool(std::size_t axes);
  void adaptive_max_pool(std::size_t axes);
  void resize_nearest() { resize(ResizeOp::Method::kNearest, 2); }
  void resize_bilinear();
  void resize_bicubic();
  /// Axes of the first operand, as those of the layer that has them.
  struct Along {
    NetworkTensor from;
    std::vector<std::int64_t> axes;
    std::optional<std::int64_t> batch_behind;  ///< where it is when the axes are gone
  };
  Along gone_axes(const std::vector<std::int64_t>& axes);
  /// The axes that an argument names, ascending; all if it names none.
  [[nodiscard]] std::vector<std::int64_t> axes_at(std::size_t input) const;
  void product_with_vector();

  // Comparisons, statistics and other functions of several layers.
  LayerId one_minus(LayerId of) { return layers_.add(ScaleOp{.factor = -1, .offset = 1}, {of}); }
  template <CombineOp::Kind kOpposite>
  void not_combined() {
    auto [layers, batch] = repeated({argument(0), argument(1)});
    make({one_minus(layers_.add(CombineOp{kOpposite}, std::move(layers))), batch});
  }
  LayerId truth_of(std::size_t input, LayerId layer);
  template <class Op>
  void both_true(const Op& op);
  void logical_and() { both_true(MultiplyOp{}); }
  void logical_or() { both_true(CombineOp{CombineOp::Kind::kMaximum}); }
  void logical_not();
  void max_of() { extreme(ReduceOp::Kind::kMaximum); }
  void min_of() { extreme(ReduceOp::Kind::kMinimum); }
  void extreme(ReduceOp::Kind kind);
  void argmax() { place_of_extreme(ReduceOp::Kind::kMaximum); }
  void argmin() { place_of_extreme(ReduceOp::Kind::kMinimum); }
  void place_of_extreme(ReduceOp::Kind kind);
  /// The first place along a layer's axis that has the extreme.
  LayerId place_in(LayerId from, std::int64_t axis, LayerId extreme, bool keep);
  void ranked();
  void deviation() { spread(true); }
  void variance() { spread(false); }
  void spread(bool root);
  void norm();
  void vector_norm();
  void frobenius_norm();
  void norm_over(double power, const std::vector<std::int64_t>& axes, bool keep);
  void log_sum_exp();
  void cumulative_sum();
  void gated();
  void log1p();
  void expm1();
  void sign();
  void ceiling();
  void rounded();
  void floor_quotient();
  void remainder();
  LayerId floor_of(LayerId of) {
    return layers_.add(ActivationOp{ActivationOp::Kind::kFloor}, {of});
  }
  void log_sigmoid();

  // Places in another order.
  /// A layer's places along an axis, by their numbers.
  LayerId indexed(LayerId from, std::int64_t axis, const std::vector<std::int64_t>& places);
  void take_places(std::int64_t axis, const at::Tensor& places);
  void index();
  void index_select();
  void gather();
  void flip();
  void repeat();
  void repeat_interleave();
  void pixel_shuffle();
  void pixel_unshuffle();
  void channel_shuffle();
  void outer();
  void einsum();
  void move_axes();
  void turn_axes();
  void resize_sequence_nearest() { resize_sequence(ResizeOp::Method::kNearest, 2); }
  void resize_sequence_linear();
  void resize_sequence(ResizeOp::Method method, std::size_t scales);
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
  /// What is done to the scores of attention before the softmax.
  struct AttentionMask {
    enum class Kind {
      kAdded,
      kHides,  ///< scores count where it is 0
      kShows,  ///< scores count where it is not 0
    };
    LayerId layer;
    Kind kind;
  };
  LayerId shares_of(LayerId queries, LayerId keys, const std::optional<AttentionMask>& mask);
  const at::Tensor& additive_mask(const at::Tensor& hidden);
  /// Where the arguments of LibTorch's own attention stand.
  struct NativeAttention {
    std::size_t heads;
    std::size_t weights;  ///< weight and bias of what makes queries, keys and values; of the output
    std::size_t mask;
    std::size_t mask_type;
  };
  struct Attended {
    LayerId output;
    LayerId shares;  ///< how much of each place each place takes, by head
  };
  Attended attend(LayerId from, const NativeAttention& of);
  std::optional<AttentionMask> native_mask(const NativeAttention& of, std::size_t rank);
  NetworkTensor sequence();
  void native_attention();
  void encoder_layer();

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
  /// A tensor repeated along axes of size 1, and before its first axis.
  NetworkTensor expanded(const NetworkTensor& from, Sizes before, const Sizes& to);
  /// Numbers that an operation writes over its first operand.
  void written(const c10::IValue& value);
  void copied();
  void filled() { written(argument(1)); }
  void zeroed();
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
  void quantised_embedding();
  /// The operand by its range, as a dynamic kernel takes it.
  LayerId by_range(LayerId from, bool halved);
  /// What a kernel has packed.
  [[nodiscard]] const PackedWeights& packed(std::size_t input) const;
  [[nodiscard]] LayerId add_packed(const LayerOp& op, LayerId from, const PackedWeights& weights);

  std::size_t inputs_of_program_;
  bool reads_numbers_{false};  ///< whether the program takes numbers out of the network's tensors
  const torch::jit::Node* at_hand_{nullptr};
  const torch::jit::Node* first_of_numbers_{nullptr};
  OpaqueRecorder opaque_;
};

}  // namespace papilio
