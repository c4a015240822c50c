#pragma once

#include <cstddef>

#include "models/live/mobile.hpp"

namespace papilio {

/// A mobile's half on a device that is as much slower as its load level says (K_mobile of the
/// butterfly paper's Algorithm 1): whatever it computes takes so many times as long, the rest of
/// which its processor is kept busy.
class LoadedMobile final : public MobileHalf {
 public:
  /// @param half       outlives this
  /// @param load_level >= 1
  LoadedMobile(MobileHalf& half, double load_level) : half_{half}, load_level_{load_level} {}

  MobileWork prepare(std::size_t part, std::size_t picture) override;
  LocalAnswer compute(std::size_t picture, bool scores) override;

 private:
  MobileHalf& half_;
  double load_level_;
};

}  // namespace papilio
