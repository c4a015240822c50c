#pragma once

#include <chrono>

namespace papilio {

/// Runs `work` and adds the wall time it took, s.
template <class Work>
auto timed(double& seconds, Work work) {
  const auto start = std::chrono::steady_clock::now();
  auto result = work();
  seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace papilio
