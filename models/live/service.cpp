#include "models/live/service.hpp"

#include <fmt/format.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include "models/live/credentials.hpp"
#include "models/live/frame.hpp"

namespace papilio {
namespace {

constexpr double kSecondsPerNs = 1e-9;

double seconds_between(std::int64_t from_ns, std::int64_t to_ns) {
  return static_cast<double>(to_ns - from_ns) * kSecondsPerNs;
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// What a mobile says that it wants.
/// @param most parts that are looked at
LiveOffer wanted_by(const live::v1::HelloRequest& request, std::size_t most) {
  LiveOffer wanted{.network = request.network(), .parts = {}};
  const std::size_t count = std::min(static_cast<std::size_t>(request.parts_size()), most);
  wanted.parts.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const live::v1::Part& part = request.parts(static_cast<int>(i));
    constexpr std::uint32_t kMostBits = 64;
    wanted.parts.push_back({.cut = part.cut(),
                            .channels = part.channels(),
                            .bits = static_cast<int>(std::min(part.bits(), kMostBits)),
                            .fingerprint = part.fingerprint()});
  }
  return wanted;
}

/// A status as it is sent: what somebody else put into its text makes it no longer than this.
grpc::Status status_of(grpc::StatusCode code, std::string_view what) {
  constexpr std::size_t kMostText = 1024;
  return {code, std::string{what.substr(0, kMostText)}};
}

}  // namespace

/// A call of a mobile. Its token is judged before its message is taken in. gRPC's, which tells it
/// when to delete itself.
class SplitService::Call final : public grpc::ServerReadReactor<grpc::ByteBuffer> {
 public:
  /// @param take what becomes of it when its message has come
  Call(SplitService& service, void (SplitService::*take)(Call&),
       grpc::CallbackServerContext* given_context, grpc::ByteBuffer* given_reply)
      : context{given_context}, reply{given_reply}, service_{service}, take_{take} {
    if (service_.authenticated(*this)) StartRead(&bytes);
  }

  void OnReadDone(bool ok) override {
    received_ns = clock_ns();
    try {
      if (ok) {
        (service_.*take_)(*this);
        return;
      }
      service_.refuse(*this, Refusal::kNotTakenIn, grpc::StatusCode::RESOURCE_EXHAUSTED,
                      fmt::format("no message, one of more than {} bytes, or one that broke off",
                                  service_.most_message_));
    } catch (const std::exception& error) {  // memory is short
      service_.refuse(*this, Refusal::kFailed, grpc::StatusCode::INTERNAL, error.what());
    }
  }
  void OnDone() override { delete this; }

  /// Once; whoever calls it does not touch the call again, which may be gone.
  void finish(grpc::Status status) { Finish(std::move(status)); }
  /// Answers with a message.
  template <class Message>
  void finish_with(const Message& message) {
    bool own = false;
    finish(grpc::SerializationTraits<Message>::Serialize(message, reply, &own));
  }
  /// Whether nobody waits for it any more.
  [[nodiscard]] bool given_up(std::chrono::system_clock::time_point now) const {
    return context->IsCancelled() || context->deadline() <= now;
  }

  grpc::CallbackServerContext* context;
  grpc::ByteBuffer bytes;          // of its message, until that is read
  grpc::ByteBuffer* reply;         // where the answer goes
  live::v1::InferRequest request;  // of Infer
  const LivePart* part{nullptr};   // likewise
  std::int64_t received_ns{0};     // when its message had come

 private:
  SplitService& service_;
  void (SplitService::*take_)(Call&);
};

SplitService::SplitService(LiveOffer offer, CloudHalf& half, const LiveServerOptions& options,
                           std::size_t most_message)
    : offer_{std::move(offer)},
      half_{half},
      token_{options.keys.token},
      rule_{options.batch},
      most_waiting_{options.queue},
      most_message_{most_message},
      clock_{boot_mark()},
      refusals_{options.tell},
      queue_{options.batch, options.queue},
      worker_{[this] { work(); }} {}

SplitService::~SplitService() {
  {
    const std::lock_guard lock{mutex_};
    draining_ = true;
    ended_ = true;
  }
  came_.notify_all();
  worker_.join();
}

grpc::ServerReadReactor<grpc::ByteBuffer>* SplitService::Hello(grpc::CallbackServerContext* context,
                                                               grpc::ByteBuffer* reply) {
  return new Call{*this, &SplitService::take_hello, context, reply};
}

grpc::ServerReadReactor<grpc::ByteBuffer>* SplitService::Infer(grpc::CallbackServerContext* context,
                                                               grpc::ByteBuffer* reply) {
  return new Call{*this, &SplitService::take_request, context, reply};
}

grpc::ServerReadReactor<grpc::ByteBuffer>* SplitService::Ping(grpc::CallbackServerContext* context,
                                                              grpc::ByteBuffer* reply) {
  return new Call{*this, &SplitService::take_ping, context, reply};
}

bool SplitService::authenticated(Call& call) {
  if (token_.empty()) return true;
  const auto& metadata = call.context->client_metadata();
  const auto found = metadata.find(kTokenKey);
  const std::string given = found == metadata.end()
                                ? std::string{}
                                : std::string{found->second.data(), found->second.size()};
  if (same_secret(given, kTokenPrefix + token_)) return true;
  refuse(call, Refusal::kUnauthenticated, grpc::StatusCode::UNAUTHENTICATED,
         fmt::format("the server wants a token, and was given {}",
                     given.empty() ? "none" : "another token"));
  return false;
}

void SplitService::refuse(Call& call, Refusal kind, grpc::StatusCode code,
                          std::string_view what) noexcept {
  grpc::Status status{code, ""};
  try {
    refusals_.note(kind, call.context->peer(), std::string{what});
    status = status_of(code, what);
  } catch (const std::exception&) {  // memory is short: it is refused without words
  }
  call.finish(std::move(status));
}

template <class Message>
bool SplitService::read(Call& call, Message& message, const char* name) {
  const std::size_t size = call.bytes.Length();
  bool is_message = false;
  {
    grpc::ProtoBufferReader reader{&call.bytes};
    is_message = reader.status().ok() && message.ParseFromZeroCopyStream(&reader);
  }
  call.bytes.Clear();
  if (is_message) {
    message.DiscardUnknownFields();
    return true;
  }
  refuse(call, Refusal::kUnreadable, grpc::StatusCode::INVALID_ARGUMENT,
         fmt::format("{} bytes that are no {}", size, name));
  return false;
}

void SplitService::take_hello(Call& call) {
  // Parts are small in a message and large in memory.
  constexpr std::size_t kMostHello = std::size_t{256} << 10U;
  if (call.bytes.Length() > kMostHello) {
    refuse(call, Refusal::kOversized, grpc::StatusCode::INVALID_ARGUMENT,
           fmt::format("a hello of {} bytes, more than {}", call.bytes.Length(), kMostHello));
    return;
  }
  live::v1::HelloRequest request;
  if (!read(call, request, "hello")) return;
  // Of one part more than there are, one is not there.
  const LiveOffer wanted = wanted_by(request, offer_.parts.size() + 1);
  const std::string wrong = mismatch(offer_, request.protocol(), wanted);
  if (!wrong.empty()) {
    refuse(call, Refusal::kMismatch, grpc::StatusCode::FAILED_PRECONDITION, wrong);
    return;
  }
  live::v1::HelloReply reply;
  reply.set_protocol(kLiveProtocol);
  reply.set_network(offer_.network);
  reply.set_batch_size(static_cast<std::uint32_t>(rule_.size));
  reply.set_batch_delay_s(rule_.delay_s);
  reply.set_queue(static_cast<std::uint32_t>(most_waiting_));
  reply.set_clock(clock_);
  call.finish_with(reply);
}

void SplitService::take_ping(Call& call) {
  live::v1::PingRequest request;
  if (!read(call, request, "ping")) return;
  constexpr std::size_t kMostAnswer = std::size_t{64} << 10U;
  if (request.answer_bytes() > kMostAnswer) {
    refuse(call, Refusal::kOversized, grpc::StatusCode::INVALID_ARGUMENT,
           fmt::format("a ping for {} bytes, more than {}", request.answer_bytes(), kMostAnswer));
    return;
  }
  live::v1::PingReply reply;
  reply.set_filling(std::string(request.answer_bytes(), '\0'));
  bool draining = false;
  {
    const std::lock_guard lock{mutex_};
    draining = draining_;
    // What is being computed is half done, about.
    const double ahead = static_cast<double>(queue_.size()) + 0.5 * static_cast<double>(computing_);
    reply.set_wait_s(ahead * mean_service_s_);
  }
  if (draining) {
    refuse(call, Refusal::kStopping, grpc::StatusCode::UNAVAILABLE, "the server is being stopped");
    return;
  }
  call.finish_with(reply);
}

void SplitService::take_request(Call& call) {
  if (!read(call, call.request, "request")) return;
  const live::v1::InferRequest& request = call.request;
  const Judgement judgement = judge_request(offer_, {.protocol = request.protocol(),
                                                     .part = request.part(),
                                                     .codec = request.codec(),
                                                     .frame = bytes_of(request.frame())});
  if (judgement.part == nullptr) {
    refuse(call, judgement.refusal,
           judgement.refusal == Refusal::kMismatch ? grpc::StatusCode::FAILED_PRECONDITION
                                                   : grpc::StatusCode::INVALID_ARGUMENT,
           judgement.why);
    return;
  }
  call.part = judgement.part;
  enqueue(call);
}

void SplitService::enqueue(Call& call) {
  std::unique_lock lock{mutex_};
  if (!draining_ && queue_.is_full()) {
    // Those whom nobody waits for any more make room.
    const auto now = std::chrono::system_clock::now();
    const std::vector<Call*> gone =
        queue_.take_if([&](const Call* one) { return one->given_up(now); });
    lock.unlock();
    for (Call* one : gone) {
      refuse(*one, Refusal::kGivenUp, grpc::StatusCode::DEADLINE_EXCEEDED,
             "given up before its turn came");
    }
    lock.lock();
  }
  if (draining_) {
    lock.unlock();
    refuse(call, Refusal::kStopping, grpc::StatusCode::UNAVAILABLE, "the server is being stopped");
    return;
  }
  Call* waiting = &call;
  if (!queue_.push(waiting, call.request.part(),
                   static_cast<double>(call.received_ns) * kSecondsPerNs)) {
    lock.unlock();
    refuse(call, Refusal::kBusy, grpc::StatusCode::RESOURCE_EXHAUSTED,
           fmt::format("{} requests wait already", most_waiting_));
    return;
  }
  lock.unlock();
  came_.notify_one();
}

void SplitService::work() {
  try {
    half_.begin();
  } catch (const std::exception& error) {  // requests will tell the same
    refusals_.note(Refusal::kFailed, "itself", error.what());
  }
  std::unique_lock lock{mutex_};
  for (;;) {
    const double now_s = static_cast<double>(clock_ns()) * kSecondsPerNs;
    BatchQueue<Call*>::Next next;
    try {
      next = queue_.next(now_s, draining_);
    } catch (const std::bad_alloc&) {  // nothing was taken
      constexpr double kLaterS = 0.1;
      next.ask_again_at_s = now_s + kLaterS;
    }
    if (!next.batch.empty()) {
      computing_ = next.batch.size();
      lock.unlock();
      answer(next.batch);
      lock.lock();
      computing_ = 0;
      continue;
    }
    if (queue_.size() == 0) {
      idle_.notify_all();
      if (ended_) return;
      came_.wait(lock);
    } else {
      came_.wait_for(lock, std::chrono::duration<double>{next.ask_again_at_s - now_s});
    }
  }
}

void SplitService::answer(std::vector<Call*>& batch) {
  try {
    compute(batch);
  } catch (const std::exception& error) {
    for (Call* call : batch) {
      if (call == nullptr) continue;
      refuse(*call, Refusal::kFailed, grpc::StatusCode::INTERNAL, error.what());
    }
  }
}

void SplitService::compute(std::vector<Call*>& batch) {
  const std::int64_t begun_ns = clock_ns();
  // Nobody waits for these any more.
  const auto now = std::chrono::system_clock::now();
  const auto gone = std::stable_partition(batch.begin(), batch.end(),
                                          [&](const Call* call) { return !call->given_up(now); });
  for (auto call = gone; call != batch.end(); ++call) {
    refuse(**call, Refusal::kGivenUp, grpc::StatusCode::DEADLINE_EXCEEDED,
           "given up before its turn came");
  }
  batch.erase(gone, batch.end());
  if (batch.empty()) return;
  std::vector<CloudWork> works;
  works.reserve(batch.size());
  for (const Call* call : batch) {
    works.push_back(
        {bytes_of(call->request.frame()), call->request.codec(), call->request.scores()});
  }
  const std::vector<CloudAnswer> answers = half_.compute(*batch.front()->part, works);
  const std::int64_t ended_ns = clock_ns();
  {
    constexpr double kWeight = 0.2;  // of the newest
    const double service_s = seconds_between(begun_ns, ended_ns);
    const double each_s = service_s / static_cast<double>(batch.size());
    const std::lock_guard lock{mutex_};
    mean_service_s_ += (counts_.batches == 0 ? 1 : kWeight) * (each_s - mean_service_s_);
    ++counts_.batches;
    counts_.busy_s += service_s;
    for (const CloudAnswer& answer : answers) counts_.answered += answer.defect.empty() ? 1U : 0U;
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (answers[i].defect.empty()) {
      reply_to(batch[i], answers[i], begun_ns, ended_ns, batch.size());
    } else {
      refuse(*std::exchange(batch[i], nullptr), Refusal::kMalformed,
             grpc::StatusCode::INVALID_ARGUMENT, answers[i].defect);
    }
  }
}

void SplitService::reply_to(Call*& call, const CloudAnswer& answer, std::int64_t begun_ns,
                            std::int64_t ended_ns, std::size_t batch) {
  live::v1::InferReply message;
  message.set_id(call->request.id());
  message.set_top(answer.top);
  if (call->request.scores()) {
    message.mutable_scores()->Add(answer.scores.begin(), answer.scores.end());
  }
  message.set_queue_s(seconds_between(call->received_ns, begun_ns));
  message.set_service_s(seconds_between(begun_ns, ended_ns));
  message.set_decode_s(answer.decode_s);
  message.set_restore_s(answer.restore_s);
  message.set_compute_s(answer.compute_s);
  message.set_batch(static_cast<std::uint32_t>(batch));
  message.set_clock(clock_);
  message.set_received_ns(call->received_ns);
  call->finish_with(message);
  call = nullptr;
}

void SplitService::drain() {
  std::unique_lock lock{mutex_};
  draining_ = true;
  came_.notify_all();
  idle_.wait(lock, [this] { return queue_.size() == 0 && computing_ == 0; });
}

ServerCounts SplitService::counts() const {
  ServerCounts counts;
  {
    const std::lock_guard lock{mutex_};
    counts = counts_;
  }
  counts.refused = refusals_.counts();
  return counts;
}

}  // namespace papilio
