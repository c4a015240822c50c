#include "models/live/service.hpp"

#include <fmt/format.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>
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
LiveOffer wanted_by(const live::v1::HelloRequest& request) {
  LiveOffer wanted{.network = request.network(), .parts = {}};
  wanted.parts.reserve(static_cast<std::size_t>(request.parts_size()));
  for (const live::v1::Part& part : request.parts()) {
    constexpr std::uint32_t kMostBits = 64;
    wanted.parts.push_back({.cut = part.cut(),
                            .channels = part.channels(),
                            .bits = static_cast<int>(std::min(part.bits(), kMostBits)),
                            .fingerprint = part.fingerprint()});
  }
  return wanted;
}

}  // namespace

SplitService::SplitService(LiveOffer offer, CloudHalf& half, const LiveServerOptions& options)
    : offer_{std::move(offer)},
      half_{half},
      token_{options.keys.token},
      rule_{options.batch},
      most_waiting_{options.queue},
      clock_{clock_mark()},
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

bool SplitService::knows(grpc::CallbackServerContext* context, grpc::ServerUnaryReactor* reactor) {
  if (token_.empty()) return true;
  const auto found = context->client_metadata().find(kTokenKey);
  const std::string given = found == context->client_metadata().end()
                                ? std::string{}
                                : std::string{found->second.data(), found->second.size()};
  if (same_secret(given, kTokenPrefix + token_)) return true;
  const std::string what = given.empty() ? "no token" : "another token";
  refusals_.note(Refusal::kUnauthenticated, context->peer(), what);
  reactor->Finish({grpc::StatusCode::UNAUTHENTICATED,
                   fmt::format("the server wants a token, and was given {}", what)});
  return false;
}

grpc::ServerUnaryReactor* SplitService::Hello(grpc::CallbackServerContext* context,
                                              const live::v1::HelloRequest* request,
                                              live::v1::HelloReply* reply) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!knows(context, reactor)) return reactor;
  const std::string wrong = mismatch(offer_, request->protocol(), wanted_by(*request));
  if (!wrong.empty()) {
    refusals_.note(Refusal::kMismatch, context->peer(), wrong);
    reactor->Finish({grpc::StatusCode::FAILED_PRECONDITION, wrong});
    return reactor;
  }
  reply->set_protocol(kLiveProtocol);
  reply->set_network(offer_.network);
  reply->set_batch_size(static_cast<std::uint32_t>(rule_.size));
  reply->set_batch_delay_s(rule_.delay_s);
  reply->set_queue(static_cast<std::uint32_t>(most_waiting_));
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* SplitService::Ping(grpc::CallbackServerContext* context,
                                             const live::v1::PingRequest* request,
                                             live::v1::PingReply* reply) {
  const std::int64_t received_ns = clock_ns();
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!knows(context, reactor)) return reactor;
  const std::size_t most = offer_.most_bytes();
  if (request->answer_bytes() > most) {
    const std::string what =
        fmt::format("a ping for {} bytes, more than {}", request->answer_bytes(), most);
    refusals_.note(Refusal::kOversized, context->peer(), what);
    reactor->Finish({grpc::StatusCode::INVALID_ARGUMENT, what});
    return reactor;
  }
  reply->set_filling(std::string(request->answer_bytes(), '\0'));
  {
    const std::lock_guard lock{mutex_};
    const auto ahead = static_cast<double>(queue_.size()) + (busy_ ? 0.5 : 0.0);
    reply->set_wait_s(ahead * mean_service_s_);
  }
  reply->set_clock(clock_);
  reply->set_received_ns(received_ns);
  reply->set_replied_ns(clock_ns());
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

void SplitService::refuse(const Call& call, Refusal kind, grpc::StatusCode code,
                          const std::string& what) {
  refusals_.note(kind, call.context->peer(), what);
  call.reactor->Finish({code, what});
}

bool SplitService::accepts(Call& call) {
  const auto refused = [&](Refusal kind, grpc::StatusCode code, const std::string& what) {
    refuse(call, kind, code, what);
    return false;
  };
  const live::v1::InferRequest& request = call.request;
  if (request.protocol() != kLiveProtocol) {
    return refused(Refusal::kMismatch, grpc::StatusCode::FAILED_PRECONDITION,
                   mismatch(offer_, request.protocol(), {}));
  }
  call.part = offer_.find(request.part());
  if (call.part == nullptr) {
    return refused(Refusal::kMismatch, grpc::StatusCode::FAILED_PRECONDITION,
                   fmt::format("the server of '{}' has no half {:016x}; it may have been started "
                               "anew with others",
                               offer_.network, request.part()));
  }
  const std::size_t size = request.frame().size();
  switch (frame_defect(*call.part, bytes_of(request.frame()))) {
    case FrameDefect::kNone:
      return true;
    case FrameDefect::kEmpty:
      return refused(Refusal::kTruncated, grpc::StatusCode::INVALID_ARGUMENT, "an empty frame");
    case FrameDefect::kTruncated:
      return refused(Refusal::kTruncated, grpc::StatusCode::INVALID_ARGUMENT,
                     fmt::format("a frame that ends after {} bytes, before its end", size));
    case FrameDefect::kOversized:
      return refused(Refusal::kOversized, grpc::StatusCode::INVALID_ARGUMENT,
                     fmt::format("a frame of {} bytes; behind '{}' one has {} at most", size,
                                 call.part->text(), call.part->most_bytes));
  }
  return false;
}

grpc::ServerUnaryReactor* SplitService::Infer(grpc::CallbackServerContext* context,
                                              const grpc::ByteBuffer* request,
                                              grpc::ByteBuffer* reply) {
  Call call{.context = context, .reactor = context->DefaultReactor(), .reply = reply};
  call.received_ns = clock_ns();
  grpc::ServerUnaryReactor* reactor = call.reactor;
  if (!knows(context, reactor)) return reactor;
  grpc::ByteBuffer bytes{*request};  // of the same memory
  grpc::ProtoBufferReader reader{&bytes};
  if (!reader.status().ok() || !call.request.ParseFromZeroCopyStream(&reader)) {
    refuse(call, Refusal::kUnreadable, grpc::StatusCode::INVALID_ARGUMENT,
           fmt::format("{} bytes that are no request", request->Length()));
    return reactor;
  }
  if (!accepts(call)) return reactor;
  const std::uint64_t kind = call.request.part();
  std::unique_lock lock{mutex_};
  if (draining_) {
    lock.unlock();
    refuse(call, Refusal::kStopping, grpc::StatusCode::UNAVAILABLE, "the server is being stopped");
    return reactor;
  }
  if (!queue_.push(call, kind, static_cast<double>(call.received_ns) * kSecondsPerNs)) {
    lock.unlock();
    refuse(call, Refusal::kBusy, grpc::StatusCode::RESOURCE_EXHAUSTED,
           fmt::format("{} requests wait already", most_waiting_));
    return reactor;
  }
  lock.unlock();
  came_.notify_one();
  return reactor;
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
    auto [batch, again_s] = queue_.next(now_s, draining_);
    if (!batch.empty()) {
      busy_ = true;
      lock.unlock();
      answer(std::move(batch));
      lock.lock();
      busy_ = false;
      continue;
    }
    if (queue_.size() == 0) {
      idle_.notify_all();
      if (ended_) return;
      came_.wait(lock);
    } else {
      came_.wait_for(lock, std::chrono::duration<double>{again_s - now_s});
    }
  }
}

void SplitService::answer(std::vector<Call> batch) {
  const std::int64_t begun_ns = clock_ns();
  // Nobody waits for these any more.
  const auto now = std::chrono::system_clock::now();
  const auto gone = std::stable_partition(batch.begin(), batch.end(), [&](const Call& call) {
    return !call.context->IsCancelled() && call.context->deadline() > now;
  });
  for (auto call = gone; call != batch.end(); ++call) {
    refuse(*call, Refusal::kLate, grpc::StatusCode::DEADLINE_EXCEEDED,
           "given up before its turn came");
  }
  batch.erase(gone, batch.end());
  if (batch.empty()) return;
  std::vector<CloudWork> works;
  works.reserve(batch.size());
  for (const Call& call : batch) {
    works.push_back({bytes_of(call.request.frame()), call.request.codec()});
  }
  std::vector<CloudAnswer> answers;
  try {
    answers = half_.compute(*batch.front().part, works);
  } catch (const std::exception& error) {
    for (const Call& call : batch) {
      refuse(call, Refusal::kFailed, grpc::StatusCode::INTERNAL, error.what());
    }
    return;
  }
  const std::int64_t ended_ns = clock_ns();
  {
    constexpr double kWeight = 0.2;  // of the newest
    const double service_s = seconds_between(begun_ns, ended_ns);
    const std::lock_guard lock{mutex_};
    mean_service_s_ += (counts_.batches == 0 ? 1 : kWeight) * (service_s - mean_service_s_);
    ++counts_.batches;
    counts_.busy_s += service_s;
    for (const CloudAnswer& answer : answers) counts_.answered += answer.defect.empty() ? 1U : 0U;
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (answers[i].defect.empty()) {
      reply_to(batch[i], answers[i], begun_ns, ended_ns, batch.size());
    } else {
      refuse(batch[i], Refusal::kMalformed, grpc::StatusCode::INVALID_ARGUMENT, answers[i].defect);
    }
  }
}

void SplitService::reply_to(const Call& call, const CloudAnswer& answer, std::int64_t begun_ns,
                            std::int64_t ended_ns, std::size_t batch) {
  live::v1::InferReply message;
  message.set_id(call.request.id());
  message.set_top(answer.top);
  if (call.request.scores()) {
    message.mutable_scores()->Add(answer.scores.begin(), answer.scores.end());
  }
  message.set_queue_s(seconds_between(call.received_ns, begun_ns));
  message.set_service_s(seconds_between(begun_ns, ended_ns));
  message.set_decode_s(answer.decode_s);
  message.set_restore_s(answer.restore_s);
  message.set_compute_s(answer.compute_s);
  message.set_batch(static_cast<std::uint32_t>(batch));
  message.set_clock(clock_);
  message.set_received_ns(call.received_ns);
  message.set_replied_ns(clock_ns());
  bool own = false;
  const grpc::Status made =
      grpc::SerializationTraits<live::v1::InferReply>::Serialize(message, call.reply, &own);
  call.reactor->Finish(made);
}

void SplitService::drain() {
  std::unique_lock lock{mutex_};
  draining_ = true;
  came_.notify_all();
  idle_.wait(lock, [this] { return queue_.size() == 0 && !busy_; });
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
