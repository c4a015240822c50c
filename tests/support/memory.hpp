#pragma once

#include <sys/resource.h>

namespace papilio::testing {

/// The most memory that this process has ever held, in KiB.
inline long peak_memory_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

/// What a process may hold beside what it uses, in KiB: under the address sanitizer, freed memory
/// stays in a quarantine of 256 MiB, with some more around it.
#ifdef __SANITIZE_ADDRESS__
inline constexpr long kQuarantineKib = 480L * 1024;
#else
inline constexpr long kQuarantineKib = 0;
#endif

}  // namespace papilio::testing
