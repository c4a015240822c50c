#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "sim/base/document/document.hpp"
#include "sim/planner/training_planner.hpp"

namespace papilio {

/// The ways to train as a report: what a step costs each way on each radio, and what is assumed.
/// @param explain whether the parts of the best steps are shown
Document training_document(const TrainingPlanner& planner,
                           const std::vector<TrainingAnswer>& answers, bool explain);

/// Every way on every radio as a row, for CSV.
Table training_table(const std::vector<TrainingAnswer>& answers);

/// The answers for machines, in SI units, with the tier of each segment's passes.
nlohmann::ordered_json training_json(const TrainingPlanner& planner,
                                     const std::vector<TrainingAnswer>& answers);

}  // namespace papilio
