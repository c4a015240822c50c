#include "models/import/check.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/import/opaque_part.hpp"
#include "models/import/torchscript_inputs.hpp"
#include "models/import/torchscript_packed.hpp"
#include "models/import/torchscript_tensors.hpp"
#include "models/tensor/network.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// The inputs of a network, `[1 × …]` each, in order.
using Sample = std::vector<at::Tensor>;
/// Answers the same question in another way: with all numbers of the outputs, one tensor's behind
/// the other's.
using Run = std::function<at::Tensor(const Sample& sample)>;
/// A sample by its number, of numbers so large.
using Draw = std::function<Sample(double scale)>;

ConfigError failure(const std::filesystem::path& file, const std::string& what) {
  return ConfigError{fmt::format("{}: error: {}", file.string(), what)};
}

/// From one level of a layer's output to the next; of an output of reals, of as many levels as
/// 8 bits have over its range.
double level_of(const Layer& layer, double spread, double greatest) {
  constexpr double kLevels = 255;
  const std::optional<Levels>& levels = layer.levels;
  return levels && !levels->by_range ? levels->scale : (spread > 0 ? spread : greatest) / kLevels;
}

/// Notes how far the numbers of an output are off, in levels.
void compare_levels(ImportCheck& check, const at::Tensor& levels) {
  constexpr double kHalf = 0.5;
  constexpr double kFar = std::numeric_limits<double>::infinity();
  const at::Tensor off = at::nan_to_num(levels, kFar, kFar);
  check.levels = std::max(check.levels.value_or(0), off.max().item<double>());
  check.mean_levels = std::max(check.mean_levels, off.mean().item<double>());
  check.share = std::max(check.share, off.ge(kHalf).to(at::kFloat).mean().item<double>());
}

/// Networks whose numbers are rounded on the way may differ: an element between two levels may go
/// to the other one, and so may those that hang on it.
/// @throws ConfigError if this one differs by more
void require_near(const std::filesystem::path& file, const ImportCheck& check) {
  constexpr double kMostOfKernel = 2;
  constexpr double kMostShareOfKernels = 0.1;
  if (check.kernel_levels > kMostOfKernel || check.kernel_share > kMostShareOfKernels) {
    throw failure(file,
                  fmt::format("computes something else than the network made of it: on a random "
                              "input a quantised tensor, made of the right ones before it, is off "
                              "by {:.3g} levels, and {:.2g} % of the numbers by half a level or "
                              "more, where {} and {} % are allowed, by {}; nothing was written",
                              check.kernel_levels, check.kernel_share * 100, kMostOfKernel,
                              kMostShareOfKernels * 100, check.by));
  }
  constexpr double kMost = 8;
  constexpr double kMostMean = 1;
  // Where each kernel was compared by itself, what adds up tells nothing more.
  if (check.kernels > 0) return;
  if (!check.levels || (*check.levels <= kMost && check.mean_levels <= kMostMean)) return;
  throw failure(file,
                fmt::format("computes something else than the network made of it: on a random "
                            "input an output is off by {:.3g} levels, and all by {:.2g} in "
                            "the mean, where {} and {} are allowed, by {}; nothing was "
                            "written",
                            *check.levels, check.mean_levels, kMost, kMostMean, check.by));
}

/// Notes how far the numbers that a layer makes are off.
/// @throws ConfigError if it is too far
void compare_numbers(ImportCheck& check, const std::filesystem::path& file, const Graph& graph,
                     LayerId id, const at::Tensor& expected, const at::Tensor& found,
                     double tolerance) {
  const double rounding = tolerance / 100;  // of the numbers themselves
  const bool is_last = id + 1 == graph.layers().size();
  const auto greatest = expected.abs().max().item<double>();
  const double spread = (expected.max() - expected.min()).item<double>();
  const auto difference = (found - expected).abs().max().item<double>();
  const double level = level_of(graph.layer(id), spread, greatest);
  if (graph.is_quantised() && level > 0) {
    compare_levels(check, (found - expected).abs() / level);
  } else if (!(difference <= tolerance * spread + rounding * greatest)) {
    throw failure(file, fmt::format("computes something else than the network made of it: on a "
                                    "random input {} is off by {:.3g}, where the "
                                    "greatest is {:.3g} by {}; nothing was written",
                                    is_last ? "an output"
                                            : fmt::format("the layer '{}'", graph.layer(id).name),
                                    difference, greatest, check.by));
  }
  check.difference = std::max(check.difference, greatest > 0 ? difference / greatest : 0);
}

/// Runs both on the same samples, of small and of large numbers: some layers differ for large ones
/// only, as ReLU and ReLU6 do.
/// @param inputs    layers whose numbers are drawn
/// @param outputs   layers whose numbers are compared
/// @param by        who runs the file
/// @param tolerance of the spread of the right numbers: the larger part of a network's answer may
///                  be the same for all pictures, and tells nothing
ImportCheck compare(const std::filesystem::path& file, const Network& network,
                    const std::vector<LayerId>& inputs, const std::vector<LayerId>& outputs,
                    const Draw& draw, const Run& run, const std::string& by, double tolerance) {
  const at::NoGradGuard no_grad;
  const Graph& graph = network.graph();
  const bool is_whole = outputs == std::vector<LayerId>{graph.layers().size() - 1};
  ImportCheck check{.by = by};
  std::int64_t numbers = 0;
  for (const LayerId id : outputs) numbers += graph.layer(id).shape.elements();
  bool tells = false;
  bool is_finite = true;
  constexpr double kLarge = 8;
  for (const double scale : {1.0, kLarge}) {
    Sample sample = draw(scale);
    at::Tensor expected = run(sample).to(at::kFloat).contiguous().flatten();
    if (!expected.isfinite().all().item<bool>()) {
      // As of a logarithm: numbers above 0 may do.
      constexpr double kLeast = 0.1;
      for (at::Tensor& drawn : sample) drawn = drawn.abs() + kLeast;
      expected = run(sample).to(at::kFloat).contiguous().flatten();
    }
    is_finite = expected.isfinite().all().item<bool>();
    if (!is_finite) continue;
    if (expected.numel() != numbers) {
      throw failure(file,
                    fmt::format("the network made of it has {} numbers as output, and its own, "
                                "by {}, {}; tell us of the file",
                                numbers, by, expected.numel()));
    }
    tells = tells || expected.abs().max().item<double>() > 0;
    Network::Tensors given;
    for (const LayerId id : inputs) given.emplace(id, sample.at(given.size()));
    std::int64_t begin = 0;
    for (const LayerId id : outputs) {
      const at::Tensor found =
          (is_whole ? network.run(given, id) : network.output_of(id, given)).flatten();
      compare_numbers(check, file, graph, id, expected.narrow(0, begin, found.numel()), found,
                      tolerance);
      begin += found.numel();
    }
  }
  if (!tells && !is_finite) return {.why_not = "its own output is not finite"};
  if (!tells) return {.why_not = "its own output is 0 throughout, which tells nothing"};
  return check;
}

/// Computes each quantised tensor of a network of the program's own before it, so that what is off
/// is one kernel's alone, and does not add up.
/// @param given the network's inputs
void compare_kernels(ImportCheck& check, const torch::jit::Module& module,
                     const TorchScriptProgram::Stack& arguments, const ImportedNetwork& network,
                     const Network& ours, Network::Tensors given) {
  const at::NoGradGuard no_grad;
  std::size_t operation = 0;
  std::int64_t numbers = 0;
  double off_by_half = 0;
  std::size_t kernels = 0;
  const auto after = [&](const auto&, const auto&, const TorchScriptProgram::Stack& outputs) {
    const auto made = network.quantised.find(++operation);
    if (made == network.quantised.end()) return;
    const LayerId id = network.graph.find_layer(made->second).value();
    const Layer& layer = network.graph.layer(id);
    std::vector<std::int64_t> sizes{1};
    sizes.insert(sizes.end(), layer.shape.begin(), layer.shape.end());
    const at::Tensor theirs = as_reals(outputs.front().toTensor()).reshape(sizes);
    ImportCheck of_kernel;
    compare_levels(of_kernel, (ours.output_of(id, given) - theirs).abs() / layer.levels->scale);
    check.kernel_levels = std::max(check.kernel_levels, *of_kernel.levels);
    off_by_half += of_kernel.share * static_cast<double>(theirs.numel());
    numbers += theirs.numel();
    ++kernels;
    given.emplace(id, theirs);
  };
  TorchScriptProgram program{module};
  const c10::IValue answer =
      program.run(arguments, {.before = [](const auto&, const auto&) {}, .after = after});
  check.kernels = kernels;
  if (kernels == 0) return;
  // What comes behind the last of them.
  const at::Tensor theirs = as_reals(tensors_of(answer).front()).flatten();
  const LayerId last = network.graph.layers().size() - 1;
  const double level =
      level_of(network.graph.layers().back(), (theirs.max() - theirs.min()).item<double>(),
               theirs.abs().max().item<double>());
  const at::Tensor found = ours.output_of(last, given).flatten();
  if (level > 0) {
    ImportCheck of_output;
    compare_levels(of_output, (found - theirs).abs() / level);
    check.kernel_levels = std::max(check.kernel_levels, *of_output.levels);
  }
  check.kernel_share = std::max(check.kernel_share, off_by_half / static_cast<double>(numbers));
}

/// Runs a module beside the graph that was made of its program.
ImportCheck compare_with_module(const std::filesystem::path& file, torch::jit::Module module,
                                const ImportedNetwork& network,
                                const std::vector<NamedInput>& sizes) {
  static_cast<void>(ArchiveTensors{module});  // the graph computes with floats of 32 bits
  std::vector<ProgramInput> inputs = inputs_of(module, TorchScriptProgram{module}, sizes);
  std::size_t next = 0;
  std::size_t read = 0;
  for (ProgramInput& input : inputs) {
    // What only another output needs is no input of the network.
    if (input.is_read && read < network.read.size()) input.is_read = network.read[read++];
    if (!input.is_read) continue;
    const LayerId id = network.graph.inputs().at(next++);
    input.op = std::get<InputOp>(network.graph.layer(id).op);
  }
  const Draw draw = [&](double scale) {
    constexpr std::uint64_t kSeed = 14;
    Sample sample;
    for (const ProgramInput& input : inputs) {
      if (input.is_read) sample.push_back(input.random(kSeed + sample.size(), scale));
    }
    return sample;
  };
  const auto arguments_of = [&](const Sample& sample) {
    std::vector<c10::IValue> arguments;
    std::size_t at = 0;
    for (const ProgramInput& input : inputs) {
      arguments.push_back(!input.is_tensor ? input.other
                          : input.is_read  ? input.as_argument(sample[at++].clone())
                                           : input.as_argument(input.random(0)));
    }
    return arguments;
  };
  const Run run = [&](const Sample& sample) {
    const at::NoGradGuard no_grad;
    const std::vector<at::Tensor> answers = tensors_of(module.forward(arguments_of(sample)));
    if (answers.empty()) throw std::runtime_error{"its answer is no tensor"};
    if (network.opaque.empty()) return as_reals(answers.front());
    return filled_up(answers.front(), plan_of_bytes(network.opaque));
  };
  Network ours{network.graph};
  ours.load(network.weights, file.string());
  if (!network.opaque.empty()) {
    const auto archive = std::make_shared<std::string>(bytes_of_file(file));
    const auto program = std::make_shared<OpaqueProgram>(*archive, plan_of_bytes(network.opaque));
    ours.set_opaque([archive, program](const Layer&, const std::vector<at::Tensor>& operands) {
      return program->run(operands);
    });
  }
  ImportCheck check = compare(file, ours, network.graph.inputs(),
                              {network.graph.layers().size() - 1}, draw, run, "LibTorch", 1e-4);
  if (check.levels && !network.quantised.empty()) {
    const Sample sample = draw(1);
    Network::Tensors given;
    for (const LayerId id : network.graph.inputs()) given.emplace(id, sample.at(given.size()));
    compare_kernels(check, module, arguments_of(sample), network, ours, std::move(given));
  }
  return check;
}

}  // namespace

ImportCheck check_torchscript(const std::filesystem::path& file, const ImportedNetwork& network,
                              const std::vector<NamedInput>& inputs) {
  try {
    ImportCheck check = compare_with_module(file, load_archive(file.string()), network, inputs);
    if (check.levels.value_or(0) > 1 || check.kernel_levels > 1) {
      try {
        const ImportCheck other = compare_with_module(
            file, load_archive(file.string(), QuantisedKernels::kQnnpack), network, inputs);
        const bool is_nearer = std::pair{other.kernel_share, other.mean_levels} <
                               std::pair{check.kernel_share, check.mean_levels};
        if (is_nearer) check = other;
      } catch (const c10::Error&) {
        // QNNPACK has fewer kernels: none of three dimensions, for one.
      }
    }
    require_near(file, check);
    return check;
  } catch (const ConfigError& error) {
    // What is told of the opaque part does not know the file.
    if (std::string_view{error.what()}.starts_with(file.string())) throw;
    throw failure(file, fmt::format("has an opaque part, and {}", error.what()));
  } catch (const std::exception& error) {
    const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
    throw failure(file, fmt::format("does not run on its input; check --input: {}",
                                    torch_error != nullptr ? torch_error->what_without_backtrace()
                                                           : error.what()));
  }
}

namespace {

/// Runs a model beside a network, by OpenCV's dnn.
/// @throws cv::Exception if that does not run it
ImportCheck compare_with_model(const std::filesystem::path& file, const OnnxBeside& beside,
                               const Network& ours) {
  const Graph& graph = ours.graph();
  cv::dnn::Net net = cv::dnn::readNetFromONNX(beside.model.data(), beside.model.size());
  const LayerId begin = beside.begin ? graph.find_layer(beside.begin->layer).value() : 0;
  const TensorShape& input = graph.layer(begin).shape;
  const Draw draw = [&](double scale) -> Sample {
    constexpr std::uint64_t kSeed = 14;
    return {scale * at::randn({1, input.channels(), input.height(), input.width()},
                              at::detail::createCPUGenerator(kSeed))};
  };
  const Run run = [&](const Sample& sample) {
    at::Tensor numbers = sample.front().contiguous();
    const auto& sizes = numbers.sizes();
    std::vector<int> shape;
    for (const std::int64_t size : sizes) shape.push_back(static_cast<int>(size));
    net.setInput(cv::Mat(shape, CV_32F, numbers.data_ptr<float>()));
    const cv::Mat answer = net.forward();
    return at::from_blob(answer.data, {static_cast<std::int64_t>(answer.total())}, at::kFloat)
        .clone();
  };
  std::vector<LayerId> outputs;
  outputs.reserve(beside.made.size() + 1);
  for (const OnnxBeside::Made& made : beside.made) {
    outputs.push_back(graph.find_layer(made.layer).value());
  }
  if (outputs.empty()) outputs.push_back(graph.layers().size() - 1);
  ImportCheck check = compare(file, ours, {begin}, outputs, draw, run, "OpenCV's dnn", 1e-3);
  require_near(file, check);
  return check;
}

std::string in_one_line(const cv::Exception& error) {
  std::string reason = error.err;
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  return "OpenCV's dnn does not run it: " + reason;
}

}  // namespace

ImportCheck check_onnx(const std::filesystem::path& file, const OnnxNetwork& network) {
  if (!network.why_not_run.empty()) return {.why_not = network.why_not_run};
  if (network.whole.model.empty()) return {.why_not = "it is too large"};
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  cv::redirectError([](int, const char*, const char*, const char*, int, void*) { return 0; });
  Network ours{network.graph};
  ours.load(network.weights, file.string());
  std::string why_not;
  try {
    ImportCheck check = compare_with_model(file, network.whole, ours);
    if (!network.whole.made.empty()) {
      check.of = "what its opaque layer reads";
      check.behind = "The layer itself, which nothing computes, was not checked.";
    }
    return check;
  } catch (const cv::Exception& error) {
    why_not = in_one_line(error);
  }
  if (network.weighted.model.empty()) return {.why_not = why_not};
  try {
    ImportCheck check = compare_with_model(file, network.weighted, ours);
    check.of = network.weighted.begin
                   ? "what its last layers with weights make of what the first of them reads"
                   : "what its last layers with weights make";
    check.behind =
        "What lies before and behind these, and the opaque layer, which nothing computes, were not "
        "checked: " +
        why_not + ".";
    return check;
  } catch (const cv::Exception& error) {
    return {.why_not = in_one_line(error)};
  }
}

std::string to_string(const ImportCheck& check) {
  if (check.by.empty()) return fmt::format("Not checked against the file: {}.", check.why_not);
  if (check.levels) {
    const std::string kernels =
        check.kernels == 0
            ? ""
            : fmt::format(
                  "each of its {} quantised tensors, made of the file's own before it, is "
                  "at most {:.1f} levels off, and {:.1g} % of the numbers by half a level "
                  "or more. Where that adds up, ",
                  check.kernels, check.kernel_levels, check.kernel_share * 100);
    return fmt::format(
        "Checked against the file's own computation by {}, on random inputs: {}{} is at "
        "most {:.1f} levels off, and {:.1f} % of its numbers by half a level or more.{}{}",
        check.by, kernels, check.of.empty() ? "the output" : check.of, *check.levels,
        check.share * 100, check.behind.empty() ? "" : " ", check.behind);
  }
  return fmt::format(
      "Checked against the file's own computation by {}, on random inputs: {} differs by "
      "more than {:.1g} of the greatest.{}{}",
      check.by, check.of.empty() ? "no output" : "nothing of " + check.of, check.difference,
      check.behind.empty() ? "" : " ", check.behind);
}

}  // namespace papilio
