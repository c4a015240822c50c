#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "sim/study/design/study.hpp"
#include "sim/study/store/result.hpp"

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
  explicit Evaluator(const Study& study) : study_{study} {}
  virtual ~Evaluator() = default;
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  /// What is stored of each point, and for those that could not be made a scenario, their error;
  /// the others have none and have not been simulated.
  std::vector<PointHead> heads(const std::vector<PointTask>& tasks);

  /// Evaluates the points, in closed form or by simulation.
  /// @return what `StudyDatabase::store_results` takes
  /// @throws SimulationError if the engine fails: not for a point alone, which is its result
  virtual std::string evaluate(const std::vector<PointTask>& tasks) = 0;

  /// Adds a point to those that one worker evaluates at a time, which share what it reads and
  /// starts.
  /// @param points those that there are with it
  /// @param load   what they ask for together, in the evaluator's own measure; 0 at the first
  /// @return whether they are enough
  virtual bool fills(const PointTask& task, std::size_t points, std::size_t& load) = 0;
  /// Whether another study of the same database is likely enough to have a point, and computing it
  /// costly enough, that it pays to look it up in a database that has no other study's points.
  [[nodiscard]] virtual bool looks_up_its_own() const = 0;

 protected:
  /// What is stored of a point, but for its hash.
  [[nodiscard]] PointHead head_of(const PointTask& task) const;
  /// Completes it with what the point's results follow from.
  /// @throws ConfigError if the values of the place do not make a scenario
  virtual void complete(PointHead& head, const Place& place) = 0;
  /// An error as it is stored: the same wherever the study lies.
  [[nodiscard]] std::string error_text(const std::exception& error) const;

  const Study& study_;
};

/// The evaluator of a study's points.
/// @param study outlives the evaluator
std::unique_ptr<Evaluator> evaluator_of(const Study& study);

/// That of scenarios of cells, and that of fleets: rows of `evaluator_of`.
std::unique_ptr<Evaluator> cell_evaluator(const Study& study);
std::unique_ptr<Evaluator> fleet_evaluator(const Study& study);

}  // namespace papilio
