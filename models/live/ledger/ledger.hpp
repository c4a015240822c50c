#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/live/mobile.hpp"
#include "sim/base/document/document.hpp"

namespace papilio {

/// A way that requests of a live run could take, in the words of a fleet.
struct LivePartition {
  std::string name;        ///< "RB3", "split RB3", "cloud-only/png", "mobile-only"
  std::string kind;        ///< "butterfly", "split", "cloud-only", "mobile-only"
  double mobile_share{0};  ///< of the network's MACs that the mobile computes, in 0..1
};

/// What a fleet would call a part. @param codec of what crosses
LivePartition live_partition(const LivePart& part, const std::string& codec, double mobile_share);

/// What a live run was, for its ledger.
struct LiveRunFacts {
  std::string name;
  std::string description;
  std::uint64_t seed{1};
  /// In the order of the offer, and behind them "mobile-only".
  std::vector<LivePartition> partitions;
  /// What chose among them: a policy's name; empty: all requests took the first.
  std::string policy;
  std::vector<std::string> pictures;  ///< by the records' numbers
  std::vector<std::int64_t> labels;   ///< likewise; empty: none are known
  std::optional<double> rate_per_s;   ///< of Poisson arrivals; none: a closed loop
  double deadline_s{0};
  bool fallback{true};
};

/// The files of a live run, as a simulated fleet of one mobile leaves them: fleet.csv, records.csv,
/// choices.csv, energy.csv; and stages.csv, which has the stages that fleets do not tell apart.
struct LiveLedger {
  std::vector<std::pair<std::string, std::string>> files;
  Document report;
  std::string json;  ///< the rows of fleet.csv
  Table rows;        ///< likewise
};

/// @param records of a run, each request once, in any order
LiveLedger live_ledger(const LiveRunFacts& facts, std::vector<LiveRecord> records);

/// A timeline of the run, for ui.perfetto.dev: the mobile's processor, what is on its way up and
/// down, and the server.
std::string live_timeline(const LiveRunFacts& facts, const std::vector<LiveRecord>& records);

}  // namespace papilio
