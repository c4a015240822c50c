#include "models/import/torchscript_packed.hpp"

#include <ATen/ATen.h>
#include <ATen/native/quantized/PackedParams.h>
#include <ATen/native/quantized/cpu/EmbeddingPackedParams.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <exception>
#include <string_view>

#include "models/import/layer_list.hpp"

namespace papilio {
namespace {

std::int64_t bits_of(c10::ScalarType type) {
  constexpr std::int64_t kHalf = 4;
  constexpr std::int64_t kByte = 8;
  constexpr std::int64_t kShort = 16;
  switch (type) {
    case c10::ScalarType::QInt8:
    case c10::ScalarType::QUInt8:
      return kByte;
    case c10::ScalarType::QUInt4x2:
      return kHalf;
    case c10::ScalarType::QUInt2x4:
      return 2;
    case c10::ScalarType::Half:
      return kShort;
    default:
      return 0;
  }
}

/// @param object that packs a weight, and perhaps a bias
template <class Object>
PackedWeights weights_in(Object& object) {
  const auto [weight, bias] = object.unpack();
  PackedWeights result{
      .weight = as_reals(weight), .bias = {}, .bits = bits_of(weight.scalar_type())};
  if (bias && bias->defined()) result.bias = as_reals(*bias);
  return result;
}

template <int kAxes>
std::optional<PackedWeights> convolution_in(torch::CustomClassHolder* object) {
  auto* conv = dynamic_cast<ConvPackedParamsBase<kAxes>*>(object);
  if (conv == nullptr) return std::nullopt;
  PackedWeights result = weights_in(*conv);
  result.stride = conv->stride().vec();
  result.padding = conv->padding().vec();
  result.dilation = conv->dilation().vec();
  result.groups = conv->groups();
  result.transposed = conv->transpose();
  return result;
}

}  // namespace

std::optional<PackedWeights> unpacked(const c10::IValue& value) {
  if (!value.isObject() || value.toObjectRef().slots().size() != 1) return std::nullopt;
  const c10::IValue& slot = value.toObjectRef().getSlot(0);
  if (!slot.isCapsule()) return std::nullopt;
  const auto holder = slot.toCapsule();
  if (auto* linear = dynamic_cast<LinearPackedParamsBase*>(holder.get())) {
    return weights_in(*linear);
  }
  if (auto* table = dynamic_cast<EmbeddingPackedParamsBase*>(holder.get())) {
    const at::Tensor rows = table->unpack();
    return PackedWeights{.weight = as_reals(rows), .bias = {}, .bits = bits_of(rows.scalar_type())};
  }
  if (auto conv = convolution_in<2>(holder.get())) return conv;
  return convolution_in<3>(holder.get());
}

Levels levels_of_tensor(const at::Tensor& tensor) {
  if (tensor.qscheme() != at::kPerTensorAffine) {
    throw Unsupported{"a scale for each channel of a tensor that the network computes"};
  }
  const std::int64_t bits = bits_of(tensor.scalar_type());
  if (bits == 0) {
    throw Unsupported{"quantised numbers of more than 16 bits"};
  }
  return {.scale = tensor.q_scale(),
          .zero = tensor.q_zero_point(),
          .bits = bits,
          .is_signed = tensor.scalar_type() == c10::ScalarType::QInt8};
}

at::Tensor as_reals(const at::Tensor& tensor) {
  return (tensor.is_quantized() ? tensor.dequantize() : tensor).to(at::kFloat);
}

torch::jit::Module load_archive(const std::string& file, QuantisedKernels kernels) {
  const at::QEngine wanted =
      kernels == QuantisedKernels::kOneDnn ? at::QEngine::ONEDNN : at::QEngine::QNNPACK;
  const std::vector<at::QEngine>& all = at::globalContext().supportedQEngines();
  if (std::find(all.begin(), all.end(), wanted) != all.end()) {
    at::globalContext().setQEngine(wanted);
  }
  torch::jit::Module module = torch::jit::load(file, c10::kCPU);
  module.eval();
  return module;
}

torch::jit::Module load_archive(const std::string& file) {
  try {
    return load_archive(file, QuantisedKernels::kOneDnn);
  } catch (const std::exception& error) {  // of LibTorch, or of the code that unpacks
    const std::string_view what = error.what();
    if (what.find("ONEDNN") == what.npos && what.find("onednn") == what.npos) throw;
  }
  return load_archive(file, QuantisedKernels::kQnnpack);
}

}  // namespace papilio
