#include "models/live/server.hpp"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <chrono>
#include <utility>

#include "models/live/credentials.hpp"
#include "models/live/service.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// Bytes of a message that are taken in. What is larger gRPC refuses unseen; twice the largest
/// frame is taken in, so that a frame that is a little too large is refused with its place named,
/// and counted.
std::size_t most_taken_in(std::size_t most_frame) {
  constexpr std::size_t kBesideFrame = std::size_t{64} << 10U;
  return 2 * most_frame + kBesideFrame;
}

}  // namespace

class LiveServer::State {
 public:
  State(LiveOffer offer, CloudHalf& half, LiveServerOptions given)
      : options_{std::move(given)},
        most_bytes_{most_taken_in(offer.most_bytes())},
        service_{std::move(offer), half, options_},
        address_{options_.listen} {
    const LiveServerOptions& options = options_;
    if (options.only_secure) check_listening(options.listen, options.keys);
    take_grpc_errors([this](const std::string& what) { service_.note_connection(what); });
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(options.listen, server_credentials(options.keys), &port);
    builder.RegisterService(&service_);
    builder.SetMaxReceiveMessageSize(static_cast<int>(most_bytes_));
    // Two servers must not share a port, which Linux would let them.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    // One connection asks for no more than may wait, which bounds the memory of what has come.
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                               static_cast<int>(options.queue + 8));
    grpc::ResourceQuota quota{"papilio"};
    quota.Resize((options.queue + 8) * most_bytes_ + (std::size_t{64} << 20U));
    builder.SetResourceQuota(quota);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      server_.reset();
      take_grpc_errors({});
      throw ConfigError{fmt::format(
          "papilio serve: error: cannot listen on {}: the port is taken, the address is not this "
          "machine's, or the certificate and its key do not fit; try another",
          options.listen)};
    }
    address_ = options.listen.substr(0, options.listen.rfind(':') + 1) + std::to_string(port);
  }
  ~State() {
    stop();
    take_grpc_errors({});
  }
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
  LiveServerOptions options_;
  std::size_t most_bytes_;
  SplitService service_;
  std::string address_;
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
