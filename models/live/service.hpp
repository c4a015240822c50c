#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "models/live/server.hpp"
#include "papilio_proto/live.grpc.pb.h"

namespace papilio {

/// Each method takes a stream of bytes: a call is heard of before its message has come, and what is
/// no message is refused and counted here too.
using SplitBase =
    live::v1::Split::WithRawCallbackMethod_Hello<live::v1::Split::WithRawCallbackMethod_Infer<
        live::v1::Split::WithRawCallbackMethod_Ping<live::v1::Split::Service>>>;

/// Answers the calls of mobiles: those for the network wait in a queue, which one thread computes.
class SplitService final : public SplitBase {
 public:
  /// @param most_message bytes of a message that gRPC takes in, for what refusals tell
  SplitService(LiveOffer offer, CloudHalf& half, const LiveServerOptions& options,
               std::size_t most_message);
  ~SplitService() override;
  SplitService(const SplitService&) = delete;
  SplitService& operator=(const SplitService&) = delete;

  grpc::ServerReadReactor<grpc::ByteBuffer>* Hello(grpc::CallbackServerContext* context,
                                                   grpc::ByteBuffer* reply) override;
  grpc::ServerReadReactor<grpc::ByteBuffer>* Infer(grpc::CallbackServerContext* context,
                                                   grpc::ByteBuffer* reply) override;
  grpc::ServerReadReactor<grpc::ByteBuffer>* Ping(grpc::CallbackServerContext* context,
                                                  grpc::ByteBuffer* reply) override;

  /// From now on requests are refused; returns when those that were accepted are answered.
  void drain();
  /// Notes what went wrong outside of calls.
  void note_connection(const std::string& what) {
    refusals_.note(Refusal::kConnection, "a connection", what);
  }
  [[nodiscard]] ServerCounts counts() const;

 private:
  class Call;

  /// Whether the caller knows the token; else the call is refused.
  bool authenticated(Call& call);
  /// Ends a call without an answer, and notes it. The call may be gone when it returns.
  void refuse(Call& call, Refusal kind, grpc::StatusCode code, std::string_view what) noexcept;
  /// Reads a call's message, whose bytes are forgotten; refuses what is none. @return whether it is
  template <class Message>
  bool read(Call& call, Message& message, const char* name);
  /// What becomes of a call whose message has come.
  void take_hello(Call& call);
  void take_request(Call& call);
  void take_ping(Call& call);
  /// Lets a request wait, or refuses it.
  void enqueue(Call& call);

  void work();
  /// @param batch each is nullptr when it has ended
  void answer(std::vector<Call*>& batch);
  void compute(std::vector<Call*>& batch);
  void reply_to(Call*& call, const CloudAnswer& answer, std::int64_t begun_ns,
                std::int64_t ended_ns, std::size_t batch);

  LiveOffer offer_;
  CloudHalf& half_;
  std::string token_;
  BatchRule rule_;
  std::size_t most_waiting_;
  std::size_t most_message_;
  std::uint64_t clock_;
  Refusals refusals_;

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable came_;
  std::condition_variable idle_;
  BatchQueue<Call*> queue_;
  std::size_t computing_{0};  // requests of the batch that is being computed
  bool draining_{false};
  bool ended_{false};
  double mean_service_s_{0};  // of a request of late batches
  ServerCounts counts_;

  std::thread worker_;
};

}  // namespace papilio
