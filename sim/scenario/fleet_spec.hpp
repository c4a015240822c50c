#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/yaml/fields.hpp"
#include "sim/scenario/spec.hpp"

namespace papilio {

class PolicySettings;

/// A stretch of time, as written.
struct SpanSpec {
  double from_s{0};
  double to_s{0};
  double factor{1};  ///< of a slow time
};

/// A value that holds from a date on, as written.
struct StepSpec {
  double from_s{0};
  double value{0};
};

/// A random factor of mean 1, as written.
struct VariationSpec {
  bool present{false};
  std::string distribution;  ///< exponential, uniform or lognormal
  std::optional<double> cv;
};

/// What a table of rates does not say itself, as written; what is empty, its header says.
struct TraceTableSpec {
  bool present{false};
  std::string time;
  std::string time_unit;
  std::string rate;
  std::string rate_unit;
  std::string rate_holds;
};

/// One direction of a cell, as written.
struct DirectionSpec {
  bool present{false};
  std::optional<double> rate_bit_per_s;  ///< default: the radio's
  std::string trace;                     ///< a file
  TraceTableSpec trace_table;
  std::optional<double> cap_bit_per_s;  ///< of each mobile
};

/// One item of a fleet's `cells`.
struct CellSpec {
  std::string name;
  std::int64_t count{1};
  std::string radio;
  bool radio_states{false};
  DirectionSpec uplink;
  DirectionSpec downlink;
  double trace_bin_s{0.1};
  std::optional<double> trace_offset_s;  ///< absent: drawn for each cell
  double delay_s{0};
  double loss{0};
  std::vector<double> wifi_bit_per_s;
  std::vector<SpanSpec> outages;
};

/// One item of a fleet's `servers`.
struct ServerSpec {
  std::string name;
  std::int64_t count{1};
  std::string device;
  std::int64_t gpus{1};
  std::string discipline{"fifo"};
  struct BatchSize {
    std::int64_t size{1};
    double factor{1};
  };
  bool batching{false};
  std::int64_t batch_size{1};
  double batch_delay_s{0};
  std::vector<BatchSize> batch_factors;
  std::vector<StepSpec> load_level;
  bool background{false};
  double background_s{0};
  VariationSpec background_variation;
  std::vector<StepSpec> background_load;
  std::vector<SpanSpec> crashes;
  std::vector<SpanSpec> slow;
  bool backhaul{false};
  std::optional<double> backhaul_bit_per_s;
  double backhaul_delay_s{0};
};

/// One item of a fleet's `mobiles`.
struct MobilesSpec {
  std::string name;
  std::int64_t count{1};
  std::string cell;
  std::string server;
  std::string edge;
  std::string model;
  std::string device;
  std::optional<std::int64_t> result_bytes;
  struct Task {
    bool present{false};
    double mobile_s{0};
    double mobile_j{0};
    std::int64_t upload_bytes{0};
    double edge_s{0};
    std::int64_t backhaul_bytes{0};
    double server_s{0};
    std::int64_t result_bytes{0};
    std::optional<double> fallback_s;
    std::optional<double> fallback_j;
  } task;
  struct Arrivals {
    std::string process;
    std::optional<double> think_s;
    std::string think;
    std::optional<std::int64_t> requests;
    std::optional<double> rate_per_s;
    std::optional<double> period_s;
    std::optional<double> jitter_s;
    std::string file;
    std::optional<double> deadline_s;
    std::string when_busy{"queue"};
  } arrivals;
  std::int64_t overlap{0};  ///< requests on their way while it begins the next
  double load_level{1};
  std::optional<double> idle_power_w;  ///< absent: what the device is known to draw, else 0
  std::optional<double> battery_j;
  std::int64_t priority{0};
  std::int64_t wifi_level{0};
  VariationSpec service_variation;
  VariationSpec upload_variation;
  struct Recovery {
    bool present{false};
    double timeout_s{0};
    std::int64_t retries{0};
    double backoff_s{0};
    std::string fallback{"none"};
  } recovery;
};

/// One item of a fleet's `strategies`: where layers run, or a policy that chooses at each request.
struct FleetStrategySpec {
  std::string name;                        ///< of a policy; by default its own
  StrategySpec fixed;                      ///< its `strategy` is one of `fleet_strategy_names()`
  std::shared_ptr<PolicySettings> policy;  ///< null: fixed
  std::vector<std::string>
      among;  ///< names of fixed strategies of the scenario; empty: all that suit
};

/// A fleet as written: what `papilio run` reads where `kind` is "fleet".
struct FleetSpec {
  std::string kind{"fleet"};
  std::int64_t version{1};
  std::string name;
  std::string description;
  std::int64_t seed{1};
  std::optional<double> duration_s;
  double warm_up_s{0};
  std::int64_t replications{1};
  std::string links{"queue"};
  std::string energy_model{"stated"};
  std::string published;
  MeasurementsSpec measurements;
  std::string calibration;  ///< a file
  LimitsSpec limits;
  std::vector<std::string> profiles;
  struct WindowSpec {
    std::string name;
    double from_s{0};
    double to_s{0};
  };
  std::vector<WindowSpec> windows;
  std::vector<CellSpec> cells;
  std::vector<ServerSpec> servers;
  std::vector<MobilesSpec> mobiles;
  std::vector<FleetStrategySpec> strategies;
  double timeseries_s{0};
  double records{0};
};

/// Where layers run, and the policies: "mobile-only", …, "three-way", "selection", "neurosurgeon",
/// "oracle".
const std::vector<std::string>& fleet_strategy_names();
/// Whether a strategy of this name chooses at each request.
bool is_policy(const std::string& strategy);

/// Names the keys of a fleet to a visitor: the one definition of the format.
void describe_fleet(FieldVisitor& visitor, FleetSpec& spec);

/// JSON Schema of a fleet, for editors.
std::string fleet_schema();

}  // namespace papilio
