#include "models/live/client.hpp"

#include <fmt/format.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

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

double span_s(std::int64_t from_ns, std::int64_t to_ns) {
  constexpr double kSeconds = 1e-9;
  return static_cast<double>(to_ns - from_ns) * kSeconds;
}

std::string name_of(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::CANCELLED:
      return "given up";
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

grpc::ChannelArguments channel_arguments(double silence_s) {
  grpc::ChannelArguments arguments;
  // Each attempt is the mobile's own; whoever wants another sends another.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // What is measured is the way to the server, not to a proxy that the environment names.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Our servers compress nothing, and a few bytes of another's could stand for gigabytes.
  arguments.SetInt(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  // A server that comes back is found within a second. How long a slow handshake may take stays
  // gRPC's own 20 s.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // A way that is cut says nothing; that it is, is asked for every second.
  constexpr double kMostMs = 1e9;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 1000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                   static_cast<int>(std::clamp(1e3 * silence_s, 1.0, kMostMs)));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  constexpr int kMostReply = 256 << 20;
  arguments.SetMaxReceiveMessageSize(kMostReply);
  arguments.SetMaxSendMessageSize(-1);
  return arguments;
}

/// Whether a server's times can be of a request that was away for so long.
bool can_be(const live::v1::InferReply& reply, double away_s) {
  constexpr double kClocksDiffer = 1.01;  // of two machines, in how fast they go
  const double most_s = kClocksDiffer * away_s;
  const auto fits = [&](double seconds) { return seconds >= 0 && seconds <= most_s; };  // not NaN
  return fits(reply.queue_s()) && fits(reply.service_s()) && fits(reply.decode_s()) &&
         fits(reply.restore_s()) && fits(reply.compute_s()) &&
         fits(reply.queue_s() + reply.service_s()) && reply.top() >= 0 && reply.batch() > 0;
}

}  // namespace

class LiveClient::State {
 public:
  explicit State(const LiveClientOptions& options)
      : errors_{GrpcErrors::Take{}},  // each call tells its own failure
        to_{options.to},
        token_{options.keys.token},
        connect_s_{options.connect_s},
        stop_{options.stop},
        clock_{boot_mark()},
        channel_{grpc::CreateCustomChannel(options.to, client_credentials(options.keys),
                                           channel_arguments(options.silence_s))} {}
  ~State() {
    std::unique_lock lock{mutex_};
    ended_.wait(lock, [this] { return on_their_way_.empty(); });
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ServerGreeting hello(const LiveOffer& wanted, std::uint32_t protocol) {
    const auto call = std::make_shared<Exchange<live::v1::HelloRequest, live::v1::HelloReply>>();
    call->request.set_protocol(protocol);
    call->request.set_network(wanted.network);
    for (const LivePart& part : wanted.parts) {
      live::v1::Part& one = *call->request.add_parts();
      one.set_cut(part.cut);
      one.set_channels(static_cast<std::uint32_t>(part.channels));
      one.set_bits(static_cast<std::uint32_t>(part.bits));
      one.set_fingerprint(part.fingerprint);
    }
    prepare(call->context, connect_s_);
    call->context.set_wait_for_ready(true);
    const grpc::Status status = ask(call, "/papilio.live.v1.Split/Hello");
    if (!status.ok()) {
      if (stop_ && stop_()) throw Interrupted{};
      const bool absent = status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ||
                          status.error_code() == grpc::StatusCode::UNAVAILABLE;
      throw ConfigError{fmt::format(
          "papilio offload: error: {}: {}{}", to_, failure_text(status),
          absent ? "; start 'papilio serve' there, and check address, certificates and authority"
                 : "")};
    }
    const live::v1::HelloReply& reply = call->reply;
    return {reply.batch_size(), reply.batch_delay_s(), reply.queue(),
            clock_ != 0 && reply.clock() == clock_};
  }

  void send(CloudCall call, std::function<void(CloudReply)> done) {
    if (call.connected_only && is_looking_for_server()) {
      const std::int64_t now_ns = clock_ns();
      CloudReply reply{.sent_ns = now_ns, .arrived_ns = now_ns};
      reply.failure = failure_text({grpc::StatusCode::UNAVAILABLE, "no connection"});
      done(std::move(reply));
      return;
    }
    const auto one = std::make_shared<InferExchange>();
    prepare(one->context, call.deadline_s);
    one->request.set_protocol(kLiveProtocol);
    one->request.set_part(call.part->short_fingerprint());
    one->request.set_id(call.id);
    one->request.set_codec(call.codec);
    one->request.set_frame(call.frame.data(), call.frame.size());
    one->request.set_scores(call.scores);
    // It lives as long as what is called when it ends.
    begin(one, "/papilio.live.v1.Split/Infer",
          [this, &kept = *one, done = std::move(done)] { done(reply_or_why_not(kept)); });
  }

  PingReport ping(std::size_t bytes, std::size_t answer_bytes, double deadline_s) {
    const auto call = std::make_shared<Exchange<live::v1::PingRequest, live::v1::PingReply>>();
    call->request.set_filling(std::string(bytes, '\0'));
    call->request.set_answer_bytes(static_cast<std::uint32_t>(answer_bytes));
    prepare(call->context, deadline_s);
    const grpc::Status status = ask(call, "/papilio.live.v1.Split/Ping");
    if (!status.ok()) return {.failure = failure_text(status)};
    const double wait_s = call->reply.wait_s();
    constexpr double kMostWaitS = 1e9;
    if (!(wait_s >= 0 && wait_s <= kMostWaitS)) return {.failure = kImpossible};
    return {
        .failure = {}, .round_trip_s = span_s(call->sent_ns, call->arrived_ns), .wait_s = wait_s};
  }

  void cancel() {
    std::vector<std::shared_ptr<Call>> all;
    {
      const std::lock_guard lock{mutex_};
      cancelled_ = true;
      all.assign(on_their_way_.begin(), on_their_way_.end());
    }
    for (const std::shared_ptr<Call>& call : all) call->context.TryCancel();
  }

 private:
  static constexpr const char* kImpossible = "failed: the server tells times that cannot be";

  /// A call that is on its way. When it has ended, all but the context is its maker's.
  struct Call {
    grpc::ClientContext context;
    grpc::Status status;
    std::int64_t sent_ns{0};
    std::int64_t arrived_ns{0};
    bool ended{false};  // under the lock
  };
  template <class Request, class Reply>
  struct Exchange : Call {
    Request request;
    Reply reply;
  };
  using InferExchange = Exchange<live::v1::InferRequest, live::v1::InferReply>;

  /// Forgets a call at the end of a scope, whatever happens there.
  class Ending {
   public:
    Ending(State& state, Call& call) : state_{state}, call_{call} {}
    ~Ending() { state_.forget(call_); }
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;

   private:
    State& state_;
    Call& call_;
  };

  /// Whether the connection is lost, or not there yet, and another is being tried. Where nobody has
  /// tried yet, the next call does.
  [[nodiscard]] bool is_looking_for_server() const {
    const grpc_connectivity_state state = channel_->GetState(true);
    return state == GRPC_CHANNEL_CONNECTING || state == GRPC_CHANNEL_TRANSIENT_FAILURE;
  }

  void prepare(grpc::ClientContext& context, double deadline_s) const {
    context.set_deadline(in_seconds(deadline_s));
    if (!token_.empty()) context.AddMetadata(kTokenKey, kTokenPrefix + token_);
  }

  /// Sends a call's request. @param then is called once when it has ended, from any thread
  template <class Request, class Reply>
  void begin(const std::shared_ptr<Exchange<Request, Reply>>& call, const char* method,
             std::function<void()> then) {
    bool cancelled = false;
    std::vector<std::shared_ptr<Call>> over;  // gone at the end, without the lock
    {
      const std::lock_guard lock{mutex_};
      over.swap(over_);
      on_their_way_.insert(call);
      cancelled = cancelled_;
    }
    if (cancelled) call->context.TryCancel();
    call->sent_ns = clock_ns();
    try {
      // The server takes a stream, of which this is the only message.
      grpc::TemplatedGenericStub<Request, Reply> stub{channel_};
      stub.UnaryCall(&call->context, method, {}, &call->request, &call->reply,
                     [this, &one = *call, then = std::move(then)](const grpc::Status& status) {
                       const Ending ending{*this, one};
                       one.arrived_ns = clock_ns();
                       one.status = status;
                       then();
                     });
    } catch (...) {
      forget(*call);
      throw;
    }
  }

  /// The same, and waits until it has ended.
  template <class Request, class Reply>
  grpc::Status ask(const std::shared_ptr<Exchange<Request, Reply>>& call, const char* method) {
    begin(call, method, [] {});
    constexpr std::chrono::milliseconds kPatience{100};
    std::unique_lock lock{mutex_};
    while (!ended_.wait_for(lock, kPatience, [&] { return call->ended; })) {
      if (!stop_ || !stop_()) continue;
      lock.unlock();
      call->context.TryCancel();
      lock.lock();
    }
    return call->status;
  }

  /// A call has ended. It is kept until a thread of ours begins another or ends: a call holds its
  /// channel, and where one of gRPC's threads let go of the last channel it would wait for itself.
  void forget(Call& call) {
    const std::lock_guard lock{mutex_};
    call.ended = true;
    const auto place = std::find_if(on_their_way_.begin(), on_their_way_.end(),
                                    [&](const auto& one) { return one.get() == &call; });
    if (place != on_their_way_.end()) {
      over_.push_back(*place);
      on_their_way_.erase(place);
    }
    ended_.notify_all();
  }

  [[nodiscard]] CloudReply reply_or_why_not(const InferExchange& one) const {
    try {
      return reply_of(one);
    } catch (const std::exception& error) {  // memory is short
      CloudReply reply{.sent_ns = one.sent_ns, .arrived_ns = one.arrived_ns};
      reply.failure = error.what();
      return reply;
    }
  }

  [[nodiscard]] CloudReply reply_of(const InferExchange& one) const {
    CloudReply reply{.sent_ns = one.sent_ns, .arrived_ns = one.arrived_ns};
    if (!one.status.ok()) {
      reply.failure = failure_text(one.status);
      reply.mismatch = one.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION;
      return reply;
    }
    const live::v1::InferReply& message = one.reply;
    if (message.id() != one.request.id()) {
      reply.failure = "failed: the answer is another request's";
      return reply;
    }
    if (!can_be(message, span_s(one.sent_ns, one.arrived_ns))) {
      reply.failure = kImpossible;
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
    reply.answer_bytes = message.ByteSizeLong();
    if (clock_ != 0 && message.clock() == clock_) reply.received_ns = message.received_ns();
    return reply;
  }

  GrpcErrors errors_;
  std::string to_;
  std::string token_;
  double connect_s_;
  std::function<bool()> stop_;
  std::uint64_t clock_;
  std::shared_ptr<grpc::Channel> channel_;

  std::mutex mutex_;  // of what follows
  std::condition_variable ended_;
  std::set<std::shared_ptr<Call>> on_their_way_;
  std::vector<std::shared_ptr<Call>> over_;
  bool cancelled_{false};
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

void LiveClient::cancel() {
  state_->cancel();
}

}  // namespace papilio
