#include "models/measure/machine.hpp"

#include <fstream>
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

}  // namespace

std::string processor_name(c10::Device device, const fs::path& root) {
  if (device.is_cpu()) return cpu_name(root);
  std::string gpu = nvml_name(device.has_index() ? device.index() : 0);
  if (gpu.empty()) gpu = board_name(root);
  return (gpu.empty() ? "unknown GPU" : gpu) + "; " + cpu_name(root);
}

}  // namespace papilio
