#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "models/dataset/dataset.hpp"

namespace papilio {

/// The pictures that cannot be read and are left out, each once, however often and by however many
/// threads they were met. Thread-safe.
class LeftOut {
 public:
  /// @param error what the picture was refused with, "PATH: error: REASON"
  void note(const Dataset& dataset, std::size_t index, const std::string& error);

  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] std::size_t count(const Dataset& dataset) const;
  /// The errors, sorted, so that no thread decides their order.
  [[nodiscard]] std::vector<std::string> errors() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<const Dataset*, std::size_t>, std::string> errors_;
};

/// The error where all pictures of a dataset were left out: the only one's, or the first of many.
std::string none_readable(const Dataset& dataset, const LeftOut& left_out);

}  // namespace papilio
