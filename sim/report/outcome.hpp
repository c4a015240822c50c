#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/base/document/document.hpp"
#include "sim/cost/cost.hpp"
#include "sim/scenario/scenario.hpp"

namespace papilio {

/// One simulated cell of a scenario.
struct Outcome {
  Cell cell;
  Seconds finish;
  Breakdown simulated;
};

/// The outcomes of one scenario, and the questions that every table asks of them.
class Outcomes {
 public:
  explicit Outcomes(std::vector<Outcome> outcomes) : all_{std::move(outcomes)} {}

  [[nodiscard]] const std::vector<Outcome>& all() const { return all_; }

  /// Cloud-only on the same network under the same reading, or nullptr. Of several, the first of
  /// the same bits, else the first.
  [[nodiscard]] const Outcome* cloud_only_of(const Outcome& outcome) const;

  /// The outcomes on one network under one reading that cut the network, in order.
  [[nodiscard]] std::vector<const Outcome*> cuts(std::string_view network,
                                                 EnergyModel reading) const;
  /// As `cuts`, with cloud-only and mobile-only.
  [[nodiscard]] std::vector<const Outcome*> choices(std::string_view network,
                                                    EnergyModel reading) const;

 private:
  std::vector<Outcome> all_;
};

/// Whether any payload was measured, so that codecs tell cells apart: the tables name them then.
bool has_codecs(const Outcomes& outcomes);

/// Whether the scenario speaks of propagation, which has a column of its own then.
bool has_delay(const Outcomes& outcomes);

/// "RB8 (D_r 10)", "RB8 (D_r 10, zstd)", "mobile-only", …: what a user calls the partition.
std::string partition_name(const Cell& cell);

/// `summary.csv`: one row a cell. Columns: docs/outputs.md.
Table summary_table(const Outcomes& outcomes);

/// `records.csv`: one row a request. Columns: docs/outputs.md.
Table records_table(const Outcomes& outcomes);

/// The summary as JSON, numbers as numbers and absent values as null.
std::string summary_json(const Scenario& scenario, const Outcomes& outcomes);

}  // namespace papilio
