#include "models/import/torchscript.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/version.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "models/import/torchscript_inputs.hpp"
#include "models/import/torchscript_layers.hpp"
#include "models/import/torchscript_packed.hpp"
#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

/// Operations that tell of a tensor's form, or make another of it, and read none of its numbers.
bool asks_of_form(const std::string& kind) {
  static const std::set<std::string> kKinds{"aten::size",
                                            "aten::dim",
                                            "aten::numel",
                                            "aten::len",
                                            "aten::stride",
                                            "aten::is_contiguous",
                                            "aten::is_floating_point",
                                            "aten::new_zeros",
                                            "aten::new_ones",
                                            "aten::new_full",
                                            "aten::new_empty",
                                            "aten::zeros_like",
                                            "aten::ones_like",
                                            "aten::full_like",
                                            "aten::empty_like",
                                            "aten::__is__",
                                            "aten::__isnot__",
                                            "aten::device",
                                            "aten::storage_offset",
                                            "aten::sym_size",
                                            "aten::q_scale",
                                            "aten::q_zero_point",
                                            "aten::is_quantized",
                                            "aten::is_same_size",
                                            "aten::append",
                                            "aten::__getitem__",
                                            "aten::list",
                                            "aten::keys",
                                            "aten::values",
                                            "aten::items",
                                            "aten::_set_item",
                                            "aten::__contains__",
                                            "aten::insert",
                                            "aten::pop",
                                            "aten::extend",
                                            "aten::get",
                                            "aten::copy",
                                            "aten::_unwrap_optional"};
  return kKinds.contains(kind) || kind.starts_with("prim::");
}

/// Operations that put together lists of tensors, or take parts of them.
bool joins_lists(const std::string& kind, const torch::jit::Stack& inputs) {
  static const std::set<std::string> kKinds{"aten::add",         "aten::add_", "aten::slice",
                                            "aten::mul",         "aten::mul_", "aten::reverse",
                                            "aten::__contains__"};
  return kKinds.contains(kind) && !inputs.empty() && inputs.front().isList();
}

/// Operations whose answer's size hangs on the numbers that they read.
bool makes_sizes_of_numbers(const std::string& kind, std::size_t arguments) {
  static const std::set<std::string> kKinds{"aten::nonzero",           "aten::nonzero_numpy",
                                            "aten::argwhere",          "aten::index",
                                            "aten::masked_select",     "aten::unique",
                                            "aten::_unique",           "aten::_unique2",
                                            "aten::unique_dim",        "aten::unique_consecutive",
                                            "aten::repeat_interleave", "torchvision::nms",
                                            "aten::bincount"};
  return kKinds.contains(kind) || (kind == "aten::where" && arguments == 1);
}

/// Operations that take no number of their second tensor, but its form alone.
bool takes_form_of_second(const std::string& kind) {
  return kind == "aten::expand_as" || kind == "aten::view_as" || kind == "aten::type_as" ||
         kind == "aten::reshape_as";
}

/// Whether an operation writes its answer over its first operand.
bool is_in_place(const std::string& kind) {
  return kind.ends_with('_') && !kind.ends_with("__");
}

/// Calls `visit` for each tensor of a value.
template <class Visit>
void for_each_tensor(const c10::IValue& value, const Visit& visit) {
  if (value.isTensor()) {
    if (value.toTensor().defined()) visit(value.toTensor());
  } else if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) {
      if (tensor.defined()) visit(tensor);
    }
  } else if (value.isOptionalTensorList()) {
    for (const c10::IValue& one : value.toListRef()) {
      if (one.isTensor() && one.toTensor().defined()) visit(one.toTensor());
    }
  }
}

}  // namespace

TorchScriptImporter::TorchScriptImporter(ArchiveTensors& archive,
                                         const std::vector<InputOp>& inputs)
    : TorchScriptLayers{archive, inputs.front()}, inputs_of_program_{inputs.size()} {
  for (std::size_t i = 1; i < inputs.size(); ++i) layers_.add(inputs[i], {});
}

void TorchScriptImporter::begin(std::size_t input, const at::Tensor& tensor,
                                std::optional<std::int64_t> batch) {
  ledger_.make(tensor, {input, batch});
}

void TorchScriptImporter::lose_outputs(bool varies) {
  for (const c10::IValue& output : *outputs_) {
    for_each_tensor(output, [&](const at::Tensor& tensor) { ledger_.lose(tensor, "", varies); });
  }
}

void TorchScriptImporter::derive_outputs() {
  std::set<std::string> weights;
  for (const c10::IValue& input : *inputs_) {
    for_each_tensor(input, [&](const at::Tensor& tensor) {
      const std::set<std::string> more = ledger_.weights_of(tensor);
      weights.insert(more.begin(), more.end());
      if (std::string name = archive_.name_of(tensor); !name.empty()) weights.insert(name);
    });
  }
  for (const c10::IValue& output : *outputs_) {
    for_each_tensor(output, [&](const at::Tensor& tensor) { ledger_.derive(tensor, weights); });
  }
}

void TorchScriptImporter::prepare(const torch::jit::Node& node, const Stack& inputs) {
  overwritten_.reset();
  overwritten_base_.reset();
  if (!is_in_place(node.kind().toQualString()) || inputs.empty() || !inputs.front().isTensor()) {
    return;
  }
  const at::Tensor& tensor = inputs.front().toTensor();
  if (!tensor.defined() || ledger_.has(tensor)) return;
  overwritten_ = {tensor, tensor.clone()};
  if (tensor.is_view()) {
    const at::Tensor base{tensor._base()};
    overwritten_base_ = {base, base.clone()};
  } else if (const auto numbers =
                 static_cast<std::int64_t>(tensor.storage().nbytes() / tensor.itemsize());
             numbers > tensor.numel()) {
    // A part of a tensor that LibTorch does not say it is a part of, as unsafe_chunk's.
    const at::Tensor base =
        at::empty({0}, tensor.options()).set_(tensor.storage(), 0, {numbers}, {1});
    overwritten_base_ = {base, base.clone()};
  }
}

void TorchScriptImporter::visit(const torch::jit::Node& node, const Stack& inputs,
                                const Stack& outputs) {
  const std::string kind = node.kind().toQualString();
  ++operation_;
  inputs_ = &inputs;
  outputs_ = &outputs;
  writes_ = is_in_place(kind);
  bool of_network = false;
  bool varies = makes_sizes_of_numbers(kind, inputs.size());
  const std::size_t deciding = takes_form_of_second(kind) ? 1 : inputs.size();
  for (std::size_t i = 0; i < deciding; ++i) {
    for_each_tensor(inputs[i], [&](const at::Tensor& tensor) {
      of_network = of_network || ledger_.has(tensor);
      varies = varies || ledger_.varies(tensor);
    });
  }
  if (asks_of_form(kind) || joins_lists(kind, inputs)) {
    // What follows from a size that hangs on the network's numbers is not known.
    reads_numbers_ = reads_numbers_ || (of_network && varies);
    return;
  }
  if (!of_network) return derive_outputs();
  try {
    convert(kind);
  } catch (const Unsupported& reason) {
    const std::string what = reason.what();
    layers_.add_unknown(what.empty() ? kind : fmt::format("{} with {}", kind, what));
    lose_outputs(varies);
  } catch (const HangsOnUnknown&) {
    lose_outputs(varies);
  }
}

void TorchScriptImporter::convert(const std::string& kind) {
  const auto known = converters().find(is_in_place(kind) ? kind.substr(0, kind.size() - 1) : kind);
  const bool makes_tensors = std::any_of(outputs_->begin(), outputs_->end(), [](const auto& one) {
    return one.isTensor() || one.isTensorList();
  });
  if (!makes_tensors) {
    reads_numbers_ = true;  // what follows from it is not known
    throw Unsupported{"a number that is known in the run only"};
  }
  if (known == converters().end()) throw Unsupported{""};
  (this->*known->second)();
}

ImportedNetwork TorchScriptImporter::network(const at::Tensor& output, const std::string& name) {
  LayerId last = 0;
  if (!ledger_.has(output)) throw Unsupported{"an output that is no tensor of the network"};
  try {
    last = ledger_.read(output).layer;
    // What is unknown is of other outputs.
    if (!reads_numbers_) layers_.forget_unknown();
  } catch (const HangsOnUnknown&) {
    // They are told below.
  }
  ImportedNetwork network{
      layers_.graph(last, name, fmt::format("{}, imported from TorchScript", name)), {}};
  for (LayerId id = 0; id < inputs_of_program_; ++id)
    network.read.push_back(!layers_.name(id).empty());
  for (const auto& [id, operation] : quantised_by_) {
    if (!layers_.name(id).empty()) network.quantised.emplace(operation, layers_.name(id));
  }
  std::set<std::string> used;
  for (const auto& [id, names] : used_) {
    if (!layers_.name(id).empty()) used.insert(names.begin(), names.end());
  }
  const std::int64_t trained =
      archive_.trained_numbers(used, std::numeric_limits<std::int64_t>::max());
  if (trained != network.graph.parameters()) {
    network.graph.add_note(fmt::format(
        "Its layers have {} parameters, made of {} numbers that the archive trains: constants "
        "count "
        "as weights where a layer has some, and what is computed of others as often as it is read.",
        network.graph.parameters(), trained));
  }
  for (const auto& [id, weights] : weights_) {
    const std::string& layer = layers_.name(id);
    if (layer.empty() || network.graph.layer(*network.graph.find_layer(layer)).weights_of) continue;
    for (const Weight& weight : weights) {
      const at::Tensor numbers = weight.tensor.to(at::kFloat).contiguous();
      const float* first = numbers.data_ptr<float>();
      const std::string full = weight.part.empty() ? layer : layer + "." + weight.part;
      StoredTensor stored{numbers.sizes().vec(), {first, first + numbers.numel()}};
      if (!network.weights.emplace(full, std::move(stored)).second) {
        throw Unsupported{fmt::format("two weights of the name '{}'", printable(full))};
      }
    }
  }
  return network;
}

std::set<std::string> TorchScriptImporter::unused_modules() const {
  std::set<std::string> used;
  for (const auto& [id, names] : used_) {
    if (!layers_.name(id).empty()) used.insert(names.begin(), names.end());
  }
  // Of a module of which some tensors are used, the others are no module.
  const auto module_of = [](const std::string& tensor) {
    return tensor.substr(0, std::min(tensor.rfind('.'), tensor.size()));
  };
  std::set<std::string> used_modules;
  for (const std::string& tensor : used) used_modules.insert(module_of(tensor));
  std::set<std::string> unused;
  for (const std::string& tensor : archive_.all()) {
    if (!used_modules.contains(module_of(tensor))) unused.insert(module_of(tensor));
  }
  return unused;
}

namespace {

constexpr const char* kTrace = "torch.jit.trace(model.eval(), picture).save(FILE)";

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

std::string words_of(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  return torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
}

/// Whether LibTorch found numbers of two types where it takes one.
bool speaks_of_types(const std::string& message) {
  return message.find("same dtype") != std::string::npos ||
         message.find("scalar type") != std::string::npos;
}

std::string sizes_text(const std::vector<NamedInput>& inputs) {
  std::string all;
  for (const NamedInput& input : inputs) {
    if (!all.empty()) all += ", ";
    if (!input.name.empty()) all += input.name + "=";
    std::string sizes;
    for (const std::int64_t size : input.shape) {
      sizes += fmt::format("{}{}", sizes.empty() ? "" : "x", size);
    }
    all += sizes;
  }
  return all;
}

}  // namespace

ImportedNetwork import_torchscript(const std::filesystem::path& file,
                                   const std::vector<NamedInput>& inputs, const std::string& name) {
  const auto fail = [&](const std::string& what) {
    return ConfigError{fmt::format("{}: error: {}", file.string(), what)};
  };
  if (!std::filesystem::is_regular_file(file)) throw fail("is no file; check the path");
  std::optional<torch::jit::Module> module;
  try {
    module = load_archive(file.string());
  } catch (const std::exception& error) {  // of LibTorch, or of the code in it
    throw fail(reason_not_to_load(words_of(error)));
  }
  try {
    const at::NoGradGuard no_grad;
    ArchiveTensors archive{*module};
    TorchScriptProgram program{*module};
    const std::vector<ProgramInput> arguments = inputs_of(*module, program, inputs);
    std::vector<InputOp> read;
    TorchScriptProgram::Stack stack;
    for (const ProgramInput& input : arguments) {
      if (input.is_read) read.push_back(input.op);
      constexpr std::uint64_t kSeed = 15;
      stack.push_back(input.is_tensor
                          ? c10::IValue{input.as_argument(input.random(kSeed + stack.size()))}
                          : input.other);
    }
    if (read.empty()) throw Unsupported{"no tensor as an input"};
    TorchScriptImporter importer{archive, read};
    std::size_t next = 0;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const ProgramInput& input = arguments[i];
      if (!input.is_read) continue;
      importer.begin(
          next++, stack[i].toTensor(),
          input.alone ? std::nullopt : std::optional{static_cast<std::int64_t>(input.batch)});
    }
    const TorchScriptProgram::Watch watch{
        .before = [&](const auto& node, const auto& given) { importer.prepare(node, given); },
        .after = [&](const auto& node, const auto& given,
                     const auto& made) { importer.visit(node, given, made); }};
    const std::vector<at::Tensor> outputs = tensors_of(program.run(stack, watch));
    if (outputs.empty()) throw Unsupported{"an output that is no tensor of the network"};
    ImportedNetwork network = importer.network(outputs.front(), name);
    Graph& graph = network.graph;
    if (outputs.size() > 1) graph.add_note(outputs_note(outputs.size() - 1, ""));
    const std::set<std::string> unused = importer.unused_modules();
    if (!unused.empty()) graph.add_note(unused_note(unused));
    for (const std::string& one : unused) graph.add_unused_weights(one);
    return network;
  } catch (const Unsupported& reason) {
    throw fail(fmt::format("has {}", reason.what()));
  } catch (const std::invalid_argument& error) {
    throw fail(fmt::format("does not fit the input {}: {}", sizes_text(inputs), error.what()));
  } catch (const std::exception& error) {
    if (speaks_of_types(words_of(error))) {
      throw fail(
          fmt::format("computes with other numbers than floats of 32 bits, which its weights "
                      "are read as; save it with model.float(), without casts to others: {}",
                      words_of(error)));
    }
    throw fail(fmt::format("does not run on an input of {}; check --input: {}", sizes_text(inputs),
                           words_of(error)));
  }
}

}  // namespace papilio
