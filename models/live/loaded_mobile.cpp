#include "models/live/loaded_mobile.hpp"

#include <chrono>
#include <type_traits>

namespace papilio {
namespace {

/// What a function returns, after it took so many times as long.
template <class Function>
std::invoke_result_t<Function> stretched(double times, const Function& function) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begun = Clock::now();
  auto result = function();
  const std::chrono::duration<double> took = Clock::now() - begun;
  const Clock::time_point end = begun + std::chrono::duration_cast<Clock::duration>(took * times);
  while (Clock::now() < end) {
  }
  return result;
}

}  // namespace

MobileWork LoadedMobile::prepare(std::size_t part, std::size_t picture) {
  MobileWork work = stretched(load_level_, [&] { return half_.prepare(part, picture); });
  work.prefix_s *= load_level_;
  work.encode_s *= load_level_;
  return work;
}

LocalAnswer LoadedMobile::compute(std::size_t picture, bool scores) {
  return stretched(load_level_, [&] { return half_.compute(picture, scores); });
}

}  // namespace papilio
