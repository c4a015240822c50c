#include "models/import/torchscript_program.hpp"

#include <fmt/format.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "models/import/layer_list.hpp"
#include "models/import/torchscript_kinds.hpp"

namespace papilio {

TorchScriptProgram::TorchScriptProgram(const torch::jit::Module& module)
    : module_{module}, graph_{module.get_method("forward").graph()->copy()} {
  torch::jit::Inline(*graph_);
}

at::ArrayRef<const torch::jit::Value*> TorchScriptProgram::inputs() const {
  const auto all = std::as_const(*graph_).inputs();
  return {all.data() + 1, all.size() - 1};
}

const c10::IValue& TorchScriptProgram::at(const Value* value) const {
  const auto it = values_.find(value);
  if (it == values_.end()) throw Unsupported{"a value that nothing makes"};
  return it->second;
}

c10::IValue TorchScriptProgram::run(const Stack& arguments, const Watch& watch) {
  values_.clear();
  set(graph_->inputs()[0], module_._ivalue());
  for (std::size_t i = 0; i < arguments.size(); ++i) set(graph_->inputs()[i + 1], arguments[i]);
  run_block(*graph_->block(), watch);
  if (graph_->outputs().size() != 1) throw Unsupported{"no answer"};
  return at(graph_->outputs().front());
}

namespace {

/// A node, and whether it is in a branch or a loop.
struct PlacedNode {
  const torch::jit::Node* node;
  bool is_inside;
};

/// All nodes as they are written, those of blocks behind the node that has them.
std::vector<PlacedNode> nodes_in_order(const torch::jit::Graph& graph) {
  std::vector<PlacedNode> all;
  std::vector<PlacedNode> waiting;
  const auto add = [&](const torch::jit::Block& block, bool is_inside) {
    const auto nodes = block.nodes().reverse();
    for (const torch::jit::Node* node : nodes) waiting.push_back({node, is_inside});
  };
  add(*graph.block(), false);
  while (!waiting.empty()) {
    const PlacedNode next = waiting.back();
    waiting.pop_back();
    all.push_back(next);
    const auto blocks = next.node->blocks();
    for (std::size_t i = blocks.size(); i-- > 0;) add(*blocks[i], true);
  }
  return all;
}

}  // namespace

TorchScriptProgram::Stack TorchScriptProgram::may_be_read_behind(const Node& node) const {
  // A loop around it that goes on as numbers say comes back to what is before.
  const Node* from = &node;
  for (const Node* around = &node; around != nullptr;
       around = around->owningBlock()->owningNode()) {
    if (around->kind() != c10::prim::Loop) continue;
    const Value* goes_on = around->blocks().front()->outputs().front();
    if (goes_on->node()->kind() != c10::prim::Constant) from = around;
  }
  Stack found;
  std::unordered_map<const Value*, c10::IValue> attributes;  // on ways that no run went
  const auto known = [&](const Value* value) -> const c10::IValue* {
    const auto run = values_.find(value);
    if (run != values_.end()) return &run->second;
    const auto read = attributes.find(value);
    return read == attributes.end() ? nullptr : &read->second;
  };
  bool is_behind = false;
  for (const PlacedNode& one : nodes_in_order(*graph_)) {
    if (one.node->kind() == c10::prim::GetAttr && !values_.contains(one.node->output())) {
      const c10::IValue* object = known(one.node->inputs().front());
      if (object != nullptr && object->isObject()) {
        attributes.emplace(one.node->output(),
                           object->toObjectRef().getAttr(one.node->s(c10::attr::name)));
      }
    }
    is_behind = is_behind || one.node == from;
    if (!is_behind) continue;
    const auto add = [&](at::ArrayRef<const Value*> values) {
      for (const Value* value : values) {
        if (const c10::IValue* read = known(value)) found.push_back(*read);
      }
    };
    for (const torch::jit::Block* block : one.node->blocks()) add(block->outputs());
    if (one.is_inside && !asks_of_form(one.node->kind().toQualString())) add(one.node->inputs());
  }
  return found;
}

void TorchScriptProgram::run_block(const torch::jit::Block& block, const Watch& watch) {
  for (const Node* node : block.nodes()) run_node(*node, watch);
}

void TorchScriptProgram::run_node(const Node& node, const Watch& watch) {
  if (node.kind() == c10::prim::If) return run_branch(node, watch);
  if (node.kind() == c10::prim::Loop) return run_loop(node, watch);
  if (carry(node)) return;
  Stack stack;
  for (const Value* value : node.inputs()) stack.push_back(at(value));
  const Stack inputs = stack;
  if (const auto given = watch.instead ? watch.instead(node, inputs) : std::nullopt) {
    if (given->size() != node.outputs().size()) throw Unsupported{"another answer than expected"};
    for (std::size_t i = 0; i < given->size(); ++i) set(node.outputs()[i], (*given)[i]);
    return;
  }
  const auto operation = const_cast<Node&>(node).maybeOperator();  // LibTorch keeps it in the node
  if (operation == nullptr) {
    throw Unsupported{fmt::format("'{}', which is no operation", node.kind().toQualString())};
  }
  if (watch.before) watch.before(node, inputs);
  if (operation->schema().is_vararg()) {
    stack.emplace_back(static_cast<std::int64_t>(node.inputs().size()));
  }
  const_cast<Node&>(node).getOperation()(stack);
  const std::size_t count = node.outputs().size();
  if (stack.size() < count) throw Unsupported{"an operation without an answer"};
  Stack outputs{stack.end() - static_cast<std::ptrdiff_t>(count), stack.end()};
  for (std::size_t i = 0; i < count; ++i) set(node.outputs()[i], outputs[i]);
  if (watch.after) watch.after(node, inputs, outputs);
}

void TorchScriptProgram::run_branch(const Node& node, const Watch& watch) {
  const torch::jit::Block& block = *node.blocks()[at(node.inputs().front()).toBool() ? 0 : 1];
  run_block(block, watch);
  for (std::size_t i = 0; i < node.outputs().size(); ++i) {
    set(node.outputs()[i], at(block.outputs()[i]));
  }
}

void TorchScriptProgram::run_loop(const Node& node, const Watch& watch) {
  const torch::jit::Block& body = *node.blocks().front();
  const std::int64_t most = at(node.inputs()[0]).toInt();
  bool goes_on = at(node.inputs()[1]).toBool();
  Stack carried;
  for (std::size_t i = 2; i < node.inputs().size(); ++i) carried.push_back(at(node.inputs()[i]));
  for (std::int64_t trip = 0; goes_on && trip < most; ++trip) {
    set(body.inputs()[0], trip);
    for (std::size_t i = 0; i < carried.size(); ++i) set(body.inputs()[i + 1], carried[i]);
    run_block(body, watch);
    goes_on = at(body.outputs()[0]).toBool();
    for (std::size_t i = 0; i < carried.size(); ++i) carried[i] = at(body.outputs()[i + 1]);
  }
  for (std::size_t i = 0; i < carried.size(); ++i) set(node.outputs()[i], carried[i]);
}

bool TorchScriptProgram::carry(const Node& node) {
  const c10::Symbol kind = node.kind();
  const auto inputs = [&] {
    Stack stack;
    for (const Value* value : node.inputs()) stack.push_back(at(value));
    return stack;
  };
  const auto spread = [&](const auto& items) {
    if (items.size() != node.outputs().size()) {
      throw Unsupported{"a list of another length than is expected"};
    }
    for (std::size_t i = 0; i < node.outputs().size(); ++i) set(node.outputs()[i], items[i]);
  };
  if (kind == c10::prim::Constant) {
    // Of a function, which is inlined where it is called, there is none.
    set(node.outputs().front(),
        torch::jit::toIValue(node.outputs().front()).value_or(c10::IValue{}));
  } else if (kind == c10::prim::GetAttr) {
    set(node.outputs().front(),
        at(node.inputs().front()).toObjectRef().getAttr(node.s(c10::attr::name)));
  } else if (kind == c10::prim::SetAttr) {
    // Other objects are made anew in each run.
    if (at(node.inputs()[0]).isModule()) has_changed_module_ = true;
    at(node.inputs()[0]).toObject()->setAttr(node.s(c10::attr::name), at(node.inputs()[1]));
  } else if (kind == c10::prim::CreateObject) {
    const auto type = node.output()->type()->expect<c10::ClassType>();
    set(node.outputs().front(),
        c10::ivalue::Object::create({type->compilation_unit(), type}, type->numAttributes()));
  } else if (kind == c10::prim::ListConstruct) {
    c10::impl::GenericList list{node.output()->type()->expectRef<c10::ListType>().getElementType()};
    for (c10::IValue& item : inputs()) list.push_back(std::move(item));
    set(node.outputs().front(), std::move(list));
  } else if (kind == c10::prim::TupleConstruct) {
    set(node.outputs().front(), c10::ivalue::Tuple::create(inputs()));
  } else if (kind == c10::prim::DictConstruct) {
    const auto& type = node.output()->type()->expectRef<c10::DictType>();
    c10::impl::GenericDict dict{type.getKeyType(), type.getValueType()};
    const Stack items = inputs();
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) dict.insert(items[i], items[i + 1]);
    set(node.outputs().front(), std::move(dict));
  } else if (kind == c10::prim::TupleUnpack) {
    spread(at(node.inputs().front()).toTupleRef().elements().asArrayRef());
  } else if (kind == c10::prim::ListUnpack) {
    spread(at(node.inputs().front()).toListRef());
  } else if (kind == c10::prim::unchecked_cast || kind == c10::prim::Uninitialized) {
    set(node.outputs().front(), node.inputs().empty() ? c10::IValue{} : at(node.inputs().front()));
  } else if (kind == c10::prim::isinstance) {
    const c10::TypePtr type = at(node.inputs().front()).type();
    const std::vector<c10::TypePtr>& candidates = node.tys(c10::attr::types);
    set(node.outputs().front(),
        std::any_of(candidates.begin(), candidates.end(),
                    [&](const c10::TypePtr& one) { return type->isSubtypeOf(*one); }));
  } else if (kind == c10::aten::warn || kind == c10::prim::Print || kind == c10::prim::Enter ||
             kind == c10::prim::Exit) {
    if (!node.outputs().empty()) set(node.outputs().front(), {});
  } else {
    return false;
  }
  return true;
}

}  // namespace papilio
