#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace papilio {

/// A way to measure energy or power, and whether it can be used here.
struct MeterSurvey {
  std::string name;    ///< "RAPL", "INA3221", "NVML", "battery"
  bool works{false};   ///< 'papilio profile' would use it
  std::string found;   ///< what it is, or what is in its way
  std::string remedy;  ///< a command that makes it work; empty: there is none
};

/// Every way that is known, found or not: RAPL, INA3221, NVML, batteries.
/// @param root of the system, which a test may make up; NVML is the driver's, and asked anyhow
std::vector<MeterSurvey> survey_meters(const std::filesystem::path& root = "/");

/// What the processor is, and what would make its times vary.
struct ClockSurvey {
  std::string cpu;                     ///< as `cpu_name`
  std::size_t usable_cores{0};         ///< that this process may run on
  std::optional<double> quota_cores;   ///< processor time that the container is given, in cores
  std::optional<double> frequency_hz;  ///< as `cpu_frequency_hz`
  std::string governor;                ///< "performance"; empty: the system does not tell
  std::optional<bool> boost;           ///< whether the clock may rise above its nominal one
  std::optional<bool> threads;         ///< whether a core runs several threads (SMT)
  std::string container;               ///< what says that this is a container; empty: nothing
};

/// @param root of the system, which a test may make up; the usable cores are this process' own
ClockSurvey survey_clock(const std::filesystem::path& root = "/");

/// How evenly this machine repeats a fixed computation on one thread.
struct NoiseSurvey {
  std::size_t repetitions{0};
  double median_s{0};
  double spread{0};  ///< from the 5th to the 95th percentile, by the median
};

/// Repeats about a millisecond of multiply-adds in registers.
/// @param repetitions at least 2
NoiseSurvey survey_noise(std::size_t repetitions);

}  // namespace papilio
