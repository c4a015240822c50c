#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/codec/codec.hpp"
#include "models/live/protocol.hpp"

namespace papilio {

/// A request on its way to a server.
struct CloudCall {
  const LivePart* part{nullptr};  ///< outlives the call of `send`
  std::uint64_t id{0};
  std::string codec;  ///< of a picture
  ByteBuffer frame;
  double deadline_s{0};  ///< from now on, > 0
  bool scores{false};    ///< whether the whole output is asked for
  /// Whether it fails at once while the server is being looked for, rather than wait until its
  /// deadline: for a mobile that can compute alone.
  bool connected_only{false};
};

/// What came of it.
struct CloudReply {
  std::string failure;   ///< why there is no answer; empty: there is, and the rest holds
  bool mismatch{false};  ///< the failure: the server has other halves, and will go on refusing
  std::int64_t top{0};
  std::vector<float> scores;
  double queue_s{0};  ///< at the server, until its batch began
  double service_s{0};
  double decode_s{0};
  double restore_s{0};
  double compute_s{0};
  std::uint32_t batch{1};
  std::size_t answer_bytes{0};  ///< of the message that brought it
  std::int64_t sent_ns{0};      ///< by this machine's clock
  std::int64_t arrived_ns{0};   ///< likewise, of the answer or of the failure
  /// When the server had the request, by this machine's clock too; 0 where its clock is another.
  std::int64_t received_ns{0};
};

/// What a ping found.
struct PingReport {
  std::string failure;  ///< empty: none, and the rest holds
  double round_trip_s{0};
  double wait_s{0};  ///< that a request would wait at the server, about
};

/// What lies between a mobile and a server.
class CloudLink {
 public:
  CloudLink() = default;
  virtual ~CloudLink() = default;
  CloudLink(const CloudLink&) = delete;
  CloudLink& operator=(const CloudLink&) = delete;

  /// Sends a request.
  /// @param done is called once, from any thread, at the latest a little after the deadline, and
  ///             before this returns where a call for `connected_only` finds none; not where this
  ///             throws
  virtual void send(CloudCall call, std::function<void(CloudReply)> done) = 0;
  /// Sends some bytes and waits for some others.
  /// @param bytes        that go up
  /// @param answer_bytes that come back, 65,536 at most
  /// @param deadline_s   from now on, > 0
  virtual PingReport ping(std::size_t bytes, std::size_t answer_bytes, double deadline_s) = 0;
  /// Gives up what is on its way, pings too, and whatever is sent from now on: all of it ends at
  /// once with a failure. From any thread.
  virtual void cancel() = 0;
};

}  // namespace papilio
