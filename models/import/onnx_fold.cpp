#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "models/import/layer_list.hpp"
#include "models/import/onnx_constants.hpp"
#include "models/import/onnx_node.hpp"

namespace papilio {
namespace {

using Integers = std::vector<std::int64_t>;
using Reals = std::vector<double>;
using Proto = onnx::TensorProto;

std::int64_t apply(const std::string& operation, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  bool overflows = false;
  const bool divides = operation == "Div" || operation == "Mod";
  if (divides && b == 0) throw Unsupported{"a division by 0"};
  if (operation == "Min" || operation == "And") return std::min(a, b);
  if (operation == "Max" || operation == "Or") return std::max(a, b);
  if (operation == "Mod") {
    if (b == -1) return 0;
    const std::int64_t rest = a % b;  // with the sign of the divisor
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  }
  if (operation == "Add") {
    overflows = __builtin_add_overflow(a, b, &result);
  } else if (operation == "Sub") {
    overflows = __builtin_sub_overflow(a, b, &result);
  } else if (operation == "Mul") {
    overflows = __builtin_mul_overflow(a, b, &result);
  } else if (b == -1) {  // the one quotient that can overflow
    overflows = __builtin_sub_overflow(0, a, &result);
  } else {
    result = a / b;
  }
  if (overflows) throw Unsupported{"numbers beyond 64 bits"};
  return result;
}
double apply(const std::string& operation, double a, double b) {
  if (operation == "Add") return a + b;
  if (operation == "Sub") return a - b;
  if (operation == "Mul") return a * b;
  if (operation == "Div") return a / b;
  if (operation == "Min") return std::min(a, b);
  if (operation == "Max") return std::max(a, b);
  throw Unsupported{"numbers that are not whole"};
}

bool is_comparison(const std::string& operation) {
  return operation == "Equal" || operation.starts_with("Less") || operation.starts_with("Greater");
}
template <class Number>
bool compare(const std::string& operation, Number a, Number b) {
  if (operation == "Equal") return a == b;
  if (operation == "Less") return a < b;
  if (operation == "LessOrEqual") return a <= b;
  return operation == "Greater" ? a > b : a >= b;
}

constexpr std::int64_t kSpentAtOnce = 256;  // numbers of a range

/// Whether a node's numbers are its own, or its first input's, whatever else it reads.
bool operation_makes_its_own(const onnx::NodeProto& node) {
  return node.op_type() == "Constant" || node.op_type() == "ConstantOfShape" ||
         node.op_type() == "QuantizeLinear" || node.op_type() == "DequantizeLinear";
}

}  // namespace

const std::map<std::string, OnnxConstants::Fold>& OnnxConstants::folds() {
  static const std::map<std::string, Fold> kFolds{
      {"Constant", &OnnxConstants::constant},
      {"ConstantOfShape", &OnnxConstants::constant_of_shape},
      {"Gather", &OnnxConstants::gather},
      {"Slice", &OnnxConstants::slice},
      {"Concat", &OnnxConstants::concat},
      {"Cast", &OnnxConstants::cast},
      {"Reshape", &OnnxConstants::reshape},
      {"Flatten", &OnnxConstants::flatten},
      {"Squeeze", &OnnxConstants::squeeze},
      {"Unsqueeze", &OnnxConstants::unsqueeze},
      {"Transpose", &OnnxConstants::transpose},
      {"Add", &OnnxConstants::arithmetic},
      {"Sub", &OnnxConstants::arithmetic},
      {"Mul", &OnnxConstants::arithmetic},
      {"Div", &OnnxConstants::arithmetic},
      {"Min", &OnnxConstants::arithmetic},
      {"Max", &OnnxConstants::arithmetic},
      {"Mod", &OnnxConstants::arithmetic},
      {"And", &OnnxConstants::arithmetic},
      {"Or", &OnnxConstants::arithmetic},
      {"Equal", &OnnxConstants::arithmetic},
      {"Less", &OnnxConstants::arithmetic},
      {"Greater", &OnnxConstants::arithmetic},
      {"LessOrEqual", &OnnxConstants::arithmetic},
      {"GreaterOrEqual", &OnnxConstants::arithmetic},
      {"Neg", &OnnxConstants::function},
      {"Not", &OnnxConstants::function},
      {"Reciprocal", &OnnxConstants::function},
      {"Sqrt", &OnnxConstants::function},
      {"Floor", &OnnxConstants::function},
      {"Ceil", &OnnxConstants::function},
      {"ReduceMax", &OnnxConstants::reduction},
      {"ReduceMin", &OnnxConstants::reduction},
      {"ReduceProd", &OnnxConstants::reduction},
      {"ReduceSum", &OnnxConstants::reduction},
      {"Tile", &OnnxConstants::tile},
      {"Where", &OnnxConstants::where},
      {"Range", &OnnxConstants::range},
      {"Expand", &OnnxConstants::expand},
      {"Pow", &OnnxConstants::power},
      {"ScatterND", &OnnxConstants::scatter},
      {"Trilu", &OnnxConstants::triangle},
      {"Identity", &OnnxConstants::pass_on},
      {"QuantizeLinear", &OnnxConstants::quantize},
      {"DequantizeLinear", &OnnxConstants::dequantize}};
  return kFolds;
}

bool OnnxConstants::knows(const std::string& operation) {
  return operation == "Shape" || operation == "Size" || folds().contains(operation);
}

bool OnnxConstants::fold(const Node& node, const DimsOf& dims_of) {
  const std::string& operation = node.op_type();
  if (operation == "Shape" || operation == "Size") {
    if (!has_input(node, 0)) throw Unsupported{"no input"};
    const OnnxConstant* constant = find(node.input(0));
    const std::optional<OnnxDims> dims =
        constant != nullptr ? std::optional{constant->dims} : dims_of(node.input(0));
    if (!dims) return false;
    if (operation == "Size") {
      set(node, {{}, Proto::INT64, Integers{count_of(*dims)}});
      return true;
    }
    const auto rank = static_cast<std::int64_t>(dims->size());
    const auto bound = [&](const char* name, std::int64_t otherwise) {  // since version 15
      const std::int64_t at = number_of(node, name, otherwise);
      return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
    };
    const std::int64_t begin = bound("start", 0);
    const std::int64_t end = std::max(begin, bound("end", rank));
    set(node, {{end - begin}, Proto::INT64, Integers{dims->begin() + begin, dims->begin() + end}});
    return true;
  }
  const auto known = folds().find(operation);
  if (known == folds().end()) return false;
  for (const std::string& name : node.input()) {
    if (!name.empty() && find(name) == nullptr) return false;
  }
  if (operation != "Constant" && !has_input(node, 0)) throw Unsupported{"no input"};
  (this->*known->second)(node);
  note_origin(node);
  return true;
}

void OnnxConstants::note_origin(const Node& node) {
  const auto made = constants_.find(node.output(0));
  if (made == constants_.end() || operation_makes_its_own(node)) return;
  std::map<const void*, std::int64_t> trained;  // each once
  for (const std::string& name : node.input()) {
    if (const OnnxConstant* from = find(name); from != nullptr && name != node.output(0)) {
      trained[from->source] = from->trained;
    }
  }
  made->second.trained = 0;
  if (made->second.type != Proto::FLOAT && made->second.type != Proto::DOUBLE) return;
  for (const auto& [source, count] : trained) made->second.trained += count;
}

void OnnxConstants::constant(const Node& node) {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    const std::string& name = attribute.name();
    if (name == "value") {
      const Proto& tensor = attribute.t();
      OnnxConstant constant{.name = tensor.name().empty() ? node.output(0) : tensor.name(),
                            .dims = {tensor.dims().begin(), tensor.dims().end()},
                            .type = tensor.data_type(),
                            .source = &tensor,
                            .label = node.output(0),
                            .data = &tensor};
      static_cast<void>(constant.count());  // can be counted
      set(node.output(0), std::move(constant));
      return;
    }
    const auto reals = [&] { return Reals{attribute.floats().begin(), attribute.floats().end()}; };
    if (name == "value_int") {
      return set(node, {{}, Proto::INT64, Integers{attribute.i()}});
    }
    if (name == "value_ints") {
      spend(attribute.ints_size());
      return set(node, {{attribute.ints_size()},
                        Proto::INT64,
                        Integers{attribute.ints().begin(), attribute.ints().end()}});
    }
    if (name == "value_float") {
      return set(node, {{}, Proto::FLOAT, Reals{static_cast<double>(attribute.f())}});
    }
    if (name == "value_floats") {
      spend(attribute.floats_size());
      return set(node, {{attribute.floats_size()}, Proto::FLOAT, reals()});
    }
  }
  throw Unsupported{"no number"};
}

void OnnxConstants::constant_of_shape(const Node& node) {
  OnnxConstant constant{.name = node.output(0),
                        .dims = integers(input(node, 0)),
                        .type = Proto::FLOAT,
                        .source = &node,
                        .label = node.output(0),
                        .data = OnnxConstant::Fill{}};
  if (const onnx::AttributeProto* value = find_attribute(node, "value")) {
    constant.type = value->t().data_type();
    const OnnxConstant one{.dims = {1}, .type = constant.type, .data = &value->t()};
    constant.data = OnnxConstant::Fill{reals(one).front()};
  }
  filled_ += constant.count();
  static_cast<void>(count_of({filled_}));  // is within bounds
  set(node.output(0), std::move(constant));
}

void OnnxConstants::cast(const Node& node) {
  const OnnxConstant& from = input(node, 0);
  const std::int64_t to = number_of(node, "to", 0);
  if (to == from.type) return pass_on(node);
  Numbers result = numbers(from);
  if (to == Proto::FLOAT || to == Proto::DOUBLE) {
    result.values = reals(from);
  } else if (to == Proto::INT64 || to == Proto::INT32) {
    if (const auto* reals = std::get_if<Reals>(&result.values)) {
      Integers whole;
      constexpr double kMost = 9e15;  // which a double counts to
      for (const double value : *reals) {
        if (!(std::abs(value) < kMost)) throw Unsupported{"numbers beyond 64 bits"};
        whole.push_back(static_cast<std::int64_t>(value));
      }
      result.values = std::move(whole);
    }
  } else if (to == Proto::BOOL) {
    Integers truths;
    std::visit(
        [&](const auto& values) {
          for (const auto value : values) truths.push_back(value != 0 ? 1 : 0);
        },
        result.values);
    result.values = std::move(truths);
  } else {
    throw Unsupported{fmt::format("the type {}", type_name(static_cast<int>(to)))};
  }
  result.type = static_cast<int>(to);
  set(node, std::move(result));
}

void OnnxConstants::arithmetic(const Node& node) {
  if (node.input_size() != 2) throw Unsupported{"constants that are not two"};
  if (number_of(node, "fmod", 0) != 0) throw Unsupported{"a rest with the dividend's sign"};
  const Numbers left = numbers(input(node, 0));
  const Numbers right = numbers(input(node, 1));
  if (left.values.index() != right.values.index()) throw Unsupported{"numbers of two types"};
  const OnnxDims dims = broadcast(left.dims, right.dims);
  static_cast<void>(count_of(dims));
  const Numbers a = repeated(left, dims);
  const Numbers b = repeated(right, dims);
  Numbers result{dims, a.type, {}};
  if (is_comparison(node.op_type())) result.type = Proto::BOOL;
  std::visit(
      [&](const auto& first) {
        using List = std::decay_t<decltype(first)>;
        const auto& second = std::get<List>(b.values);
        if (is_comparison(node.op_type())) {
          Integers list;
          for (std::size_t i = 0; i < first.size(); ++i) {
            list.push_back(compare(node.op_type(), first[i], second[i]) ? 1 : 0);
          }
          result.values = std::move(list);
          return;
        }
        List list;
        for (std::size_t i = 0; i < first.size(); ++i) {
          list.push_back(apply(node.op_type(), first[i], second[i]));
        }
        result.values = std::move(list);
      },
      a.values);
  set(node, std::move(result));
}

void OnnxConstants::function(const Node& node) {
  Numbers result = numbers(input(node, 0));
  const std::string& operation = node.op_type();
  if (auto* reals = std::get_if<Reals>(&result.values)) {
    for (double& value : *reals) {
      value = operation == "Neg"          ? -value
              : operation == "Reciprocal" ? 1 / value
              : operation == "Sqrt"       ? std::sqrt(value)
              : operation == "Floor"      ? std::floor(value)
              : operation == "Ceil"       ? std::ceil(value)
                                          : throw Unsupported{"numbers that are not whole"};
    }
  } else {
    for (std::int64_t& value : std::get<Integers>(result.values)) {
      if (operation == "Neg") {
        value = apply("Sub", std::int64_t{0}, value);
      } else if (operation == "Not") {
        value = value == 0 ? 1 : 0;
      } else {
        throw Unsupported{"whole numbers"};
      }
    }
  }
  set(node, std::move(result));
}

void OnnxConstants::reduction(const Node& node) {
  static const std::map<std::string, std::string> kOfTwo{
      {"ReduceMax", "Max"}, {"ReduceMin", "Min"}, {"ReduceProd", "Mul"}, {"ReduceSum", "Add"}};
  const std::string& operation = kOfTwo.at(node.op_type());
  const Integers axes =
      has_input(node, 1) ? integers(input(node, 1)) : numbers_of(node, "axes", {});
  if (axes.empty() && number_of(node, "noop_with_empty_axes", 0) != 0) return pass_on(node);
  Numbers result = numbers(input(node, 0));
  std::set<std::int64_t> over;
  for (const std::int64_t axis : axes) over.insert(axis_of(axis, result.dims.size()));
  for (std::size_t axis = 0; axes.empty() && axis < result.dims.size(); ++axis) {
    over.insert(static_cast<std::int64_t>(axis));
  }
  for (const std::int64_t axis : over) {
    const std::int64_t along = result.dims[static_cast<std::size_t>(axis)];
    if (along < 1) throw Unsupported{"an axis of no numbers"};
    Numbers reduced = take(result, axis, {0});
    for (std::int64_t at = 1; at < along; ++at) {
      const Numbers next = take(result, axis, {at});
      std::visit(
          [&](auto& values) {
            const auto& others = std::get<std::decay_t<decltype(values)>>(next.values);
            for (std::size_t i = 0; i < values.size(); ++i) {
              values[i] = apply(operation, values[i], others[i]);
            }
          },
          reduced.values);
    }
    result = std::move(reduced);
  }
  if (number_of(node, "keepdims", 1) == 0) {
    for (auto axis = over.rbegin(); axis != over.rend(); ++axis) {
      result.dims.erase(result.dims.begin() + *axis);
    }
  }
  set(node, std::move(result));
}

void OnnxConstants::tile(const Node& node) {
  const OnnxConstant& from = input(node, 0);
  const Integers times = integers(input(node, 1));
  if (times.size() != from.dims.size()) throw Unsupported{"repeats of other axes"};
  OnnxDims dims = from.dims;
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    dims[axis] = count_of({dims[axis], times[axis]});
  }
  spend(count_of(dims));
  Numbers result = numbers(from);
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (times[axis] == 1) continue;
    Integers list(static_cast<std::size_t>(dims[axis]));
    for (std::size_t at = 0; at < list.size(); ++at) {
      list[at] = static_cast<std::int64_t>(at) % from.dims[axis];
    }
    result = take(result, static_cast<std::int64_t>(axis), list);
  }
  set(node, std::move(result));
}

void OnnxConstants::where(const Node& node) {
  const Numbers asked = numbers(input(node, 0));
  const Numbers yes = numbers(input(node, 1));
  const Numbers no = numbers(input(node, 2));
  if (yes.values.index() != no.values.index()) throw Unsupported{"numbers of two types"};
  const OnnxDims dims = broadcast(broadcast(asked.dims, yes.dims), no.dims);
  static_cast<void>(count_of(dims));
  const Numbers condition = repeated(asked, dims);
  const auto* is_true = std::get_if<Integers>(&condition.values);
  if (is_true == nullptr) throw Unsupported{"a condition that is no truth value"};
  Numbers result = repeated(yes, dims);
  const Numbers other = repeated(no, dims);
  std::visit(
      [&](auto& values) {
        const auto& others = std::get<std::decay_t<decltype(values)>>(other.values);
        for (std::size_t i = 0; i < values.size(); ++i) {
          if ((*is_true)[i] == 0) values[i] = others[i];
        }
      },
      result.values);
  set(node, std::move(result));
}

void OnnxConstants::range(const Node& node) {
  const auto one = [&](int i) {
    const Integers list = integers(input(node, i));
    if (list.size() != 1) throw Unsupported{"several numbers, where one is expected"};
    return list.front();
  };
  const std::int64_t end = one(1);
  const std::int64_t step = one(2);
  if (step == 0) throw Unsupported{"a step of 0"};
  Integers list;
  for (std::int64_t at = one(0); step > 0 ? at < end : at > end;) {
    list.push_back(at);
    spend(static_cast<std::int64_t>(list.size()) % kSpentAtOnce == 0 ? kSpentAtOnce : 0);
    if (__builtin_add_overflow(at, step, &at)) break;
  }
  set(node, {{static_cast<std::int64_t>(list.size())}, input(node, 0).type, std::move(list)});
}

void OnnxConstants::power(const Node& node) {
  Numbers result = numbers(input(node, 0));
  const Reals exponent = reals(input(node, 1));
  if (exponent.size() != 1) throw Unsupported{"several exponents"};
  auto* values = std::get_if<Reals>(&result.values);
  if (values == nullptr) throw Unsupported{"whole numbers"};
  for (double& value : *values) value = std::pow(value, exponent.front());
  set(node, std::move(result));
}

void OnnxConstants::pass_on(const Node& node) {
  OnnxConstant constant = input(node, 0);
  spend(constant.is_computed() ? constant.count() : 0);
  if (node.op_type() == "Identity") constant.label = node.output(0);
  set(node.output(0), std::move(constant));
}

}  // namespace papilio
