#include "sim/base/machine/energy_meter.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "sim/base/machine/entries.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;

/// The first line of a file, or nothing.
std::optional<std::string> line_of(const fs::path& path) {
  std::ifstream file{path};
  std::string line;
  if (!file || !std::getline(file, line)) return std::nullopt;
  return line;
}

/// The whole number >= 0 in a file, or nothing.
std::optional<std::uint64_t> number_of(const fs::path& path) {
  std::ifstream file{path};
  std::uint64_t number = 0;
  if (!file || !(file >> number)) return std::nullopt;
  return number;
}

class RaplMeter : public EnergyMeter {
 public:
  struct Zone {
    fs::path counter;
    std::uint64_t range_uj{0};  // the counter's greatest value; 0: unknown
    std::uint64_t last_uj{0};
  };

  RaplMeter(std::string name, std::vector<Zone> zones)
      : name_{std::move(name)}, zones_{std::move(zones)} {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] double energy_j() override {
    constexpr double kMicro = 1e-6;
    for (Zone& zone : zones_) {
      const std::uint64_t now_uj = number_of(zone.counter).value_or(zone.last_uj);
      std::uint64_t used_uj = 0;
      if (now_uj >= zone.last_uj) {
        used_uj = now_uj - zone.last_uj;
      } else if (zone.range_uj > zone.last_uj) {  // it has begun anew
        used_uj = zone.range_uj - zone.last_uj + now_uj;
      }
      zone.last_uj = now_uj;
      energy_j_ += kMicro * static_cast<double>(used_uj);
    }
    return energy_j_;
  }

 private:
  std::string name_;
  std::vector<Zone> zones_;
  double energy_j_{0};
};

class InaMeter : public EnergyMeter {
 public:
  InaMeter(std::string name, fs::path volts, fs::path amperes)
      : name_{std::move(name)},
        millivolts_{std::move(volts)},
        milliamperes_{std::move(amperes)},
        sampler_{[this](const std::stop_token& stop) { sample(stop); }} {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] double energy_j() override {
    const std::scoped_lock lock{mutex_};
    read();
    return integral_.energy_j();
  }

 private:
  void sample(const std::stop_token& stop) {
    constexpr std::chrono::milliseconds kBetween{5};
    std::unique_lock lock{mutex_};
    while (!stop.stop_requested()) {
      read();
      wake_.wait_for(lock, stop, kBetween, [] { return false; });
    }
  }
  void read() {
    constexpr double kMicro = 1e-6;
    const auto millivolts = number_of(millivolts_);
    const auto milliamperes = number_of(milliamperes_);
    if (!millivolts || !milliamperes) return;  // the sensor is busy
    const double time_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    integral_.add(time_s,
                  kMicro * static_cast<double>(*millivolts) * static_cast<double>(*milliamperes));
  }

  std::string name_;
  fs::path millivolts_;
  fs::path milliamperes_;
  std::mutex mutex_;  // of the integral
  std::condition_variable_any wake_;
  PowerIntegral integral_;
  std::jthread sampler_;  // last, so that it ends before what it uses
};

/// The few functions of NVML that are needed, by the names that its documentation gives.
class NvmlMeter : public EnergyMeter {
 public:
  using Device = void*;
  using Energy = int (*)(Device, unsigned long long*);

  NvmlMeter(std::string name, Device device, Energy energy)
      : name_{std::move(name)},
        device_{device},
        energy_{energy},
        start_mj_{now_mj()},
        last_mj_{start_mj_} {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] double energy_j() override {
    constexpr double kMilli = 1e-3;
    last_mj_ = std::max(last_mj_, now_mj());
    return kMilli * static_cast<double>(last_mj_ - start_mj_);
  }

 private:
  [[nodiscard]] unsigned long long now_mj() const {
    unsigned long long millijoules = 0;
    return energy_(device_, &millijoules) == 0 ? millijoules : 0;
  }

  std::string name_;
  Device device_;
  Energy energy_;
  unsigned long long start_mj_;
  unsigned long long last_mj_;
};

/// A GPU as the driver's library knows it.
struct NvmlGpu {
  void* library{nullptr};             ///< stays loaded
  NvmlMeter::Device device{nullptr};  ///< null: there is none
};

NvmlGpu nvml_gpu(int index) {
  NvmlGpu gpu{.library = ::dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL)};
  if (gpu.library == nullptr) return {};
  const auto init = reinterpret_cast<int (*)()>(::dlsym(gpu.library, "nvmlInit_v2"));
  const auto handle = reinterpret_cast<int (*)(unsigned, NvmlMeter::Device*)>(
      ::dlsym(gpu.library, "nvmlDeviceGetHandleByIndex_v2"));
  if (init == nullptr || handle == nullptr || init() != 0 ||
      handle(static_cast<unsigned>(index), &gpu.device) != 0) {
    return {};
  }
  return gpu;
}

}  // namespace

void PowerIntegral::add(double time_s, double power_w) {
  if (begun_) energy_j_ += (power_w + power_w_) / 2 * std::max(0.0, time_s - time_s_);
  begun_ = true;
  time_s_ = time_s;
  power_w_ = power_w;
}

std::unique_ptr<EnergyMeter> rapl_meter(const fs::path& sys) {
  std::vector<RaplMeter::Zone> zones;
  std::string name;
  for (const fs::path& folder : sorted_entries(sys / "class" / "powercap")) {
    // Some machines show the same counters a second time.
    if (folder.filename().string().starts_with("intel-rapl-mmio")) continue;
    const auto zone = line_of(folder / "name");
    if (!zone || !zone->starts_with("package-")) continue;
    const fs::path counter = folder / "energy_uj";
    const auto energy_uj = number_of(counter);
    if (!energy_uj) return nullptr;  // half of the processors would be no answer
    zones.push_back({counter, number_of(folder / "max_energy_range_uj").value_or(0), *energy_uj});
    name += (name.empty() ? "RAPL " : ", ") + *zone;
  }
  if (zones.empty()) return nullptr;
  return std::make_unique<RaplMeter>(std::move(name), std::move(zones));
}

std::unique_ptr<EnergyMeter> ina_meter(bool of_gpu, const fs::path& sys) {
  constexpr std::array kGpuRails{"VDD_GPU_SOC", "VDD_CPU_GPU_CV", "VDD_GPU", "GPU", "VDD_IN"};
  constexpr std::array kCpuRails{"VDD_CPU_CV", "VDD_CPU_GPU_CV", "VDD_CPU", "CPU", "VDD_IN"};
  constexpr int kChannels = 3;
  for (const char* rail : of_gpu ? kGpuRails : kCpuRails) {
    for (const fs::path& folder : sorted_entries(sys / "class" / "hwmon")) {
      if (line_of(folder / "name") != "ina3221") continue;
      for (int channel = 1; channel <= kChannels; ++channel) {
        const std::string number = std::to_string(channel);
        if (line_of(folder / ("in" + number + "_label")) != rail) continue;
        return std::make_unique<InaMeter>(std::string{"INA3221 "} + rail,
                                          folder / ("in" + number + "_input"),
                                          folder / ("curr" + number + "_input"));
      }
    }
  }
  return nullptr;
}

std::unique_ptr<EnergyMeter> nvml_meter(int index) {
  const NvmlGpu gpu = nvml_gpu(index);
  if (gpu.device == nullptr) return nullptr;
  const auto energy = reinterpret_cast<NvmlMeter::Energy>(
      ::dlsym(gpu.library, "nvmlDeviceGetTotalEnergyConsumption"));
  unsigned long long millijoules = 0;
  if (energy == nullptr || energy(gpu.device, &millijoules) != 0) return nullptr;
  return std::make_unique<NvmlMeter>("NVML, GPU " + std::to_string(index), gpu.device, energy);
}

std::string nvml_name(int index) {
  const NvmlGpu gpu = nvml_gpu(index);
  if (gpu.device == nullptr) return {};
  const auto name = reinterpret_cast<int (*)(NvmlMeter::Device, char*, unsigned)>(
      ::dlsym(gpu.library, "nvmlDeviceGetName"));
  std::array<char, 96> text{};  // NVML_DEVICE_NAME_V2_BUFFER_SIZE
  if (name == nullptr || name(gpu.device, text.data(), text.size()) != 0) return {};
  return text.data();
}

}  // namespace papilio
