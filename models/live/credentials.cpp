#include "models/live/credentials.hpp"

#include <grpc/support/log.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <utility>
#include <vector>

namespace papilio {
namespace {

struct ErrorTakers {
  std::mutex mutex;
  std::vector<const GrpcErrors::Take*> all;
};

/// Never destroyed: gRPC's threads may have something to say when the process is at its end.
ErrorTakers& error_takers() {
  static auto* const kTakers = new ErrorTakers;
  return *kTakers;
}

void pass_on(gpr_log_func_args* args) {
  if (args->severity != GPR_LOG_SEVERITY_ERROR) return;
  try {
    const std::string what{args->message};
    ErrorTakers& takers = error_takers();
    const std::lock_guard lock{takers.mutex};
    for (const GrpcErrors::Take* take : takers.all) (*take)(what);
  } catch (const std::exception&) {  // gRPC is C and lets nothing through; one line is lost
  }
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> server_credentials(const LiveKeys& keys) {
  if (keys.certificate.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options{
      keys.authority.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                             : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY};
  options.pem_root_certs = keys.authority;
  options.pem_key_cert_pairs.push_back({keys.key, keys.certificate});
  return grpc::SslServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> client_credentials(const LiveKeys& keys) {
  if (keys.authority.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = keys.authority;
  options.pem_private_key = keys.key;
  options.pem_cert_chain = keys.certificate;
  return grpc::SslCredentials(options);
}

GrpcErrors::GrpcErrors(Take take) : take_{std::move(take)} {
  if (take_) {
    ErrorTakers& takers = error_takers();
    const std::lock_guard lock{takers.mutex};
    takers.all.push_back(&take_);
  }
  ::gpr_set_log_function(pass_on);
}

GrpcErrors::~GrpcErrors() {
  ErrorTakers& takers = error_takers();
  const std::lock_guard lock{takers.mutex};
  takers.all.erase(std::remove(takers.all.begin(), takers.all.end(), &take_), takers.all.end());
}

}  // namespace papilio
