#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "models/live/keys.hpp"
#include "models/live/link.hpp"
#include "models/live/protocol.hpp"

namespace papilio {

/// Which server, and how a mobile makes itself known there.
struct LiveClientOptions {
  std::string to;       ///< HOST:PORT
  LiveKeys keys;        ///< TLS where there is an authority
  double connect_s{5};  ///< how long the server is waited for, > 0
  /// A connection on which the server does not say for so long that it is there is made anew, > 0.
  /// Longer than any upload takes: what says so waits behind it.
  double silence_s{5};
  /// Asked while `hello` and `ping` wait: whether to give up. None: never.
  std::function<bool()> stop;
};

/// What a server says of itself.
struct ServerGreeting {
  std::uint32_t batch_size{1};
  double batch_delay_s{0};
  std::uint32_t queue{0};
  bool same_clock{false};  ///< whether dates of both sides compare
};

/// A connection to a server by gRPC.
class LiveClient final : public CloudLink {
 public:
  explicit LiveClient(const LiveClientOptions& options);
  /// Waits for what was sent.
  ~LiveClient() override;
  LiveClient(const LiveClient&) = delete;
  LiveClient& operator=(const LiveClient&) = delete;

  /// Makes sure that the server has the other halves of the same network.
  /// @param protocol the version that is spoken; another than `kLiveProtocol` in tests alone
  /// @throws ConfigError if it has not, is not there or does not let this mobile in; Interrupted if
  ///         it was to stop
  ServerGreeting hello(const LiveOffer& wanted, std::uint32_t protocol = kLiveProtocol);
  void send(CloudCall call, std::function<void(CloudReply)> done) override;
  PingReport ping(std::size_t bytes, std::size_t answer_bytes, double deadline_s) override;
  void cancel() override;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace papilio
