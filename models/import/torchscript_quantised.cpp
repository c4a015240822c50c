// Quantised kernels: what each computes of reals. That its answer is held as whole numbers, `make`
// sees by the answer.

#include <algorithm>
#include <array>
#include <vector>

#include "models/import/torchscript_layers.hpp"

namespace papilio {
namespace {

/// The numbers of a kernel along the last axes.
Spatial numbers_along_window(const std::vector<std::int64_t>& numbers) {
  constexpr std::size_t kMostAxes = 3;
  if (numbers.empty() || numbers.size() > kMostAxes) throw Unsupported{"other axes"};
  std::array<std::int64_t, kMostAxes> sides{1, 1, 1};
  std::copy(numbers.begin(), numbers.end(), sides.end() - static_cast<int>(numbers.size()));
  const bool even = std::all_of(numbers.begin(), numbers.end(),
                                [&](std::int64_t number) { return number == numbers.front(); });
  return even ? Spatial{numbers.front()} : Spatial{sides[0], sides[1], sides[2]};
}

}  // namespace

const PackedWeights& TorchScriptImporter::packed(std::size_t input) const {
  const PackedWeights* weights = archive_.packed(argument(input));
  if (weights == nullptr) throw Unsupported{"weights that the program packs"};
  if (weights->bits == 0) throw Unsupported{"weights of a type that is not known"};
  return *weights;
}

LayerId TorchScriptImporter::add_packed(const LayerOp& op, LayerId from,
                                        const PackedWeights& weights) {
  // Of a sequence the kernel's first dimension is of size 1.
  const bool flat = layers_.shape(from).rank() == 2 && weights.weight.dim() > 3;
  std::vector<Weight> of{{flat ? weights.weight.squeeze(2) : weights.weight, "weight"}};
  if (weights.bias.defined()) of.push_back({weights.bias, "bias"});
  return add_weighted(op, from, of);
}

LayerId TorchScriptImporter::by_range(LayerId from, bool halved) {
  return layers_.add(QuantizeOp{{.by_range = true, .halved = halved}}, {from});
}

void TorchScriptImporter::kernel_conv(bool relu, bool by_own_range) {
  const PackedWeights& weights = packed(1);
  const auto axes = static_cast<std::size_t>(argument(0).toTensor().dim()) - 2;
  const std::vector<std::int64_t> window = weights.weight.sizes().slice(2).vec();
  // One dimension is packed as two, the first of size 1.
  const auto own = [&](std::vector<std::int64_t> numbers) {
    while (numbers.size() > axes) numbers.erase(numbers.begin());
    return numbers_along_window(numbers);
  };
  LayerId from = batched(0);
  if (by_own_range) from = by_range(from, argument(2).toBool());
  if (weights.transposed) {
    constexpr std::size_t kAxesOfPicture = 2;
    const bool dilated = std::any_of(weights.dilation.begin(), weights.dilation.end(),
                                     [](std::int64_t steps) { return steps != 1; });
    if (dilated || axes != kAxesOfPicture) {
      throw Unsupported{"transposed kernels of other than pictures, or with dilation"};
    }
    const LayerId made = add_packed(ConvTransposeOp{.out_channels = answer().size(1),
                                                    .kernel = own(window),
                                                    .stride = own(weights.stride),
                                                    .padding = own(weights.padding),
                                                    .height = answer().size(2),
                                                    .width = answer().size(3),
                                                    .groups = weights.groups,
                                                    .bias = weights.bias.defined(),
                                                    .weight_bits = weights.bits},
                                    from, weights);
    return make({relu ? layers_.add(ReluOp{}, {made}) : made, 0});
  }
  const LayerId made = add_packed(ConvOp{.out_channels = weights.weight.size(0),
                                         .kernel = own(window),
                                         .stride = own(weights.stride),
                                         .padding = Padding{own(weights.padding)},
                                         .groups = weights.groups,
                                         .dilation = own(weights.dilation),
                                         .bias = weights.bias.defined(),
                                         .weight_bits = weights.bits},
                                  from, weights);
  make({relu ? layers_.add(ReluOp{}, {made}) : made, 0});
}

void TorchScriptImporter::kernel_linear(bool relu, bool by_own_range) {
  const PackedWeights& weights = packed(1);
  NetworkTensor from = linear_operand(0);
  if (by_own_range) from.layer = by_range(from.layer, argument(2).toBool());
  LayerId made = add_packed(LinearOp{.out_features = weights.weight.size(0),
                                     .bias = weights.bias.defined(),
                                     .weight_bits = weights.bits},
                            from.layer, weights);
  if (relu) made = layers_.add(ReluOp{}, {made});
  make({made, from.batch});
}

void TorchScriptImporter::kernel_pair(const LayerOp& op, bool relu) {
  const std::size_t constant = is_of_network(0) ? 1 : 0;
  if (argument(constant).isScalar()) {
    const double number = real(constant);
    const bool adds = std::holds_alternative<AddOp>(op);
    const NetworkTensor from = operand(1 - constant);
    LayerId made =
        layers_.add(adds ? ScaleOp{.offset = number} : ScaleOp{.factor = number}, {from.layer});
    if (relu) made = layers_.add(ReluOp{}, {made});
    return make({made, from.batch});
  }
  // The larger first: the other is repeated.
  const bool larger = argument(0).toTensor().numel() >= argument(1).toTensor().numel();
  auto [layers, batch] = repeated(larger ? std::vector{argument(0), argument(1)}
                                         : std::vector{argument(1), argument(0)});
  LayerId made = layers_.add(op, std::move(layers));
  if (relu) made = layers_.add(ReluOp{}, {made});
  make({made, batch});
}

void TorchScriptImporter::kernel_norm(bool relu) {
  if (!has_argument(1) || !has_argument(2)) throw Unsupported{"no scale and shift"};
  const LayerId from = batched(0);
  const LayerId made =
      add_weighted(BatchNormOp{.epsilon = argument(5).toDouble()}, from,
                   weights({{1, "weight"}, {2, "bias"}, {3, "running_mean"}, {4, "running_var"}}));
  make({relu ? layers_.add(ReluOp{}, {made}) : made, 0});
}

void TorchScriptImporter::quantised_embedding() {
  const PackedWeights& table = packed(0);
  const NetworkTensor from = operand(1);
  layers_.name_rows(from.layer, table.weight.size(0));
  make({add_packed(EmbeddingOp{.entries = table.weight.size(0),
                               .features = table.weight.size(1),
                               .weight_bits = table.bits},
                   from.layer, table),
        from.batch});
}

void TorchScriptImporter::quantised_elu() {
  if (real(4) != 1 || real(5) != 1) throw Unsupported{"constants of its own"};
  unary(ActivationOp{ActivationOp::Kind::kElu, real(3)});
}

}  // namespace papilio
