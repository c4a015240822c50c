#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
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

/// What is known of a server that does not answer, or has other halves.
LinkState no_server();

/// Makes out the way to a server by pairs of pings, one without filling and one with some. They
/// share the connection with uploads, behind which either may have to wait: what a filling takes is
/// told by the quickest of the last empty ones.
class LinkMeter {
 public:
  /// @param bytes of the filling that goes up, > 0
  explicit LinkMeter(std::size_t bytes) : bytes_{bytes} {}

  /// The way after one more pair. Where the filling makes no more of a difference than the empty
  /// pings have among themselves, the rate is the last one that is known; if none is, the one at
  /// which the filling would make that difference.
  LinkState after(const PingReport& empty, const PingReport& full);

 private:
  std::size_t bytes_;
  std::deque<double> empty_s_;  // the last ones, the newest at the end
  double byte_per_s_{0};        // 0: none is known
};

/// What was observed, and when.
struct LinkObservation {
  std::chrono::steady_clock::time_point at;
  LinkState state;
};

/// Chooses the part of each request as the policy `selection` of fleets does: the least of
/// TM + TU + TC, with the rate and the load that the last ping found (butterfly paper, Algorithm
/// 1). Thread-safe.
class LiveSelection {
 public:
  /// @param parts   in the order of the offer
  /// @param alone_s of the whole network on the mobile
  LiveSelection(const std::vector<PartCosts>& parts, double alone_s);
  ~LiveSelection();
  LiveSelection(const LiveSelection&) = delete;
  LiveSelection& operator=(const LiveSelection&) = delete;

  void observe(const LinkState& state);
  /// Position of a part; nothing: the mobile alone. Of equals the part that was given first.
  [[nodiscard]] std::optional<std::size_t> choose() const;
  /// Everything that was observed so far, in its order; of a million the first.
  [[nodiscard]] std::vector<LinkObservation> observations() const;

 private:
  class Model;
  std::unique_ptr<const Model> model_;
  mutable std::mutex mutex_;
  LinkState state_;
  std::vector<LinkObservation> observed_;
};

/// Pings a server again and again, in a thread of its own, and tells a selection what it found.
class LivePinger {
 public:
  /// Pings once at once, and returns after that.
  /// @param link       outlives the pinger, as does the selection
  /// @param bytes      of a ping with filling, > 0
  /// @param period_s   > 0
  /// @param deadline_s of a ping, > 0
  LivePinger(CloudLink& link, LiveSelection& selection, std::size_t bytes, double period_s,
             double deadline_s);
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
  double deadline_s_;
  LinkMeter meter_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_{false};
  std::thread thread_;
};

}  // namespace papilio
