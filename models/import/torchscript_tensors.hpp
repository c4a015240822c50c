#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "models/import/layer_list.hpp"
#include "models/import/torchscript_packed.hpp"

namespace papilio {

/// An operand without a layer: it hangs on an operation that is unknown, and was listed.
class HangsOnUnknown {};

/// What one tensor of a running network is: the output of a layer.
///
/// A layer computes one sample, and knows no batch; in the program's tensors the batch, of 1,
/// stands at some axis. Where the program has merged it with another, it stands nowhere.
struct NetworkTensor {
  LayerId layer{0};
  std::optional<std::int64_t> batch;  ///< the program's axis of size 1 that the layer has not
};

/// The tensors of an archive, the weights, by their place in memory.
class ArchiveTensors {
 public:
  /// Makes all floats of the module 32 bits wide, and reals of what its quantised kernels have
  /// packed.
  explicit ArchiveTensors(torch::jit::Module& module);

  /// What a tensor is called; empty for one that the archive does not hold, but computes.
  [[nodiscard]] std::string name_of(const at::Tensor& tensor) const;
  /// How many trained numbers so many follow from: what is repeated or gathered has more.
  [[nodiscard]] std::int64_t trained_numbers(const std::set<std::string>& names,
                                             std::int64_t most) const;
  /// All that are reals; a second name of one comes too.
  [[nodiscard]] const std::vector<std::string>& all() const { return all_; }
  /// Whether a tensor of the archive was written to since the program began.
  [[nodiscard]] bool was_written(const at::Tensor& tensor) const;
  /// Says that a tensor was written over with the numbers that it had.
  void take_as_unwritten(const at::Tensor& tensor);
  /// Likewise any of them.
  [[nodiscard]] bool was_any_written(const torch::jit::Module& module) const;
  /// Whether the archive has weights of this module.
  [[nodiscard]] bool has_module(const std::string& module) const;
  /// What a kernel has packed; null for what the archive does not hold, or is no such thing.
  [[nodiscard]] const PackedWeights* packed(const c10::IValue& value) const;
  /// What two tensors have in common if they are the same numbers.
  [[nodiscard]] static std::string place_of(const at::Tensor& tensor);

 private:
  std::map<std::string, std::string> names_;     // by place
  std::map<const void*, std::uint32_t> writes_;  // by storage, as the program began
  std::map<std::string, std::int64_t> trained_;  // how many numbers, by name
  std::map<const void*, PackedWeights> packed_;  // by object
  std::vector<std::string> all_;

  void hold(const std::string& name, const at::Tensor& tensor);
  void unpack(std::string name, const c10::IValue& value);
};

/// Which tensors of a run are the network's, and which constants follow from which weights.
///
/// Several tensors may be one memory, as an operation in place and its operand are; a view of
/// another shape holds what was there when it was made.
class TensorLedger {
 public:
  /// Notes that a tensor is the output of a layer, or a view of one. Keeps it.
  void make(const at::Tensor& tensor, const NetworkTensor& what);
  /// Notes that a tensor, or the memory that it is in, holds what is not known.
  /// @param why    to be told where it is read; empty: that was told
  /// @param varies whether its size hangs on numbers, and not on sizes alone
  void lose(const at::Tensor& tensor, const std::string& why, bool varies = false);
  [[nodiscard]] bool varies(const at::Tensor& tensor) const;
  /// Whether a tensor hangs on the network's inputs.
  [[nodiscard]] bool has(const at::Tensor& tensor) const;
  /// @throws HangsOnUnknown if what it holds is not known
  /// @throws Unsupported likewise, if it is to be told; if it was changed in place through another
  ///         view
  [[nodiscard]] NetworkTensor read(const at::Tensor& tensor) const;

  /// Whether `read` knows what it holds.
  [[nodiscard]] bool is_current(const at::Tensor& tensor) const;
  /// The tensor whose memory this one is a part of, or itself, if the ledger has it.
  [[nodiscard]] at::Tensor base_of(const at::Tensor& tensor) const;
  /// Notes that a part of a tensor was written over, and what both are now.
  /// @param is_apart whether another view of the tensor has no number of the part
  void write(const at::Tensor& part, const NetworkTensor& of_part, const at::Tensor& base,
             const NetworkTensor& of_base,
             const std::function<bool(const at::Tensor& other)>& is_apart);
  /// Whether what a tensor holds is not known.
  [[nodiscard]] bool is_lost(const at::Tensor& tensor) const;
  /// A tensor of the network that has all of the memory of another.
  struct Whole {
    at::Tensor tensor;
    std::optional<NetworkTensor> what;  ///< none: it was changed in place through a view
  };
  /// The one that has all of this one's; nothing for what is lost, or not of the network.
  [[nodiscard]] std::optional<Whole> whole_of(const at::Tensor& tensor) const;

  /// Notes what weights a constant was computed of.
  void derive(const at::Tensor& tensor, const std::set<std::string>& weights);
  [[nodiscard]] std::set<std::string> weights_of(const at::Tensor& tensor) const;

 private:
  struct Memory {
    at::Tensor first;                    ///< the tensor that it was made for, and keeps it
    std::optional<NetworkTensor> whole;  ///< none: a view of it was written to
    std::vector<at::Tensor> views;       ///< others than the first, as they were met
    int writes{0};
    bool lost{false};
    std::string why;  ///< to be told of what is lost
    bool varies{false};
  };
  struct Place {
    NetworkTensor what;
    int writes{0};  ///< of the memory, as it was made
    bool is_whole{false};
  };
  [[nodiscard]] const Memory* memory_of(const at::Tensor& tensor) const;

  std::unordered_map<const void*, Memory> memories_;  // by storage
  std::unordered_map<const void*, Place> places_;     // by tensor
  std::vector<at::Tensor> kept_;                      // so that no other takes their place
  std::unordered_map<const void*, std::set<std::string>> derived_;
};

}  // namespace papilio
