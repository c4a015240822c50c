#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/yaml/fields.hpp"
#include "sim/plan/calibration.hpp"
#include "sim/plan/search/spend.hpp"

namespace papilio {

/// One hop of the strategy `path`, as written.
struct HopSpec {
  std::string after;  ///< a cut
  std::string to;     ///< "mobile", "edge" or "cloud": who computes what follows
};

/// One item of a scenario's `strategies`, as written.
struct StrategySpec {
  std::string strategy;               ///< one of `strategy_names()`
  std::vector<std::string> after;     ///< butterfly, split, three-way: cuts, or "blocks", or "all"
  std::string edge_after;             ///< three-way: the last cut on the edge, or "output"
  std::vector<HopSpec> hops;          ///< path: in the order of the layers
  std::vector<std::string> channels;  ///< D_r of units: numbers, "paper" or "smallest"
  std::int64_t bits{8};               ///< all but mobile-only: of one crossing element
  std::string codec{"raw"};           ///< likewise: what encodes it
  std::string from{};     ///< plan: a file of `papilio plan`, whose strategies take its place
  std::string network{};  ///< plan: the radio whose plan it is; empty: all
};

/// The files of measurements that a scenario names: docs/models/payloads.md.
struct MeasurementsSpec {
  std::string accuracy_from;              ///< a file of accuracies
  std::optional<double> accuracy_budget;  ///< of what may be chosen; absent: none is stated
  std::optional<double> least_accuracy;   ///< likewise
  struct Payload {
    bool present{false};
    std::string from;                      ///< a file of payloads
    bool count_frame{false};               ///< whether the frame's bytes cross the radio too
    std::optional<double> encode_power_w;  ///< absent: the mobile's mean power over its layers
    std::string order{"drawn"};            ///< of a fleet: "drawn" or "in-turn"
  } payload;
};

/// What a chosen plan may spend at most, as written: docs/models/planning.md, "Limits".
struct LimitsSpec {
  bool present{false};
  /// By `Criterion`; absent: no such limit.
  std::array<std::optional<double>, kCriteria> most{};

  /// Those that are written; infinite where none is.
  [[nodiscard]] Spend spend() const;
};

/// The propagation delay of one network.
struct NetworkDelay {
  std::string network;
  double delay_s{0};  ///< each way, >= 0

  bool operator==(const NetworkDelay&) const = default;
};

/// What a request meets. It decides what a partition costs, and changes no partition.
struct ConditionsSpec {
  double mobile_load_level{1};  ///< K_mobile of the butterfly paper's Algorithm 1, > 0
  /// Of the waiting mobile, >= 0; absent: what its device is known to draw, else nothing.
  std::optional<double> mobile_idle_power_w;
  double cloud_load_level{1};                ///< K_cloud, > 0
  bool has_edge{false};                      ///< whether all traffic passes an edge server
  double edge_load_level{1};                 ///< K_edge, > 0
  std::optional<double> backhaul_bit_per_s;  ///< each way, > 0; absent: unbounded
  std::optional<double> backhaul_delay_s;    ///< propagation each way, >= 0; absent: none
  std::optional<double> uplink_bit_per_s;    ///< in place of every radio's own
  std::optional<double> downlink_bit_per_s;  ///< likewise
  std::optional<std::int64_t> result_bytes;  ///< absent: one byte for each output of the network
  bool download_takes_time{false};
  std::optional<double> delay_s;             ///< propagation each way, on every network
  std::vector<NetworkDelay> network_delays;  ///< in place of it on some
  Calibration calibration;                   ///< of the file that the scenario names

  bool operator==(const ConditionsSpec&) const = default;

  /// Whether a propagation delay is spoken of at all, or what is told with it.
  [[nodiscard]] bool has_delay() const {
    return delay_s.has_value() || !network_delays.empty() || backhaul_delay_s.has_value() ||
           calibration.upload.message_s != 0 || calibration.download.message_s != 0;
  }
  /// Propagation each way on a network.
  [[nodiscard]] double delay_of(std::string_view network) const;
};

/// A number of tokens that may be stated.
struct TokensSpec {
  bool present{false};
  std::int64_t tokens{1};  ///< >= 1
};

/// A scenario as written: what `papilio run` reads. Field by field the same as its YAML keys.
struct ScenarioSpec {
  std::int64_t version{1};
  std::string name;
  std::string description;
  std::int64_t seed{1};
  std::string model;
  TokensSpec input;     ///< of a network that reads sequences; absent: its usual length
  TokensSpec generate;  ///< of a decoder: how many follow; absent: none
  std::string mobile_device;
  std::string cloud_device;
  std::string edge_device;  ///< where `conditions.has_edge`
  std::vector<std::string> networks;
  std::vector<std::string> energy_models{"stated"};
  ConditionsSpec conditions;
  std::string published;
  MeasurementsSpec measurements;
  std::string calibration;  ///< a file
  LimitsSpec limits;
  std::vector<std::string> profiles;
  std::vector<StrategySpec> strategies;
};

/// "mobile-only", "cloud-only", "butterfly", "split", "three-way", "path": where layers run.
const std::vector<std::string>& placement_names();
/// Those, and "plan", which stands for strategies of a file (`insert_plans`).
const std::vector<std::string>& strategy_names();

/// Names the keys of an item that says where layers run, but for `strategy` itself.
void describe_cuts(FieldVisitor& visitor, StrategySpec& spec);

/// Names the keys of a scenario that refer to measurements.
/// @param of_fleet whether it is a fleet, whose requests are about one picture each
void describe_measurements(FieldVisitor& visitor, MeasurementsSpec& spec, bool of_fleet);

/// Names the key of what plans are corrected by.
void describe_calibration_key(FieldVisitor& visitor, std::string& file);

/// Names the keys of what a chosen plan may spend.
void describe_limits(FieldVisitor& visitor, LimitsSpec& spec);

/// Names the keys of a scenario to a visitor: the one definition of the format.
void describe_scenario(FieldVisitor& visitor, ScenarioSpec& spec);

/// JSON Schema of a scenario, for editors.
std::string scenario_schema();

}  // namespace papilio
