#include "models/import/torchscript_tensors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace papilio {

ArchiveTensors::ArchiveTensors(torch::jit::Module& module) {
  const at::NoGradGuard no_grad;
  for (const auto& parameter : module.named_parameters()) {
    trained_.emplace(parameter.name, parameter.value.numel());
  }
  std::set<std::string> names;
  for (const auto& attribute : module.named_attributes()) names.insert(attribute.name);
  // The scale and the zero point of a quantisation are no weights.
  const auto is_scale = [&](const std::string& name) {
    constexpr std::string_view kScale = "scale";
    const bool ends = name == kScale || name.ends_with(".scale");
    return ends && names.contains(name.substr(0, name.size() - kScale.size()).append("zero_point"));
  };
  for (const auto& attribute : module.named_attributes()) {
    unpack(attribute.name, attribute.value);
    if (!attribute.value.isTensor()) continue;
    at::Tensor tensor = attribute.value.toTensor();
    if (!tensor.defined()) continue;
    if (tensor.is_floating_point() && tensor.scalar_type() != at::kFloat) {
      tensor.set_data(tensor.to(at::kFloat));
    }
    // No counters, no indices.
    if (tensor.is_floating_point() && !is_scale(attribute.name)) all_.push_back(attribute.name);
    hold(attribute.name, tensor);
  }
}

void ArchiveTensors::hold(const std::string& name, const at::Tensor& tensor) {
  if (tensor.numel() == 0) return;
  names_.emplace(place_of(tensor), name);
  writes_.emplace(tensor.storage().unsafeGetStorageImpl(),
                  static_cast<std::uint32_t>(tensor._version()));
}

void ArchiveTensors::unpack(std::string name, const c10::IValue& value) {
  std::optional<PackedWeights> weights = unpacked(value);
  if (!weights) return;
  const auto [held, is_first] = packed_.emplace(&value.toObjectRef(), std::move(*weights));
  if (!is_first) return;
  // "fc" of "fc._packed_params._packed_params".
  for (const std::string_view packed : {"_packed_weight", "_packed_params", "_packed_params"}) {
    if (!name.ends_with(packed)) continue;
    name.erase(name.size() - packed.size());
    if (name.ends_with('.')) name.pop_back();
  }
  for (const auto& [part, tensor] :
       {std::pair{"weight", held->second.weight}, std::pair{"bias", held->second.bias}}) {
    if (!tensor.defined()) continue;
    const std::string full = name.empty() ? part : name + "." + part;
    all_.push_back(full);
    trained_.emplace(full, tensor.numel());
    hold(full, tensor);
    // A kernel of one dimension is packed as one of two, the first of size 1.
    constexpr std::int64_t kPictures = 4;
    if (tensor.dim() == kPictures && tensor.size(2) == 1) hold(full, tensor.squeeze(2));
  }
}

const PackedWeights* ArchiveTensors::packed(const c10::IValue& value) const {
  const auto it = value.isObject() ? packed_.find(&value.toObjectRef()) : packed_.end();
  return it == packed_.end() ? nullptr : &it->second;
}

std::string ArchiveTensors::place_of(const at::Tensor& tensor) {
  return fmt::format("{} {} {}", fmt::ptr(tensor.data_ptr()), fmt::join(tensor.sizes().vec(), ","),
                     fmt::join(tensor.strides().vec(), ","));
}

bool ArchiveTensors::was_written(const at::Tensor& tensor) const {
  const auto it = writes_.find(tensor.storage().unsafeGetStorageImpl());
  return it != writes_.end() && it->second != tensor._version();
}

void ArchiveTensors::take_as_unwritten(const at::Tensor& tensor) {
  const auto it = writes_.find(tensor.storage().unsafeGetStorageImpl());
  if (it != writes_.end()) it->second = static_cast<std::uint32_t>(tensor._version());
}

bool ArchiveTensors::was_any_written(const torch::jit::Module& module) const {
  for (const auto& attribute : module.named_attributes()) {
    if (!attribute.value.isTensor() || !attribute.value.toTensor().defined()) continue;
    if (attribute.value.toTensor().has_storage() && was_written(attribute.value.toTensor())) {
      return true;
    }
  }
  return false;
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
    if (!is_whole) memory.views.push_back(tensor);
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
  if (place == places_.end() && memory != nullptr && memory->whole) {
    // Another tensor of the same memory, such as the batch whose only picture was written.
    std::vector<std::int64_t> sizes = memory->first.sizes().vec();
    const bool all = tensor.is_contiguous() && memory->first.is_contiguous() &&
                     tensor.data_ptr() == memory->first.data_ptr();
    if (all && tensor.sizes() == sizes) return *memory->whole;
    sizes.insert(sizes.begin(), 1);
    if (all && tensor.sizes() == sizes && !memory->whole->batch) {
      return {memory->whole->layer, 0};
    }
  }
  if (place == places_.end() || memory == nullptr) {
    throw Unsupported{"a tensor that is not of the network"};
  }
  if (place->second.is_whole && memory->whole) return *memory->whole;
  if (!place->second.is_whole && place->second.writes == memory->writes) return place->second.what;
  throw Unsupported{"a tensor that was changed in place through another view of it"};
}

bool TensorLedger::is_current(const at::Tensor& tensor) const {
  const auto place = places_.find(identity_of(tensor));
  const Memory* memory = memory_of(tensor);
  if (place == places_.end() || memory == nullptr || memory->lost) return false;
  return place->second.is_whole ? memory->whole.has_value()
                                : place->second.writes == memory->writes;
}

at::Tensor TensorLedger::base_of(const at::Tensor& tensor) const {
  const Memory* memory = memory_of(tensor);
  return memory == nullptr ? at::Tensor{} : memory->first;
}

void TensorLedger::write(const at::Tensor& part, const NetworkTensor& of_part,
                         const at::Tensor& base, const NetworkTensor& of_base,
                         const std::function<bool(const at::Tensor& other)>& is_apart) {
  Memory& memory = memories_.try_emplace(storage_of(base), Memory{base, {}}).first->second;
  memory.whole = of_base;
  const int before = memory.writes++;
  for (const at::Tensor& view : memory.views) {
    Place& place = places_[identity_of(view)];
    if (place.writes == before && is_apart(view)) place.writes = memory.writes;
  }
  if (!places_.contains(identity_of(part))) memory.views.push_back(part);
  kept_.push_back(part);
  kept_.push_back(base);
  places_[identity_of(base)] = {of_base, memory.writes, true};
  places_[identity_of(part)] = {of_part, memory.writes, false};
}

bool TensorLedger::is_lost(const at::Tensor& tensor) const {
  const Memory* memory = memory_of(tensor);
  return memory != nullptr && memory->lost;
}

std::optional<TensorLedger::Whole> TensorLedger::whole_of(const at::Tensor& tensor) const {
  const Memory* memory = memory_of(tensor);
  if (memory == nullptr || memory->lost) return std::nullopt;
  return Whole{memory->first, memory->whole};
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
