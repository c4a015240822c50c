#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace papilio {

/// A progress bar on stderr. Silent unless stderr is a terminal and the work has gone on for half a
/// second, so that short runs and scripts see nothing.
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
