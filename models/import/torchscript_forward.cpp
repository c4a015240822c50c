#include "models/import/torchscript_forward.hpp"

#include <fmt/format.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/lower_tuples.h>
#include <torch/csrc/jit/passes/peephole.h>
#include <torch/csrc/jit/passes/remove_mutation.h>
#include <torch/csrc/jit/passes/symbolic_shape_analysis.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/version.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "models/import/layer_list.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

using torch::jit::Node;
using torch::jit::Value;

constexpr const char* kTrace = "torch.jit.trace(model.eval(), picture).save(FILE)";

/// How many branches are still open.
std::size_t branches(const torch::jit::Graph& graph) {
  return static_cast<std::size_t>(
      std::count_if(graph.nodes().begin(), graph.nodes().end(),
                    [](const Node* node) { return node->kind() == c10::prim::If; }));
}

/// Leaves one output, the first that is a tensor.
/// @return how many other tensors there were
std::size_t keep_one_output(torch::jit::Graph& graph) {
  std::vector<std::size_t> others;
  std::size_t tensors = 0;
  for (std::size_t i = 0; i < graph.outputs().size(); ++i) {
    const Value& value = *graph.outputs()[i];
    const bool is_tensor = value.type()->isSubtypeOf(*c10::TensorType::get());
    if (!is_tensor || tensors++ > 0) others.push_back(i);
  }
  if (tensors == 0) throw Unsupported{"an output that is no tensor of the network"};
  for (auto it = others.rbegin(); it != others.rend(); ++it) graph.eraseOutput(*it);
  return tensors - 1;
}

Forward forward_of(torch::jit::Module module, const TensorShape& input) {
  Forward forward;
  module.eval();
  {
    // Equal constants would become one: weights of batch norms are, at first.
    const at::NoGradGuard no_grad;
    double unique = 0;
    for (const auto& attribute : module.named_attributes()) {
      if (!attribute.value.isTensor()) continue;
      at::Tensor tensor = attribute.value.toTensor();
      if (!tensor.defined()) continue;
      forward.tensors.push_back(attribute.name);
      if (!tensor.is_floating_point() || tensor.dim() == 0 || tensor.numel() == 0) continue;
      if (tensor.scalar_type() != at::kFloat) tensor.set_data(tensor.to(at::kFloat));
      tensor.fill_(++unique);
      forward.names.add(tensor, attribute.name);
    }
  }
  forward.graph = torch::jit::freeze_module(module).get_method("forward").graph();
  std::shared_ptr<torch::jit::Graph>& graph = forward.graph;
  torch::jit::LowerAllTuples(graph);
  forward.left_out = keep_one_output(*graph);
  // What a script asks of its input is known: its type, dimensions and size.
  for (Value* value : graph->inputs()) {
    if (value->type()->isSubtypeOf(*c10::TensorType::get())) {
      value->setType(c10::TensorType::createContiguous(
          at::kFloat, at::kCPU, {1, input.channels(), input.height(), input.width()}));
    }
  }
  // Each round makes known what the next one needs, from the input to the output.
  std::size_t before = 0;
  for (std::size_t questions = branches(*graph); questions > 0 && questions != before;
       questions = branches(*graph)) {
    before = questions;
    torch::jit::PropagateShapesOnGraph(graph);
    torch::jit::PeepholeOptimize(graph);
    torch::jit::ConstantPropagation(graph);
    torch::jit::RemoveListMutation(graph);
  }
  torch::jit::EliminateDeadCode(graph);
  return forward;
}

/// Of an archive that cannot be loaded: what its own program failed at, the operator that LibTorch
/// does not know, or else LibTorch's words.
std::string reason_not_to_load(const std::string& message) {
  if (message.find("failed in the TorchScript interpreter") != std::string::npos) {
    constexpr std::string_view kError = "RuntimeError: ";
    const std::size_t error = message.rfind(kError);
    std::string what = error == std::string::npos ? message : message.substr(error + kError.size());
    while (what.ends_with('\n')) what.pop_back();
    return fmt::format(
        "is a program that does more than compute while it is read, and failed: {}\n"
        "What reads it may write no file, start no program and reach no network; trace the model "
        "instead, with {}",
        what, kTrace);
  }
  constexpr std::string_view kUnknown = "Unknown builtin op: ";
  const std::size_t begin = message.find(kUnknown);
  if (begin == std::string::npos) {
    return fmt::format("is no TorchScript archive that LibTorch reads; write one with {}: {}",
                       kTrace, message);
  }
  std::string name = message.substr(begin + kUnknown.size());
  name.erase(std::min(name.find_first_of(" \n"), name.size()));
  if (name.ends_with('.')) name.pop_back();
  return fmt::format(
      "has an operator that neither LibTorch {} nor Papilio knows: {}\nReplace it in the model "
      "before it is saved, or save the model with an older PyTorch",
      TORCH_VERSION, name);
}

}  // namespace

Forward load_forward(const std::filesystem::path& file, const TensorShape& input) {
  const auto fail = [&](const std::string& what) {
    return ConfigError{fmt::format("{}: error: {}", file.string(), what)};
  };
  if (!std::filesystem::is_regular_file(file)) throw fail("is no file; check the path");
  std::optional<torch::jit::Module> module;
  try {
    module = torch::jit::load(file.string(), c10::kCPU);
  } catch (const c10::Error& error) {
    throw fail(reason_not_to_load(error.what_without_backtrace()));
  } catch (const std::exception& error) {  // of the code in it
    throw fail(reason_not_to_load(error.what()));
  }
  try {
    return forward_of(*std::move(module), input);
  } catch (const Unsupported& reason) {
    throw fail(fmt::format("has {}", reason.what()));
  } catch (const c10::Error& error) {
    throw fail(
        fmt::format("is a script that LibTorch cannot resolve for one input; trace it with "
                    "{}: {}",
                    kTrace, error.what_without_backtrace()));
  } catch (const std::exception& error) {
    throw fail(
        fmt::format("is a script that LibTorch cannot resolve for one input; trace it with "
                    "{}: {}",
                    kTrace, error.what()));
  }
}

}  // namespace papilio
