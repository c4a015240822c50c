#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/study/design/spec.hpp"

namespace papilio {

/// The values that one key takes along an axis. Those of a list are kept; ranges and samples are
/// computed when asked for, so that a million of them take no memory.
class AxisColumn {
 public:
  /// Values as they are written.
  AxisColumn(std::string key, std::string name, Mark where, std::vector<Node> values);
  /// Numbers by position.
  /// @param size    how many
  /// @param sampled whether they were drawn
  AxisColumn(std::string key, std::string name, Mark where, std::size_t size,
             std::function<double(std::size_t)> number, bool sampled);

  [[nodiscard]] const std::string& key() const { return key_; }    ///< in the base scenario
  [[nodiscard]] const std::string& name() const { return name_; }  ///< in tables and databases
  [[nodiscard]] const Mark& where() const { return where_; }       ///< in the study
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool sampled() const { return sampled_; }

  /// `name()` as JSON text.
  [[nodiscard]] const std::string& quoted_name() const { return quoted_name_; }

  /// The value at a position below `size()`, as a scenario has it.
  [[nodiscard]] Node value(std::size_t i) const;
  /// The same as a number, if it is one.
  [[nodiscard]] std::optional<double> number(std::size_t i) const;
  /// The same as JSON text.
  [[nodiscard]] std::string json(std::size_t i) const;

 private:
  struct Listed {
    Node node;
    std::optional<double> number;
    std::string json;
  };
  std::string key_;
  std::string name_;
  std::string quoted_name_;
  Mark where_;
  std::size_t size_;
  std::vector<Listed> listed_;
  std::function<double(std::size_t)> generated_;
  bool sampled_{false};
};

/// Columns that move together: one of a list or a range, several of a zip or a sample.
struct Axis {
  std::size_t size{0};
  std::vector<AxisColumn> columns;  ///< each of `size` values
};

/// Makes the axis that an item of the grid describes.
/// @param root  the study as read, for places
/// @param path  of the item, "grid.0"
/// @param seed  of the study; samples draw from streams of it and of their path
/// @return an axis without columns where something is wrong, which has been told
Axis make_axis(const AxisSpec& spec, const Node& root, const std::string& path, std::uint64_t seed,
               Diagnostics& diagnostics);

}  // namespace papilio
