#pragma once

#include <cstddef>
#include <string>

#include "sim/base/yaml/fields.hpp"

namespace papilio {

/// Tells what is wrong with a scenario at the key that it is about.
class Checker {
 public:
  /// @param root the scenario; must outlive the checker, as must `diagnostics`
  Checker(const Node& root, Diagnostics& diagnostics) : root_{root}, diagnostics_{diagnostics} {}

  /// Adds an error at a dotted path.
  void error(const std::string& path, const std::string& message) {
    diagnostics_.error(mark_of(root_, path), path, message);
  }
  /// As `error`, at an item of a list that may be written as one text.
  void item_error(const std::string& path, std::size_t item, const std::string& message) {
    error(item_path(root_, path, item), message);
  }

 private:
  const Node& root_;
  Diagnostics& diagnostics_;
};

}  // namespace papilio
