#include "models/import/onnx_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "models/import/layer_list.hpp"
#include "models/import/onnx_node.hpp"
#include "models/import/onnx_reals.hpp"
#include "sim/base/text.hpp"

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

void for_one_output(onnx::ModelProto& model, std::vector<std::string>& notes) {
  onnx::GraphProto whole;
  whole.Swap(model.mutable_graph());  // and what is kept is moved: weights may be large
  const std::vector<bool> needed = needed_by(whole, 0, 1);
  const std::vector<bool> needed_at_all = needed_by(whole, 0, whole.output_size());
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_name(whole.name());
  *graph.add_output() = whole.output(0);
  std::set<std::string> read{whole.output(0).name()};
  std::map<std::string, int> dead;
  for (int i = 0; i < whole.node_size(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    onnx::NodeProto& node = *whole.mutable_node(i);
    if (needed[at]) {
      read.insert(node.input().begin(), node.input().end());
      graph.add_node()->Swap(&node);
    } else if (!needed_at_all[at] && node.op_type() != "Constant" && node.op_type() != "Identity") {
      ++dead[printable(node.op_type())];
    }
  }
  for (onnx::TensorProto& constant : *whole.mutable_initializer()) {
    if (read.contains(constant.name())) graph.add_initializer()->Swap(&constant);
  }
  for (onnx::ValueInfoProto& input : *whole.mutable_input()) {
    if (read.contains(input.name())) graph.add_input()->Swap(&input);
  }
  std::set<std::string> others;
  for (const onnx::ValueInfoProto& output : whole.output()) {
    if (output.name() != whole.output(0).name()) others.insert(printable(output.name()));
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
}

const onnx::ValueInfoProto& only_input(const onnx::GraphProto& graph) {
  std::set<std::string> weights;
  for (const onnx::TensorProto& constant : graph.initializer()) weights.insert(constant.name());
  const onnx::ValueInfoProto* only = nullptr;
  for (const onnx::ValueInfoProto& input : graph.input()) {
    if (weights.contains(input.name())) continue;
    if (only != nullptr) throw Unsupported{"several inputs, where one is expected"};
    only = &input;
  }
  if (only == nullptr) throw Unsupported{"no input"};
  return *only;
}

std::string prepare_to_run(onnx::ModelProto& model, const TensorShape& shape) {
  if (std::string reason = compute_with_reals(*model.mutable_graph()); !reason.empty()) {
    return reason;
  }
  const std::string name = only_input(model.graph()).name();
  for (onnx::ValueInfoProto& input : *model.mutable_graph()->mutable_input()) {
    if (input.name() != name) continue;
    onnx::TensorShapeProto& dimensions =
        *input.mutable_type()->mutable_tensor_type()->mutable_shape();
    dimensions.clear_dim();
    for (const std::int64_t size :
         {std::int64_t{1}, shape.channels(), shape.height(), shape.width()}) {
      dimensions.add_dim()->set_dim_value(size);
    }
  }
  // OpenCV's dnn turns a divisor into its reciprocal where it stands, for other readers too.
  std::map<std::string, onnx::TensorProto> constants;
  for (const onnx::NodeProto& node : model.graph().node()) {
    if (node.op_type() == "Div" && node.input_size() == 2) constants[node.input(1)];
  }
  for (const onnx::TensorProto& constant : model.graph().initializer()) {
    if (const auto it = constants.find(constant.name()); it != constants.end())
      it->second = constant;
  }
  for (onnx::NodeProto& node : *model.mutable_graph()->mutable_node()) {
    if (node.op_type() != "Div" || node.input_size() != 2) continue;
    const onnx::TensorProto& constant = constants[node.input(1)];
    if (constant.name().empty()) continue;
    onnx::TensorProto& own = *model.mutable_graph()->add_initializer();
    own = constant;
    own.set_name(fmt::format("{}, by {}", constant.name(), node.output(0)));
    node.set_input(1, own.name());
  }
  // It wants outputs to have a shape, and looks at none.
  for (onnx::ValueInfoProto& output : *model.mutable_graph()->mutable_output()) {
    output.mutable_type()->mutable_tensor_type()->mutable_shape();
  }
  // Whether padding counts in a mean it takes from who wrote the file, not from the node.
  std::set<bool> counts;
  for (const onnx::NodeProto& node : model.graph().node()) {
    if (node.op_type() != "AveragePool") continue;
    const auto pads = numbers_of(node, "pads", {});
    if (std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad != 0; }) ||
        text_of(node, "auto_pad", "").starts_with("SAME")) {
      counts.insert(number_of(node, "count_include_pad", 0) != 0);
    }
  }
  model.set_producer_name(counts.contains(true) ? "pytorch" : "");
  return counts.size() > 1 ? "OpenCV's dnn counts padding in all means, or in none" : "";
}

std::string module_path(const std::string& node) {
  std::vector<std::string> parts;
  std::size_t begin = 1;
  if (!node.starts_with('/')) return {};
  for (std::size_t end = node.find('/', begin); end != std::string::npos;
       begin = end + 1, end = node.find('/', begin)) {
    std::string part = node.substr(begin, end - begin);
    if (!parts.empty() && part.starts_with(parts.back() + ".")) {
      parts.back() = std::move(part);
    } else {
      parts.push_back(std::move(part));
    }
  }
  return fmt::format("{}", fmt::join(parts, "."));
}

Padding same_padding(const std::vector<std::int64_t>& dims, const Spatial& kernel,
                     const Spatial& stride, bool more_before) {
  constexpr std::size_t kAxes = 3;
  const std::size_t axes = std::min(dims.size() < 2 ? 0 : dims.size() - 2, kAxes);
  std::array<std::int64_t, kAxes> less{};
  std::array<std::int64_t, kAxes> more{};
  for (std::size_t i = kAxes - axes; i < kAxes; ++i) {
    const std::int64_t size = dims[dims.size() - kAxes + i];
    if (kernel[i] < 1 || stride[i] < 1) throw Unsupported{"a window or a stride of no size"};
    const std::int64_t last = (size - 1) / stride[i] * stride[i];  // where the last window begins
    const std::int64_t all = std::max<std::int64_t>(last - size + kernel[i], 0);
    less.at(i) = all / 2;
    more.at(i) = all - all / 2;
  }
  const auto& before = more_before ? more : less;
  const auto& behind = more_before ? less : more;
  Padding around{before[1], before[2], behind[1], behind[2]};
  around.front = before[0];
  around.back = behind[0];
  return around;
}

}  // namespace papilio
