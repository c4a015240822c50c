#include "models/tensor/windowed.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace papilio {
namespace {

/// The numbers of a window along the last axes of a tensor, as LibTorch takes them.
std::vector<std::int64_t> along(const Spatial& window, std::size_t axes) {
  std::vector<std::int64_t> numbers;
  for (std::size_t i = 3 - axes; i < 3; ++i) numbers.push_back(window[i]);
  return numbers;
}
/// Axes behind the batch and the channels.
std::size_t places_of(const at::Tensor& x) {
  return static_cast<std::size_t>(x.dim()) - 2;
}
/// A flat vector as a picture of one row and column.
at::Tensor with_places(const at::Tensor& x) {
  return x.dim() == 2 ? x.reshape({x.size(0), x.size(1), 1, 1}) : x;
}

/// Whether the axes of a window have as many before as behind.
bool is_even(const Padding& padding, std::size_t axes) {
  return along(padding.before(), axes) == along(padding.behind(), axes);
}

/// LibTorch pads both ends alike; whatever else is put around before.
at::Tensor padded(const at::Tensor& x, const Padding& padding, double value) {
  std::vector<std::int64_t> around;
  const std::size_t axes = places_of(x);
  const auto before = along(padding.before(), axes);
  const auto behind = along(padding.behind(), axes);
  for (std::size_t i = axes; i-- > 0;) {
    around.push_back(before[i]);
    around.push_back(behind[i]);
  }
  return at::constant_pad_nd(x, around, value);
}

/// Whether LibTorch's pools take this padding.
bool is_common(const Padding& padding, const Spatial& kernel, std::size_t axes) {
  if (!is_even(padding, axes)) return false;
  const auto before = along(padding.before(), axes);
  const auto sizes = along(kernel, axes);
  return std::equal(before.begin(), before.end(), sizes.begin(),
                    [](std::int64_t zeros, std::int64_t size) { return 2 * zeros <= size; });
}

at::Tensor max_pool(const at::Tensor& x, const Spatial& kernel, const Spatial& stride,
                    const Spatial& padding, bool ceil) {
  const std::size_t axes = places_of(x);
  const auto pool = axes == 1 ? at::max_pool1d : axes == 2 ? at::max_pool2d : at::max_pool3d;
  return pool(x, along(kernel, axes), along(stride, axes), along(padding, axes),
              std::vector<std::int64_t>(axes, 1), ceil);
}

at::Tensor mean_pool(const at::Tensor& x, const Spatial& kernel, const Spatial& stride,
                     const Spatial& padding, bool count_padding) {
  const std::size_t axes = places_of(x);
  const auto sizes = along(kernel, axes);
  const auto steps = along(stride, axes);
  const auto zeros = along(padding, axes);
  if (axes == 1) return at::avg_pool1d(x, sizes, steps, zeros, false, count_padding);
  if (axes == 2) return at::avg_pool2d(x, sizes, steps, zeros, false, count_padding);
  return at::avg_pool3d(x, sizes, steps, zeros, false, count_padding);
}

}  // namespace

at::Tensor convolve(const at::Tensor& flat, const at::Tensor& weight, const at::Tensor& bias,
                    const ConvOp& op) {
  const at::Tensor x = with_places(flat);
  const std::size_t axes = places_of(x);
  const bool even = is_even(op.padding, axes);
  const Spatial padding = even ? op.padding.before() : Spatial{0};
  return at::convolution(even ? x : padded(x, op.padding, 0), weight, bias, along(op.stride, axes),
                         along(padding, axes), along(op.dilation, axes), /*transposed=*/false,
                         std::vector<std::int64_t>(axes, 0), op.groups);
}

at::Tensor pool(const at::Tensor& flat, const MaxPoolOp& op, const TensorShape& out) {
  const at::Tensor x = with_places(flat);
  const std::size_t axes = places_of(x);
  if (is_common(op.padding, op.kernel, axes)) {
    return max_pool(x, op.kernel, op.stride, op.padding.before(), op.ceil);
  }
  const Spatial before = op.padding.before();
  std::vector<std::int64_t> rest;
  for (std::size_t i = 0; i < axes; ++i) {
    const std::size_t of = 3 - axes + i;
    const auto dimension = static_cast<std::int64_t>(i);
    rest.push_back(std::max<std::int64_t>(
        (out[1 + i] - 1) * op.stride[of] + op.kernel[of] - x.size(2 + dimension) - before[of], 0));
  }
  Padding around{before};
  around.right = rest.back();
  if (axes > 1) around.bottom = rest[axes - 2];
  if (axes > 2) around.back = rest.front();
  return max_pool(padded(x, around, -std::numeric_limits<double>::infinity()), op.kernel, op.stride,
                  Spatial{0}, false);
}

at::Tensor pool(const at::Tensor& flat, const AvgPoolOp& op) {
  const at::Tensor x = with_places(flat);
  if (is_common(op.padding, op.kernel, places_of(x))) {
    return mean_pool(x, op.kernel, op.stride, op.padding.before(), op.count_padding);
  }
  const auto mean = [&](const at::Tensor& of) {
    return mean_pool(padded(of, op.padding, 0), op.kernel, op.stride, Spatial{0}, true);
  };
  if (op.count_padding) return mean(x);
  return mean(x) / mean(at::ones_like(x));
}

at::Tensor pool(const at::Tensor& flat, const AdaptivePoolOp& op) {
  const at::Tensor x = with_places(flat);
  const std::size_t axes = places_of(x);
  const auto size = along(op.size, axes);
  if (op.maximum) {
    if (axes == 1) return std::get<0>(at::adaptive_max_pool1d(x, size));
    if (axes == 2) return std::get<0>(at::adaptive_max_pool2d(x, size));
    return std::get<0>(at::adaptive_max_pool3d(x, size));
  }
  if (axes == 1) return at::adaptive_avg_pool1d(x, size);
  if (axes == 2) return at::adaptive_avg_pool2d(x, size);
  return at::adaptive_avg_pool3d(x, size);
}

at::Tensor global_mean(const at::Tensor& flat) {
  const at::Tensor x = with_places(flat);
  if (places_of(x) == 2) return at::adaptive_avg_pool2d(x, {1, 1});
  std::vector<std::int64_t> places;
  for (std::int64_t axis = 2; axis < x.dim(); ++axis) places.push_back(axis);
  return at::mean(x, places, /*keepdim=*/true);
}

at::Tensor normalized(const at::Tensor& x, const LocalNormOp& op) {
  const std::int64_t around = op.size / 2;
  const at::Tensor squares = at::mul(x, x).reshape({x.size(0), 1, x.size(1), -1});
  const at::Tensor means =
      at::avg_pool2d(squares, {op.size, 1}, {1, 1}, {around, 0}).reshape(x.sizes());
  return at::div(x, at::pow(at::add(at::mul(means, op.factor), op.offset), op.exponent));
}

at::Tensor resized(const at::Tensor& flat, const ResizeOp& op) {
  const at::Tensor x = with_places(flat);
  if (op.method == ResizeOp::Method::kNearest) {
    return at::upsample_nearest2d(x, {op.height, op.width});
  }
  if (op.method == ResizeOp::Method::kBicubic || op.method == ResizeOp::Method::kBicubicCorners) {
    return at::upsample_bicubic2d(x, {op.height, op.width},
                                  op.method == ResizeOp::Method::kBicubicCorners);
  }
  return at::upsample_bilinear2d(x, {op.height, op.width},
                                 op.method == ResizeOp::Method::kBilinearCorners);
}

at::Tensor shortcut(const at::Tensor& flat, const ZeroPadShortcutOp& op) {
  const at::Tensor x = with_places(flat);
  const std::int64_t zeros = (op.channels - x.size(1)) / 2;
  const at::Tensor fewer = x.slice(2, 0, x.size(2), op.stride).slice(3, 0, x.size(3), op.stride);
  return at::constant_pad_nd(fewer, {0, 0, 0, 0, zeros, zeros});
}

at::Tensor convolve(const at::Tensor& flat, const at::Tensor& weight, const at::Tensor& bias,
                    const ConvTransposeOp& op) {
  const at::Tensor x = with_places(flat);
  const std::size_t axes = places_of(x);
  std::vector<std::int64_t> more;  // places at the end that the stride leaves open
  for (std::size_t i = 0; i < axes; ++i) {
    const std::size_t of = 3 - axes + i;
    more.push_back(op.size()[of] -
                   ((x.sizes()[2 + i] - 1) * op.stride[of] - 2 * op.padding[of] + op.kernel[of]));
  }
  return at::convolution(x, weight, bias, along(op.stride, axes), along(op.padding, axes),
                         std::vector<std::int64_t>(axes, 1), /*transposed=*/true, more, op.groups);
}

}  // namespace papilio
