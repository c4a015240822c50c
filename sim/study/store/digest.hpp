#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace papilio {

/// 128 bits that tell contents apart (XXH3). Not a defence against forgery.
using Hash = std::array<std::uint8_t, 16>;

Hash hash_of(std::string_view bytes);

/// In hexadecimal digits.
std::string to_text(const Hash& hash);

/// Gathers what a hash is taken of, so that two different lists never make the same bytes.
class Digest {
 public:
  Digest& add(std::string_view text);
  Digest& add(double number);
  Digest& add(std::int64_t number);
  Digest& add(const Hash& hash);
  [[nodiscard]] Hash hash() const { return hash_of(bytes_); }

 private:
  std::string bytes_;
};

}  // namespace papilio
