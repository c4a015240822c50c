#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/play/fleet/model.hpp"
#include "sim/play/fleet/result.hpp"
#include "sim/play/fleet/server.hpp"

namespace papilio {

class FieldVisitor;

/// What a mobile can know when a request begins: nothing that a real one could not measure.
struct Observation {
  double uplink_byte_per_s{0};    ///< of its last transfer, or of the last ping if that is newer
  double downlink_byte_per_s{0};  ///< likewise
  double delay_s{0};              ///< propagation each way
  /// Between the edge and the cloud, as a ping through the edge finds it; no edge: infinite and 0.
  double backhaul_up_byte_per_s{std::numeric_limits<double>::infinity()};
  double backhaul_down_byte_per_s{std::numeric_limits<double>::infinity()};
  double backhaul_delay_s{0};
  ServerView server;  ///< as the last ping found it
  ServerView edge;
  double battery{1};       ///< charge left, in 0..1
  std::uint32_t queue{0};  ///< its requests that wait
};

/// What can be found out when a request begins, by those who ask.
class Outlook {
 public:
  Outlook() = default;
  virtual ~Outlook() = default;
  Outlook(const Outlook&) = delete;
  Outlook& operator=(const Outlook&) = delete;

  /// What the mobile knows. Rates and servers are as the last ping found them: only for policies
  /// that ping.
  [[nodiscard]] virtual Observation observation() const = 0;
  /// Latency of this very request with one of the group's partitions, in s, if nothing but what is
  /// here now contends; infinite if it never ends. No real mobile can know it.
  [[nodiscard]] virtual double true_latency_s(std::uint32_t partition) const = 0;
};

/// A request that begins, for which a partition is to be chosen.
struct Question {
  std::uint32_t place;   ///< of the mobile among those that this policy serves
  std::uint32_t mobile;  ///< its number in the fleet: the key of what is drawn for it
  std::uint32_t number;  ///< of the mobile's request, from 0
  const GroupModel& group;
  const CellModel& cell;
  const std::vector<std::uint32_t>& candidates;  ///< positions in the group's partitions, >= 2
  const Outlook& outlook;
};

/// What came of a request, as its mobile sees it.
struct Experience {
  std::uint32_t place;      ///< of the mobile among those that this policy serves
  std::uint32_t number;     ///< of the mobile's request, from 0
  std::uint32_t partition;  ///< that was chosen for it
  RequestEnd end;           ///< kCompleted or kFailed
  double latency_s;         ///< from its beginning, without the mobile's queue, to its end
  double energy_j;          ///< of the mobile, over the same time
};

/// Chooses a partition for each request of one component of a fleet (`components_of`) in one run.
/// It may learn from what comes of them; other components, which share nothing with this one, have
/// policies of their own.
class Policy {
 public:
  Policy() = default;
  virtual ~Policy() = default;
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

  /// @return one of the question's candidates; not asked where there is but one
  virtual std::uint32_t decide(const Question& question) = 0;
  /// A request has ended; called where the policy's settings say that it learns.
  virtual void observe(const Experience& experience);
};

/// A policy as a scenario describes it. One object serves all runs of a strategy.
class PolicySettings {
 public:
  PolicySettings() = default;
  virtual ~PolicySettings() = default;
  PolicySettings(const PolicySettings&) = delete;
  PolicySettings& operator=(const PolicySettings&) = delete;

  /// Names the keys that the policy has beside those of every policy (`name`, `among`).
  virtual void describe(FieldVisitor& visitor) = 0;
  /// The policy for one component of a fleet in one run.
  /// @param model       outlives the policy
  /// @param replication in 0..replications-1; what the policy draws is keyed by it
  /// @param mobiles     that it serves
  [[nodiscard]] virtual std::unique_ptr<Policy> make(const FleetModel& model, int replication,
                                                     std::uint32_t mobiles) const = 0;

  /// How often servers and cells are asked for their state, in s; none: never.
  [[nodiscard]] virtual std::optional<double> ping_s() const { return std::nullopt; }
  /// Whether it wants to hear of outcomes.
  [[nodiscard]] virtual bool learns() const { return false; }
  /// Whether it knows what no mobile can know: others are compared with it, request by request.
  [[nodiscard]] virtual bool foresees() const { return false; }
  /// Whether it chooses among butterfly units too, where the scenario does not say.
  [[nodiscard]] virtual bool takes_units() const { return true; }
  /// Keys whose values make it compare energies, which must be known then.
  [[nodiscard]] virtual std::vector<std::string> energy_keys() const { return {}; }
};

/// A policy in the table: what a scenario calls it, what it does, and how it comes to be.
struct PolicyEntry {
  std::string_view name;
  std::string_view doc;
  std::unique_ptr<PolicySettings> (*make)();
};

/// All policies, in the order in which they are listed.
const std::vector<PolicyEntry>& policies();
/// The policy of this name, or null.
const PolicyEntry* find_policy(std::string_view name);

}  // namespace papilio
