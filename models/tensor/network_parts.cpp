#include <ATen/core/grad_mode.h>

#include <optional>
#include <utility>
#include <vector>

#include "models/tensor/network.hpp"
#include "sim/base/error.hpp"

namespace papilio {

at::Tensor Network::output_of(LayerId layer, const Tensors& given) const {
  PAPILIO_CHECK(!given.empty() && layer < layers_.size());
  std::optional<at::NoGradGuard> no_grad;
  if (!training_) no_grad.emplace();
  std::vector<bool> needed(layer + 1, false);
  needed[layer] = true;
  for (LayerId id = layer + 1; id-- > 0;) {
    if (!needed[id] || (id != layer && given.contains(id))) continue;
    for (const LayerId input : graph_.layer(id).inputs) needed[input] = true;
  }
  const std::int64_t samples = given.begin()->second.size(0);
  std::vector<at::Tensor> outputs(layer + 1);
  for (LayerId id = 0; id <= layer; ++id) {
    if (!needed[id]) continue;
    if (const auto it = given.find(id); id != layer && it != given.end()) {
      outputs[id] = it->second;
      continue;
    }
    std::vector<at::Tensor> inputs;
    for (const LayerId input : graph_.layer(id).inputs) inputs.push_back(outputs[input]);
    outputs[id] = compute(id, inputs, samples, /*in_place=*/false);
  }
  return unpacked(outputs[layer]);
}

}  // namespace papilio
