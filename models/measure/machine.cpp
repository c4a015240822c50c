#include "models/measure/machine.hpp"

#include <fstream>
#include <locale>
#include <sstream>
#include <thread>

#include "models/measure/energy_meter.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;

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

/// The name of a board without a driver's library, which ends in a zero byte; empty: unknown.
std::string board_name(const fs::path& root) {
  std::ifstream file{root / "proc" / "device-tree" / "model"};
  std::string name;
  std::getline(file, name, '\0');
  return name;
}

/// A positive number that a text begins with.
std::optional<double> number_of(const std::string& text) {
  std::istringstream stream{text};
  stream.imbue(std::locale::classic());
  double number = 0;
  if (!(stream >> number) || number <= 0) return std::nullopt;
  return number;
}

}  // namespace

std::string processor_name(c10::Device device, const fs::path& root) {
  if (device.is_cpu()) return cpu_name(root);
  std::string gpu = nvml_name(device.has_index() ? device.index() : 0);
  if (gpu.empty()) gpu = board_name(root);
  return (gpu.empty() ? "unknown GPU" : gpu) + "; " + cpu_name(root);
}

std::optional<double> cpu_frequency_hz(const fs::path& root) {
  constexpr double kKilo = 1e3;
  constexpr double kMega = 1e6;
  std::ifstream governor{root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"};
  std::string line;
  if (std::getline(governor, line)) {
    if (const std::optional<double> khz = number_of(line)) return *khz * kKilo;
  }
  std::ifstream file{root / "proc" / "cpuinfo"};
  while (std::getline(file, line)) {
    const std::size_t colon = line.find(": ");
    if (!line.starts_with("cpu MHz") || colon == std::string::npos) continue;
    if (const std::optional<double> mhz = number_of(line.substr(colon + 2))) return *mhz * kMega;
  }
  return std::nullopt;
}

}  // namespace papilio
