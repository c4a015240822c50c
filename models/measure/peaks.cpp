#include "models/measure/peaks.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>

namespace papilio {
namespace {

/// Seconds of the fastest pass. An answer that is read back has been computed, on a GPU too.
double fastest_s(const std::function<at::Tensor()>& pass) {
  constexpr int kPasses = 7;
  double fastest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kPasses; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const at::Tensor answer = pass();
    static_cast<void>(answer.flatten()[0].item<float>());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    fastest = std::min(fastest, took.count());
  }
  return fastest;
}

}  // namespace

Peaks measure_peaks(c10::Device device, c10::ScalarType type) {
  const at::TensorOptions options = at::TensorOptions{}.device(device).dtype(type);
  // Large enough that a pass takes milliseconds, and that a GPU is filled.
  const std::int64_t side = device.is_cpu() ? 1536 : 8192;
  const at::Tensor square = at::ones({side, side}, options);
  const double product_s = fastest_s([&] { return at::mm(square, square); });
  constexpr std::int64_t kBytes = std::int64_t{1} << 28;
  const at::Tensor from =
      at::ones({kBytes / static_cast<std::int64_t>(c10::elementSize(type))}, options);
  at::Tensor to = at::zeros_like(from);
  const double copy_s = fastest_s([&] { return to.copy_(from); });
  const auto edge = static_cast<double>(side);
  return {.flop_per_s = 2 * edge * edge * edge / product_s,
          .byte_per_s = 2 * static_cast<double>(kBytes) / copy_s};
}

}  // namespace papilio
