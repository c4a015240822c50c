#include "models/import/onnx_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "models/import/layer_list.hpp"
#include "models/import/onnx_constants.hpp"
#include "models/import/onnx_node.hpp"
#include "models/import/onnx_reals.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

/// Which nodes these tensors need, by position.
std::vector<bool> needed_by(const onnx::GraphProto& graph, std::set<std::string> tensors) {
  std::vector<bool> needed(static_cast<std::size_t>(graph.node_size()), false);
  for (int i = graph.node_size() - 1; i >= 0; --i) {
    const onnx::NodeProto& node = graph.node(i);
    const bool is_needed =
        std::any_of(node.output().begin(), node.output().end(), [&](const auto& name) {
          return !name.empty() && tensors.contains(name);  // one that is left out has no name
        });
    if (!is_needed) continue;
    needed[static_cast<std::size_t>(i)] = true;
    for_each_read(node, [&](const std::string& name) { tensors.insert(name); });
  }
  return needed;
}

/// Takes from a graph what is needed of it: nodes, and the constants and inputs that they read.
/// @param read  what is read of it besides
/// @param graph gets them
void take_needed(onnx::GraphProto& whole, const std::vector<bool>& needed,
                 std::set<std::string> read, onnx::GraphProto& graph) {
  for (int i = 0; i < whole.node_size(); ++i) {
    if (!needed[static_cast<std::size_t>(i)]) continue;
    onnx::NodeProto& node = *whole.mutable_node(i);
    for_each_read(node, [&](const std::string& name) { read.insert(name); });
    graph.add_node()->Swap(&node);
  }
  for (onnx::TensorProto& constant : *whole.mutable_initializer()) {
    if (read.contains(constant.name())) graph.add_initializer()->Swap(&constant);
  }
  for (onnx::ValueInfoProto& input : *whole.mutable_input()) {
    if (read.contains(input.name())) graph.add_input()->Swap(&input);
  }
}

/// Lets nodes read stored tensors by their own names, and not by those that Identity gives them,
/// which OpenCV's dnn takes for a layer without an input; and name no input that is left out
/// behind their last, which it looks for.
void with_plain_inputs(onnx::GraphProto& graph) {
  std::map<std::string, std::string> names;
  for (const onnx::TensorProto& constant : graph.initializer()) {
    names.emplace(constant.name(), constant.name());
  }
  google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes;
  nodes.Swap(graph.mutable_node());
  for (onnx::NodeProto& node : nodes) {
    for (std::string& input : *node.mutable_input()) {
      if (const auto it = names.find(input); it != names.end()) input = it->second;
    }
    while (node.input_size() > 0 && node.input(node.input_size() - 1).empty()) {
      node.mutable_input()->RemoveLast();
    }
    const bool renames = node.op_type() == "Identity" && node.input_size() == 1 &&
                         node.output_size() == 1 && names.contains(node.input(0)) &&
                         node.output(0) != graph.output(0).name();
    if (renames) {
      names.emplace(node.output(0), node.input(0));
    } else {
      graph.add_node()->Swap(&node);
    }
  }
}

/// Says the bounds of each Clip as before version 11 of the operations, which OpenCV's dnn reads.
void with_stated_bounds(onnx::GraphProto& graph) {
  OnnxConstants constants{graph};
  const auto no_dims = [](const std::string&) { return std::optional<OnnxDims>{}; };
  for (const onnx::NodeProto& node : graph.node()) {
    if (node.op_type() == "Constant") static_cast<void>(constants.fold(node, no_dims));
  }
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    if (node.op_type() != "Clip" || node.input_size() < 2) continue;
    std::array<std::optional<double>, 2> bounds;
    bool known = true;
    for (int i = 1; i < node.input_size() && i <= 2; ++i) {
      if (node.input(i).empty()) continue;
      const OnnxConstant* bound = constants.find(node.input(i));
      known = known && bound != nullptr && bound->count() == 1 && why_no_floats(*bound).empty();
      if (known) bounds.at(static_cast<std::size_t>(i - 1)) = constants.reals(*bound).front();
    }
    if (!known) continue;
    node.mutable_input()->DeleteSubrange(1, node.input_size() - 1);
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      if (!bounds.at(i)) continue;
      onnx::AttributeProto& attribute = *node.add_attribute();
      attribute.set_name(i == 0 ? "min" : "max");
      attribute.set_type(onnx::AttributeProto::FLOAT);
      attribute.set_f(static_cast<float>(*bounds.at(i)));
    }
  }
}

/// Stores what nodes make, instead of them, and says the sizes of views.
void put_in(onnx::GraphProto& graph, OnnxFolded folded) {
  std::set<std::string> stored;
  for (onnx::TensorProto& tensor : folded.constants) {
    stored.insert(tensor.name());
    graph.add_initializer()->Swap(&tensor);
  }
  google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes;
  nodes.Swap(graph.mutable_node());
  for (onnx::NodeProto& node : nodes) {
    const bool is_single = node.output_size() == 1;
    if (is_single && stored.contains(node.output(0))) continue;
    onnx::NodeProto& kept = *graph.add_node();
    kept.Swap(&node);
    const auto view = is_single ? folded.views.find(kept.output(0)) : folded.views.end();
    if (view == folded.views.end()) continue;
    onnx::TensorProto& sizes = *graph.add_initializer();
    sizes.set_name(kept.output(0) + ", sizes");
    sizes.set_data_type(onnx::TensorProto::INT64);
    sizes.add_dims(static_cast<std::int64_t>(view->second.size()));
    for (const std::int64_t size : view->second) sizes.add_int64_data(size);
    kept.set_op_type("Reshape");
    kept.clear_attribute();
    kept.mutable_input()->DeleteSubrange(1, kept.input_size() - 1);
    kept.add_input(sizes.name());
  }
}

}  // namespace

void for_one_output(onnx::ModelProto& model, std::vector<std::string>& notes) {
  onnx::GraphProto whole;
  whole.Swap(model.mutable_graph());  // and what is kept is moved: weights may be large
  std::set<std::string> outputs;
  for (const onnx::ValueInfoProto& output : whole.output()) outputs.insert(output.name());
  const std::string first = whole.output(0).name();
  const std::vector<bool> needed = needed_by(whole, {first});
  const std::vector<bool> needed_at_all = needed_by(whole, std::move(outputs));
  std::map<std::string, int> dead;
  for (int i = 0; i < whole.node_size(); ++i) {
    const onnx::NodeProto& node = whole.node(i);
    if (needed_at_all[static_cast<std::size_t>(i)] || node.op_type() == "Constant" ||
        node.op_type() == "Identity") {
      continue;
    }
    ++dead[printable(node.op_type())];
  }
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_name(whole.name());
  *graph.add_output() = whole.output(0);
  take_needed(whole, needed, {first}, graph);
  graph.mutable_value_info()->Swap(whole.mutable_value_info());
  std::set<std::string> others;
  for (const onnx::ValueInfoProto& output : whole.output()) {
    if (output.name() != whole.output(0).name()) others.insert(printable(output.name()));
  }
  if (!others.empty()) {
    notes.push_back(outputs_note(others.size(), fmt::format("{}", fmt::join(others, ", "))));
  }
  if (!dead.empty()) {
    std::vector<std::string> list;
    list.reserve(dead.size());
    for (const auto& [type, count] : dead) {
      list.push_back(count == 1 ? type : fmt::format("{} ({} times)", type, count));
    }
    notes.push_back(
        fmt::format("Left out, since no output depends on it: {}.", fmt::join(list, ", ")));
  }
}

bool for_tensors(onnx::ModelProto& model, const std::vector<std::string>& tensors,
                 OnnxFolded folded, const std::string& begin) {
  onnx::GraphProto whole;
  whole.Swap(model.mutable_graph());
  put_in(whole, std::move(folded));
  if (!begin.empty()) {
    auto& nodes = *whole.mutable_node();
    const auto makes_it = [&](const onnx::NodeProto& node) {
      return std::find(node.output().begin(), node.output().end(), begin) != node.output().end();
    };
    nodes.erase(std::remove_if(nodes.begin(), nodes.end(), makes_it), nodes.end());
  }
  const std::set<std::string> all{tensors.begin(), tensors.end()};
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_name(whole.name());
  take_needed(whole, needed_by(whole, all), all, graph);
  if (!begin.empty()) {
    if (graph.input_size() > 0) return false;
    onnx::ValueInfoProto& input = *graph.add_input();
    input.set_name(begin);
    input.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  }
  std::string output = tensors.front();
  if (tensors.size() > 1) {
    const std::string end = fmt::format("{}, and all behind it", output);
    onnx::TensorProto& row = *graph.add_initializer();
    row.set_name(end + ", as a row");
    row.set_data_type(onnx::TensorProto::INT64);
    row.add_dims(2);
    for (const std::int64_t size : {1, -1}) row.add_int64_data(size);
    onnx::NodeProto joined;
    joined.set_op_type("Concat");
    joined.add_output(end);
    onnx::AttributeProto& axis = *joined.add_attribute();
    axis.set_name("axis");
    axis.set_type(onnx::AttributeProto::INT);
    axis.set_i(1);
    for (const std::string& tensor : tensors) {
      onnx::NodeProto& flat = *graph.add_node();
      flat.set_op_type("Reshape");
      flat.add_input(tensor);
      flat.add_input(row.name());
      flat.add_output(tensor + ", as a row");
      joined.add_input(flat.output(0));
    }
    graph.add_node()->Swap(&joined);
    output = end;
  }
  graph.add_output()->set_name(output);
  return true;
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
  with_plain_inputs(*model.mutable_graph());
  with_stated_bounds(*model.mutable_graph());
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
