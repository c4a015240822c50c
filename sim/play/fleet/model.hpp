#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/base/random/stream.hpp"
#include "sim/cost/cost.hpp"
#include "sim/plan/plan.hpp"
#include "sim/plan/search/spend.hpp"
#include "sim/radio/machine.hpp"
#include "sim/radio/radio.hpp"
#include "sim/radio/timeline.hpp"

/// What a fleet is made of: checked, expanded, in SI units, and without a line of YAML. Times in s,
/// energies in J, sizes in bytes, rates in bytes/s; counts and lists as they say.
namespace papilio {

class PolicySettings;

/// Time and energy of layers on the mobile, at K_mobile = 1.
struct MobileCost {
  double time_s{0};
  double energy_j{0};  ///< NaN where nobody knows
};

/// The stage of the first transfer of a plan that has any, where an attempt begins: what comes
/// before it, the mobile's first layers, need not be repeated.
inline constexpr std::uint16_t kFirstTransfer = 1;

/// What a request can take: a plan, and what a fleet wants to know of it beside its stages.
struct FleetPlan {
  std::string name;  ///< e.g. "cloud-only", "RB8"
  /// Begins with layers on the mobile, whose energies are NaN where nobody knows them; what the
  /// mobile sends has a size > 0; a tier that it uses is one that the mobile's group has. Where
  /// pictures differ, their means, which is what a mobile can expect.
  Stages stages;
  /// `[FleetModel::images × stages]`: the stages as each picture has them; empty: all are alike.
  std::vector<Stage> of_images;
  /// `[stages]` what a server runs there: network, unit, precision and layers. Jobs of one name
  /// share batches, whoever sent them. No name: a task, told by the time that it takes. May be
  /// empty: no names.
  std::vector<std::string> runs;
  /// `[uploads]` what all layers after each of them take on the mobile, when all else failed. May
  /// be empty: nothing.
  std::vector<MobileCost> rests;
  double mobile_share{0};  ///< of the network's MACs that the mobile computes, in 0..1
  double cloud_only_s{0};  ///< server time that cloud-only would have taken
  /// Top-1 fraction, where measured; else NaN.
  double accuracy{std::numeric_limits<double>::quiet_NaN()};
  bool exact{false};  ///< whether its answers are the uncut network's
  /// What a request spends where nobody else is about, servers are at K = 1 and links at their
  /// greatest rates; energies NaN where nobody knows them.
  Spend alone{};

  /// The stages of a request about one picture.
  [[nodiscard]] std::span<const Stage> stages_of(std::uint32_t image) const {
    if (of_images.empty()) return {stages.data(), stages.size()};
    return {of_images.data() + image * stages.size(), stages.size()};
  }
  /// What a mobile computes that falls back from one of these stages: all that it needs and has not
  /// got. It has what the last stage began with that began on the mobile.
  /// @param of `stages_of` the request's picture
  [[nodiscard]] MobileCost fallback(std::span<const Stage> of, std::size_t from) const;

  /// Checks what is said above of `stages`, and the sizes of all lists.
  /// @param edge   whether the group has one
  /// @param images of the fleet
  void check(bool edge, std::size_t images) const;

  /// Whether the mobile computes again what comes back to it.
  [[nodiscard]] bool returns() const;
  /// Whether it is known what the mobile's layers draw.
  [[nodiscard]] bool energy_known() const;
  /// The accuracy, where it is known.
  [[nodiscard]] std::optional<double> known_accuracy() const {
    return std::isnan(accuracy) ? std::nullopt : std::optional{accuracy};
  }
};

/// A request that stands for a network: its seconds, joules and bytes are given outright.
struct TaskModel {
  double mobile_s{0};  ///< at K_mobile = 1
  double mobile_j{0};
  double upload_bytes{0};    ///< 0: nothing leaves the mobile
  double edge_s{0};          ///< on the edge
  double backhaul_bytes{0};  ///< from the edge to the cloud, where the edge computes
  double server_s{0};        ///< on the cloud, at K_cloud = 1
  double result_bytes{0};    ///< the answer
  MobileCost fallback{};     ///< on the mobile, when all else failed
};

/// The plan of a task.
/// @param edge whether the mobile has an edge, which answers where the cloud has nothing to compute
FleetPlan plan_of(const TaskModel& task, bool edge);

/// How requests come to a mobile.
struct Workload {
  enum class Process { kClosedLoop, kPoisson, kPeriodic, kTrace };
  Process process{Process::kPoisson};
  double think_s{0};             ///< kClosedLoop: mean time from an answer to the next request
  bool think_exponential{true};  ///< else constant
  std::int64_t requests{0};      ///< of each mobile, at most; 0: no limit
  double rate_per_s{0};          ///< kPoisson
  double period_s{0};            ///< kPeriodic; the first frame at a random time within a period
  double jitter_s{0};           ///< kPeriodic: a frame comes up to this much late, below the period
  std::vector<double> dates_s;  ///< kTrace: every mobile's arrivals, increasing
  double deadline_s{0};         ///< an answer after this latency is late; 0: none
  bool drop_when_busy{false};   ///< a request that finds the mobile busy is dropped, else it queues
};

/// What a mobile does when no answer comes.
struct Recovery {
  double timeout_s{0};   ///< from the start of an upload to its answer; 0: wait for ever
  int retries{0};        ///< further attempts
  double backoff_s{0};   ///< before the first retry; doubles each time
  bool fallback{false};  ///< compute the rest on the mobile at last, else the request fails
};

/// A radio cell: one uplink and one downlink, each shared by the mobiles in it.
struct CellModel {
  std::string name;
  std::uint32_t count{1};  ///< equal cells, which take the mobiles of all groups in turn
  Radio radio;             ///< power coefficients; the rates are those below
  EnergyModel energy_model{EnergyModel::kStated};
  /// What its radios do around their transfers; null: they are always up.
  std::shared_ptr<const RadioMachine> machine;
  std::vector<RateTimeline> uplink;    ///< [count]
  std::vector<RateTimeline> downlink;  ///< [count]
  double delay_s{0};                   ///< propagation, each way
  double loss{0};                      ///< probability that a message is lost whole, each way
  /// Rates of a Wi-Fi cell by level: uplink and downlink share the air, and SimGrid's Wi-Fi model
  /// plays them. Empty: two separate links.
  std::vector<double> wifi_byte_per_s;
};

/// A stretch of time and what holds in it.
struct Step {
  double from_s{0};
  double value{0};
};

/// A batch of n takes `factor` times as long as one request.
struct BatchFactor {
  int size{1};
  double factor{1};
};

/// A time during which a server is down, or slower by a factor.
struct ServerFault {
  double from_s{0};
  double to_s{0};
  double slowdown{0};  ///< 0: crashed; else its service times are multiplied by this
};

/// Servers of the edge or the cloud: each a queue in front of some GPUs.
struct ServerModel {
  std::string name;
  std::uint32_t count{1};  ///< equal servers, which take the mobiles of all groups in turn
  int gpus{1};
  bool priority{false};     ///< the lowest number first, else first come, first served
  int batch_size{1};        ///< requests for the same layers computed at once, at most
  double batch_delay_s{0};  ///< how long the first of a batch waits for others
  std::vector<BatchFactor> batch_factors;  ///< increasing sizes, the first {1, 1}; between: linear
  std::vector<Step> load_levels;           ///< K(t): service times are multiplied by it; default 1
  double background_s{0};                  ///< mean service time of a background job
  Variation background_variation;
  std::vector<Step> background;     ///< share of the GPUs' time that background jobs ask for
  std::vector<ServerFault> faults;  ///< in any order
  /// Edge only: links to and from the cloud, each shared by the requests that cross it.
  double backhaul_byte_per_s{std::numeric_limits<double>::infinity()};
  double backhaul_delay_s{0};
};

/// Mobiles that are alike.
struct GroupModel {
  std::string name;
  std::uint32_t count{1};
  std::uint32_t cell{0};              ///< position in `cells`
  std::uint32_t server{0};            ///< position in `servers`
  std::optional<std::uint32_t> edge;  ///< position in `servers`
  Workload workload;
  Recovery recovery;
  Variation service_variation;  ///< of the server times of a request
  Variation upload_variation;   ///< of its upload
  /// Requests that may be on their way, from the start of their upload to their answer, while the
  /// mobile begins the next, in 0..10,000. Above 0: no closed loop, no recovery, no radio machine,
  /// no battery, an idle power of 0, and partitions that compute on the mobile at first alone.
  std::uint32_t overlap{0};
  double load_level{1};    ///< K_mobile
  double idle_power_w{0};  ///< while a request waits for radio and servers
  double battery_j{std::numeric_limits<double>::infinity()};
  double uplink_cap_byte_per_s{std::numeric_limits<double>::infinity()};
  double downlink_cap_byte_per_s{std::numeric_limits<double>::infinity()};
  std::size_t wifi_level{0};
  int priority{0};
  std::vector<FleetPlan> partitions;  ///< all that any strategy may take

  /// Checks that its requests may overlap as `overlap` says.
  /// @param cell of the group
  void check_overlap(const CellModel& cell) const;
};

/// One way of running the fleet.
struct FleetStrategy {
  std::string name;
  /// What its name alone may not say: the word that names the strategy in scenarios ("butterfly",
  /// "selection"), or "task" where the fleet needs none.
  std::string kind;
  /// What chooses where there are several candidates; null: each group has one.
  std::shared_ptr<const PolicySettings> policy{};
  /// Positions in `GroupModel::partitions` that it chooses among, `[groups][>= 1]`.
  std::vector<std::vector<std::uint32_t>> candidates;

  /// Whether it always takes the same partition.
  [[nodiscard]] bool fixed() const { return policy == nullptr; }
};

/// A part of the simulated time that is reported by itself: requests that arrive in [from, to).
struct Window {
  std::string name;
  double from_s{0};
  double to_s{0};
};

/// A whole fleet and the ways of running it.
struct FleetModel {
  std::uint64_t seed{1};
  double duration_s{std::numeric_limits<double>::infinity()};  ///< no request arrives after it
  double warm_up_s{0};          ///< requests that arrive before are simulated, not counted
  int replications{1};          ///< independent repetitions, each with streams of its own
  std::vector<Window> windows;  ///< ordered, not overlapping; may be none
  std::vector<CellModel> cells;
  std::vector<ServerModel> servers;
  std::vector<GroupModel> groups;
  std::vector<FleetStrategy> strategies;
  /// Names of the pictures that requests are about; empty: all are alike.
  std::vector<std::string> images;
  /// Positions in `images`, each once, in the order in which a mobile's requests are about them:
  /// request n about the one at n modulo their number. Empty: each request draws one, uniformly.
  std::vector<std::uint32_t> turns;
  bool simgrid_links{false};  ///< every link through SimGrid's solver
  double sample_s{0};         ///< interval of the time series; 0: none
  /// Rows of the time series that a run keeps before it takes no more.
  std::uint64_t most_samples{std::numeric_limits<std::uint64_t>::max()};
  double record_share{0};                 ///< of the requests that get a record, in 0..1
  bool keep_latencies_by_request{false};  ///< to compare strategies request by request

  /// Traces that the cells' timelines point into; here so that they live as long.
  std::vector<std::shared_ptr<const Trace>> traces;

  [[nodiscard]] std::uint32_t mobiles() const;
};

}  // namespace papilio
