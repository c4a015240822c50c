#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/error.hpp"

namespace papilio {

/// Numbers and texts as bytes, for another process on this machine.
inline void put(std::string& bytes, std::uint64_t number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}
inline void put(std::string& bytes, std::string_view text) {
  put(bytes, text.size());
  bytes.append(text);
}
inline void put(std::string& bytes, const std::vector<std::int64_t>& numbers) {
  put(bytes, numbers.size());
  for (const std::int64_t number : numbers) put(bytes, static_cast<std::uint64_t>(number));
}

/// Takes numbers and texts off the front of bytes, which a stranger may have written.
class Taker {
 public:
  explicit Taker(std::string_view bytes) : bytes_{bytes} {}

  [[nodiscard]] bool is_empty() const { return bytes_.empty(); }
  /// What is left.
  [[nodiscard]] std::string_view rest() const { return bytes_; }

  // @throws ConfigError if the bytes end too early

  std::uint64_t number() {
    std::uint64_t result = 0;
    std::memcpy(&result, text(sizeof result).data(), sizeof result);
    return result;
  }
  std::string_view text() { return text(number()); }
  std::string_view text(std::uint64_t size) {
    if (size > bytes_.size()) throw ConfigError{"it ends too early"};
    const std::string_view result = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return result;
  }
  /// As many numbers as the next one says.
  std::vector<std::int64_t> numbers() {
    std::vector<std::int64_t> result(count(sizeof(std::uint64_t)));
    for (std::int64_t& one : result) one = static_cast<std::int64_t>(number());
    return result;
  }
  /// How many things follow, each of at least so many bytes.
  std::uint64_t count(std::size_t least_bytes) {
    const std::uint64_t result = number();
    if (result > bytes_.size() / least_bytes) throw ConfigError{"it ends too early"};
    return result;
  }

 private:
  std::string_view bytes_;
};

}  // namespace papilio
