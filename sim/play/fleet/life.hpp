#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

#include "sim/base/random/stream.hpp"
#include "sim/play/fleet/arrivals.hpp"
#include "sim/play/fleet/backend.hpp"
#include "sim/play/fleet/chooser.hpp"
#include "sim/play/fleet/meter.hpp"
#include "sim/play/fleet/radios.hpp"
#include "sim/play/fleet/spans.hpp"
#include "sim/play/fleet/state.hpp"

namespace papilio {

/// The life of each request, from its arrival to its end: the mobile's queue, the choice of a plan,
/// and then stage after stage of it: layers on the mobile, what it sends (promotion, upload), what
/// lies behind the radio (`Backend`), what it receives (listening, download); and timeouts, retries
/// and the fallback (docs/models/fleet.md).
class Life final : public Spans {
 public:
  /// @param fleet outlives the life, as do the others
  /// @param sink  hears of every end of a span, or null
  Life(FleetState& fleet, Arrivals& arrivals, Chooser& chooser, Meter& meter, int replication,
       SpanSink* sink);

  /// A request arrives at a mobile.
  void arrive(std::uint32_t mobile, double now);
  /// A span of fixed length has ended.
  void step(std::uint32_t id, double now) { go_on(id, now); }
  /// An attempt has taken as long as it may.
  void time_out(std::uint32_t id, double now);
  /// A transfer has ended.
  void end_flow(const Flow& flow, double now);
  /// A server has computed a job.
  void end_job(const Job& job, double now) { backend_.end_job(job, now); }
  void next_stage(std::uint32_t id, double now) override;
  /// A server goes down or comes back.
  void change_fault(std::uint32_t server, double now) { backend_.change_fault(server, now); }

  /// Ends what attempts that were given up have in flight when every request has ended.
  void stop(double now);

 private:
  using Lanes = std::unordered_map<std::uint32_t, std::deque<std::uint32_t>>;

  // Before the first span.
  void begin(std::uint32_t mobile, const Waiting& waiting, double now);
  void begin_waiting(std::uint32_t mobile, double now);
  void leave_processor(std::uint32_t id, double now);
  void free_mobile(std::uint32_t mobile, bool was_busy, double now);
  bool takes_turn(Lanes& lanes, std::uint32_t id, SpanKind span, double now);
  std::optional<std::uint32_t> next_turn(Lanes& lanes, std::uint32_t mobile, double now);
  void drop(std::uint32_t mobile, const Waiting& waiting, double now);
  void drop_queue(std::uint32_t mobile, double now);
  [[nodiscard]] std::uint32_t draw_image(const Mobile& mobile, std::uint32_t number) const;

  void go_on(std::uint32_t id, double now) override;
  void begin_stage(std::uint32_t id, double now);
  void connect(std::uint32_t id, double now);
  void start_upload(std::uint32_t id, double now);
  void send_upload(std::uint32_t id, double now);
  void reach_mobile(std::uint32_t id, double now);
  void start_download(std::uint32_t id, double now);
  void send_download(std::uint32_t id, double now);
  void end_download(std::uint32_t id, bool lost, double now);
  [[nodiscard]] bool loses(const Request& request) const {
    return fleet_.cell_of(fleet_.mobile_of(request)).loss > 0 && draw_loss(request);
  }
  [[nodiscard]] bool draw_loss(const Request& request) const;
  [[nodiscard]] MobileCost fallback_of(const Request& request) const;
  bool give_up_span(std::uint32_t id, double now);
  std::uint32_t leave_behind(std::uint32_t id);
  void end(std::uint32_t id, RequestEnd how, double now);

  Arrivals& arrivals_;
  Chooser& chooser_;
  Meter& meter_;
  Radios radios_;
  Backend backend_;
  StreamFamily losses_;
  StreamFamily images_;
  bool beginning_{false};  // requests of a queue
  // Where requests overlap: of each mobile those that have a message for the link, in their order.
  // The first one's is on it.
  Lanes uploading_;
  Lanes downloading_;
};

}  // namespace papilio
