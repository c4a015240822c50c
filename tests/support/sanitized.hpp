#pragma once

namespace papilio {

/// Whether this is built with the address sanitizer, under which all takes about ten times as long.
/// What shows that NUMBERS are right (thousands of drawn problems against brute force, statistics,
/// theory, the text of each error) takes its full count in the other builds, which all run too; of
/// the same code a tenth of the problems shows as much about memory and undefined behaviour. What
/// feeds hostile bytes, or holds a bound, is never made smaller.
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/// The full number, or the one that does under the sanitizers.
template <class Number>
constexpr Number fewer(Number full, Number sanitized) {
  return kSanitized ? sanitized : full;
}

}  // namespace papilio
