// The weights of a Network by their names; its computation, which measuring on a machine without
// other libraries takes alone, is in network.cpp.

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string_view>

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
    for (std::size_t i = 0; i < own.names.size(); ++i) {
      result.emplace(own.names[i].empty() ? name : name + "." + own.names[i], own.weights[i]);
    }
  }
  return result;
}

namespace {

/// The module that a tensor belongs to: "layer1.0.conv1" of "layer1.0.conv1.weight".
std::string module_of(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos ? name : name.substr(0, dot);
}

/// The row that a numbered part is of: "layer" of "layer1", "" of "0"; nothing of others.
std::optional<std::string_view> row_of(std::string_view part) {
  const std::size_t last = part.find_last_not_of("0123456789");
  const std::size_t digits = last == std::string_view::npos ? 0 : last + 1;
  if (digits == part.size()) return std::nullopt;
  return part.substr(0, digits);
}

/// What tensors without a place in a network tell of it.
class LeftOver {
 public:
  LeftOver(const Graph& graph, const std::map<std::string, at::Tensor>& wanted)
      : unused_{graph.unused_weights().begin(), graph.unused_weights().end()} {
    for (const auto& [name, tensor] : wanted) modules_.insert(module_of(name));
    root_ = common_root();
    for (const std::string& module : modules_) {
      for (std::size_t begin = root_.size(); begin < module.size();) {
        const std::size_t end = std::min(module.find('.', begin), module.size());
        parts_.insert(module.substr(0, end));
        const auto row = row_of(std::string_view{module}.substr(begin, end - begin));
        if (row) rows_.insert(module.substr(0, begin) + std::string{*row});
        begin = end + 1;
      }
    }
  }

  /// @param name in the graph's way
  void add(const std::string& name, const GivenTensor& given) {
    names_.push_back(given.name);
    if (unused_.contains(module_of(name))) return;
    ++unknown_;
    if (!strange_ && !lies_apart(name)) strange_ = given;
    if (first_.tensor == nullptr) first_ = given;
  }

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

  /// The tensor that shows the weights to be another network's.
  /// @param taken tensors that the network has a place for
  [[nodiscard]] std::optional<GivenTensor> strange(std::size_t taken) const {
    if (strange_) return strange_;
    if (unknown_ > taken) return first_;
    return std::nullopt;
  }

 private:
  /// The module that all of the network lies in, with its dot.
  [[nodiscard]] std::string common_root() const {
    if (modules_.empty()) return "";
    // Names are sorted: what the first and the last share, all do.
    const std::string& first = *modules_.begin();
    const std::string& last = *modules_.rbegin();
    const auto differ = std::mismatch(first.begin(), first.end(), last.begin(), last.end()).first;
    const std::string shared{first.begin(), differ};
    const std::size_t dot = modules_.size() == 1 ? first.rfind('.') : shared.rfind('.');
    return dot == std::string::npos ? "" : first.substr(0, dot + 1);
  }

  /// Whether a tensor may lie beside what the network computes. Not so
  /// - one of a layer that the network has, or inside it, such as the bias of one without a bias;
  /// - one that continues a row, such as ResNet's layer4 behind layer3;
  /// - one of a new module in a part of a row, such as squeeze and excitation in a block.
  [[nodiscard]] bool lies_apart(const std::string& name) const {
    if (!name.starts_with(root_)) return true;
    const std::string module = module_of(name);
    if (modules_.contains(module)) {
      // Others than these are buffers that no layer here has, such as masks.
      return !name.ends_with(".weight") && !name.ends_with(".bias") &&
             !name.ends_with(".running_mean") && !name.ends_with(".running_var");
    }
    for (std::size_t begin = root_.size(); begin < module.size();) {
      const std::size_t end = std::min(module.find('.', begin), module.size());
      const std::string above = module.substr(0, end);
      const auto row = row_of(std::string_view{module}.substr(begin, end - begin));
      if (!parts_.contains(above)) {
        return !row || !rows_.contains(module.substr(0, begin) + std::string{*row});
      }
      if (row || modules_.contains(above)) return false;
      begin = end + 1;
    }
    return true;
  }

  std::set<std::string> unused_;
  std::set<std::string> modules_;  // with tensors
  std::string root_;
  std::set<std::string> parts_;  // these, and the modules behind the root that they lie in
  std::set<std::string> rows_;   // "layer" and "layer1." of "layer1.0"
  std::vector<std::string> names_;
  std::size_t unknown_{0};
  GivenTensor first_;
  std::optional<GivenTensor> strange_;
};

}  // namespace

std::vector<std::string> Network::load(const StateDict& weights, const std::string& source,
                                       const std::set<std::string>& except) {
  const auto excepted = [&](const std::string& name) { return except.contains(module_of(name)); };
  std::map<std::string, at::Tensor> wanted = named();
  std::set<std::string> needed;
  for (const auto& [name, tensor] : wanted) {
    if (!excepted(name)) needed.insert(name);
  }
  const std::map<std::string, GivenTensor> given = with_graph_names(weights, graph_, needed);
  std::vector<std::string> known;
  known.reserve(given.size());
  for (const auto& [name, tensor] : given) known.push_back(name);
  const bool none = std::none_of(needed.begin(), needed.end(),
                                 [&](const std::string& name) { return given.contains(name); });
  for (const std::string& name : needed) {
    const at::Tensor& tensor = wanted.at(name);
    const auto it = given.find(name);
    if (it == given.end() && none) {
      throw ConfigError{
          fmt::format("{}: error: has none of the {} tensors that '{}' needs, such as '{}', but {} "
                      "others, such as '{}'; are these the weights of another network?",
                      source, needed.size(), graph_.name(), name, given.size(),
                      given.empty() ? "" : given.begin()->second.name)};
    }
    if (it == given.end()) {
      throw ConfigError{fmt::format("{}: error: has no tensor '{}', which '{}' needs{}", source,
                                    name, graph_.name(), suggestion(name, known))};
    }
    const StoredTensor& found = *it->second.tensor;
    if (!tensor.sizes().equals(found.shape)) {
      throw ConfigError{fmt::format("{}: error: the tensor '{}' is {}, but '{}' needs {}", source,
                                    it->second.name, shape_text(found.shape), graph_.name(),
                                    shape_text(tensor.sizes()))};
    }
  }
  LeftOver left_over{graph_, wanted};
  for (const auto& [name, tensor] : given) {
    if (!wanted.contains(name) && !excepted(name)) left_over.add(name, tensor);
  }
  if (const auto strange = left_over.strange(needed.size())) {
    throw ConfigError{
        fmt::format("{}: error: the tensor '{}' {} has no place in '{}', which takes {} of the "
                    "file's {}; are these the weights of another network? If not, save without it",
                    source, strange->name, shape_text(strange->tensor->shape), graph_.name(),
                    needed.size(), given.size())};
  }
  const at::NoGradGuard no_grad;
  for (const std::string& name : needed) {
    const StoredTensor& from = *given.at(name).tensor;
    wanted.at(name).copy_(
        at::from_blob(const_cast<float*>(from.values.data()), from.shape, at::kFloat));
  }
  return left_over.names();
}

StateDict Network::weights() const {
  StateDict result;
  for (const auto& [name, tensor] : named()) result.emplace(name, stored(tensor));
  return result;
}

}  // namespace papilio
