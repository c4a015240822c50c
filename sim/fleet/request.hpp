#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "sim/fleet/result.hpp"

namespace papilio {

/// A date that never comes.
inline constexpr double kNever = std::numeric_limits<double>::infinity();

/// No request, no link, no server, no place in a queue.
inline constexpr std::uint32_t kNothing = std::numeric_limits<std::uint32_t>::max();

/// The stages of a request's life, in its order.
enum class Stage : std::uint8_t {
  kQueue,  // at the mobile, behind its earlier requests
  kMobile,
  kPromotion,
  kUplink,
  kToEdge,
  kEdgeWait,
  kEdge,
  kBackhaulUp,
  kToServer,
  kServerWait,
  kServer,
  kBackhaulDown,
  kToMobile,
  kListening,        // a connected radio's next listening time
  kPaging,           // an idle radio's
  kAnswerPromotion,  // the page was heard
  kDownlink,
  kLost,  // nothing will come but the timeout
  kBackoff,
  kFallback,
};

/// Which of the phases of a latency a stage is part of.
constexpr double PhaseTimes::*phase_of(Stage stage) {
  switch (stage) {
    case Stage::kQueue:
      return &PhaseTimes::queue;
    case Stage::kMobile:
    case Stage::kFallback:
      return &PhaseTimes::mobile;
    case Stage::kPromotion:
    case Stage::kListening:
    case Stage::kPaging:
    case Stage::kAnswerPromotion:
      return &PhaseTimes::promotion;
    case Stage::kUplink:
      return &PhaseTimes::uplink;
    case Stage::kToEdge:
    case Stage::kToServer:
    case Stage::kToMobile:
      return &PhaseTimes::delay;
    case Stage::kEdgeWait:
    case Stage::kServerWait:
      return &PhaseTimes::wait;
    case Stage::kEdge:
    case Stage::kServer:
      return &PhaseTimes::service;
    case Stage::kBackhaulUp:
    case Stage::kBackhaulDown:
      return &PhaseTimes::backhaul;
    case Stage::kDownlink:
      return &PhaseTimes::downlink;
    case Stage::kLost:
    case Stage::kBackoff:
      return &PhaseTimes::recovery;
  }
  return &PhaseTimes::recovery;
}

/// A request from its beginning to its end; or what an attempt that timed out has left on its way.
struct Request {
  std::uint32_t generation{0};  // counts the attempts and the uses of the slot
  std::uint32_t mobile{0};
  std::uint32_t number{0};
  std::uint32_t partition{0};
  std::uint32_t image{0};
  std::uint32_t attempts{0};
  std::uint32_t next_free{kNothing};
  Stage stage{Stage::kQueue};
  bool lose_upload{false};
  bool lose_answer{false};
  bool via_backhaul{false};
  bool fell_back{false};
  bool abandoned{false};  // nobody waits for it any more
  double service_factor{1};
  double arrival_s{0};
  double stage_begin_s{0};
  double stage_length_s{0};       // of a stage of fixed length
  double upload_bytes{0};         // until the partition is chosen: the factor on them
  double attempt_promotion_s{0};  // before the upload of this attempt
  double server_s{0};             // GPU time taken
  double profiled_server_s{0};    // the same without load levels and batching
  PhaseTimes phases{};
  PhaseTimes before_attempt{};
  EnergyLedger energy{};
};

/// The requests in the system, each in a slot that keeps its number for as long as it lives. A
/// slot's generation tells its users apart: an event of an earlier one finds another number.
class RequestPool {
 public:
  Request& operator[](std::uint32_t id) { return slots_[id]; }
  const Request& operator[](std::uint32_t id) const { return slots_[id]; }
  /// Slots there have been at once; free ones are in Stage::kLost.
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(slots_.size()); }

  /// A free slot, which may move all requests in memory. Its content is that of its last user.
  std::uint32_t take() {
    const std::uint32_t id = free_;
    if (id != kNothing) {
      free_ = slots_[id].next_free;
      return id;
    }
    slots_.emplace_back();
    return size() - 1;
  }

  /// Ends the use of a slot, whose pending events then find another generation.
  void release(std::uint32_t id) {
    Request& request = slots_[id];
    request.stage = Stage::kLost;
    request.generation += 1;
    request.next_free = free_;
    free_ = id;
  }

 private:
  std::vector<Request> slots_;
  std::uint32_t free_{kNothing};
};

}  // namespace papilio
