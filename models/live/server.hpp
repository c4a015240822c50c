#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/live/batch_queue.hpp"
#include "models/live/keys.hpp"
#include "models/live/protocol.hpp"
#include "models/live/refusals.hpp"

namespace papilio {

/// One request as the server's half of a network gets it. What it points to lives during the call.
struct CloudWork {
  std::span<const std::uint8_t> frame;
  std::string codec;   ///< of a picture
  bool scores{false};  ///< whether the whole output is asked for
};

/// What came of it.
struct CloudAnswer {
  std::string defect;         ///< of the frame; empty: none, and the rest holds
  std::int64_t top{0};        ///< position of the greatest number
  std::vector<float> scores;  ///< the output, row by row, where it was asked for
  double decode_s{0};         ///< frame and codec
  double restore_s{0};        ///< to what the network takes
  double compute_s{0};        ///< the layers, of the whole batch
};

/// The half of a network that a server computes. One thread calls it.
class CloudHalf {
 public:
  CloudHalf() = default;
  virtual ~CloudHalf() = default;
  CloudHalf(const CloudHalf&) = delete;
  CloudHalf& operator=(const CloudHalf&) = delete;

  /// The thread that calls `compute` begins.
  virtual void begin() {}
  /// Answers a batch. @return `[works]`
  /// @throws std::exception if it could not be computed; then none of the batch is answered
  virtual std::vector<CloudAnswer> compute(const LivePart& part,
                                           std::span<const CloudWork> works) = 0;
};

/// How a server serves.
struct LiveServerOptions {
  std::string listen{"127.0.0.1:0"};  ///< port 0: any that is free
  LiveKeys keys;
  /// Whether it refuses to listen where others could reach it unknown; who joins the machines
  /// himself may know better.
  bool refuse_open_addresses{true};
  BatchRule batch;
  std::size_t queue{64};  ///< requests that may wait
  /// Takes lines on refusals, from any thread; none: silent.
  std::function<void(const std::string&)> tell;
};

/// What a server did.
struct ServerCounts {
  std::uint64_t answered{0};
  std::uint64_t batches{0};
  double busy_s{0};  ///< of the thread that computes
  Refusals::Counts refused{};
};

/// Serves the halves of a network by gRPC until it is stopped.
class LiveServer {
 public:
  /// Begins to serve.
  /// @param half outlives the server
  /// @throws ConfigError if it may not, or cannot, listen there, or the keys are of no use
  LiveServer(LiveOffer offer, CloudHalf& half, LiveServerOptions options);
  /// Stops.
  ~LiveServer();
  LiveServer(const LiveServer&) = delete;
  LiveServer& operator=(const LiveServer&) = delete;

  /// Where it listens, with the port that it got.
  [[nodiscard]] const std::string& address() const;
  /// Finishes what it has accepted, refuses what is new, and ends. Once.
  void stop();
  [[nodiscard]] ServerCounts counts() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace papilio
