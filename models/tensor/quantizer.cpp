#include "models/tensor/quantizer.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

float step_of(float min, float max, int bits) {
  return (max - min) / static_cast<float>((1 << bits) - 1);
}

}  // namespace

QuantizedTensor quantize(const at::Tensor& features, int bits) {
  PAPILIO_CHECK(bits >= 1 && bits <= 16);
  PAPILIO_CHECK(features.dim() == 3 || features.dim() == 1);
  const at::Tensor flat = features.detach().to(at::kCPU, at::kFloat).contiguous().view(-1);
  const auto [min, max] = at::aminmax(flat);
  QuantizedTensor result{.shape = {features.size(0), 1, 1},
                         .bits = bits,
                         .min = min.item<float>(),
                         .max = max.item<float>()};
  if (features.dim() == 3) {
    result.shape.height = features.size(1);
    result.shape.width = features.size(2);
  }
  // Not a number spoils both ends, and an infinity one of them.
  if (!std::isfinite(result.min) || !std::isfinite(result.max)) {
    throw SimulationError{"a feature is not finite; the network has diverged"};
  }
  result.levels.assign(static_cast<std::size_t>(flat.numel()), 0);
  const float step = step_of(result.min, result.max, bits);
  if (step > 0) {
    const at::Tensor levels = at::round((flat - result.min) / step).to(at::kInt);
    const int* data = levels.data_ptr<int>();
    for (std::size_t i = 0; i < result.levels.size(); ++i)
      result.levels[i] = static_cast<std::uint16_t>(data[i]);
  }
  return result;
}

at::Tensor dequantize(const QuantizedTensor& tensor, bool flat) {
  const at::Tensor levels = at::empty({static_cast<std::int64_t>(tensor.levels.size())}, at::kInt);
  int* data = levels.data_ptr<int>();
  for (std::size_t i = 0; i < tensor.levels.size(); ++i) data[i] = tensor.levels[i];
  const float step = step_of(tensor.min, tensor.max, tensor.bits);
  const at::Tensor values = levels.to(at::kFloat) * step + tensor.min;
  if (flat) return values.unsqueeze(0);
  return values.view({1, tensor.shape.channels, tensor.shape.height, tensor.shape.width});
}

at::Tensor quantized_like(const at::Tensor& features, int bits) {
  PAPILIO_CHECK(bits >= 1 && bits <= 16);
  const at::Tensor x = features.detach();
  const at::Tensor rows = x.flatten(1);
  std::vector<std::int64_t> by_image(static_cast<std::size_t>(x.dim()), 1);
  by_image[0] = x.size(0);
  const at::Tensor min = rows.amin(1).view(by_image);
  const at::Tensor max = rows.amax(1).view(by_image);
  const at::Tensor step = (max - min) / static_cast<float>((1 << bits) - 1);
  // An image of one value has no step; it is its own quantisation.
  const at::Tensor divisor = at::where(step > 0, step, at::ones_like(step));
  const at::Tensor values = at::round((x - min) / divisor) * step + min;
  // The difference is exactly zero, with the gradient of the identity.
  return values + (features - x);
}

}  // namespace papilio
