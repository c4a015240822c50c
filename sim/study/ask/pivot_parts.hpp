#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/document/document.hpp"
#include "sim/study/ask/facts.hpp"
#include "sim/study/ask/pivot.hpp"
#include "sim/study/ask/statistics.hpp"

/// The steps by which `pivot` makes tables, each in a source of its own; nobody else includes it.
namespace papilio {

/// Refuses what a table was asked to show.
[[noreturn]] void fail_table(const std::string& message);

/// Which dimensions lie where in the tables.
struct PivotLayout {
  std::vector<std::string> row_names;  ///< for machines, groups are columns before the rows'
  std::vector<std::size_t> rows;
  std::vector<std::size_t> cols;
  std::vector<std::size_t> groups;
  std::size_t replicate{0};
  std::optional<std::size_t> best;  ///< that the best is chosen of
};

/// The values that others are compared with.
class PivotBaseline {
 public:
  /// @throws ConfigError if the study has no strategy or partition of that name
  PivotBaseline(const Facts& facts, const StoredStudy& study, const PivotSpec& spec);

  /// Divides the baseline's value by each point's, at the same axes, radio and replicate: with
  /// common random numbers the ratio varies less than its parts. What has no baseline goes.
  /// @throws ConfigError if several baselines that differ would do for a point
  void compare(Facts& facts) const;

 private:
  /// The one of several baselines that a point is compared with.
  [[nodiscard]] const Fact& base_of(const Facts& facts, const Fact& fact,
                                    const std::vector<Fact>& bases) const;

  const PivotSpec& spec_;
  std::vector<std::size_t> common_;         // dimensions in which a value and its baseline agree
  std::map<Key, std::vector<Fact>> bases_;  // by what they have in common with others
};

/// Keeps the values that `PivotSpec::where` chooses.
/// @throws ConfigError naming the nearest value where one does not exist
void keep_chosen(Facts& facts, const PivotSpec& spec);

/// Refuses to average over what nobody asked to be averaged over. Values that are equal in what
/// the table has no place for, such as latencies under two readings of the energy, count once.
/// @return dimensions of which equal values were taken together
std::vector<std::string> merge_equals(Facts& facts, const PivotSpec& spec,
                                      const PivotLayout& layout);

/// Of each cell's points, keeps those of the best value of a dimension that may be chosen; where
/// none may, one without a value, so that the cell says so.
/// @return whether any scenario states a limit of accuracy
bool keep_best(Facts& facts, const PivotLayout& layout, bool greatest);

/// Whether a statistic is asked for.
bool has_stat(const PivotSpec& spec, const std::string& name);

/// Makes a table of points: rows, columns, and what stands in the cells.
class PivotTable {
 public:
  PivotTable(const Facts& facts, const PivotSpec& spec, const PivotLayout& layout,
             const Column& column, const ValueFormat& format, bool exact);

  [[nodiscard]] Table table_of(const std::vector<const Fact*>& points) const;
  /// Labels as the tables have them: people want few digits.
  [[nodiscard]] std::vector<std::string> shown(const Key& key) const;

 private:
  using Strings = std::vector<std::string>;

  /// Rows with the same best choice.
  struct Stretch {
    Key first;
    Key last;
    std::vector<std::optional<Label>> winners;  ///< `[columns]`
    std::vector<std::size_t> rows;
  };

  /// The values of a table and its best choices, by the positions of their row and column.
  struct Cells;

  [[nodiscard]] Cells cells_of(const std::vector<const Fact*>& points) const;
  [[nodiscard]] std::vector<Stretch> stretches_of(const Cells& cells, bool merged) const;
  [[nodiscard]] TableCell cell_of(Label label) const;
  [[nodiscard]] Strings headers_of(const Strings& column) const;
  [[nodiscard]] bool behind_mean(const std::string& stat) const;
  [[nodiscard]] std::string header_of_value() const;
  [[nodiscard]] Table::Row statistics_of(const std::vector<const CellValues*>& cells) const;
  [[nodiscard]] bool are_numbers(const std::vector<Key>& rows) const;
  [[nodiscard]] std::vector<std::size_t> order_of(const std::vector<Key>& keys) const;

  const Facts& facts_;
  const PivotSpec& spec_;
  const PivotLayout& layout_;
  const Column& column_;
  const ValueFormat& format_;
  bool exact_;
};

/// Distinct keys in the order of coming.
class Keys {
 public:
  std::size_t add(const Key& key) {
    const auto [it, is_new] = places_.try_emplace(key, all_.size());
    if (is_new) all_.push_back(key);
    return it->second;
  }
  [[nodiscard]] const std::vector<Key>& all() const { return all_; }

 private:
  std::map<Key, std::size_t> places_;
  std::vector<Key> all_;
};

}  // namespace papilio
