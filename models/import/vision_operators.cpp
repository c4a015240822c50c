#include "models/import/vision_operators.hpp"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/library.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

namespace papilio {
namespace {

/// The positions of the boxes that stay, best first: each that does not overlap a better one that
/// stays by more than a share of what both cover. As torchvision 0.14 (ops/cpu/nms_kernel.cpp).
/// @param boxes `[n × 4]`: left, top, right and bottom
at::Tensor suppress_but_maxima(const at::Tensor& boxes, const at::Tensor& scores,
                               double threshold) {
  TORCH_CHECK(boxes.dim() == 2 && boxes.size(1) == 4 && scores.dim() == 1 &&
                  scores.size(0) == boxes.size(0),
              "nms takes boxes of four numbers and a score each");
  const at::Tensor order = std::get<1>(scores.sort(/*stable=*/true, 0, /*descending=*/true));
  const at::Tensor sorted = boxes.index_select(0, order).to(at::kFloat).contiguous();
  const std::int64_t count = sorted.size(0);
  const float* box = sorted.data_ptr<float>();
  const auto area = [&](std::int64_t i) {
    return (box[4 * i + 2] - box[4 * i]) * (box[4 * i + 3] - box[4 * i + 1]);
  };
  std::vector<bool> gone(static_cast<std::size_t>(count));
  std::vector<std::int64_t> stays;
  for (std::int64_t i = 0; i < count; ++i) {
    if (gone[static_cast<std::size_t>(i)]) continue;
    stays.push_back(i);
    for (std::int64_t j = i + 1; j < count; ++j) {
      const float left = std::max(box[4 * i], box[4 * j]);
      const float top = std::max(box[4 * i + 1], box[4 * j + 1]);
      const float right = std::min(box[4 * i + 2], box[4 * j + 2]);
      const float bottom = std::min(box[4 * i + 3], box[4 * j + 3]);
      const float common = std::max(0.0F, right - left) * std::max(0.0F, bottom - top);
      const float share = common / (area(i) + area(j) - common);
      if (static_cast<double>(share) > threshold) gone[static_cast<std::size_t>(j)] = true;
    }
  }
  const at::Tensor kept = at::empty({static_cast<std::int64_t>(stays.size())}, at::kLong);
  std::copy(stays.begin(), stays.end(), kept.data_ptr<std::int64_t>());
  return order.index_select(0, kept);
}

/// One axis of a place between pixels: the two that it lies between, and how near it is to the
/// second.
struct Between {
  std::int64_t low{0};
  std::int64_t high{0};
  float share{0};
  bool outside{false};
};
Between between(float place, std::int64_t size) {
  if (place < -1 || place > static_cast<float>(size)) return {.outside = true};
  place = std::max(place, 0.0F);
  const auto low = static_cast<std::int64_t>(place);
  if (low >= size - 1) return {size - 1, size - 1, 0, false};
  return {low, low + 1, place - static_cast<float>(low), false};
}

/// The places of one axis at which the windows of a region are looked at, window by window.
/// @param samples in a window; 0: as many as there are pixels
std::vector<std::vector<Between>> places_along(float begin, float length, std::int64_t windows,
                                               std::int64_t samples, std::int64_t size) {
  const float window = length / static_cast<float>(windows);
  if (samples <= 0) samples = static_cast<std::int64_t>(std::ceil(window));
  std::vector<std::vector<Between>> places(static_cast<std::size_t>(windows));
  for (std::int64_t w = 0; w < windows; ++w) {
    for (std::int64_t i = 0; i < samples; ++i) {
      const float place = begin + static_cast<float>(w) * window +
                          (static_cast<float>(i) + 0.5F) * window / static_cast<float>(samples);
      places[static_cast<std::size_t>(w)].push_back(between(place, size));
    }
  }
  return places;
}

/// Regions of a picture's features, each made of so many windows: the mean of samples between
/// pixels (He et al. 2017, section 3). As torchvision 0.14 (ops/cpu/roi_align_kernel.cpp).
/// @param regions `[n × 5]`: which picture, left, top, right and bottom
at::Tensor align_regions(const at::Tensor& features, const at::Tensor& regions, double scale,
                         std::int64_t height, std::int64_t width, std::int64_t samples,
                         bool aligned) {
  TORCH_CHECK(
      features.dim() == 4 && regions.dim() == 2 && regions.size(1) == 5 && height > 0 && width > 0,
      "roi_align takes pictures' features, and regions of five numbers");
  const at::Tensor from = features.to(at::kFloat).contiguous();
  const at::Tensor boxes = regions.to(at::kFloat).contiguous();
  const std::int64_t count = boxes.size(0);
  const std::int64_t channels = from.size(1);
  const std::int64_t rows = from.size(2);
  const std::int64_t columns = from.size(3);
  const at::Tensor result = at::zeros({count, channels, height, width}, at::kFloat);
  const auto factor = static_cast<float>(scale);
  const float offset = aligned ? 0.5F : 0.0F;
  float* to = result.data_ptr<float>();
  for (std::int64_t n = 0; n < count; ++n) {
    const float* box = boxes.data_ptr<float>() + n * 5;
    const auto picture = static_cast<std::int64_t>(box[0]);
    TORCH_CHECK(picture >= 0 && picture < from.size(0), "roi_align: there is no such picture");
    const float left = box[1] * factor - offset;
    const float top = box[2] * factor - offset;
    float across = box[3] * factor - offset - left;
    float down = box[4] * factor - offset - top;
    if (!aligned) {  // a region is a pixel at least
      across = std::max(across, 1.0F);
      down = std::max(down, 1.0F);
    }
    const auto ys = places_along(top, down, height, samples, rows);
    const auto xs = places_along(left, across, width, samples, columns);
    for (std::int64_t c = 0; c < channels; ++c) {
      const float* plane = from.data_ptr<float>() + (picture * channels + c) * rows * columns;
      for (const std::vector<Between>& of_row : ys) {
        for (const std::vector<Between>& of_column : xs) {
          float sum = 0;
          for (const Between& y : of_row) {
            for (const Between& x : of_column) {
              if (y.outside || x.outside) continue;
              const float* upper = plane + y.low * columns;
              const float* lower = plane + y.high * columns;
              sum += (1 - y.share) * (1 - x.share) * upper[x.low] +
                     (1 - y.share) * x.share * upper[x.high] +
                     y.share * (1 - x.share) * lower[x.low] + y.share * x.share * lower[x.high];
            }
          }
          *to++ =
              sum / static_cast<float>(std::max<std::size_t>(of_row.size() * of_column.size(), 1));
        }
      }
    }
  }
  return result;
}

}  // namespace

void register_vision_operators() {
  // Kept for good: what is registered goes when it does.
  static std::unique_ptr<torch::Library> library;
  auto& dispatcher = c10::Dispatcher::singleton();
  const bool known = dispatcher.findSchema({"torchvision::nms", ""}).has_value() ||
                     dispatcher.findSchema({"torchvision::roi_align", ""}).has_value();
  if (known || library) return;
  library = std::make_unique<torch::Library>(torch::Library::FRAGMENT, "torchvision", c10::nullopt,
                                             __FILE__, __LINE__);
  library->def("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
               suppress_but_maxima);
  library->def(
      "roi_align(Tensor input, Tensor rois, float spatial_scale, int pooled_height, "
      "int pooled_width, int sampling_ratio, bool aligned) -> Tensor",
      align_regions);
}

}  // namespace papilio
