// Claims: 'papilio doctor' tells what is there and what is in its way, here of systems that are
// made up for it; what is optional changes no exit code; where it may not read, it says so.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/base/machine/survey.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::Finished;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::run_papilio;
using testing::run_papilio_in;
using testing::TemporaryFolder;

MeterSurvey meter_of(const fs::path& root, const std::string& name) {
  for (MeterSurvey& meter : survey_meters(root)) {
    if (meter.name == name) return meter;
  }
  return {};
}

TEST(Survey, TellsAMeterFromOneThatMayNotBeRead) {
  const TemporaryFolder root;
  EXPECT_THAT(meter_of(root.path(), "RAPL").found, HasSubstr("the kernel shows no counter"));
  EXPECT_FALSE(meter_of(root.path(), "RAPL").works);
  EXPECT_THAT(meter_of(root.path(), "RAPL").remedy, IsEmpty());
  root.write("sys/class/powercap/intel-rapl:0/name", "package-0\n");
  const fs::path counter = root.write("sys/class/powercap/intel-rapl:0/energy_uj", "900000\n");
  EXPECT_TRUE(meter_of(root.path(), "RAPL").works);
  EXPECT_EQ(meter_of(root.path(), "RAPL").found, "RAPL package-0");
  // As the kernel has it for all but root, whom nothing stops: of whom it is not there to be read.
  fs::permissions(counter, fs::perms::none);
  if (::geteuid() == 0) {
    fs::remove(counter);
    fs::create_symlink(root.path() / "nowhere", counter);
  }
  EXPECT_FALSE(meter_of(root.path(), "RAPL").works);
  EXPECT_THAT(meter_of(root.path(), "RAPL").found, HasSubstr("this user may not read them"));
  EXPECT_EQ(meter_of(root.path(), "RAPL").remedy, "sudo chmod a+r /sys/class/powercap/*/energy_uj");
}

TEST(Survey, FindsAJetsonsSensorAndABattery) {
  const TemporaryFolder root;
  EXPECT_FALSE(meter_of(root.path(), "INA3221").works);
  EXPECT_EQ(meter_of(root.path(), "battery").found, "none");
  root.write("sys/class/hwmon/hwmon1/name", "ina3221\n");
  root.write("sys/class/hwmon/hwmon1/in1_label", "VDD_IN\n");
  root.write("sys/class/hwmon/hwmon1/in1_input", "5000\n");
  root.write("sys/class/hwmon/hwmon1/curr1_input", "400\n");
  EXPECT_TRUE(meter_of(root.path(), "INA3221").works);
  EXPECT_EQ(meter_of(root.path(), "INA3221").found, "INA3221 VDD_IN");
  root.write("sys/class/power_supply/AC/type", "Mains\n");
  root.write("sys/class/power_supply/BAT0/type", "Battery\n");
  root.write("sys/class/power_supply/BAT0/power_now", "7000000\n");
  EXPECT_THAT(meter_of(root.path(), "battery").found,
              HasSubstr("BAT0, which tells what the whole"));
  EXPECT_FALSE(meter_of(root.path(), "battery").works);
}

TEST(Survey, ReadsTheClock) {
  const TemporaryFolder root;
  const ClockSurvey bare = survey_clock(root.path());
  EXPECT_THAT(bare.governor, IsEmpty());
  EXPECT_FALSE(bare.boost.has_value());
  EXPECT_FALSE(bare.quota_cores.has_value());
  EXPECT_GE(bare.usable_cores, 1U);
  root.write("proc/cpuinfo", "model name\t: Cortex-A57\ncpu MHz\t\t: 2000\n");
  root.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
  root.write("sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
  root.write("sys/devices/system/cpu/smt/active", "1\n");
  root.write("sys/fs/cgroup/cpu.max", "150000 100000\n");
  root.write(".dockerenv", "");
  const ClockSurvey clock = survey_clock(root.path());
  EXPECT_THAT(clock.cpu, HasSubstr("Cortex-A57"));
  EXPECT_EQ(clock.governor, "powersave");
  EXPECT_EQ(clock.boost, true);
  EXPECT_EQ(clock.threads, true);
  EXPECT_EQ(clock.container, "/.dockerenv");
  EXPECT_DOUBLE_EQ(clock.quota_cores.value(), 1.5);
  root.write("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_FALSE(survey_clock(root.path()).quota_cores.has_value());
}

TEST(Survey, ItsNoiseIsOfWorkThatTakesTime) {
  const NoiseSurvey noise = survey_noise(10);
  EXPECT_EQ(noise.repetitions, 10U);
  EXPECT_GT(noise.median_s, 0);
  EXPECT_GE(noise.spread, 0);
}

TEST(Doctor, TellsOfASystemThatIsMadeUp) {
  const TemporaryFolder root;
  root.write("proc/cpuinfo", "model name\t: Cortex-A57\n");
  root.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
  root.write("sys/class/powercap/intel-rapl:0/name", "package-0\n");
  root.write("sys/class/powercap/intel-rapl:0/energy_uj", "1\n");
  const Finished told = run_papilio({"doctor", "--root", root.path().string()});
  ASSERT_EQ(told.exit_code, 0) << told.err;
  EXPECT_THAT(told.out, AllOf(HasSubstr("Cortex-A57"), HasSubstr("RAPL package-0"),
                              HasSubstr("sudo cpupower frequency-set -g performance"),
                              HasSubstr("'papilio profile' measures energies here.")));
}

TEST(Doctor, TellsProgramsAsAMachineReadsThem) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_papilio_in(folder.path(),
                           {"new", "device", "phone", "--peak", "1e12", "--bandwidth", "30e9"})
                .exit_code,
            0);
  const Finished told = run_papilio_in(folder.path(), {"doctor", "--json"});
  ASSERT_EQ(told.exit_code, 0) << told.err;
  const auto json = nlohmann::json::parse(told.out);
  EXPECT_THAT(json.dump(), AllOf(HasSubstr("gnuplot"), HasSubstr("RAPL"), HasSubstr("NVML"),
                                 HasSubstr("1 device"), HasSubstr("hub/checkpoints")));
  EXPECT_THAT(told.out, Not(HasSubstr("chromium")));
}

}  // namespace
}  // namespace papilio
