#include "sim/base/machine/survey.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

#include "sim/base/machine/energy_meter.hpp"
#include "sim/base/machine/entries.hpp"
#include "sim/base/machine/processor.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;

std::string first_line(const fs::path& path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

MeterSurvey survey_rapl(const fs::path& sys) {
  MeterSurvey survey{.name = "RAPL"};
  if (const auto meter = rapl_meter(sys)) {
    survey.works = true;
    survey.found = meter->name();
    return survey;
  }
  bool zones = false;
  bool locked = false;
  for (const fs::path& folder : sorted_entries(sys / "class" / "powercap")) {
    if (!first_line(folder / "name").starts_with("package-")) continue;
    zones = true;
    if (!std::ifstream{folder / "energy_uj"}) locked = true;
  }
  if (locked) {
    survey.found = "the processor's counters are there, but this user may not read them";
    survey.remedy = "sudo chmod a+r /sys/class/powercap/*/energy_uj";
  } else if (zones) {
    survey.found = "the processor's counters are there, but tell no number";
  } else {
    survey.found =
        "the kernel shows no counter of a processor's energy, as in most virtual machines and "
        "containers";
  }
  return survey;
}

MeterSurvey survey_ina(const fs::path& sys) {
  MeterSurvey survey{.name = "INA3221"};
  for (const bool of_gpu : {false, true}) {
    const auto meter = ina_meter(of_gpu, sys);
    if (meter == nullptr || survey.found.find(meter->name()) != std::string::npos) continue;
    survey.works = true;
    survey.found += (survey.found.empty() ? "" : ", ") + meter->name();
  }
  if (!survey.works) survey.found = "no current sensor of a Jetson";
  return survey;
}

MeterSurvey survey_nvml() {
  MeterSurvey survey{.name = "NVML"};
  const std::string gpu = nvml_name(0);
  survey.works = nvml_meter(0) != nullptr;
  if (survey.works) {
    survey.found = gpu;
  } else if (gpu.empty()) {
    survey.found = "no driver of NVIDIA's, or no GPU";
  } else {
    survey.found = gpu + ", which does not count its energy (Volta and later do)";
  }
  return survey;
}

MeterSurvey survey_battery(const fs::path& sys) {
  MeterSurvey survey{.name = "battery", .found = "none"};
  for (const fs::path& folder : sorted_entries(sys / "class" / "power_supply")) {
    if (first_line(folder / "type") != "Battery") continue;
    const bool power =
        !first_line(folder / "power_now").empty() || (!first_line(folder / "current_now").empty() &&
                                                      !first_line(folder / "voltage_now").empty());
    survey.found =
        folder.filename().string() +
        (power ? ", which tells what the whole machine draws: too coarse for layers; read "
                 "it yourself and state --power-w"
               : ", which tells no power");
    break;
  }
  return survey;
}

/// Of "200000 100000": what a control group may use of each period, in cores.
std::optional<double> quota_of(const fs::path& root) {
  std::ifstream file{root / "sys/fs/cgroup/cpu.max"};
  double quota = 0;
  double period = 0;
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;  // "max 100000"
  return quota / period;
}

std::optional<bool> boost_of(const fs::path& cpus) {
  if (const std::string off = first_line(cpus / "intel_pstate/no_turbo"); !off.empty()) {
    return off == "0";
  }
  if (const std::string on = first_line(cpus / "cpufreq/boost"); !on.empty()) return on == "1";
  return std::nullopt;
}

std::string container_of(const fs::path& root) {
  std::error_code ignored;
  for (const char* file : {".dockerenv", "run/.containerenv"}) {
    if (fs::exists(root / file, ignored)) return std::string{"/"} + file;
  }
  const std::string kind = first_line(root / "run/systemd/container");
  return kind.empty() ? "" : "/run/systemd/container says " + kind;
}

}  // namespace

std::vector<MeterSurvey> survey_meters(const fs::path& root) {
  return {survey_rapl(root / "sys"), survey_ina(root / "sys"), survey_nvml(),
          survey_battery(root / "sys")};
}

ClockSurvey survey_clock(const fs::path& root) {
  const fs::path cpus = root / "sys/devices/system/cpu";
  ClockSurvey survey{.cpu = cpu_name(root),
                     .quota_cores = quota_of(root),
                     .frequency_hz = cpu_frequency_hz(root),
                     .governor = first_line(cpus / "cpu0/cpufreq/scaling_governor"),
                     .boost = boost_of(cpus),
                     .container = container_of(root)};
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    survey.usable_cores = static_cast<std::size_t>(CPU_COUNT(&set));
  }
  if (const std::string active = first_line(cpus / "smt/active"); !active.empty()) {
    survey.threads = active == "1";
  }
  return survey;
}

NoiseSurvey survey_noise(std::size_t repetitions) {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t kSteps = 1'000'000;
  constexpr std::array<double, 4> kStart{1.0, 1.1, 1.2, 1.3};
  constexpr double kLow = 0.05;
  std::vector<double> times;
  times.reserve(repetitions);
  for (std::size_t i = 0; i < repetitions; ++i) {
    std::array<double, 4> sums = kStart;
    const Clock::time_point start = Clock::now();
    for (std::size_t step = 0; step < kSteps; ++step) {
      for (double& sum : sums) sum = sum * 0.999999 + 1e-6;
    }
    // What nobody looks at would not be computed.
    volatile double kept = sums[0] + sums[1] + sums[2] + sums[3];
    static_cast<void>(kept);
    times.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  };
  return {.repetitions = repetitions,
          .median_s = at(0.5),
          .spread = (at(1 - kLow) - at(kLow)) / at(0.5)};
}

}  // namespace papilio
