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

/// What gRPC says of errors, such as failed handshakes, goes to `take` instead of stderr, and to
/// nobody where that is empty. May be called from any thread.
void take_grpc_errors(std::function<void(const std::string&)> take);

}  // namespace papilio
