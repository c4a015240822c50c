#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/document/document.hpp"
#include "sim/capacity/condition.hpp"
#include "sim/capacity/edge.hpp"

namespace papilio {

/// How much of what does a fleet need, or bear? Which value of a key keeps conditions on its
/// results, and which does not any more.
struct CapacityQuestion {
  std::string key;                      ///< as --set names it: "mobiles.0.count"
  std::vector<Condition> conditions;    ///< all of them at once; at least one
  std::vector<std::string> strategies;  ///< those asked about; none: all
  std::string mobiles;                  ///< group of the row that is judged; empty: its first
  std::string window;                   ///< likewise
  std::optional<double> from;           ///< least value that is tried
  std::optional<double> to;             ///< greatest
  double precision{0.01};  ///< how near what keeps and what breaks come, by the smaller, in 0..1
};

/// What a strategy showed at one value of the key.
struct CapacityTrial {
  Verdict verdict{Verdict::kBreaks};          ///< the worst of the conditions'
  std::vector<Condition::Measured> measured;  ///< `[conditions]`
};

/// What was found for one strategy.
struct StrategyCapacity {
  std::string strategy;
  Edge edge;
  std::map<double, CapacityTrial> trials;  ///< by value of the key: every run
};

/// How long a fleet's requests arrive, and how much of that is not counted.
struct FleetSpan {
  double duration_s{0};
  double warm_up_s{0};
};

/// Which values of a fleet's key can be tried, and where to begin.
struct CapacityAxis {
  AxisRange range;
  double start{0};
  /// Nothing where the key is one of its own, so that no one value of it is the fleet's.
  std::optional<FleetSpan> span{};
};

struct CapacityAnswer {
  CapacityAxis axis;  ///< that was searched
  std::vector<StrategyCapacity> strategies;
  std::size_t runs{0};
};

/// Plays a fleet with a value of the key, all its strategies where none is named.
/// @return the rows of `fleet.csv`
using FleetRun = std::function<Table(double value, const std::string& strategy)>;

/// Is told of each value that was judged, when it was.
using TrialWatch =
    std::function<void(const std::string& strategy, double value, const CapacityTrial& trial)>;

/// Reads the key's value and range: of the fleet, its schema and the question.
/// @param effective the fleet with every default, as YAML: `Experiment::effective`
/// @throws ConfigError if it has no such key of a number, or the value 0 without a range to search
///         in, or the question's range does not lie in the schema's
CapacityAxis capacity_axis(const CapacityQuestion& question, const std::string& effective);

/// Searches for each strategy. The first run is of all; then each strategy is played alone, for one
/// that bears much would have the others played far beyond what they bear. A fleet draws the same
/// random numbers at every value, so that what differs is the value's doing.
/// @param watch may be empty
/// @throws ConfigError if the rows have no such strategy, group, window or column
CapacityAnswer capacity_of(const CapacityQuestion& question, const CapacityAxis& axis,
                           const FleetRun& run, const TrialWatch& watch = {});

}  // namespace papilio
