// The weights of a Network by their names; its computation, which measuring on a machine without
// other libraries takes alone, is in network.cpp.

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "models/tensor/network.hpp"
#include "models/tensor/weight_names.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace {

std::string shape_text(at::IntArrayRef shape) {
  return fmt::format("[{}]", fmt::join(shape.begin(), shape.end(), " x "));
}

StoredTensor stored(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
  const float* data = flat.data_ptr<float>();
  return {tensor.sizes().vec(), {data, data + flat.numel()}};
}

}  // namespace

std::map<std::string, at::Tensor> Network::named() const {
  std::map<std::string, at::Tensor> result;
  for (LayerId id = 0; id < layers_.size(); ++id) {
    if (graph_.layer(id).weights_of) continue;
    const LayerTensors& own = layers_[id];
    const std::string& name = graph_.layer(id).name;
    if (own.weight.defined()) result.emplace(name + ".weight", own.weight);
    if (own.bias.defined()) result.emplace(name + ".bias", own.bias);
    if (own.running_mean.defined()) {
      result.emplace(name + ".running_mean", own.running_mean);
      result.emplace(name + ".running_var", own.running_var);
    }
  }
  return result;
}

void Network::load(const StateDict& weights, const std::string& source,
                   const std::set<std::string>& except) {
  const auto excepted = [&](const std::string& name) {
    return except.contains(name.substr(0, name.rfind('.')));
  };
  const StateDict given = with_graph_names(weights, graph_);
  std::map<std::string, at::Tensor> wanted = named();
  std::vector<std::string> known;
  known.reserve(given.size());
  for (const auto& [name, tensor] : given) known.push_back(name);
  for (const auto& [name, tensor] : wanted) {
    if (excepted(name)) continue;
    const auto it = given.find(name);
    if (it == given.end()) {
      throw ConfigError{fmt::format("{}: error: has no tensor '{}', which '{}' needs{}", source,
                                    name, graph_.name(), suggestion(name, known))};
    }
    if (!tensor.sizes().equals(it->second.shape)) {
      throw ConfigError{fmt::format("{}: error: the tensor '{}' is {}, but '{}' needs {}", source,
                                    name, shape_text(it->second.shape), graph_.name(),
                                    shape_text(tensor.sizes()))};
    }
  }
  const std::vector<std::string>& unused = graph_.unused_weights();
  for (const auto& [name, tensor] : given) {
    const bool known_unused =
        std::find(unused.begin(), unused.end(), name.substr(0, name.rfind('.'))) != unused.end();
    if (!wanted.contains(name) && !excepted(name) && !known_unused) {
      throw ConfigError{
          fmt::format("{}: error: the tensor '{}' {} has no place in '{}'; are these "
                      "the weights of another network?",
                      source, name, shape_text(tensor.shape), graph_.name())};
    }
  }
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : wanted) {
    if (excepted(name)) continue;
    const StoredTensor& from = given.at(name);
    tensor.copy_(at::from_blob(const_cast<float*>(from.values.data()), from.shape, at::kFloat));
  }
}

StateDict Network::weights() const {
  StateDict result;
  for (const auto& [name, tensor] : named()) result.emplace(name, stored(tensor));
  return result;
}

}  // namespace papilio
