#include "models/import/opaque_part.hpp"

#include <fmt/format.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <utility>

#include "models/import/layer_list.hpp"
#include "models/import/torchscript_inputs.hpp"
#include "models/import/torchscript_kinds.hpp"
#include "models/import/vision_operators.hpp"
#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

const void* name_of_tensor(const at::Tensor& tensor) {
  return tensor.unsafeGetTensorImpl();
}
const void* name_of_storage(const at::Tensor& tensor) {
  return tensor.has_storage() ? tensor.storage().unsafeGetStorageImpl() : nullptr;
}

TensorForm form_of_tensor(const at::Tensor& tensor) {
  return {tensor.sizes().vec(), tensor.strides().vec(),
          static_cast<std::int64_t>(tensor.scalar_type())};
}
at::Tensor tensor_of_form(const TensorForm& form) {
  return at::empty_strided(form.sizes, form.strides,
                           at::TensorOptions{}.dtype(static_cast<at::ScalarType>(form.type)));
}

std::string shown_sizes(const at::Tensor& tensor) {
  std::string sizes;
  for (const std::int64_t size : tensor.sizes()) {
    sizes += (sizes.empty() ? "" : "×") + std::to_string(size);
  }
  return sizes.empty() ? "1" : sizes;
}

}  // namespace

void OpaqueRecorder::add_argument(const c10::IValue& argument) {
  OpaquePlan::Argument one{.is_tensor = false, .is_list = argument.isTensorList(), .form = {}};
  for_each_tensor(argument, [&](const at::Tensor& tensor) {
    one.is_tensor = true;
    one.form = form_of_tensor(tensor);
    places_[name_of_tensor(tensor)] = {0, plan_.arguments.size(), 0};
  });
  plan_.arguments.push_back(std::move(one));
}

void OpaqueRecorder::note_outputs(const Stack& outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    std::uint64_t item = 0;
    for_each_tensor(outputs[i], [&](const at::Tensor& tensor) {
      // What an operation in place gives keeps the place where it was made.
      if (places_.try_emplace(name_of_tensor(tensor), TensorPlace{plan_.operations, i, item})
              .second) {
        kept_.push_back(tensor);
      }
      ++item;
    });
  }
}

void OpaqueRecorder::skip(bool in_place, const Stack& inputs, const Stack& outputs) {
  using How = OpaquePlan::Skipped::How;
  OpaquePlan::Skipped one{.operation = plan_.operations, .how = How::kGivesInput, .outputs = {}};
  if (!in_place) {
    one.how = How::kGivesNew;
    // A view of an input costs nothing, and must stay one: it is run.
    std::set<const void*> there;
    for (const c10::IValue& input : inputs) {
      for_each_tensor(input,
                      [&](const at::Tensor& tensor) { there.insert(name_of_storage(tensor)); });
    }
    for (const c10::IValue& output : outputs) {
      if (!output.isTensor() || !output.toTensor().defined() ||
          there.contains(name_of_storage(output.toTensor()))) {
        one.how = How::kRuns;
        one.outputs.clear();
        break;
      }
      one.outputs.push_back(form_of_tensor(output.toTensor()));
    }
  }
  plan_.skipped.push_back(std::move(one));
}

void OpaqueRecorder::look_at(const Stack& inputs, std::size_t count, const TensorLedger& ledger) {
  read_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    for_each_tensor(inputs[i], [&](const at::Tensor& tensor) {
      if (auto whole = ledger.whole_of(tensor)) read_.push_back(*std::move(whole));
    });
  }
}

void OpaqueRecorder::may_read(const Stack& values, const TensorLedger& ledger) {
  look_at(values, values.size(), ledger);
  // What was written to through a view is told when it is read.
  std::erase_if(read_, [](const TensorLedger::Whole& whole) { return !whole.what; });
  feed();
  for (const c10::IValue& value : values) note_weights(value, ledger);
}

void OpaqueRecorder::note_weights(const c10::IValue& value, const TensorLedger& ledger) {
  for_each_tensor(value, [&](const at::Tensor& tensor) {
    const std::set<std::string> more = ledger.weights_of(tensor);
    weights_.insert(more.begin(), more.end());
    if (std::string name = archive_.name_of(tensor); !name.empty()) weights_.insert(name);
  });
}

void OpaqueRecorder::feed() {
  for (const TensorLedger::Whole& whole : read_) {
    const auto place = places_.find(name_of_tensor(whole.tensor));
    if (!whole.what || place == places_.end()) {
      is_impossible_ = true;
      continue;
    }
    const LayerId layer = whole.what->layer;
    const auto [there, is_new] = fed_.try_emplace(name_of_storage(whole.tensor), layer);
    if (!is_new && there->second == layer) continue;
    there->second = layer;
    const auto found = std::find(operands_.begin(), operands_.end(), layer);
    const auto operand = static_cast<std::uint64_t>(found - operands_.begin());
    if (found == operands_.end()) operands_.push_back(layer);
    // In the last part operations have other numbers in each run.
    plan_.feeds.push_back({.before = last_part_.value_or(plan_.operations),
                           .to = place->second,
                           .operand = operand,
                           .batch = whole.what->batch});
  }
  read_.clear();
}

void OpaqueRecorder::absorb(const torch::jit::Node& node, const Stack& inputs, const Stack& outputs,
                            const TensorLedger& ledger) {
  feed();
  ++absorbed_;
  const std::string kind = node.kind().toQualString();
  const bool is_cause = std::find(causes_.begin(), causes_.end(), kind) != causes_.end();
  if (++counts_[kind] == 1 && (is_cause || is_of_detectors(kind))) known_for_.push_back(kind);
  for (const c10::IValue& input : inputs) note_weights(input, ledger);
  if (!outputs.empty() && outputs.front().isTensor() && outputs.front().toTensor().defined()) {
    count_macs(kind, inputs, outputs.front().toTensor());
  }
  note_bound(node, inputs, outputs);
}

/// Of products, as layers count theirs.
void OpaqueRecorder::count_macs(const std::string& kind, const Stack& inputs,
                                const at::Tensor& output) {
  const auto tensor = [&](std::size_t i) { return inputs.at(i).toTensor(); };
  const bool is_conv = kind.starts_with("aten::conv") || kind == "aten::_convolution";
  if (is_conv && tensor(1).size(0) > 0) {
    const bool is_transposed = kind.starts_with("aten::conv_transpose") ||
                               (kind == "aten::_convolution" && inputs.at(6).toBool());
    const std::int64_t numbers = is_transposed ? tensor(0).numel() : output.numel();
    macs_ += numbers * (tensor(1).numel() / tensor(1).size(0));
  } else if (kind == "aten::linear") {
    macs_ += output.numel() * tensor(1).size(-1);
  } else if (kind == "aten::addmm" || kind == "aten::baddbmm") {
    macs_ += output.numel() * tensor(1).size(-1);
  } else if (kind == "aten::matmul" || kind == "aten::mm" || kind == "aten::bmm") {
    if (tensor(0).dim() > 0) macs_ += output.numel() * tensor(0).size(-1);
  }
}

/// How many rows a tensor has at most, as far as the program says: a slice with a fixed end, as
/// detectors take the best so many, and what has as many rows as one that is known.
void OpaqueRecorder::note_bound(const torch::jit::Node& node, const Stack& inputs,
                                const Stack& outputs) {
  constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
  std::map<std::int64_t, std::int64_t> of_rows;  // the least bound of inputs with so many rows
  for (const c10::IValue& input : inputs) {
    for_each_tensor(input, [&](const at::Tensor& tensor) {
      const auto known = bounds_.find(name_of_tensor(tensor));
      if (known == bounds_.end()) return;
      const auto [it, is_new] = of_rows.try_emplace(tensor.size(0), known->second);
      if (!is_new) it->second = std::min(it->second, known->second);
    });
  }
  std::int64_t end = kNone;
  constexpr std::size_t kArguments = 5;  // of a slice: tensor, axis, begin, end, step
  if (node.kind() == c10::aten::slice && inputs.size() == kArguments && inputs[3].isInt()) {
    const c10::Symbol origin = node.inputs()[3]->node()->kind();
    const bool is_fixed = origin == c10::prim::Constant || origin == c10::prim::GetAttr;
    const bool from_first = inputs[2].isNone() || (inputs[2].isInt() && inputs[2].toInt() == 0);
    const bool of_rows_all = inputs[1].toInt() == 0 && inputs[4].toInt() == 1;
    constexpr std::int64_t kMost = 1'000'000;
    if (is_fixed && from_first && of_rows_all && inputs[3].toInt() > 0 &&
        inputs[3].toInt() <= kMost) {
      end = inputs[3].toInt();
    }
  }
  for (const c10::IValue& output : outputs) {
    for_each_tensor(output, [&](const at::Tensor& tensor) {
      if (tensor.dim() == 0) return;
      const auto known = of_rows.find(tensor.size(0));
      const std::int64_t bound = std::min(end, known == of_rows.end() ? kNone : known->second);
      if (bound != kNone && tensor.size(0) <= bound) bounds_[name_of_tensor(tensor)] = bound;
    });
  }
}

bool OpaqueRecorder::is_of_detectors_alone() const {
  return std::all_of(causes_.begin(), causes_.end(), is_of_detectors);
}

TensorShape OpaqueRecorder::shape_of(const at::Tensor& output,
                                     const std::optional<TensorShape>& stated) {
  std::vector<std::int64_t> sizes = output.sizes().vec();
  if (const auto bound = bounds_.find(name_of_tensor(output)); bound != bounds_.end()) {
    sizes.front() = std::max(sizes.front(), bound->second);
  }
  for (std::int64_t& size : sizes) size = std::max<std::int64_t>(size, 1);
  const bool has_batch = sizes.size() > 1 && sizes.front() == 1;
  const auto without_first = [&] { sizes.erase(sizes.begin()); };
  if (stated) {
    plan_.drops_batch = has_batch && stated->rank() + 1 == sizes.size();
    if (plan_.drops_batch) without_first();
    bool fits = stated->rank() == sizes.size();
    const std::size_t before = output.sizes().size() - sizes.size();
    for (std::size_t i = 0; fits && i < sizes.size(); ++i) {
      fits = (*stated)[i] >= output.sizes()[before + i];
    }
    if (!fits) {
      throw Unsupported{
          fmt::format("an output of {} in the run, which --opaque-output {} does not hold",
                      shown_sizes(output), text(*stated))};
    }
    return *stated;
  }
  plan_.drops_batch = has_batch;
  if (has_batch) without_first();
  if (sizes.size() > TensorShape::kMostAxes) throw Unsupported{"an output of many dimensions"};
  return {sizes.begin(), sizes.end()};
}

/// The operations that it is known for, torchvision's first, and how many others.
std::string OpaqueRecorder::what() const {
  std::vector<std::string> named;
  for (const bool of_torchvision : {true, false}) {
    for (const std::string& kind : known_for_) {
      if (kind.starts_with("torchvision::") == of_torchvision) named.push_back(kind);
    }
  }
  constexpr std::size_t kMostNamed = 4;
  named.resize(std::min(named.size(), kMostNamed));
  std::int64_t others = absorbed_;
  std::string text;
  for (const std::string& kind : named) {
    text += (text.empty() ? "" : ", ") + printable(kind);
    others -= counts_.at(kind);
  }
  if (others > 0) {
    text += fmt::format(" and {} other operation{}", others, others == 1 ? "" : "s");
  }
  return text;
}

OpaqueRecorder::Part OpaqueRecorder::part(const at::Tensor& output, const TensorLedger& ledger,
                                          const std::optional<TensorShape>& stated) {
  // What is given may be a layer's, chosen by numbers.
  begin();
  look_at({output}, 1, ledger);
  feed();
  if (is_impossible_) throw Unsupported{"a tensor that was changed in place through another view"};
  plan_.shape = shape_of(output, stated);
  plan_.operands = operands_.size();
  if (operands_.empty()) throw Unsupported{"an output that hangs on no layer"};
  return {.op = {.shape = plan_.shape, .what = what(), .macs = macs_, .parameters = 0},
          .operands = operands_,
          .weights = weights_};
}

struct OpaqueProgram::Loaded {
  explicit Loaded(torch::jit::Module of)
      : module{std::move(of)}, archive{module}, program{module} {}

  torch::jit::Module module;
  ArchiveTensors archive;
  TorchScriptProgram program;
};

OpaqueProgram::OpaqueProgram(std::string_view archive, OpaquePlan plan)
    : archive_{archive}, plan_{std::move(plan)} {}

OpaqueProgram::~OpaqueProgram() = default;

void OpaqueProgram::load() {
  register_vision_operators();
  std::istringstream bytes{std::string{archive_}};
  torch::jit::Module module = torch::jit::load(bytes, c10::kCPU);
  module.eval();
  loaded_ = std::make_unique<Loaded>(std::move(module));
}

namespace {

/// One run of a program as its plan says.
class OpaqueRun {
 public:
  using Stack = TorchScriptProgram::Stack;
  using How = OpaquePlan::Skipped::How;

  OpaqueRun(const OpaquePlan& plan, const std::vector<at::Tensor>& operands)
      : plan_{plan},
        operands_{operands},
        skipped_{plan.skipped.begin()},
        feed_{plan.feeds.begin()} {
    for (const OpaquePlan::Feed& feed : plan_.feeds) fed_places_.insert(feed.to);
  }

  Stack arguments(const torch::jit::Module& module) {
    Stack stack;
    const auto& schema = module.get_method("forward").function().getSchema().arguments();
    for (std::size_t i = 0; i < plan_.arguments.size(); ++i) {
      const OpaquePlan::Argument& one = plan_.arguments[i];
      if (!one.is_tensor) {
        stack.push_back(schema.at(i + 1).default_value().value_or(c10::IValue{}));
        continue;
      }
      const at::Tensor tensor = empty_tensor(one.form);
      keep({0, i, 0}, tensor);
      if (one.is_list) {
        stack.emplace_back(std::vector<at::Tensor>{tensor});
      } else {
        stack.emplace_back(tensor);
      }
    }
    return stack;
  }

  /// Before an operation. @return what it gives, if it is not to run
  std::optional<Stack> begin(const Stack& inputs) {
    ++operation_;
    feed_up_to(operation_);
    while (skipped_ != plan_.skipped.end() && skipped_->operation < operation_) ++skipped_;
    at_hand_ = skipped_ != plan_.skipped.end() && skipped_->operation == operation_;
    if (!at_hand_ || skipped_->how == How::kRuns) return std::nullopt;
    if (skipped_->how == How::kGivesInput) {
      note_empty(inputs.at(0).toTensor());
      return Stack{inputs[0]};
    }
    Stack outputs;
    for (const TensorForm& form : skipped_->outputs) outputs.emplace_back(empty_tensor(form));
    note(outputs);
    return outputs;
  }

  /// After an operation that has run.
  void end(const torch::jit::Node& node, const Stack& inputs, const Stack& outputs) {
    note(outputs);
    const std::string kind = node.kind().toQualString();
    if (asks_of_form(kind)) return;
    std::set<const void*> there;
    bool is_empty = false;
    for (std::size_t i = 0; i < arguments_read(kind, inputs.size()); ++i) {
      for_each_tensor(inputs[i], [&](const at::Tensor& tensor) {
        there.insert(name_of_storage(tensor));
        is_empty = is_empty || empty_.contains(name_of_storage(tensor));
      });
    }
    if (!is_empty) return;
    bool makes = false;  // something else than views
    bool gives = false;
    for (const c10::IValue& output : outputs) {
      for_each_tensor(output, [&](const at::Tensor& tensor) {
        gives = true;
        if (there.contains(name_of_storage(tensor))) return;
        makes = true;
        if (at_hand_) note_empty(tensor);
      });
    }
    if (!at_hand_ && (makes || !gives)) {
      throw ConfigError{fmt::format(
          "for this input its program reads, in {}, what it did not read when it was imported, "
          "and what is not given to it",
          printable(kind))};
    }
  }

  /// After the program.
  /// @return its first tensor
  at::Tensor answer(const c10::IValue& value) {
    feed_up_to(std::numeric_limits<std::uint64_t>::max());
    const std::vector<at::Tensor> outputs = tensors_of(value);
    if (outputs.empty()) throw ConfigError{"its answer is no tensor"};
    if (empty_.contains(name_of_storage(outputs.front()))) {
      throw ConfigError{
          "for this input its program answers with what it did not when it was imported"};
    }
    return outputs.front();
  }

 private:
  at::Tensor empty_tensor(const TensorForm& form) {
    at::Tensor tensor = tensor_of_form(form);
    note_empty(tensor);
    return tensor;
  }
  void note_empty(const at::Tensor& tensor) {
    if (empty_.insert(name_of_storage(tensor)).second) made_.push_back(tensor);
  }
  void keep(const TensorPlace& place, const at::Tensor& tensor) {
    if (fed_places_.contains(place)) kept_.emplace(place, tensor);
  }
  void note(const Stack& outputs) {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      std::uint64_t item = 0;
      for_each_tensor(outputs[i], [&](const at::Tensor& tensor) {
        keep({operation_, i, item++}, tensor);
      });
    }
  }
  void feed_up_to(std::uint64_t operation) {
    for (; feed_ != plan_.feeds.end() && feed_->before <= operation; ++feed_) {
      const auto to = kept_.find(feed_->to);
      if (to == kept_.end()) throw ConfigError{"it does not run as it did when it was imported"};
      const at::Tensor& from = operands_.at(feed_->operand);
      to->second.copy_(feed_->batch ? from.movedim(0, *feed_->batch) : from.squeeze(0));
      empty_.erase(name_of_storage(to->second));
    }
  }

  const OpaquePlan& plan_;
  const std::vector<at::Tensor>& operands_;
  std::vector<OpaquePlan::Skipped>::const_iterator skipped_;
  std::vector<OpaquePlan::Feed>::const_iterator feed_;
  std::set<TensorPlace> fed_places_;
  std::map<TensorPlace, at::Tensor> kept_;
  std::set<const void*> empty_;   // storages of what nothing was put into
  std::vector<at::Tensor> made_;  // so that no other takes their place
  std::uint64_t operation_{0};
  bool at_hand_{false};  // whether the operation is one that became layers
};

}  // namespace

at::Tensor OpaqueProgram::run(const std::vector<at::Tensor>& operands) {
  const at::NoGradGuard no_grad;
  if (operands.size() != plan_.operands) throw ConfigError{"it takes another number of operands"};
  // A program that writes to its module begins with what the archive has, each time.
  if (!loaded_ || loaded_->program.has_changed_module() ||
      loaded_->archive.was_any_written(loaded_->module)) {
    load();
  }
  OpaqueRun run{plan_, operands};
  const TorchScriptProgram::Watch watch{
      .instead = [&](const auto&, const auto& inputs) { return run.begin(inputs); },
      .after = [&](const auto& node, const auto& inputs,
                   const auto& outputs) { run.end(node, inputs, outputs); }};
  return filled_up(run.answer(loaded_->program.run(run.arguments(loaded_->module), watch)), plan_);
}

at::Tensor filled_up(const at::Tensor& answer, const OpaquePlan& plan) {
  at::Tensor own = answer.to(at::kFloat);
  const bool has_batch = own.dim() > 0 && own.size(0) == 1;
  if (plan.drops_batch && has_batch) own = own.squeeze(0);
  bool fits = own.dim() == static_cast<std::int64_t>(plan.shape.rank());
  for (std::size_t i = 0; fits && i < plan.shape.rank(); ++i) {
    fits = own.size(static_cast<std::int64_t>(i)) <= plan.shape[i];
  }
  if (!fits) {
    throw ConfigError{fmt::format(
        "its output is {} for this input, which the layer's {} cannot hold; import it again with "
        "--opaque-output and at least that",
        shown_sizes(own), text(plan.shape))};
  }
  std::vector<std::int64_t> all{1};
  all.insert(all.end(), plan.shape.begin(), plan.shape.end());
  const at::Tensor result = at::zeros(all, at::kFloat);
  at::Tensor part = result[0];
  for (std::int64_t axis = 0; axis < own.dim(); ++axis) part = part.narrow(axis, 0, own.size(axis));
  part.copy_(own);
  return result;
}

}  // namespace papilio
