#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "models/weights/file.hpp"

namespace papilio {

/// A pickle that is damaged, or asks for more than this reader does.
class PickleError : public WeightsError {
 public:
  using WeightsError::WeightsError;
};

struct PickleNode;
/// A value of a pickle, owned by the `Pickle` that it is of; never null.
using PickleValue = PickleNode*;

/// None.
struct PickleNone {};
/// The name of a class or function, which is looked at and never called.
struct PickleGlobal {
  std::string name;  ///< with its module, "torch._utils._rebuild_tensor_v2"
};
/// A list or a tuple.
struct PickleSequence {
  std::vector<PickleValue> items;
};
/// A dictionary, in the order of the file.
struct PickleDict {
  std::vector<std::pair<PickleValue, PickleValue>> items;
};
/// The reference to the data of a tensor, which lies outside the pickle. Its words are views of
/// other values: however often a pickle refers to a long one, it is held once.
struct PickleStorage {
  std::string_view type;  ///< of its numbers, e.g. "FloatStorage"
  std::string_view key;
  std::int64_t elements{0};
};
/// A tensor as a view of a storage.
struct PickleTensor {
  PickleValue storage{nullptr};  ///< a PickleStorage
  std::int64_t offset{0};
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
};
/// An object of a class that this reader lets through without knowing it.
struct PickleObject {
  std::string_view type;           ///< of the class
  PickleValue arguments{nullptr};  ///< of the call that makes it, a PickleSequence
  PickleValue state{nullptr};      ///< its attributes, mostly a dictionary; null if it has none
};

/// One value.
struct PickleNode {
  std::variant<PickleNone, bool, std::int64_t, double, std::string, PickleGlobal, PickleSequence,
               PickleDict, PickleStorage, PickleTensor, PickleObject>
      value;

  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&value);
  }
};

/// Values read from one pickle.
class Pickle {
 public:
  /// Reads one pickle from the front of `bytes`, executing nothing: names of classes and functions
  /// are compared with a list of those that PyTorch's own files need, and what these would do is
  /// done here.
  /// Time and memory are bounded by the number of bytes, and by four million steps.
  /// @throws PickleError if it is damaged, exceeds the steps, or names another class or function
  explicit Pickle(std::span<const std::uint8_t> bytes);

  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  [[nodiscard]] const PickleNode& root() const { return *root_; }
  /// Every reference to a storage in it.
  [[nodiscard]] std::vector<const PickleStorage*> storages() const;
  /// Bytes that the pickle took.
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  friend class PickleReader;
  std::deque<PickleNode> nodes_;  // never moves what it holds
  PickleValue root_{nullptr};
  std::size_t size_{0};
};

}  // namespace papilio
