#include <cstddef>
#include <memory>

#include "sim/plan/choose.hpp"
#include "sim/play/fleet/policy.hpp"

namespace papilio {
namespace {

/// The least latency of this request; the earlier one of equals.
class Oracle final : public Policy {
 public:
  std::uint32_t decide(const Question& question) override {
    const auto latency_s = [&](std::size_t i) {
      return question.outlook.true_latency_s(question.candidates[i]);
    };
    return question.candidates[choose(question.candidates.size(), latency_s).best];
  }
};

class OracleSettings final : public PolicySettings {
 public:
  void describe(FieldVisitor& /*visitor*/) override {}
  [[nodiscard]] std::unique_ptr<Policy> make(const FleetModel& /*model*/, int /*replication*/,
                                             std::uint32_t /*mobiles*/) const override {
    return std::make_unique<Oracle>();
  }
  [[nodiscard]] bool foresees() const override { return true; }
};

}  // namespace

std::unique_ptr<PolicySettings> oracle_policy() {
  return std::make_unique<OracleSettings>();
}

}  // namespace papilio
