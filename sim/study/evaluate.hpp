#pragma once

#include <exception>
#include <string>
#include <vector>

#include "sim/study/point.hpp"
#include "sim/study/result.hpp"

namespace papilio {

/// A point to be evaluated.
struct PointTask {
  std::uint64_t number{0};
  Place place;
};

/// Evaluates points in a worker. Keeps what one point has read for the next.
class Evaluator {
 public:
  /// @param study must outlive this
  explicit Evaluator(const Study& study);

  /// What is stored of each point, and for those that could not be made a scenario, their error;
  /// the others have none and have not been simulated.
  std::vector<PointHead> heads(const std::vector<PointTask>& tasks);

  /// Evaluates the points, in closed form or with one SimGrid engine for all of them; of a fleet,
  /// each with workers of its own.
  /// @return what `StudyDatabase::store_results` takes
  /// @throws SimulationError if the engine fails: not for a point alone, which is its result
  std::string evaluate(const std::vector<PointTask>& tasks);

  /// Worlds that the point asks the engine for; 1 where it cannot be made a scenario.
  std::size_t worlds(const PointTask& task);

 private:
  /// An error as it is stored: the same wherever the study lies.
  [[nodiscard]] std::string error_text(const std::exception& error) const;
  [[nodiscard]] PointHead head_of(const PointTask& task) const;
  std::string evaluate_closed(const std::vector<PointTask>& tasks);
  std::string evaluate_simulated(const std::vector<PointTask>& tasks);
  std::string evaluate_fleets(const std::vector<PointTask>& tasks);

  const Study& study_;
  CellPoints cells_;
  FleetPoints fleets_;
};

}  // namespace papilio
