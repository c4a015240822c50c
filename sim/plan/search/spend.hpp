#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace papilio {

/// What a plan spends that adds up over its steps.
enum class Criterion : std::uint8_t {
  kLatency,        ///< s, from the request to its answer
  kEnergy,         ///< J, of the mobile
  kCloudTime,      ///< s, of the cloud's processor
  kUpload,         ///< B, that the mobile sends
  kMobileWeights,  ///< B, of the trained numbers that the mobile stores
  kEdgeWeights,    ///< B, likewise of the edge
  kCloudWeights,   ///< B, likewise of the cloud
};
inline constexpr std::size_t kCriteria = 7;

/// As limits name it: "latency_s", "mobile_energy_j", "cloud_s", "upload_bytes",
/// "mobile_weight_bytes", "edge_weight_bytes", "cloud_weight_bytes".
std::string_view name(Criterion criterion);

/// An amount of every criterion: a cost, each >= 0 and perhaps infinite; weights of a sum; or upper
/// limits.
class Spend {
 public:
  /// The same of each.
  static constexpr Spend of_each(double amount) {
    Spend spend;
    spend.amounts_.fill(amount);
    return spend;
  }
  /// Limits that nothing exceeds.
  static constexpr Spend unlimited() { return of_each(std::numeric_limits<double>::infinity()); }

  double& operator[](Criterion criterion) { return amounts_[static_cast<std::size_t>(criterion)]; }
  double operator[](Criterion criterion) const {
    return amounts_[static_cast<std::size_t>(criterion)];
  }
  Spend& operator+=(const Spend& other) {
    for (std::size_t i = 0; i < kCriteria; ++i) amounts_[i] += other.amounts_[i];
    return *this;
  }
  friend Spend operator+(Spend a, const Spend& b) { return a += b; }
  bool operator==(const Spend&) const = default;

  /// Whether no amount is greater than the limit's. What nobody knows (NaN) keeps no finite limit.
  [[nodiscard]] bool within(const Spend& limits) const {
    for (std::size_t i = 0; i < kCriteria; ++i) {
      if (limits.amounts_[i] == std::numeric_limits<double>::infinity()) continue;
      if (!(amounts_[i] <= limits.amounts_[i])) return false;
    }
    return true;
  }
  /// The sum of the amounts, each by its weight. What weighs nothing counts nothing, even if it is
  /// infinite.
  [[nodiscard]] double weighed(const Spend& weights) const {
    double sum = 0;
    for (std::size_t i = 0; i < kCriteria; ++i) {
      if (weights.amounts_[i] != 0) sum += weights.amounts_[i] * amounts_[i];
    }
    return sum;
  }

 private:
  std::array<double, kCriteria> amounts_{};
};

}  // namespace papilio
