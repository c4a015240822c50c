#include "models/import/torchscript.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/version.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "models/import/torchscript_inputs.hpp"
#include "models/import/torchscript_kinds.hpp"
#include "models/import/torchscript_layers.hpp"
#include "models/import/torchscript_packed.hpp"
#include "models/import/vision_operators.hpp"
#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

/// Operations that put together lists of tensors, or take parts of them.
bool joins_lists(const std::string& kind, const torch::jit::Stack& inputs) {
  static const std::set<std::string> kKinds{"aten::add",         "aten::add_", "aten::slice",
                                            "aten::mul",         "aten::mul_", "aten::reverse",
                                            "aten::__contains__"};
  return kKinds.contains(kind) && !inputs.empty() && inputs.front().isList();
}

}  // namespace

TorchScriptImporter::TorchScriptImporter(ArchiveTensors& archive,
                                         const std::vector<InputOp>& inputs)
    : TorchScriptLayers{archive, inputs.front()},
      inputs_of_program_{inputs.size()},
      opaque_{archive} {
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
  at_hand_ = &node;
  opaque_.begin();
  look_at(node, kind);
  opaque_.note_outputs(outputs);
}

void TorchScriptImporter::look_at(const torch::jit::Node& node, const std::string& kind) {
  bool of_network = false;
  bool hangs_on_unknown = false;
  bool varies = makes_sizes_of_numbers(kind, inputs_->size());
  const std::size_t deciding = arguments_read(kind, inputs_->size());
  for (std::size_t i = 0; i < deciding; ++i) {
    for_each_tensor((*inputs_)[i], [&](const at::Tensor& tensor) {
      of_network = of_network || ledger_.has(tensor);
      hangs_on_unknown = hangs_on_unknown || ledger_.is_lost(tensor);
      varies = varies || ledger_.varies(tensor);
    });
  }
  if (asks_of_form(kind) || joins_lists(kind, *inputs_)) {
    // What follows from a size that hangs on the network's numbers is not known.
    if (of_network && varies) read_numbers();
    return;
  }
  if (!of_network) return derive_outputs();
  const bool was_known = !reads_numbers_;
  bool known = was_known;
  try {
    opaque_.look_at(*inputs_, deciding, ledger_);
    convert(kind);
  } catch (const Unsupported& reason) {
    const std::string what = reason.what();
    layers_.add_unknown(what.empty() ? kind : fmt::format("{} with {}", kind, what));
    if (was_known && !hangs_on_unknown) opaque_.add_cause(kind);
    known = false;
  } catch (const HangsOnUnknown&) {
    known = false;
  } catch (const std::invalid_argument&) {
    // Sizes that hang on numbers, such as none, fit no layer; others tell of the input.
    if (was_known) throw;
  }
  if (known) return opaque_.skip(is_in_place(kind), *inputs_, *outputs_);
  lose_outputs(varies);
  opaque_.absorb(node, *inputs_, *outputs_, ledger_);
}

void TorchScriptImporter::read_numbers() {
  if (reads_numbers_) return;
  opaque_.begin_last_part();
  first_of_numbers_ = at_hand_;
  reads_numbers_ = true;
}

void TorchScriptImporter::convert(const std::string& kind) {
  const auto known = converters().find(is_in_place(kind) ? kind.substr(0, kind.size() - 1) : kind);
  const bool makes_tensors = std::any_of(outputs_->begin(), outputs_->end(), [](const auto& one) {
    return one.isTensor() || one.isTensorList();
  });
  if (!makes_tensors) {
    read_numbers();  // what follows from it is not known
    throw Unsupported{"a number that is known in the run only"};
  }
  if (known == converters().end()) throw Unsupported{""};
  (this->*known->second)();
}

std::optional<LayerId> TorchScriptImporter::known_layer(const at::Tensor& output) const {
  // What was chosen by numbers may be another tensor for another input.
  if (reads_numbers_) return std::nullopt;
  if (!ledger_.has(output)) throw Unsupported{"an output that is no tensor of the network"};
  try {
    return ledger_.read(output).layer;
  } catch (const HangsOnUnknown&) {
    return std::nullopt;
  }
}

LayerId TorchScriptImporter::add_opaque(const at::Tensor& output, const OpaqueRequest& request) {
  OpaqueRecorder::Part part = opaque_.part(output, ledger_, request.output);
  std::set<std::string> beside;  // what layers have does not count twice
  const std::vector<bool> needed = layers_.needed_by(part.operands);
  for (const auto& [id, names] : used_) {
    if (needed[id]) beside.insert(names.begin(), names.end());
  }
  std::set<std::string> own;
  std::set_difference(part.weights.begin(), part.weights.end(), beside.begin(), beside.end(),
                      std::inserter(own, own.end()));
  part.op.parameters = archive_.trained_numbers(own, std::numeric_limits<std::int64_t>::max());
  const LayerId id = layers_.add(part.op, part.operands);
  used_[id] = std::move(part.weights);
  return id;
}

ImportedNetwork TorchScriptImporter::network(const at::Tensor& output, const std::string& name,
                                             const OpaqueRequest& request) {
  const std::optional<LayerId> known = known_layer(output);
  LayerId last = known.value_or(0);
  const bool opaque =
      !known && opaque_.is_possible() && (request.any || opaque_.is_of_detectors_alone());
  if (opaque) last = add_opaque(output, request);
  // What is unknown is of other outputs, or of the opaque layer.
  if (known || opaque) layers_.forget_unknown();
  if (layers_.has_unknown() && opaque_.is_possible()) {
    layers_.advise(
        "; or say --opaque: what hangs on them becomes one layer, through which there is no cut");
  }
  ImportedNetwork network{
      layers_.graph(last, name, fmt::format("{}, imported from TorchScript", name)), {}};
  if (opaque) {
    network.opaque = opaque_.plan();
    network.graph.add_note(opaque_note(network.graph));
  }
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
      const at::Tensor numbers = as_reals(weight.tensor).contiguous();
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
                                   const std::vector<NamedInput>& inputs, const std::string& name,
                                   const OpaqueRequest& opaque) {
  const auto fail = [&](const std::string& what) {
    return ConfigError{fmt::format("{}: error: {}", file.string(), what)};
  };
  if (!std::filesystem::is_regular_file(file)) throw fail("is no file; check the path");
  std::optional<torch::jit::Module> module;
  register_vision_operators();
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
      stack.push_back(input.is_tensor ? input.as_argument(input.random(kSeed + stack.size()))
                                      : input.other);
    }
    if (read.empty()) throw Unsupported{"no tensor as an input"};
    TorchScriptImporter importer{archive, read};
    std::size_t next = 0;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      importer.add_argument(stack[i]);
      if (arguments[i].is_read) {
        importer.begin(next++, arguments[i].tensor_of(stack[i]), arguments[i].batch_axis());
      }
    }
    const TorchScriptProgram::Watch watch{
        .before = [&](const auto& node, const auto& given) { importer.prepare(node, given); },
        .after = [&](const auto& node, const auto& given,
                     const auto& made) { importer.visit(node, given, made); }};
    const std::vector<at::Tensor> outputs = tensors_of(program.run(stack, watch));
    if (outputs.empty()) throw Unsupported{"an output that is no tensor of the network"};
    if (const torch::jit::Node* first = importer.first_of_numbers()) {
      importer.may_read(program.may_be_read_behind(*first));
    }
    ImportedNetwork network = importer.network(outputs.front(), name, opaque);
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
