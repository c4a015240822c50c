#include "models/live/server.hpp"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <mutex>
#include <utility>

#include "models/live/credentials.hpp"
#include "models/live/service.hpp"
#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

/// Bytes of a message that are taken in. What is larger gRPC refuses unseen; twice the largest
/// frame is taken in, so that a frame that is a little too large is refused with its place named.
std::size_t most_taken_in(std::size_t most_frame) {
  constexpr std::size_t kBesideFrame = std::size_t{64} << 10U;
  return std::min<std::size_t>(2 * most_frame + kBesideFrame, INT_MAX);
}

/// How gRPC treats those who connect.
/// @param most_calls of one connection at a time
void set_connections(grpc::ServerBuilder& builder, std::size_t most_calls) {
  // Two servers must not share a port, which Linux would let them.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // A few bytes could stand for gigabytes, before the token is looked at. Mobiles send what is
  // compressed already.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  // One connection asks for no more than may wait, which bounds the memory of what has come.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             static_cast<int>(std::min<std::size_t>(most_calls, INT_MAX)));
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 20'000);
  // Who is gone without a word is forgotten. Patient, for a mobile's answer may stand behind an
  // upload over a slow radio.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Mobiles ask every second whether the server is still there.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 500);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
}

}  // namespace

class LiveServer::State {
 public:
  State(LiveOffer offer, CloudHalf& half, LiveServerOptions given)
      : options_{std::move(given)},
        max_message_bytes_{most_taken_in(offer.max_frame_bytes())},
        service_{std::move(offer), half, options_, max_message_bytes_},
        address_{options_.listen},
        errors_{[this](const std::string& what) { take_error(what); }} {
    const LiveServerOptions& options = options_;
    if (options.refuse_open_addresses) check_listening(options.listen, options.keys);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(options.listen, server_credentials(options.keys), &port);
    builder.RegisterService(&service_);
    builder.SetMaxReceiveMessageSize(static_cast<int>(max_message_bytes_));
    // What waits, what is being computed, and some pings.
    const std::size_t most_calls = options.queue + options.batch.size + 8;
    set_connections(builder, most_calls);
    grpc::ResourceQuota quota{"papilio"};
    quota.Resize(most_calls * max_message_bytes_ + (std::size_t{64} << 20U));
    builder.SetResourceQuota(quota);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      server_.reset();
      const std::lock_guard lock{starting_mutex_};
      throw ConfigError{fmt::format(
          "papilio serve: error: cannot listen on {}: the port is taken, the address is not this "
          "machine's, or the certificate and its key do not fit; try another{}",
          options.listen, why_not_.empty() ? "" : fmt::format(" (gRPC: {})", printable(why_not_)))};
    }
    {
      const std::lock_guard lock{starting_mutex_};
      started_ = true;
    }
    address_ = options.listen.substr(0, options.listen.rfind(':') + 1) + std::to_string(port);
  }
  ~State() { stop(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void stop() {
    if (server_ == nullptr) return;
    server_->GetHealthCheckService()->SetServingStatus(false);
    service_.drain();
    // Answers are on their way; a mobile that is slow to take them is not waited for.
    constexpr std::chrono::seconds kLast{2};
    server_->Shutdown(std::chrono::system_clock::now() + kLast);
    server_->Wait();
    server_.reset();
  }
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] ServerCounts counts() const { return service_.counts(); }

 private:
  /// What gRPC says: while the server starts, why it does not; later, of a connection.
  void take_error(const std::string& what) {
    {
      const std::lock_guard lock{starting_mutex_};
      if (!started_) {
        if (why_not_.empty()) why_not_ = what;
        return;
      }
    }
    service_.note_connection(what);
  }

  LiveServerOptions options_;
  std::size_t max_message_bytes_;
  SplitService service_;
  std::string address_;
  std::mutex starting_mutex_;
  bool started_{false};
  std::string why_not_;
  GrpcErrors errors_;  // goes before what it notes in
  std::unique_ptr<grpc::Server> server_;
};

LiveServer::LiveServer(LiveOffer offer, CloudHalf& half, LiveServerOptions options)
    : state_{std::make_unique<State>(std::move(offer), half, std::move(options))} {}

LiveServer::~LiveServer() = default;

const std::string& LiveServer::address() const {
  return state_->address();
}

void LiveServer::stop() {
  state_->stop();
}

ServerCounts LiveServer::counts() const {
  return state_->counts();
}

}  // namespace papilio
