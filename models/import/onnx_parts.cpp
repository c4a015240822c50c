#include "models/import/onnx_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "models/import/layer_list.hpp"

namespace papilio {
namespace {

/// Which nodes these outputs need, by position.
std::vector<bool> needed_by(const onnx::GraphProto& graph, int first_output, int last_output) {
  std::set<std::string> tensors;
  for (int i = first_output; i < last_output; ++i) tensors.insert(graph.output(i).name());
  std::vector<bool> needed(static_cast<std::size_t>(graph.node_size()), false);
  for (int i = graph.node_size() - 1; i >= 0; --i) {
    const onnx::NodeProto& node = graph.node(i);
    const bool is_needed =
        std::any_of(node.output().begin(), node.output().end(), [&](const auto& name) {
          // Outputs and inputs that are left out have no name.
          return !name.empty() && tensors.contains(name);
        });
    if (!is_needed) continue;
    needed[static_cast<std::size_t>(i)] = true;
    tensors.insert(node.input().begin(), node.input().end());
    for (const onnx::AttributeProto& attribute : node.attribute()) {
      for (const onnx::NodeProto& inner : attribute.g().node()) {
        tensors.insert(inner.input().begin(), inner.input().end());
      }
    }
  }
  return needed;
}

}  // namespace

onnx::ModelProto for_one_output(onnx::ModelProto model, std::vector<std::string>& notes) {
  const onnx::GraphProto whole = model.graph();
  const std::vector<bool> needed = needed_by(whole, 0, 1);
  const std::vector<bool> needed_at_all = needed_by(whole, 0, whole.output_size());
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.clear_node();
  graph.clear_input();
  graph.clear_output();
  graph.clear_initializer();
  graph.clear_value_info();
  *graph.add_output() = whole.output(0);
  std::set<std::string> read{whole.output(0).name()};
  std::map<std::string, int> dead;
  for (int i = 0; i < whole.node_size(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const onnx::NodeProto& node = whole.node(i);
    if (needed[at]) {
      *graph.add_node() = node;
      read.insert(node.input().begin(), node.input().end());
    } else if (!needed_at_all[at] && node.op_type() != "Constant" && node.op_type() != "Identity") {
      ++dead[node.op_type()];
    }
  }
  for (const onnx::TensorProto& constant : whole.initializer()) {
    if (read.contains(constant.name())) *graph.add_initializer() = constant;
  }
  for (const onnx::ValueInfoProto& input : whole.input()) {
    if (read.contains(input.name())) *graph.add_input() = input;
  }
  std::set<std::string> others;
  for (const onnx::ValueInfoProto& output : whole.output()) {
    if (output.name() != whole.output(0).name()) others.insert(output.name());
  }
  if (!others.empty()) {
    notes.push_back(outputs_note(others.size(), fmt::format("{}", fmt::join(others, ", "))));
  }
  if (!dead.empty()) {
    std::vector<std::string> list;
    for (const auto& [type, count] : dead) {
      list.push_back(count == 1 ? type : fmt::format("{} ({} times)", type, count));
    }
    notes.push_back(
        fmt::format("Left out, since no output depends on it: {}.", fmt::join(list, ", ")));
  }
  return model;
}

const onnx::ValueInfoProto& only_input(const onnx::GraphProto& graph) {
  const onnx::ValueInfoProto* only = nullptr;
  for (const onnx::ValueInfoProto& input : graph.input()) {
    const bool weight =
        std::any_of(graph.initializer().begin(), graph.initializer().end(),
                    [&](const auto& constant) { return constant.name() == input.name(); });
    if (weight) continue;
    if (only != nullptr) throw Unsupported{"several inputs, where one is expected"};
    only = &input;
  }
  if (only == nullptr) throw Unsupported{"no input"};
  return *only;
}

void set_input(onnx::ModelProto& model, const TensorShape& shape) {
  const std::string name = only_input(model.graph()).name();
  for (onnx::ValueInfoProto& input : *model.mutable_graph()->mutable_input()) {
    if (input.name() != name) continue;
    onnx::TensorShapeProto& dimensions =
        *input.mutable_type()->mutable_tensor_type()->mutable_shape();
    dimensions.clear_dim();
    for (const std::int64_t size : {std::int64_t{1}, shape.channels, shape.height, shape.width}) {
      dimensions.add_dim()->set_dim_value(size);
    }
  }
  // OpenCV wants outputs to have a shape, and looks at none.
  for (onnx::ValueInfoProto& output : *model.mutable_graph()->mutable_output()) {
    output.mutable_type()->mutable_tensor_type()->mutable_shape();
  }
}

}  // namespace papilio
