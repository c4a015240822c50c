#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "models/live/link.hpp"

namespace papilio {

/// What a request takes with one part where nothing contends, as it was profiled.
struct PartCosts {
  double mobile_s{0};           ///< layers before the cut, encoding
  double server_s{0};           ///< decoding, layers behind it
  std::size_t upload_bytes{0};  ///< > 0
};

/// What a mobile knows of its way to the server.
struct LinkState {
  double uplink_byte_per_s{0};  ///< > 0
  double delay_s{0};            ///< each way
  double wait_s{0};             ///< at the server; infinite: it does not answer
};

/// What two pings say of the way.
/// @param bytes that `full` sent up; `empty` sent none
LinkState link_state(const PingReport& empty, const PingReport& full, std::size_t bytes);

/// Chooses the part of each request as the policy `selection` of fleets does: the least of
/// TM + TU + TC, with the rate and the load that the last ping found (butterfly paper, Algorithm
/// 1). Thread-safe.
class LiveSelection {
 public:
  /// @param parts   in the order of the offer
  /// @param alone_s of the whole network on the mobile
  LiveSelection(std::vector<PartCosts> parts, double alone_s);
  ~LiveSelection();
  LiveSelection(const LiveSelection&) = delete;
  LiveSelection& operator=(const LiveSelection&) = delete;

  void observe(const LinkState& state);
  /// Position of a part; nothing: the mobile alone. Of equals the part that was given first.
  [[nodiscard]] std::optional<std::size_t> choose() const;

 private:
  class Model;
  std::unique_ptr<const Model> model_;
  mutable std::mutex mutex_;
  LinkState state_;
};

/// Pings a server again and again, in a thread of its own, and tells a selection what it found.
class LivePinger {
 public:
  /// Pings once at once, and returns after that.
  /// @param link     outlives the pinger, as does the selection
  /// @param bytes    of a ping with filling, > 0
  /// @param period_s > 0
  LivePinger(CloudLink& link, LiveSelection& selection, std::size_t bytes, double period_s);
  ~LivePinger();
  LivePinger(const LivePinger&) = delete;
  LivePinger& operator=(const LivePinger&) = delete;

 private:
  void ping();
  void work();

  CloudLink& link_;
  LiveSelection& selection_;
  std::size_t bytes_;
  double period_s_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_{false};
  std::thread thread_;
};

}  // namespace papilio
