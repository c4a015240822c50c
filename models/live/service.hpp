#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "models/live/server.hpp"
#include "papilio_proto/live.grpc.pb.h"

namespace papilio {

/// Infer takes bytes, so that what is no message is refused and counted here too.
using SplitBase =
    live::v1::Split::WithRawCallbackMethod_Infer<live::v1::Split::WithCallbackMethod_Hello<
        live::v1::Split::WithCallbackMethod_Ping<live::v1::Split::Service>>>;

/// Answers the calls of mobiles: those for the network wait in a queue, which one thread computes.
class SplitService final : public SplitBase {
 public:
  SplitService(LiveOffer offer, CloudHalf& half, const LiveServerOptions& options);
  ~SplitService() override;
  SplitService(const SplitService&) = delete;
  SplitService& operator=(const SplitService&) = delete;

  grpc::ServerUnaryReactor* Hello(grpc::CallbackServerContext* context,
                                  const live::v1::HelloRequest* request,
                                  live::v1::HelloReply* reply) override;
  grpc::ServerUnaryReactor* Infer(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* reply) override;
  grpc::ServerUnaryReactor* Ping(grpc::CallbackServerContext* context,
                                 const live::v1::PingRequest* request,
                                 live::v1::PingReply* reply) override;

  /// From now on requests are refused; returns when those that were accepted are answered.
  void drain();
  /// Notes what went wrong outside of calls.
  void note_connection(const std::string& what) {
    refusals_.note(Refusal::kConnection, "a connection", what);
  }
  [[nodiscard]] ServerCounts counts() const;

 private:
  struct Call {
    grpc::CallbackServerContext* context{nullptr};
    grpc::ServerUnaryReactor* reactor{nullptr};
    grpc::ByteBuffer* reply{nullptr};
    live::v1::InferRequest request{};
    const LivePart* part{nullptr};
    std::int64_t received_ns{0};
  };

  /// Whether the caller knows the token; else the call is refused.
  bool knows(grpc::CallbackServerContext* context, grpc::ServerUnaryReactor* reactor);
  void refuse(const Call& call, Refusal kind, grpc::StatusCode code, const std::string& what);
  /// What is wrong with a request before it is decoded; refuses it. @return whether nothing is
  bool accepts(Call& call);
  void work();
  void answer(std::vector<Call> batch);
  void reply_to(const Call& call, const CloudAnswer& answer, std::int64_t begun_ns,
                std::int64_t ended_ns, std::size_t batch);

  LiveOffer offer_;
  CloudHalf& half_;
  std::string token_;
  BatchRule rule_;
  std::size_t most_waiting_;
  std::uint64_t clock_;
  Refusals refusals_;

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable came_;
  std::condition_variable idle_;
  BatchQueue<Call> queue_;
  bool busy_{false};
  bool draining_{false};
  bool ended_{false};
  double mean_service_s_{0};  // of late batches
  ServerCounts counts_;

  std::thread worker_;
};

}  // namespace papilio
