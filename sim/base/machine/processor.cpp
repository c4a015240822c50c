#include "sim/base/machine/processor.hpp"

#include <fstream>
#include <locale>
#include <sstream>
#include <thread>

namespace papilio {
namespace {

namespace fs = std::filesystem;

/// A positive number that a text begins with.
std::optional<double> leading_number(const std::string& text) {
  std::istringstream stream{text};
  stream.imbue(std::locale::classic());
  double number = 0;
  if (!(stream >> number) || number <= 0) return std::nullopt;
  return number;
}

}  // namespace

std::string cpu_name(const fs::path& root) {
  const std::string cores = std::to_string(std::thread::hardware_concurrency()) + " cores";
  std::ifstream file{root / "proc" / "cpuinfo"};
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) {
      return line.substr(colon + 2) + ", " + cores;
    }
  }
  return "unknown, " + cores;
}

std::string board_name(const fs::path& root) {
  std::ifstream file{root / "proc" / "device-tree" / "model"};
  std::string name;
  std::getline(file, name, '\0');  // with which it ends
  return name;
}

std::optional<double> cpu_frequency_hz(const fs::path& root) {
  constexpr double kKilo = 1e3;
  constexpr double kMega = 1e6;
  std::ifstream governor{root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"};
  std::string line;
  if (std::getline(governor, line)) {
    if (const std::optional<double> khz = leading_number(line)) return *khz * kKilo;
  }
  std::ifstream file{root / "proc" / "cpuinfo"};
  while (std::getline(file, line)) {
    const std::size_t colon = line.find(": ");
    if (!line.starts_with("cpu MHz") || colon == std::string::npos) continue;
    if (const std::optional<double> mhz = leading_number(line.substr(colon + 2)))
      return *mhz * kMega;
  }
  return std::nullopt;
}

}  // namespace papilio
