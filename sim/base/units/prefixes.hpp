#pragma once

/// SI prefixes, for what tables print in ms, Mb/s or GMACs.
namespace papilio {

inline constexpr double kKilo = 1e3;
inline constexpr double kMega = 1e6;
inline constexpr double kGiga = 1e9;
/// Of a rate in bytes/s in Mb/s.
inline constexpr double kMegabitsPerByte = 8e-6;

}  // namespace papilio
