#pragma once

#include <ATen/core/stack.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

namespace papilio {

/// A module's `forward`, run one operation at a time, with its modules inlined: so that whoever
/// watches knows what each operation got and gave. What a program asks of sizes, and whatever
/// branches and loops follow from them, has its answer in the run.
class TorchScriptProgram {
 public:
  using Stack = torch::jit::Stack;
  /// Told of each operation; not of what only carries values about.
  struct Watch {
    /// What is to run: its outputs, if it is not to run.
    std::function<std::optional<Stack>(const torch::jit::Node& node, const Stack& inputs)>
        instead{};
    /// What is to run: it may write over its inputs.
    std::function<void(const torch::jit::Node& node, const Stack& inputs)> before{};
    std::function<void(const torch::jit::Node& node, const Stack& inputs, const Stack& outputs)>
        after{};
  };

  explicit TorchScriptProgram(const torch::jit::Module& module);

  /// The inputs of `forward`, without the module.
  [[nodiscard]] at::ArrayRef<const torch::jit::Value*> inputs() const;
  /// @param arguments as many as there are inputs
  /// @return the answer
  /// @throws c10::Error as the operations do
  /// @throws Unsupported for what cannot be run like that
  c10::IValue run(const Stack& arguments, const Watch& watch);
  /// What the last run had, or the module has, that another way through the program may read behind
  /// a node: in branches and loops there, and in a loop around it.
  [[nodiscard]] Stack may_be_read_behind(const torch::jit::Node& node) const;
  /// Whether a run has given the module other attributes.
  [[nodiscard]] bool has_changed_module() const { return has_changed_module_; }

 private:
  using Node = torch::jit::Node;
  using Value = torch::jit::Value;

  void run_block(const torch::jit::Block& block, const Watch& watch);
  void run_node(const Node& node, const Watch& watch);
  void run_branch(const Node& node, const Watch& watch);
  void run_loop(const Node& node, const Watch& watch);
  /// Whether the node only carries values about; then it has done so.
  bool carry(const Node& node);
  [[nodiscard]] const c10::IValue& at(const Value* value) const;
  void set(const Value* value, c10::IValue to) { values_[value] = std::move(to); }

  torch::jit::Module module_;
  std::shared_ptr<torch::jit::Graph> graph_;
  bool has_changed_module_{false};
  std::unordered_map<const Value*, c10::IValue> values_;  // all: a tensor's place is its identity
};

}  // namespace papilio
