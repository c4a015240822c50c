#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace papilio {

/// Files that say who somebody is and whom they trust; empty: none.
struct KeyFiles {
  std::string certificate;  ///< in PEM, with those that lead to its authority
  std::string key;          ///< of the certificate
  std::string authority;    ///< certificates of those who may sign the other side's
  std::string token;        ///< a secret that both sides have
};

/// What these files hold.
struct LiveKeys {
  std::string certificate;
  std::string key;
  std::string authority;
  std::string token;
};

/// A token shorter than this could be guessed.
inline constexpr std::size_t kLeastToken = 16;

/// Which end of a connection keys are for.
enum class LiveSide : std::uint8_t { kServer, kMobile };

/// @throws ConfigError if a file cannot be read; a certificate comes without key, a key without
///         certificate, or either side's certificate or authority would not be used: a server's
///         authority without its certificate, a mobile's certificate without the server's
///         authority; or a token is shorter than `kLeastToken` or has characters that do not travel
LiveKeys read_keys(LiveSide side, const KeyFiles& files);

/// Whether nobody outside this machine can be there: "127.0.0.1:5000", "localhost:0", "[::1]:1".
bool is_loopback(std::string_view address);

/// @throws ConfigError if `address` is not HOST:PORT
void check_address(const std::string& verb, const std::string& option, std::string_view address);

/// @throws ConfigError if others than this machine could reach a server there that does not know
///         them: it needs a certificate, and a token or the authority of the mobiles' certificates
void check_listening(std::string_view address, const LiveKeys& keys);

/// @throws ConfigError if a token would cross a network for everybody to read
void check_sending(std::string_view address, const LiveKeys& keys);

/// Whether two secrets are the same, in a time that tells nothing of where they differ.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace papilio
