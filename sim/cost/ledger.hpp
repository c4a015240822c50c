#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace papilio {

/// How results call a part of a sum.
struct LedgerPart {
  std::string_view column;  ///< "queue_s"
  std::string_view doc;     ///< its meaning, in Markdown
};

/// Amounts by part; their total is what they are parts of.
/// @tparam Part an enum without gaps, from 0
/// @tparam kParts the number of its values
template <class Part, std::size_t kParts>
class Ledger {
 public:
  [[nodiscard]] double& operator[](Part part) { return amounts_[static_cast<std::size_t>(part)]; }
  [[nodiscard]] double operator[](Part part) const {
    return amounts_[static_cast<std::size_t>(part)];
  }

  /// The amounts, in the order of the parts.
  [[nodiscard]] auto begin() const { return amounts_.begin(); }
  [[nodiscard]] auto end() const { return amounts_.end(); }

  /// The sum of all parts, in their order.
  [[nodiscard]] double total() const {
    double sum = amounts_[0];
    for (std::size_t i = 1; i < kParts; ++i) sum += amounts_[i];
    return sum;
  }
  Ledger& operator+=(const Ledger& other) {
    for (std::size_t i = 0; i < kParts; ++i) amounts_[i] += other.amounts_[i];
    return *this;
  }
  friend Ledger operator/(Ledger ledger, double by) {
    for (double& amount : ledger.amounts_) amount /= by;
    return ledger;
  }

 private:
  std::array<double, kParts> amounts_{};
};

/// The phases of a request's latency, in the order of its life.
enum class Phase : std::uint8_t {
  kQueue,
  kMobile,
  kPromotion,
  kUplink,
  kDelay,
  kWait,
  kService,
  kBackhaul,
  kDownlink,
  kRecovery,
};
/// `[Phase]`
inline constexpr std::array<LedgerPart, 10> kPhases{{
    {"queue_s", "wait at the mobile, behind its earlier requests"},
    {"mobile_s", "computing on the mobile, a fallback included"},
    {"promotion_s",
     "promotions of the radio, for the upload or the answer, and waiting for its listening time"},
    {"uplink_s", "uploads over the cell"},
    {"delay_s", "propagation"},
    {"wait_s", "waiting at servers of edge and cloud"},
    {"service_s", "computing at servers of edge and cloud"},
    {"backhaul_s", "transfers between edge and cloud"},
    {"downlink_s", "answers over the cell"},
    {"recovery_s", "failed attempts, and the pauses after them"},
}};
/// The phases of a request, in s; their sum is its latency.
using PhaseTimes = Ledger<Phase, kPhases.size()>;

/// What a mobile's energy goes to.
enum class EnergyPart : std::uint8_t { kCompute, kPromotion, kTransmit, kReceive, kTail, kIdle };
/// `[EnergyPart]`
inline constexpr std::array<LedgerPart, 6> kEnergyParts{{
    {"compute_j", "computing on the mobile (docs/models/fleet.md)"},
    {"promotion_j", "promotions of the radio (docs/models/fleet.md)"},
    {"transmit_j", "sending (docs/models/fleet.md)"},
    {"receive_j", "receiving (docs/models/fleet.md)"},
    {"tail_j", "the radio's tails (docs/models/fleet.md)"},
    {"idle_j",
     "waiting for radio and servers, and an idle radio's listening (docs/models/fleet.md)"},
}};
/// Energy of a mobile by what drew it, in J.
using EnergyLedger = Ledger<EnergyPart, kEnergyParts.size()>;

}  // namespace papilio
