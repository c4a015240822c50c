#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <variant>
#include <vector>

#include "sim/plan/plan.hpp"
#include "sim/play/fleet/model.hpp"
#include "sim/play/fleet/result.hpp"

namespace papilio {

/// A date that never comes.
inline constexpr double kNever = std::numeric_limits<double>::infinity();

/// No request, no link, no server, no place in a queue.
inline constexpr std::uint32_t kNothing = std::numeric_limits<std::uint32_t>::max();

/// What a span of a request's life is: one wait, one service, one transfer or one pause. In the
/// order of its life.
enum class SpanKind : std::uint8_t {
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

/// Which of the phases of a latency a span is part of.
constexpr Phase phase_of(SpanKind span) {
  switch (span) {
    case SpanKind::kQueue:
      return Phase::kQueue;
    case SpanKind::kMobile:
    case SpanKind::kFallback:
      return Phase::kMobile;
    case SpanKind::kPromotion:
    case SpanKind::kListening:
    case SpanKind::kPaging:
    case SpanKind::kAnswerPromotion:
      return Phase::kPromotion;
    case SpanKind::kUplink:
      return Phase::kUplink;
    case SpanKind::kToEdge:
    case SpanKind::kToServer:
    case SpanKind::kToMobile:
      return Phase::kDelay;
    case SpanKind::kEdgeWait:
    case SpanKind::kServerWait:
      return Phase::kWait;
    case SpanKind::kEdge:
    case SpanKind::kServer:
      return Phase::kService;
    case SpanKind::kBackhaulUp:
    case SpanKind::kBackhaulDown:
      return Phase::kBackhaul;
    case SpanKind::kDownlink:
      return Phase::kDownlink;
    case SpanKind::kLost:
    case SpanKind::kBackoff:
      return Phase::kRecovery;
  }
  return Phase::kRecovery;
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
  SpanKind span{SpanKind::kQueue};
  bool fell_back{false};
  bool abandoned{false};          // nobody waits for it any more
  std::uint16_t stage{0};         // that it is in, of `stages`
  float service_factor{1};        // on its times at servers
  float upload_factor{1};         // on what its mobile sends
  std::span<const Stage> stages;  // of its plan, as its picture has them
  double arrival_s{0};
  double span_begin_s{0};
  double span_length_s{0};        // of a span of fixed length
  double bytes{0};                // of the transfer that it is in
  double attempt_promotion_s{0};  // before the upload of this attempt
  double server_s{0};             // GPU time taken
  double profiled_server_s{0};    // the same without load levels and batching
  PhaseTimes phases{};
  PhaseTimes before_attempt{};
  EnergyLedger energy{};
};

/// The stage that a request is in.
inline const Stage& stage_of(const Request& request) {
  return request.stages[request.stage];
}
/// The same, which is a transfer.
inline const Transfer& transfer_of(const Request& request) {
  return *std::get_if<Transfer>(&stage_of(request));
}

/// What crosses the uplink for a request at one of its transfers: whole bytes.
inline double sent_bytes(const Request& request, const Transfer& upload) {
  return std::ceil(upload.size.value() * request.upload_factor);
}
/// What a request's mobile sends in one attempt that comes to its end.
inline double upload_bytes(const Request& request) {
  double bytes = 0;
  for (const Stage& stage : request.stages) {
    if (is_upload(stage)) bytes += sent_bytes(request, *std::get_if<Transfer>(&stage));
  }
  return bytes;
}

/// The requests in the system, each in a slot that keeps its number for as long as it lives. A
/// slot's generation tells its users apart: an event of an earlier one finds another number.
class RequestPool {
 public:
  Request& operator[](std::uint32_t id) { return slots_[id]; }
  const Request& operator[](std::uint32_t id) const { return slots_[id]; }
  /// Slots there have been at once; free ones are in SpanKind::kLost.
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
    request.span = SpanKind::kLost;
    request.generation += 1;
    request.next_free = free_;
    free_ = id;
  }

 private:
  std::vector<Request> slots_;
  std::uint32_t free_{kNothing};
};

}  // namespace papilio
