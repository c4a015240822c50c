#include "sim/base/cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "sim/base/cli/streams.hpp"
#include "sim/base/cli/terminal.hpp"
#include "sim/base/text.hpp"

namespace papilio {
std::string progress_line(double share, std::string_view text, std::size_t width) {
  constexpr std::size_t kWidest = 30;
  constexpr std::size_t kNarrowest = 5;
  constexpr std::size_t kAround = 3;  // "[" and "] "
  const std::size_t characters = count_characters(text);
  std::string line;
  if (characters + kAround + kNarrowest <= width) {
    const std::size_t cells = std::min(kWidest, width - characters - kAround);
    const auto filled = static_cast<std::size_t>(
        std::floor(std::clamp(share, 0.0, 1.0) * static_cast<double>(cells)));
    line = fmt::format("[{}{}] ", std::string(filled, '#'), std::string(cells - filled, ' '));
  }
  std::size_t left = width - std::min(width, line.size());
  for (const char c : text) {
    if (begins_character(c) && left-- == 0) break;
    line += c;
  }
  return line;
}

Progress::Progress(std::size_t total, std::string unit, bool quiet)
    : total_{total},
      unit_{std::move(unit)},
      enabled_{!quiet && Terminal::of(STDERR_FILENO).present} {}

Progress::~Progress() {
  clear();
}

void Progress::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

void Progress::update(std::size_t done) {
  update(static_cast<double>(done) / static_cast<double>(total_),
         fmt::format("{}/{} {}", done, total_, unit_));
}

void Progress::update(double share, const std::string& text) {
  constexpr double kSilentSeconds = 0.5;
  if (!enabled_ || elapsed_s() < kSilentSeconds || share <= 0) return;
  shown_ = true;
  // The last column stays free, for some terminals begin a new line behind it.
  const std::string line =
      progress_line(share, fmt::format("{}, {:.0f} s left", text, elapsed_s() * (1.0 / share - 1)),
                    Terminal::of(STDERR_FILENO).width - 1);
  std::fputs("\r", stderr);
  tell(line);
  std::fputs("\033[K", stderr);
  std::fflush(stderr);
}

double Progress::elapsed_s() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

}  // namespace papilio
