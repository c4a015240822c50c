#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace papilio {

/// The line of a progress bar, in no more characters than fit.
/// @param share of the work in 0..1
/// @param text  behind the bar, cut where there is no room for it
/// @param width characters of the line
std::string progress_line(double share, std::string_view text, std::size_t width);

/// A progress bar on stderr, never wider than the terminal. Silent unless stderr is a terminal and
/// the work has gone on for half a second, so that short runs and scripts see nothing.
class Progress {
 public:
  /// @param total of the units counted, > 0
  /// @param unit  plural, e.g. "cells"
  /// @param quiet never print
  Progress(std::size_t total, std::string unit, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Draws the bar for `done` of the total.
  void update(std::size_t done);
  /// Draws the bar for a share of the work in 0..1, with a text of its own in the place of the
  /// count.
  void update(double share, const std::string& text);

  /// Takes the bar away, so that what is printed next stands alone.
  void clear();

  /// Time since the work began.
  [[nodiscard]] double elapsed_s() const;

 private:
  std::size_t total_;
  std::string unit_;
  bool enabled_;
  bool shown_{false};
  std::chrono::steady_clock::time_point start_{std::chrono::steady_clock::now()};
};

}  // namespace papilio
