#include "models/import/check.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <functional>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>
#include <vector>

#include "models/tensor/network.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// Answers the same question in another way.
using Run = std::function<at::Tensor(const at::Tensor& picture)>;

ConfigError failure(const std::filesystem::path& file, const std::string& what) {
  return ConfigError{fmt::format("{}: error: {}", file.string(), what)};
}

/// Pictures of small and of large numbers: some layers differ for large ones only, as ReLU and
/// ReLU6 do.
std::vector<at::Tensor> pictures_for(const Graph& graph) {
  const TensorShape& shape = graph.layers().front().shape;
  std::vector<at::Tensor> pictures;
  constexpr std::uint64_t kSeed = 14;
  for (const double scale : {1.0, 8.0}) {
    pictures.push_back(scale * at::randn({1, shape.channels(), shape.height(), shape.width()},
                                         at::detail::createCPUGenerator(kSeed)));
  }
  return pictures;
}

/// Runs both on the same pictures.
/// @param by        who runs the file
/// @param tolerance of the spread of the right numbers: the larger part of a network's answer may
///                  be the same for all pictures, and tells nothing
ImportCheck compare(const std::filesystem::path& file, const Network& network, const Run& run,
                    const std::string& by, double tolerance) {
  const at::NoGradGuard no_grad;
  const double rounding = tolerance / 100;  // of the numbers themselves
  ImportCheck check{.by = by};
  for (const at::Tensor& picture : pictures_for(network.graph())) {
    const at::Tensor expected = run(picture).to(at::kFloat).contiguous().flatten();
    const at::Tensor found = network.forward(picture).flatten();
    if (expected.numel() != found.numel()) {
      throw failure(file,
                    fmt::format("the network made of it has {} numbers as output, and its own, "
                                "by {}, {}; tell us of the file",
                                found.numel(), by, expected.numel()));
    }
    if (!expected.isfinite().all().item<bool>()) {
      return {.why_not = "its own output is not finite"};
    }
    const auto greatest = expected.abs().max().item<double>();
    const double spread = (expected.max() - expected.min()).item<double>();
    const auto difference = (found - expected).abs().max().item<double>();
    if (!(difference <= tolerance * spread + rounding * greatest)) {
      throw failure(file, fmt::format("computes something else than the network made of it: on a "
                                      "random picture an output is off by {:.3g}, where the "
                                      "greatest is {:.3g} by {}; nothing was written",
                                      difference, greatest, by));
    }
    check.difference = std::max(check.difference, greatest > 0 ? difference / greatest : 0);
  }
  return check;
}

/// Loads an archive and runs its own code. All that a file's code does, it does in here.
Run module_of(const std::filesystem::path& file) {
  torch::jit::Module module = torch::jit::load(file.string(), c10::kCPU);
  module.eval();
  for (const auto& attribute : module.named_attributes()) {  // the graph computes with floats
    if (!attribute.value.isTensor()) continue;
    at::Tensor tensor = attribute.value.toTensor();
    if (!tensor.defined() || !tensor.is_floating_point()) continue;
    if (tensor.scalar_type() != at::kFloat) tensor.set_data(tensor.to(at::kFloat));
  }
  return [module = std::move(module)](const at::Tensor& picture) mutable {
    const at::NoGradGuard no_grad;
    std::vector<c10::IValue> inputs;
    const auto& arguments = module.get_method("forward").function().getSchema().arguments();
    for (std::size_t i = 1; i < arguments.size(); ++i) {  // the first is the module, by any name
      const c10::Argument& argument = arguments[i];
      const bool is_tensor = argument.type()->isSubtypeOf(*c10::TensorType::get());
      if (argument.default_value() && !is_tensor) break;
      // Of several, the network reads one, or it would have been refused.
      inputs.emplace_back(picture.clone());
    }
    std::function<at::Tensor(const c10::IValue&)> first_tensor = [&](const c10::IValue& answer) {
      if (answer.isTensor()) return answer.toTensor();
      if (answer.isTuple()) {
        for (const c10::IValue& element : answer.toTupleRef().elements().asArrayRef()) {
          if (element.isTensor() || element.isTuple()) {
            if (at::Tensor tensor = first_tensor(element); tensor.defined()) return tensor;
          }
        }
      }
      return at::Tensor{};
    };
    at::Tensor answer = first_tensor(module.forward(std::move(inputs)));
    if (!answer.defined()) throw std::runtime_error{"its answer is no tensor"};
    return answer;
  };
}

}  // namespace

ImportCheck check_torchscript(const std::filesystem::path& file, const Graph& graph) {
  Network network{graph};
  network.load(read_state_dict(file), file.string());
  const TensorShape& input = graph.layers().front().shape;
  try {
    return compare(file, network, module_of(file), "LibTorch", 1e-4);
  } catch (const ConfigError&) {
    throw;
  } catch (const std::exception& error) {
    const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
    throw failure(file, fmt::format("does not run on an input of {}x{}x{}; check --input: {}",
                                    input.channels(), input.height(), input.width(),
                                    torch_error != nullptr ? torch_error->what_without_backtrace()
                                                           : error.what()));
  }
}

ImportCheck check_onnx(const std::filesystem::path& file, const OnnxNetwork& network) {
  if (!network.why_not_run.empty()) return {.why_not = network.why_not_run};
  if (network.model.empty()) return {.why_not = "it is too large"};
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  cv::redirectError([](int, const char*, const char*, const char*, int, void*) { return 0; });
  Network ours{network.graph};
  ours.load(network.weights, file.string());
  try {
    cv::dnn::Net net = cv::dnn::readNetFromONNX(network.model.data(), network.model.size());
    const Run run = [&](const at::Tensor& picture) {
      at::Tensor numbers = picture.contiguous();
      const auto& sizes = numbers.sizes();
      std::vector<int> shape;
      for (const std::int64_t size : sizes) shape.push_back(static_cast<int>(size));
      net.setInput(cv::Mat(shape, CV_32F, numbers.data_ptr<float>()));
      const cv::Mat answer = net.forward();
      return at::from_blob(answer.data, {static_cast<std::int64_t>(answer.total())}, at::kFloat)
          .clone();
    };
    return compare(file, ours, run, "OpenCV's dnn", 1e-3);
  } catch (const cv::Exception& error) {
    std::string reason = error.err;
    std::replace(reason.begin(), reason.end(), '\n', ' ');
    return {.why_not = "OpenCV's dnn does not run it: " + reason};
  }
}

std::string to_string(const ImportCheck& check) {
  if (check.by.empty()) return fmt::format("Not checked against the file: {}.", check.why_not);
  return fmt::format(
      "Checked against the file's own computation by {}, on random pictures: no output differs by "
      "more than {:.1g} of the greatest.",
      check.by, check.difference);
}

}  // namespace papilio
