#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "sim/base/random/stream.hpp"
#include "sim/base/units/units.hpp"
#include "sim/radio/timeline.hpp"

namespace papilio {

/// One direction of an emulated link. Bytes are **wire bytes at the IP layer**: a packet's IP and
/// TCP headers count, a link layer's would not. A TCP segment of 1,448 bytes of payload is a packet
/// of 1,500.
struct LinkDirection {
  BytesPerSecond rate{0};              ///< > 0; not read where there is a trace
  std::shared_ptr<const Trace> trace;  ///< the rate over time, played in a loop; null: `rate`
  Seconds trace_offset{0};             ///< time in the trace at date 0, in 0..length
  /// Times at which the rate is 0: packets wait, and none is lost for it alone.
  std::vector<RateTimeline::Outage> outages;
  Seconds delay{0};  ///< from the end of a packet's sending to its arrival, >= 0
  /// Probability that a packet is lost, in [0, 1]. It takes its time on the link all the same, as a
  /// message that the simulator loses.
  double loss{0};
  /// Bytes that may wait or be in sending; a packet beyond them is dropped (tail drop). At least
  /// the largest packet.
  std::uint64_t queue_bytes{std::uint64_t{4} << 20};
};

/// @param name   "uplink", for the error
/// @param packet bytes of the largest packet, > 0
/// @throws ConfigError if a value is out of its range, the trace is 0 throughout, or the largest
///         packet would take more than a day
void check_link_direction(const LinkDirection& direction, std::string_view name,
                          std::uint32_t packet);

/// What becomes of a packet. Dates are seconds, `RateTimeline::kNever` where it never comes to it.
struct PacketFate {
  enum class End {
    kDelivered,
    kLost,     ///< sent, and it does not arrive
    kDropped,  ///< the queue was full; not sent
  };
  End end{End::kDelivered};
  double departure_s{RateTimeline::kNever};  ///< end of its sending
  double delivery_s{RateTimeline::kNever};   ///< departure + delay; of a lost one, too
};

struct PacketCount {
  std::uint64_t packets{0};
  std::uint64_t bytes{0};  ///< wire bytes at the IP layer

  void add(std::uint64_t packet_bytes) {
    ++packets;
    bytes += packet_bytes;
  }
  bool operator==(const PacketCount&) const = default;
};

/// The arithmetic of one direction, without a clock or packets: dates in, dates out. Packet k of B
/// bytes is sent from b = max(arrival of k, departure of k−1) to the date d at which the integral
/// of the rate over b..d is B, and arrives at d + delay. So there is one packet in sending at a
/// time, order is kept, and a packet after an idle time takes as long as any other, where a token
/// bucket lets it pass free. The same arguments and packets give the same fates.
class LinkQueue {
 public:
  /// @param direction checked
  /// @param losses    which packets are lost: one number is drawn for each packet that comes,
  ///                  dropped ones included, so that a fate does not depend on the queue's length;
  ///                  none where `loss` is 0
  LinkQueue(const LinkDirection& direction, const StreamFamily& losses);

  /// A packet comes.
  /// @param arrival_s not before that of the packet before it
  /// @param bytes     > 0
  PacketFate offer(double arrival_s, std::uint32_t bytes);

  /// @return what waits or is in sending at the date, which is not before the last arrival
  PacketCount backlog(double date_s);

 private:
  struct Waiting {
    double departure_s{0};
    std::uint32_t bytes{0};
  };

  std::shared_ptr<const Trace> trace_;
  RateTimeline rate_;
  double delay_s_;
  double loss_;
  std::uint64_t queue_bytes_;
  Stream losses_;
  double last_arrival_s_{0};
  double last_departure_s_{0};
  std::deque<Waiting> waiting_;  // in the order of departure
  PacketCount backlog_;
};

}  // namespace papilio
