#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <functional>
#include <memory>
#include <string>

#include "models/live/keys.hpp"

namespace papilio {

/// The metadata that carries the token, and what stands before it.
inline constexpr const char* kTokenKey = "authorization";
inline constexpr const char* kTokenPrefix = "Bearer ";

/// TLS where there is a certificate, with the mobiles' certificates checked where there is an
/// authority; else none.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const LiveKeys& keys);
/// TLS where there is an authority, else none.
std::shared_ptr<grpc::ChannelCredentials> client_credentials(const LiveKeys& keys);

/// While one of these lives, what gRPC says of errors, such as handshakes that failed, goes to it
/// instead of to stderr; where several do, to each, for gRPC does not say whose an error is. From
/// the first on nothing goes to stderr.
class GrpcErrors {
 public:
  using Take = std::function<void(const std::string&)>;

  /// @param take may be called from any thread, until this is gone; none: nobody is told
  explicit GrpcErrors(Take take);
  ~GrpcErrors();
  GrpcErrors(const GrpcErrors&) = delete;
  GrpcErrors& operator=(const GrpcErrors&) = delete;

 private:
  Take take_;
};

}  // namespace papilio
