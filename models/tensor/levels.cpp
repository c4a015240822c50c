#include "models/tensor/levels.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace papilio {
namespace {

/// The levels of one sample's range, as PyTorch 1.13 chooses them for a dynamically quantised
/// kernel (aten/src/ATen/native/quantized/cpu/QuantUtils.h, ChooseQuantizationParams).
Levels of_range(Levels levels, double least, double greatest) {
  constexpr double kLeastScale = 6.1e-5;  // of 16-bit floats
  constexpr double kScaleOfNothing = 0.1;
  const auto first = static_cast<double>(levels.least() / (levels.halved ? 2 : 1));
  const auto last = static_cast<double>(levels.greatest() / (levels.halved ? 2 : 1));
  least = std::min(least, 0.0);
  greatest = std::max(greatest, 0.0);
  double scale = (greatest - least) / (last - first);
  const auto narrow = static_cast<float>(scale);
  if (narrow == 0 || std::isinf(1 / narrow)) scale = kScaleOfNothing;
  if (scale < kLeastScale) {
    const double amplifier = kLeastScale / scale;
    scale = kLeastScale;
    if (least == 0) {
      greatest = kLeastScale * (last - first);
    } else if (greatest == 0) {
      least = -kLeastScale * (last - first);
    } else {
      least *= amplifier;
      greatest *= amplifier;
    }
  }
  const double below = least / scale;
  const double above = greatest / scale;
  const bool by_least = std::abs(first) - std::abs(below) < std::abs(last) - std::abs(above);
  const double zero = by_least ? first - below : last - above;
  levels.scale = scale;
  levels.zero = static_cast<std::int64_t>(std::nearbyint(std::clamp(zero, first, last)));
  return levels;
}

at::Tensor rounded(const at::Tensor& x, const Levels& levels, bool training) {
  const std::int64_t share = levels.halved ? 2 : 1;
  const auto least = static_cast<double>(levels.least() / share - levels.zero);
  const auto greatest = static_cast<double>(levels.greatest() / share - levels.zero);
  // Levels have fewer digits than the products of 16-bit floats keep.
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor levelled =
      at::mul(at::clamp(at::round(at::div(wide, levels.scale)), least, greatest), levels.scale);
  if (!training) return levelled.to(x.scalar_type());
  const at::Tensor inside = at::clamp(wide, least * levels.scale, greatest * levels.scale);
  return (inside + (levelled - inside).detach()).to(x.scalar_type());
}

}  // namespace

at::Tensor on_levels(const at::Tensor& samples, const Levels& levels, bool training) {
  if (!levels.by_range) return rounded(samples, levels, training);
  std::vector<at::Tensor> each;
  for (std::int64_t i = 0; i < samples.size(0); ++i) {
    const at::Tensor one = samples.slice(0, i, i + 1);
    const at::Tensor numbers = one.detach();
    each.push_back(
        rounded(one, of_range(levels, numbers.min().item<double>(), numbers.max().item<double>()),
                training));
  }
  return at::cat(each);
}

}  // namespace papilio
