#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "models/codec/codec.hpp"
#include "models/live/link.hpp"
#include "models/live/protocol.hpp"

namespace papilio {

/// What a mobile has to send of one picture.
struct MobileWork {
  ByteBuffer frame;
  std::string codec;   ///< of a picture
  double prefix_s{0};  ///< the layers before the cut
  double encode_s{0};  ///< quantiser, codec and frame
};

/// An answer that a mobile computed alone.
struct LocalAnswer {
  std::int64_t top{0};
  std::vector<float> scores;  ///< where they were asked for
};

/// The half of a network that a mobile computes. One thread calls it.
class MobileHalf {
 public:
  MobileHalf() = default;
  virtual ~MobileHalf() = default;
  MobileHalf(const MobileHalf&) = delete;
  MobileHalf& operator=(const MobileHalf&) = delete;

  /// @param part    position in the offer
  /// @param picture position in the dataset
  virtual MobileWork prepare(std::size_t part, std::size_t picture) = 0;
  /// The whole network, on the mobile.
  /// @param scores whether the whole output is asked for
  virtual LocalAnswer compute(std::size_t picture, bool scores) = 0;
};

/// A request of a mobile's user.
struct LiveRequest {
  std::size_t picture{0};
  /// Date, from the start of the run; nothing: as soon as the mobile can begin it.
  std::optional<double> arrival_s;
};

/// How a request ended.
enum class LiveEnd : std::uint8_t { kCompleted, kFellBack, kFailed };

/// What came of a request. Dates from the start of the run; the times from `queue_s` to
/// `recovery_s` sum to the latency, but for rounding.
struct LiveRecord {
  std::size_t number{0};
  std::size_t picture{0};
  std::optional<std::size_t> part;  ///< position in the offer; none: the mobile alone was chosen
  LiveEnd end{LiveEnd::kCompleted};
  std::string failure;   ///< of the server's answer; empty: none
  bool mismatch{false};  ///< of the failure: as in CloudReply
  bool late{false};      ///< ended after the deadline
  double arrival_s{0};
  double latency_s{0};

  double queue_s{0};   ///< waiting for the mobile
  double mobile_s{0};  ///< at work on the mobile: prefix, encode, the whole network if it fell back
  double uplink_s{0};
  double wait_s{0};     ///< at the server
  double service_s{0};  ///< at the server, of its batch
  double downlink_s{0};
  double recovery_s{0};  ///< from sending to the failure, and until the mobile had time for it

  double prefix_s{0};
  double encode_s{0};
  double local_s{0};  ///< the whole network on the mobile
  double decode_s{0};
  double restore_s{0};
  double compute_s{0};
  std::uint32_t batch{0};  ///< requests computed with it at the server; 0: none was
  std::size_t frame_bytes{0};
  std::size_t answer_bytes{0};  ///< of the message that brought the answer
  std::int64_t top{-1};         ///< -1: no answer
  std::vector<float> scores;
  /// Of computing on the mobile, J; NaN where no meter says.
  double compute_j{std::numeric_limits<double>::quiet_NaN()};
  /// Dates, for timelines.
  double begun_s{0};
  double sent_s{0};
  double ended_s{0};
};

/// How a mobile works.
struct MobileOptions {
  double deadline_s{10};             ///< from sending a request to its answer, > 0
  std::size_t overlap{0};            ///< requests that may be on their way when the next is begun
  bool fallback{true};               ///< whether it computes alone what the server fails to
  bool scores{false};                ///< whether records are to hold whole outputs
  std::function<double()> energy_j;  ///< of this machine so far; none: no meter
  /// Half of the shortest round trip, where clocks do not compare: what an answer takes at least.
  double half_round_trip_s{0};
};

/// Drives requests through a mobile's half of a network and a server's. Its caller's thread is the
/// mobile's processor: one thing at a time.
class LiveMobile {
 public:
  /// Chooses for the next request: a position in the offer, or nothing: the mobile alone.
  using Choose = std::function<std::optional<std::size_t>()>;
  /// Takes a record as its request ends.
  using Sink = std::function<void(LiveRecord)>;

  /// @param link  outlives the mobile, as do the others
  /// @param offer the parts that are chosen among
  LiveMobile(CloudLink& link, MobileHalf& half, const LiveOffer& offer, MobileOptions options);

  /// Runs requests, in their order; every one that is begun ends in the sink.
  /// @param stop asked again and again, from this thread: whether to end now. Then no more is
  ///             begun, what is on its way is cancelled, and what has no answer by then does not
  ///             end
  void run(const std::vector<LiveRequest>& requests, const Choose& choose, const Sink& sink,
           const std::function<bool()>& stop = {});

 private:
  class Run;

  CloudLink& link_;
  MobileHalf& half_;
  const LiveOffer& offer_;
  MobileOptions options_;
};

}  // namespace papilio
