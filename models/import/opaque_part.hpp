#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "models/import/opaque_plan.hpp"
#include "models/import/torchscript_program.hpp"
#include "models/import/torchscript_tensors.hpp"

namespace papilio {

/// Calls `visit` for each tensor of a value.
template <class Visit>
void for_each_tensor(const c10::IValue& value, const Visit& visit) {
  if (value.isTensor()) {
    if (value.toTensor().defined()) visit(value.toTensor());
  } else if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) {
      if (tensor.defined()) visit(tensor);
    }
  } else if (value.isList()) {  // of tensors that may be there or not
    for (const c10::IValue& one : value.toListRef()) {
      if (one.isTensor() && one.toTensor().defined()) visit(one.toTensor());
    }
  }
}

/// Notes, as a program is imported, what of it becomes layers and what an opaque part, and how that
/// is run again.
class OpaqueRecorder {
 public:
  using Stack = TorchScriptProgram::Stack;

  explicit OpaqueRecorder(const ArchiveTensors& archive) : archive_{archive} {}

  /// Notes an argument of the program, the next one.
  void add_argument(const c10::IValue& argument);
  /// Begins the next operation.
  void begin() { ++plan_.operations; }
  /// Notes the operation's tensors.
  void note_outputs(const Stack& outputs);
  /// Says that the operation became layers.
  void skip(bool in_place, const Stack& inputs, const Stack& outputs);
  /// What the operation reads that layers make, before it is known what becomes of it.
  void look_at(const Stack& inputs, std::size_t count, const TensorLedger& ledger);
  /// Says that the operation belongs to the opaque part.
  void absorb(const torch::jit::Node& node, const Stack& inputs, const Stack& outputs,
              const TensorLedger& ledger);
  /// Says that from here on the way through the program hangs on numbers: nothing becomes a layer
  /// any more, and what layers made may be read on any way.
  void begin_last_part() { last_part_ = plan_.operations; }
  /// Says what the last part may read on other ways than the run's: tensors, and lists of them.
  void may_read(const Stack& values, const TensorLedger& ledger);
  /// Names an operation that is why there is an opaque part.
  void add_cause(const std::string& kind) { causes_.push_back(kind); }
  /// Whether there is an opaque part that can be run again.
  [[nodiscard]] bool is_possible() const { return absorbed_ > 0 && !is_impossible_; }
  /// Whether all causes are operations of detectors.
  [[nodiscard]] bool is_of_detectors_alone() const;

  /// What an opaque layer is told to be, and what it reads.
  struct Part {
    OpaqueOp op;
    std::vector<LayerId> operands;
    std::set<std::string> weights;  ///< names of the archive's tensors
  };
  /// @param output of the program
  /// @param stated sizes of it; nothing: those of the run, or the most that the program says
  /// @throws Unsupported if it cannot be run again, or the sizes do not fit
  Part part(const at::Tensor& output, const TensorLedger& ledger,
            const std::optional<TensorShape>& stated);
  [[nodiscard]] std::string plan() const { return to_bytes(plan_); }

 private:
  void feed();
  void note_weights(const c10::IValue& value, const TensorLedger& ledger);
  void count_macs(const std::string& kind, const Stack& inputs, const at::Tensor& output);
  void note_bound(const torch::jit::Node& node, const Stack& inputs, const Stack& outputs);
  [[nodiscard]] std::string what() const;
  [[nodiscard]] TensorShape shape_of(const at::Tensor& output,
                                     const std::optional<TensorShape>& stated);

  const ArchiveTensors& archive_;
  OpaquePlan plan_;
  std::optional<std::uint64_t> last_part_;  // the operation that it begins with
  bool is_impossible_{false};
  std::vector<TensorLedger::Whole> read_;  // by the operation at hand
  std::vector<LayerId> operands_;
  std::unordered_map<const void*, TensorPlace> places_;   // of tensors
  std::unordered_map<const void*, LayerId> fed_;          // by storage: what was put there
  std::unordered_map<const void*, std::int64_t> bounds_;  // of tensors' first axes
  std::vector<at::Tensor> kept_;                          // so that no other takes their place
  std::set<std::string> weights_;
  std::vector<std::string> causes_;
  std::vector<std::string> known_for_;  // kinds of operations
  std::map<std::string, std::int64_t> counts_;
  std::int64_t absorbed_{0};
  std::int64_t macs_{0};
};

/// A program's answer as an opaque layer gives it, filled up with zeros.
/// @return `[1 × …]`, of the plan's shape
/// @throws ConfigError if it is larger
at::Tensor filled_up(const at::Tensor& answer, const OpaquePlan& plan);

/// The opaque part of an archive, run again. What it runs is the archive's program.
class OpaqueProgram {
 public:
  /// @param archive bytes of it; they stay where they are while this lives
  /// @throws what LibTorch throws of an archive
  OpaqueProgram(std::string_view archive, OpaquePlan plan);
  ~OpaqueProgram();

  /// @param operands `[1 × …]`, of the opaque layer
  /// @return `[1 × …]`, of its shape
  /// @throws Unsupported, ConfigError or what LibTorch throws, if the program does not run as it
  ///         did, or its answer is larger than the layer's shape
  at::Tensor run(const std::vector<at::Tensor>& operands);

 private:
  struct Loaded;

  void load();

  std::string_view archive_;
  OpaquePlan plan_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace papilio
