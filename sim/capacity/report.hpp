#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sim/base/document/document.hpp"
#include "sim/capacity/capacity.hpp"

namespace papilio {

/// The answer first, a sentence for each strategy; then a table of the two sides of each edge.
Document capacity_document(const CapacityQuestion& question, const CapacityAnswer& answer);

/// One value that was judged, as a line: "RB8, mobiles.0.count 600: p95_s 0.021, keeps".
std::string trial_text(const CapacityQuestion& question, const std::string& strategy, double value,
                       const CapacityTrial& trial);

/// Every run that was judged, a row for each strategy: its value, verdict, what was measured.
Table capacity_runs(const CapacityQuestion& question, const CapacityAnswer& answer);

/// Both, for machines.
nlohmann::ordered_json capacity_json(const CapacityQuestion& question,
                                     const CapacityAnswer& answer);

}  // namespace papilio
