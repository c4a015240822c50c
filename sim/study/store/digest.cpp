#include "sim/study/store/digest.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <cstring>

namespace papilio {

Hash hash_of(std::string_view bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  Hash hash;
  static_assert(sizeof canonical.digest == sizeof(Hash));
  std::memcpy(hash.data(), canonical.digest, hash.size());
  return hash;
}

std::string to_text(const Hash& hash) {
  std::string text;
  for (const std::uint8_t byte : hash) text += fmt::format("{:02x}", byte);
  return text;
}

Digest& Digest::add(std::string_view text) {
  add(static_cast<std::int64_t>(text.size()));
  bytes_ += text;
  return *this;
}

Digest& Digest::add(double number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  bytes_.append(bytes, sizeof bytes);
  return *this;
}

Digest& Digest::add(std::int64_t number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  bytes_.append(bytes, sizeof bytes);
  return *this;
}

Digest& Digest::add(const Hash& hash) {
  for (const std::uint8_t byte : hash) bytes_ += static_cast<char>(byte);
  return *this;
}

}  // namespace papilio
