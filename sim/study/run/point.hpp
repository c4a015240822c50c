#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/plan/estimate.hpp"
#include "sim/scenario/conditions.hpp"
#include "sim/scenario/fleet_scenario.hpp"
#include "sim/scenario/profile_cache.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/study/design/sources.hpp"
#include "sim/study/design/study.hpp"

namespace papilio {

/// The partitions that points share which differ in their conditions only.
struct SharedCells {
  std::vector<Cell> cells;
  std::vector<World> bases;           ///< `[cells]`: before any conditions
  std::vector<std::size_t> baseline;  ///< `[cells]`: cloud-only of each, or `cells.size()`
  ConditionsSpec conditions;          ///< of the scenario they were made of
  Limits limits;                      ///< of what may be chosen
  Hash hash{};                        ///< of all that their results follow from but conditions
};

/// A point whose base is a scenario of cells, ready to be evaluated.
struct CellPoint {
  std::shared_ptr<const SharedCells> shared;
  ConditionsSpec conditions;

  /// Of what its results follow from: every cell's partition, priced, and the conditions.
  [[nodiscard]] Hash hash() const;
  [[nodiscard]] std::size_t cells() const { return shared->cells.size(); }
  /// What a cell asks for, and of which radio.
  [[nodiscard]] World world(std::size_t cell) const {
    return under(conditions, shared->bases[cell]);
  }
};

/// Makes the points of a study over a scenario of cells. Points that differ in conditions only
/// (`find_condition_key`) share their partitions, so that a million rates cost a million closed
/// forms and one look at the layer tables. Holds what the last few thousand cells share.
class CellPoints {
 public:
  /// @param study of cells; must outlive this
  explicit CellPoints(const Study& study);

  /// @throws ConfigError if the values of the place do not make a scenario
  CellPoint at(const Place& place);

 private:
  std::shared_ptr<const SharedCells> load(const Place& place, bool with_conditions);

  struct Condition {
    std::size_t axis;
    std::size_t column;
    const ConditionKey* key;
  };
  const Study& study_;
  std::vector<Condition> conditions_;
  std::vector<std::size_t> structural_;  ///< axes with a column that is no condition
  ProfileCaches caches_;
  std::map<std::vector<std::size_t>, std::shared_ptr<const SharedCells>> shared_;
  std::size_t held_{0};  ///< cells in `shared_`
};

/// A point over a fleet, ready to be simulated.
struct FleetPoint {
  FleetScenario fleet;
  Hash hash{};  ///< of the effective scenario and of the files that it names
};

/// Makes the points of a study over a fleet.
class FleetPoints {
 public:
  /// @param study of a fleet; must outlive this
  explicit FleetPoints(const Study& study);

  /// @throws ConfigError if the values of the place do not make a fleet
  FleetPoint at(const Place& place);

 private:
  const Study& study_;
  ProfileCaches caches_;
  SourceHasher sources_;
};

}  // namespace papilio
