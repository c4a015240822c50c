#include "models/import/torchscript_inputs.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

#include "models/import/layer_list.hpp"

namespace papilio {
namespace {

/// Which of the given sizes is that of an input.
class GivenInputs {
 public:
  explicit GivenInputs(const std::vector<NamedInput>& given) : given_{given} {}

  const NamedInput& of(const std::string& name) {
    for (const bool by_name : {true, false}) {
      for (std::size_t i = 0; i < given_.size(); ++i) {
        const bool fits = by_name ? given_[i].name == name : given_[i].name.empty();
        if (fits && taken_.insert(i).second) return given_[i];
      }
    }
    if (given_.size() == 1 && given_.front().name.empty()) return given_.front();
    throw std::invalid_argument{
        fmt::format("its input '{0}' has no size; say it with --input {0}=SIZES", name)};
  }
  void require_all_taken() const {
    for (std::size_t i = 0; i < given_.size(); ++i) {
      if (taken_.contains(i)) continue;
      throw std::invalid_argument{given_[i].name.empty()
                                      ? "it has fewer inputs than --input gives sizes"
                                      : fmt::format("it has no input '{}'", given_[i].name)};
    }
  }

 private:
  const std::vector<NamedInput>& given_;
  std::set<std::size_t> taken_;
};

/// Whether whole numbers are expected, which name rows of a table.
bool names_rows(const torch::jit::Value& value) {
  return std::any_of(value.uses().begin(), value.uses().end(), [](const torch::jit::Use& use) {
    const std::string_view kind = use.user->kind().toQualString();
    return use.offset == 1 &&
           (kind == "aten::embedding" || kind.starts_with("quantized::embedding"));
  });
}

void collect(const c10::IValue& answer, std::vector<at::Tensor>& tensors) {
  if (answer.isTensor()) {
    tensors.push_back(answer.toTensor());
  } else if (answer.isTuple()) {
    for (const c10::IValue& one : answer.toTupleRef().elements().asArrayRef()) {
      collect(one, tensors);
    }
  } else if (answer.isList()) {
    for (const c10::IValue& one : answer.toListRef()) collect(one, tensors);
  } else if (answer.isGenericDict()) {
    for (const auto& entry : answer.toGenericDict()) collect(entry.value(), tensors);
  }
}

}  // namespace

at::Tensor ProgramInput::random(std::uint64_t seed, double scale) const {
  std::vector<std::int64_t> sizes{1};
  sizes.insert(sizes.end(), op.shape.begin(), op.shape.end());
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  if (op.below > 0) return at::randint(0, op.below, sizes, generator, at::kFloat);
  return scale * at::randn(sizes, generator);
}

c10::IValue ProgramInput::as_argument(const at::Tensor& sample) const {
  const at::Tensor moved =
      is_list || alone ? sample.squeeze(0) : sample.movedim(0, static_cast<std::int64_t>(batch));
  const at::Tensor numbers = op.below > 0 ? moved.to(at::kLong) : moved;
  if (is_list) return std::vector<at::Tensor>{numbers.contiguous()};
  return numbers.contiguous();
}

at::Tensor ProgramInput::tensor_of(const c10::IValue& argument) const {
  return is_list ? argument.toTensorVector().at(0) : argument.toTensor();
}

std::optional<std::int64_t> ProgramInput::batch_axis() const {
  return is_list || alone ? std::nullopt : std::optional{static_cast<std::int64_t>(batch)};
}

std::vector<ProgramInput> inputs_of(const torch::jit::Module& module,
                                    const TorchScriptProgram& program,
                                    const std::vector<NamedInput>& given) {
  std::vector<ProgramInput> inputs;
  GivenInputs sizes{given};
  const std::vector<c10::Argument>& schema =
      module.get_method("forward").function().getSchema().arguments();
  for (std::size_t i = 0; i < program.inputs().size(); ++i) {
    const torch::jit::Value& value = *program.inputs()[i];
    ProgramInput& input = inputs.emplace_back();
    input.is_list = value.type()->isSubtypeOf(*c10::ListType::ofTensors());
    input.is_tensor = input.is_list || value.type()->isSubtypeOf(*c10::TensorType::get());
    if (!input.is_tensor) {
      const auto& otherwise = schema.at(i + 1).default_value();  // the first is the module
      if (!otherwise) throw Unsupported{"an input that is no tensor"};
      input.other = *otherwise;
      continue;
    }
    std::string name = value.debugName();
    name.erase(std::min(name.find('.'), name.size()));
    const NamedInput& size = sizes.of(name);
    if (size.batch > size.shape.rank()) {
      throw std::invalid_argument{"the batch is no axis of an input"};
    }
    input.op = {size.shape, size.whole || names_rows(value) ? 2 : 0};
    input.batch = size.batch;
    input.alone = size.alone;
    input.is_read = value.hasUses();
  }
  sizes.require_all_taken();
  return inputs;
}

std::vector<at::Tensor> tensors_of(const c10::IValue& answer) {
  std::vector<at::Tensor> tensors;
  collect(answer, tensors);
  return tensors;
}

}  // namespace papilio
