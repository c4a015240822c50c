#include <algorithm>

#include "sim/play/fleet/policy.hpp"

namespace papilio {

// Defined in the files of the policies; those that choose by observed costs share
// selection_policy.cpp.
std::unique_ptr<PolicySettings> selection_policy();
std::unique_ptr<PolicySettings> neurosurgeon_policy();
std::unique_ptr<PolicySettings> oracle_policy();
std::unique_ptr<PolicySettings> bandit_policy();

const std::vector<PolicyEntry>& policies() {
  static const std::vector<PolicyEntry> kPolicies{
      {"selection", "The butterfly paper's selection phase at each request (Algorithm 1).",
       selection_policy},
      {"neurosurgeon", "Neurosurgeon's: the server's load scales the cloud's time.",
       neurosurgeon_policy},
      {"oracle", "Least latency of each request, from rates and queues as they are.",
       oracle_policy},
      {"bandit", "Learns from its own requests, and explores a share of them (epsilon-greedy).",
       bandit_policy},
  };
  return kPolicies;
}

const PolicyEntry* find_policy(std::string_view name) {
  const std::vector<PolicyEntry>& all = policies();
  const auto it = std::find_if(all.begin(), all.end(),
                               [&](const PolicyEntry& entry) { return entry.name == name; });
  return it == all.end() ? nullptr : &*it;
}

void Policy::observe(const Experience& /*experience*/) {}

}  // namespace papilio
