#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace papilio {

/// Why a server does not answer a request.
enum class Refusal : std::uint8_t {
  kUnauthenticated,
  kMismatch,
  kUnreadable,
  kNotTakenIn,
  kOversized,
  kTruncated,
  kMalformed,
  kBusy,
  kGivenUp,
  kStopping,
  kConnection,
  kFailed,
};
/// `[Refusal]` as summaries call them.
inline constexpr std::array<std::string_view, 12> kRefusals{
    "wrong token",           "mismatch",          "unreadable message",
    "message not taken in",  "oversized frame",   "truncated frame",
    "malformed frame",       "queue full",        "given up by its mobile",
    "came while it stopped", "failed connection", "failed computation"};

/// Counts refusals by kind, and tells of each in a line until there are too many.
class Refusals {
 public:
  using Counts = std::array<std::uint64_t, kRefusals.size()>;

  /// @param tell takes lines, without their ends, from any thread; none: nothing is told
  /// @param most lines
  explicit Refusals(std::function<void(const std::string&)> tell, std::uint64_t most = 100);

  /// May be called from any thread. @param what of what a mobile sent, which may be anything
  void note(Refusal kind, const std::string& peer, const std::string& what);

  [[nodiscard]] Counts counts() const;

 private:
  std::function<void(const std::string&)> tell_;
  std::uint64_t most_;
  mutable std::mutex mutex_;
  std::uint64_t told_{0};
  Counts counts_{};
};

}  // namespace papilio
