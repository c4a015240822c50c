#include "sim/cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace papilio {

Progress::Progress(std::size_t total, std::string unit, bool quiet)
    : total_{total}, unit_{std::move(unit)}, enabled_{!quiet && ::isatty(STDERR_FILENO) == 1} {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\r\033[K");  // leaves the line as it was
}

void Progress::update(std::size_t done) {
  update(static_cast<double>(done) / static_cast<double>(total_),
         fmt::format("{}/{} {}", done, total_, unit_));
}

void Progress::update(double share, const std::string& text) {
  constexpr double kSilentSeconds = 0.5;
  constexpr std::size_t kWidth = 30;
  if (!enabled_ || elapsed_s() < kSilentSeconds || share <= 0) return;
  shown_ = true;
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(kWidth));
  fmt::print(stderr, "\r[{}{}] {}, {:.0f} s left\033[K", std::string(filled, '#'),
             std::string(kWidth - filled, ' '), text, elapsed_s() * (1.0 / share - 1.0));
  std::fflush(stderr);
}

double Progress::elapsed_s() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

}  // namespace papilio
