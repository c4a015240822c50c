#include "sim/app/progress.hpp"

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
  constexpr double kSilentSeconds = 0.5;
  constexpr std::size_t kWidth = 30;
  if (!enabled_) return;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  if (elapsed.count() < kSilentSeconds) return;
  shown_ = true;
  const double share = static_cast<double>(done) / static_cast<double>(total_);
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(kWidth));
  fmt::print(stderr, "\r[{}{}] {}/{} {}, {:.0f} s left\033[K", std::string(filled, '#'),
             std::string(kWidth - filled, ' '), done, total_, unit_,
             elapsed.count() * (1.0 / share - 1.0));
  std::fflush(stderr);
}

}  // namespace papilio
