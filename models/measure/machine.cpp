#include "models/measure/machine.hpp"

#include "sim/base/machine/processor.hpp"

namespace papilio {

std::unique_ptr<EnergyMeter> find_energy_meter(c10::Device device) {
  if (device.is_cuda()) {
    if (auto meter = nvml_meter(device.has_index() ? device.index() : 0)) return meter;
    return ina_meter(/*of_gpu=*/true);
  }
  if (auto meter = rapl_meter()) return meter;
  return ina_meter(/*of_gpu=*/false);
}

std::string processor_name(c10::Device device, const std::filesystem::path& root) {
  if (device.is_cpu()) return cpu_name(root);
  std::string gpu = nvml_name(device.has_index() ? device.index() : 0);
  if (gpu.empty()) gpu = board_name(root);
  return (gpu.empty() ? "unknown GPU" : gpu) + "; " + cpu_name(root);
}

}  // namespace papilio
