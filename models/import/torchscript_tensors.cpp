#include "models/import/torchscript_tensors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace papilio {

ArchiveTensors::ArchiveTensors(torch::jit::Module& module) {
  const at::NoGradGuard no_grad;
  for (const auto& parameter : module.named_parameters()) {
    trained_.emplace(parameter.name, parameter.value.numel());
  }
  for (const auto& attribute : module.named_attributes()) {
    if (!attribute.value.isTensor()) continue;
    at::Tensor tensor = attribute.value.toTensor();
    if (!tensor.defined()) continue;
    if (tensor.is_floating_point()) all_.push_back(attribute.name);  // no counters, no indices
    if (tensor.is_floating_point() && tensor.scalar_type() != at::kFloat) {
      tensor.set_data(tensor.to(at::kFloat));
    }
    if (tensor.numel() == 0) continue;
    names_.emplace(place_of(tensor), attribute.name);
    writes_.emplace(tensor.storage().unsafeGetStorageImpl(),
                    static_cast<std::uint32_t>(tensor._version()));
  }
}

std::string ArchiveTensors::place_of(const at::Tensor& tensor) {
  return fmt::format("{} {} {}", fmt::ptr(tensor.data_ptr()), fmt::join(tensor.sizes().vec(), ","),
                     fmt::join(tensor.strides().vec(), ","));
}

bool ArchiveTensors::was_written(const at::Tensor& tensor) const {
  const auto it = writes_.find(tensor.storage().unsafeGetStorageImpl());
  return it != writes_.end() && it->second != tensor._version();
}

bool ArchiveTensors::has_module(const std::string& module) const {
  return std::any_of(all_.begin(), all_.end(), [&](const std::string& name) {
    return name == module || name.starts_with(module + ".");
  });
}

std::int64_t ArchiveTensors::trained_numbers(const std::set<std::string>& names,
                                             std::int64_t most) const {
  std::int64_t numbers = 0;
  for (const std::string& name : names) {
    if (const auto it = trained_.find(name); it != trained_.end()) numbers += it->second;
  }
  return std::min(numbers, most);
}

std::string ArchiveTensors::name_of(const at::Tensor& tensor) const {
  const auto it = names_.find(place_of(tensor));
  return it == names_.end() ? std::string{} : it->second;
}

namespace {

const void* identity_of(const at::Tensor& tensor) {
  return tensor.unsafeGetTensorImpl();
}
const void* storage_of(const at::Tensor& tensor) {
  return tensor.has_storage() ? tensor.storage().unsafeGetStorageImpl() : nullptr;
}

/// Whether two tensors are the same numbers in the same order.
bool are_same(const at::Tensor& one, const at::Tensor& other) {
  return one.data_ptr() == other.data_ptr() && one.sizes() == other.sizes() &&
         one.strides() == other.strides();
}

}  // namespace

const TensorLedger::Memory* TensorLedger::memory_of(const at::Tensor& tensor) const {
  const auto it = memories_.find(storage_of(tensor));
  return it == memories_.end() ? nullptr : &it->second;
}

void TensorLedger::make(const at::Tensor& tensor, const NetworkTensor& what) {
  const auto it = memories_.try_emplace(storage_of(tensor), Memory{tensor, what}).first;
  Memory& memory = it->second;
  const bool is_whole = are_same(memory.first, tensor);
  if (const auto known = places_.find(identity_of(tensor)); known != places_.end()) {
    // Written over in place.
    const bool changes = !memory.whole || memory.whole->layer != what.layer ||
                         known->second.what.layer != what.layer;
    if (changes) ++memory.writes;
    memory.whole = is_whole ? std::optional{what} : changes ? std::nullopt : memory.whole;
  } else {
    kept_.push_back(tensor);
  }
  places_[identity_of(tensor)] = {what, memory.writes, is_whole};
}

bool TensorLedger::varies(const at::Tensor& tensor) const {
  const Memory* memory = memory_of(tensor);
  return memory != nullptr && memory->varies;
}

void TensorLedger::lose(const at::Tensor& tensor, const std::string& why, bool varies) {
  Memory& memory = memories_.try_emplace(storage_of(tensor), Memory{tensor, {}}).first->second;
  memory.lost = true;
  memory.why = why;
  memory.varies = memory.varies || varies;
  kept_.push_back(tensor);
  places_[identity_of(tensor)] = {};
}

void TensorLedger::find_again(const at::Tensor& tensor, const NetworkTensor& what) {
  memories_.erase(storage_of(tensor));
  places_.erase(identity_of(tensor));
  make(tensor, what);
}

bool TensorLedger::has(const at::Tensor& tensor) const {
  return tensor.defined() &&
         (places_.contains(identity_of(tensor)) || memory_of(tensor) != nullptr);
}

NetworkTensor TensorLedger::read(const at::Tensor& tensor) const {
  const auto place = places_.find(identity_of(tensor));
  const Memory* memory = memory_of(tensor);
  if (memory != nullptr && memory->lost) {
    if (memory->why.empty()) throw HangsOnUnknown{};
    throw Unsupported{memory->why};
  }
  if (place == places_.end() || memory == nullptr) {
    throw Unsupported{"a tensor that is not of the network"};
  }
  if (place->second.is_whole && memory->whole) return *memory->whole;
  if (!place->second.is_whole && place->second.writes == memory->writes) return place->second.what;
  throw Unsupported{"a tensor that was changed in place through another view of it"};
}

void TensorLedger::derive(const at::Tensor& tensor, const std::set<std::string>& weights) {
  if (weights.empty()) return;
  derived_[identity_of(tensor)].insert(weights.begin(), weights.end());
  kept_.push_back(tensor);
}

std::set<std::string> TensorLedger::weights_of(const at::Tensor& tensor) const {
  const auto it = derived_.find(identity_of(tensor));
  return it == derived_.end() ? std::set<std::string>{} : it->second;
}

}  // namespace papilio
