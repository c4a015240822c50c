#include "models/live/keys.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "sim/base/error.hpp"
#include "sim/base/read_file.hpp"

namespace papilio {
namespace {

constexpr std::size_t kMostKeyBytes = std::size_t{1} << 20U;

std::string key_text(const std::string& file) {
  return file.empty() ? std::string{} : read_file(file, kMostKeyBytes);
}

std::array<unsigned char, SHA256_DIGEST_LENGTH> digest_of(std::string_view secret) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  ::SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), digest.data());
  return digest;
}

/// The host and the port of "HOST:PORT"; empty where it is none.
std::pair<std::string_view, std::string_view> parts_of(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return {};
  return {address.substr(0, colon), address.substr(colon + 1)};
}

}  // namespace

LiveKeys read_keys(LiveSide side, const KeyFiles& files) {
  const bool serves = side == LiveSide::kServer;
  const auto fail = [&](const std::string& what) {
    throw ConfigError{fmt::format("papilio {}: error: {}", serves ? "serve" : "offload", what)};
  };
  if (files.certificate.empty() != files.key.empty()) {
    fail(fmt::format("--{} is missing: a certificate and its key go together",
                     files.key.empty() ? "key" : "cert"));
  }
  // Without these nothing would be encrypted, and nobody known by a certificate.
  if (serves && !files.authority.empty() && files.certificate.empty()) {
    fail(
        "--ca, the authority of mobiles' certificates, needs the server's own; give --cert and "
        "--key");
  }
  if (!serves && !files.certificate.empty() && files.authority.empty()) {
    fail("--cert is shown to a server that is known by its authority; give --ca");
  }
  LiveKeys keys{.certificate = key_text(files.certificate),
                .key = key_text(files.key),
                .authority = key_text(files.authority),
                .token = key_text(files.token)};
  if (files.token.empty()) return keys;
  while (!keys.token.empty() && (keys.token.back() == '\n' || keys.token.back() == '\r')) {
    keys.token.pop_back();
  }
  const bool travels =
      std::all_of(keys.token.begin(), keys.token.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (keys.token.size() < kLeastToken || !travels) {
    throw ConfigError{
        fmt::format("{}: error: must hold a token of {} or more letters, digits and signs in one "
                    "line; make one with 'openssl rand -hex 32'",
                    files.token, kLeastToken)};
  }
  return keys;
}

bool is_loopback(std::string_view address) {
  const std::string_view host = parts_of(address).first;
  if (host == "localhost" || host == "[::1]") return true;
  // Nothing but a number: names that begin so are names.
  return host.starts_with("127.") &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

void check_address(const std::string& verb, const std::string& option, std::string_view address) {
  const auto [host, port] = parts_of(address);
  unsigned number = 0;
  const auto read = std::from_chars(port.data(), port.data() + port.size(), number);
  constexpr unsigned kMostPort = 65535;
  const bool is_number = read.ec == std::errc{} && read.ptr == port.data() + port.size();
  if (host.empty() || !is_number || number > kMostPort) {
    throw ConfigError{
        fmt::format("papilio {}: error: --{} must be HOST:PORT, as 127.0.0.1:5050, not '{}'", verb,
                    option, address)};
  }
}

void check_listening(std::string_view address, const LiveKeys& keys) {
  if (is_loopback(address)) return;
  if (!keys.certificate.empty() && (!keys.token.empty() || !keys.authority.empty())) return;
  throw ConfigError{fmt::format(
      "papilio serve: error: others could reach {}; listen on 127.0.0.1, or give --cert and --key, "
      "and --token-file or --ca, by which mobiles are known; or --open, on a network of your own",
      address)};
}

void check_sending(std::string_view address, const LiveKeys& keys) {
  if (keys.token.empty() || !keys.authority.empty() || is_loopback(address)) return;
  throw ConfigError{fmt::format(
      "papilio offload: error: the token would cross to {} for everybody to read; give --ca, the "
      "authority of the server's certificate",
      address)};
}

bool same_secret(std::string_view a, std::string_view b) {
  const auto of_a = digest_of(a);
  const auto of_b = digest_of(b);
  return ::CRYPTO_memcmp(of_a.data(), of_b.data(), of_a.size()) == 0;
}

}  // namespace papilio
