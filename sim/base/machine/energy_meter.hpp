#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace papilio {

/// What a device has used since the meter was made.
class EnergyMeter {
 public:
  EnergyMeter() = default;
  virtual ~EnergyMeter() = default;
  EnergyMeter(const EnergyMeter&) = delete;
  EnergyMeter& operator=(const EnergyMeter&) = delete;

  /// What it reads, for a table's conditions: "RAPL package-0, package-1".
  [[nodiscard]] virtual const std::string& name() const = 0;
  /// Energy so far, J. Never falls.
  [[nodiscard]] virtual double energy_j() = 0;
};

/// Adds up powers that were read now and then: between two readings the power is their mean.
class PowerIntegral {
 public:
  /// @param time_s  not before the reading before
  /// @param power_w >= 0
  void add(double time_s, double power_w);
  [[nodiscard]] double energy_j() const { return energy_j_; }

 private:
  double energy_j_{0};
  double time_s_{0};
  double power_w_{0};
  bool begun_{false};
};

/// Intel's and AMD's counters of whole processors (RAPL) as Linux shows them under
/// `SYS/class/powercap`: every zone that is called "package-…", added up. A counter that went back
/// to 0 at its greatest value is followed. They count whatever else the machine does.
/// @return nothing where there is no such zone, or its counter may not be read (most systems let
///         only root)
std::unique_ptr<EnergyMeter> rapl_meter(const std::filesystem::path& sys = "/sys");

/// A Jetson's current sensors (INA3221) as Linux shows them under `SYS/class/hwmon`: the rail that
/// feeds the GPU (VDD_GPU_SOC, VDD_CPU_GPU_CV, VDD_GPU or GPU) or the CPU (VDD_CPU_CV,
/// VDD_CPU_GPU_CV, VDD_CPU or CPU), whichever is there first, else the whole module's (VDD_IN).
/// Read every 5 ms and added up.
/// @return nothing where there is no such sensor
std::unique_ptr<EnergyMeter> ina_meter(bool of_gpu, const std::filesystem::path& sys = "/sys");

/// NVIDIA's counter of a GPU's energy, from Volta on, by the driver's library (NVML), which is
/// looked for when this is called.
/// @param index of the GPU, as the driver counts
/// @return nothing where there is no driver, no such GPU, or one without the counter
std::unique_ptr<EnergyMeter> nvml_meter(int index);

/// What NVIDIA's driver calls a GPU, e.g. "NVIDIA H100 PCIe".
/// @param index of the GPU, as the driver counts
/// @return empty where there is no driver or no such GPU
std::string nvml_name(int index);

}  // namespace papilio
