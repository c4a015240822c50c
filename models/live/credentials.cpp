#include "models/live/credentials.hpp"

#include <grpc/support/log.h>

#include <mutex>
#include <utility>

namespace papilio {
namespace {

struct ErrorSink {
  std::mutex mutex;
  std::function<void(const std::string&)> take;
};

ErrorSink& error_sink() {
  static ErrorSink sink;
  return sink;
}

void pass_on(gpr_log_func_args* args) {
  if (args->severity != GPR_LOG_SEVERITY_ERROR) return;
  ErrorSink& sink = error_sink();
  const std::lock_guard lock{sink.mutex};
  if (sink.take) sink.take(args->message);
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

void take_grpc_errors(std::function<void(const std::string&)> take) {
  ErrorSink& sink = error_sink();
  {
    const std::lock_guard lock{sink.mutex};
    sink.take = std::move(take);
  }
  ::gpr_set_log_function(pass_on);
}

}  // namespace papilio
