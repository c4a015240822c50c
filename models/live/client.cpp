#include "models/live/client.hpp"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "models/live/credentials.hpp"
#include "papilio_proto/live.grpc.pb.h"
#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

std::chrono::system_clock::time_point in_seconds(double seconds) {
  return std::chrono::system_clock::now() +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(
             std::chrono::duration<double>{seconds});
}

std::string name_of(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "no answer in time";
    case grpc::StatusCode::UNAVAILABLE:
      return "server not there";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return "not taken";
    case grpc::StatusCode::UNAUTHENTICATED:
      return "not let in";
    case grpc::StatusCode::FAILED_PRECONDITION:
      return "mismatch";
    case grpc::StatusCode::INVALID_ARGUMENT:
      return "refused";
    default:
      return "failed";
  }
}

std::string failure_text(const grpc::Status& status) {
  return fmt::format("{}: {}", name_of(status.error_code()), printable(status.error_message()));
}

grpc::ChannelArguments channel_arguments() {
  grpc::ChannelArguments arguments;
  // Each attempt is the mobile's own; whoever wants another sends another.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // A server that comes back is found within a second. How long a slow handshake may take stays
  // gRPC's own 20 s.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  constexpr int kMostReply = 256 << 20;
  arguments.SetMaxReceiveMessageSize(kMostReply);
  arguments.SetMaxSendMessageSize(-1);
  return arguments;
}

}  // namespace

class LiveClient::State {
 public:
  explicit State(const LiveClientOptions& options)
      : to_{options.to},
        token_{options.keys.token},
        connect_s_{options.connect_s},
        clock_{clock_mark()},
        channel_{grpc::CreateCustomChannel(options.to, client_credentials(options.keys),
                                           channel_arguments())},
        stub_{live::v1::Split::NewStub(channel_)} {}
  ~State() {
    std::unique_lock lock{mutex_};
    ended_.wait(lock, [this] { return on_their_way_ == 0; });
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ServerGreeting hello(const LiveOffer& wanted, std::uint32_t protocol) {
    live::v1::HelloRequest request;
    request.set_protocol(protocol);
    request.set_network(wanted.network);
    for (const LivePart& part : wanted.parts) {
      live::v1::Part& one = *request.add_parts();
      one.set_cut(part.cut);
      one.set_channels(static_cast<std::uint32_t>(part.channels));
      one.set_bits(static_cast<std::uint32_t>(part.bits));
      one.set_fingerprint(part.fingerprint);
    }
    live::v1::HelloReply reply;
    grpc::ClientContext context;
    prepare(context, connect_s_);
    context.set_wait_for_ready(true);
    const grpc::Status status = stub_->Hello(&context, request, &reply);
    if (!status.ok()) {
      const bool absent = status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ||
                          status.error_code() == grpc::StatusCode::UNAVAILABLE;
      throw ConfigError{fmt::format(
          "papilio offload: error: {}: {}{}", to_, failure_text(status),
          absent ? "; start 'papilio serve' there, and check address, certificates and authority"
                 : "")};
    }
    return {reply.batch_size(), reply.batch_delay_s(), reply.queue()};
  }

  void send(CloudCall call, std::function<void(CloudReply)> done) {
    auto one = std::make_shared<OnItsWay>();
    one->done = std::move(done);
    prepare(one->context, call.deadline_s);
    one->request.set_protocol(kLiveProtocol);
    one->request.set_part(call.part->mark());
    one->request.set_id(call.id);
    one->request.set_codec(call.codec);
    one->request.set_frame(call.frame.data(), call.frame.size());
    one->request.set_scores(call.scores);
    {
      const std::lock_guard lock{mutex_};
      ++on_their_way_;
    }
    one->sent_ns = clock_ns();
    OnItsWay& kept = *one;
    stub_->async()->Infer(&kept.context, &kept.request, &kept.reply,
                          [this, one = std::move(one)](const grpc::Status& status) {
                            one->done(reply_of(*one, status));
                            const std::lock_guard lock{mutex_};
                            --on_their_way_;
                            ended_.notify_all();
                          });
  }

  PingReport ping(std::size_t bytes, std::size_t answer_bytes, double deadline_s) {
    live::v1::PingRequest request;
    request.set_filling(std::string(bytes, '\0'));
    request.set_answer_bytes(static_cast<std::uint32_t>(answer_bytes));
    live::v1::PingReply reply;
    grpc::ClientContext context;
    prepare(context, deadline_s);
    const std::int64_t begun_ns = clock_ns();
    const grpc::Status status = stub_->Ping(&context, request, &reply);
    if (!status.ok()) return {.failure = failure_text(status)};
    constexpr double kSeconds = 1e-9;
    return {.failure = {},
            .round_trip_s = static_cast<double>(clock_ns() - begun_ns) * kSeconds,
            .wait_s = reply.wait_s()};
  }

 private:
  /// A request that is on its way.
  struct OnItsWay {
    grpc::ClientContext context;
    live::v1::InferRequest request;
    live::v1::InferReply reply;
    std::int64_t sent_ns{0};
    std::function<void(CloudReply)> done;
  };

  void prepare(grpc::ClientContext& context, double deadline_s) const {
    context.set_deadline(in_seconds(deadline_s));
    if (!token_.empty()) context.AddMetadata(kTokenKey, kTokenPrefix + token_);
  }

  [[nodiscard]] CloudReply reply_of(const OnItsWay& one, const grpc::Status& status) const {
    CloudReply reply{.sent_ns = one.sent_ns, .arrived_ns = clock_ns()};
    if (!status.ok()) {
      reply.failure = failure_text(status);
      return reply;
    }
    const live::v1::InferReply& message = one.reply;
    if (message.id() != one.request.id()) {
      reply.failure = "failed: the answer is another request's";
      return reply;
    }
    reply.top = message.top();
    reply.scores.assign(message.scores().begin(), message.scores().end());
    reply.queue_s = message.queue_s();
    reply.service_s = message.service_s();
    reply.decode_s = message.decode_s();
    reply.restore_s = message.restore_s();
    reply.compute_s = message.compute_s();
    reply.batch = message.batch();
    if (clock_ != 0 && message.clock() == clock_) {
      reply.received_ns = message.received_ns();
      reply.replied_ns = message.replied_ns();
    }
    return reply;
  }

  std::string to_;
  std::string token_;
  double connect_s_;
  std::uint64_t clock_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<live::v1::Split::Stub> stub_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t on_their_way_{0};
};

LiveClient::LiveClient(const LiveClientOptions& options)
    : state_{std::make_unique<State>(options)} {}

LiveClient::~LiveClient() = default;

ServerGreeting LiveClient::hello(const LiveOffer& wanted, std::uint32_t protocol) {
  return state_->hello(wanted, protocol);
}

void LiveClient::send(CloudCall call, std::function<void(CloudReply)> done) {
  state_->send(std::move(call), std::move(done));
}

PingReport LiveClient::ping(std::size_t bytes, std::size_t answer_bytes, double deadline_s) {
  return state_->ping(bytes, answer_bytes, deadline_s);
}

}  // namespace papilio
