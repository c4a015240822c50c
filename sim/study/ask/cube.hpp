#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/document/column.hpp"
#include "sim/base/stats/estimate.hpp"
#include "sim/study/ask/facts.hpp"
#include "sim/study/store/database.hpp"

namespace papilio {

/// A study's results with every value that can be better or worse: of each option (a partition, of
/// fleets a strategy) at each place, which is a label in each dimension. Replicates are taken
/// together.
struct StudyCube {
  /// Along which places lie: an axis, or another column of results in which rows of one point and
  /// option differ, such as `network` and `energy_model`.
  struct Dimension {
    std::string name;                 ///< as tables and databases have it
    std::string title;                ///< for people, without its unit: "uplink"
    std::string unit;                 ///< "bit/s", "s", …; empty where its key says none
    bool numeric{false};              ///< whether every label is a number
    std::vector<std::string> labels;  ///< numbers ascending, else in the order of coming
  };
  struct Measure {
    Column column;
    std::string title;  ///< "p95 latency"
  };
  struct Row {
    Key place;              ///< `[dimensions]`, each a position in its labels
    std::size_t option{0};  ///< a position in `options`
    /// Whether the stated limits let it be chosen; nothing where none is stated.
    std::optional<bool> admitted;
    /// `[measures]`, in SI: the mean over the replicates with its 95 % interval; of one replicate
    /// of a fleet, with the interval that its run has. Nothing where there is no value.
    std::vector<std::optional<Estimate>> values;
  };

  std::string option;  ///< the dimension of the options: "partition" or "strategy"
  std::vector<std::string> options;
  std::vector<bool> candidates;  ///< `[options]`; a fleet's oracle knows the future, and is none
  std::vector<Dimension> dimensions;  ///< the study's axes first; none has one label alone
  std::vector<Measure> measures;      ///< latency and energy first; none is zero everywhere
  std::vector<Row> rows;              ///< by place, then by option
  std::size_t replicates{0};
  std::uint64_t failed{0};  ///< points without results

  /// The row of the best option of the rows [first, last), which are of one place: the least, or
  /// where more is better the greatest, of the candidates that the limits admit; of equals the
  /// first.
  /// @return nothing where none may be chosen or none has the value
  [[nodiscard]] std::optional<std::size_t> best(std::size_t measure, std::size_t first,
                                                std::size_t last) const;
  /// The end of the rows that have the place of the row `first`.
  [[nodiscard]] std::size_t end_of_place(std::size_t first) const;
};

/// Reads a study's results in one pass. What uses no radio stands beside each network of its point;
/// of fleets, the rows of "all" count alone.
/// @throws ConfigError if no point has a result
StudyCube read_cube(StudyDatabase& database, const StoredStudy& study);

}  // namespace papilio
