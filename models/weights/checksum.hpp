#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace papilio {

/// Makes a SHA-256 of bytes that come piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(const void* bytes, std::size_t size);
  void add(std::string_view text) { add(text.data(), text.size()); }
  /// 64 hexadecimal digits in lower case. Nothing can be added after it.
  std::string digits();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The SHA-256 of a file's bytes, as 64 hexadecimal digits in lower case.
/// @throws ConfigError if it cannot be read
std::string sha256_of_file(const std::string& path);

}  // namespace papilio
