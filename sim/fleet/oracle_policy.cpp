#include <limits>
#include <memory>

#include "sim/fleet/policy.hpp"

namespace papilio {
namespace {

/// The least latency of this request; the earlier one of equals.
class Oracle final : public Policy {
 public:
  std::uint32_t decide(const Question& question) override {
    std::uint32_t best = question.candidates.front();
    double least = std::numeric_limits<double>::infinity();
    for (const std::uint32_t candidate : question.candidates) {
      const double latency_s = question.outlook.true_latency_s(candidate);
      if (latency_s >= least) continue;
      least = latency_s;
      best = candidate;
    }
    return best;
  }
};

class OracleSettings final : public PolicySettings {
 public:
  void describe(FieldVisitor& /*visitor*/) override {}
  [[nodiscard]] std::unique_ptr<Policy> make(const FleetModel& /*model*/,
                                             int /*replication*/) const override {
    return std::make_unique<Oracle>();
  }
  [[nodiscard]] bool foresees() const override { return true; }
};

}  // namespace

std::unique_ptr<PolicySettings> oracle_policy() {
  return std::make_unique<OracleSettings>();
}

}  // namespace papilio
