// Claims: each meter reads what Linux shows, here from folders made up for it; counters that begin
// anew are followed; where there is no meter, or it may not be read, there is none, not a zero.

#include "sim/base/machine/energy_meter.hpp"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using testing::TemporaryFolder;

TEST(PowerIntegral, IsOfTrapezoids) {
  PowerIntegral integral;
  integral.add(10, 4);
  EXPECT_EQ(integral.energy_j(), 0);
  integral.add(12, 6);    // 2 s at 5 W
  integral.add(12.5, 2);  // 0.5 s at 4 W
  EXPECT_DOUBLE_EQ(integral.energy_j(), 12);
}

TEST(Rapl, AddsUpThePackagesAndFollowsCountersThatBeginAnew) {
  const TemporaryFolder sys;
  const auto zone = [&](const std::string& folder, const std::string& name, const char* energy) {
    const std::string base = "class/powercap/" + folder + "/";
    sys.write(base + "name", name + "\n");
    sys.write(base + "energy_uj", std::string{energy} + "\n");
    sys.write(base + "max_energy_range_uj", "1000000\n");
  };
  zone("intel-rapl:0", "package-0", "900000");
  zone("intel-rapl:0:0", "core", "5");  // part of the package
  zone("intel-rapl:1", "package-1", "100");
  zone("intel-rapl-mmio:0", "package-0", "900000");  // the same once more
  const auto meter = rapl_meter(sys.path());
  ASSERT_NE(meter, nullptr);
  EXPECT_EQ(meter->name(), "RAPL package-0, package-1");
  EXPECT_EQ(meter->energy_j(), 0);
  zone("intel-rapl:0", "package-0", "950000");
  zone("intel-rapl:1", "package-1", "200100");
  EXPECT_DOUBLE_EQ(meter->energy_j(), 0.25);
  zone("intel-rapl:0", "package-0", "30000");  // 50,000 to the end of its range, and on
  EXPECT_DOUBLE_EQ(meter->energy_j(), 0.25 + 0.08);
}

TEST(Rapl, IsNotThereWhereACounterCannotBeRead) {
  const TemporaryFolder sys;
  EXPECT_EQ(rapl_meter(sys.path()), nullptr);
  sys.write("class/powercap/intel-rapl:0/name", "package-0\n");
  EXPECT_EQ(rapl_meter(sys.path()), nullptr);
  sys.write("class/powercap/intel-rapl:0/energy_uj", "none\n");
  EXPECT_EQ(rapl_meter(sys.path()), nullptr);
}

TEST(Ina, ReadsTheRailOfTheDevice) {
  const TemporaryFolder sys;
  const auto sensor = [&](const std::string& folder, const std::string& name) {
    sys.write("class/hwmon/" + folder + "/name", name + "\n");
  };
  const auto rail = [&](int channel, const std::string& label, const char* volts,
                        const char* amperes) {
    const std::string number = std::to_string(channel);
    sys.write("class/hwmon/hwmon1/in" + number + "_label", label + "\n");
    sys.write("class/hwmon/hwmon1/in" + number + "_input", std::string{volts} + "\n");
    sys.write("class/hwmon/hwmon1/curr" + number + "_input", std::string{amperes} + "\n");
  };
  sensor("hwmon0", "thermal");
  EXPECT_EQ(ina_meter(true, sys.path()), nullptr);
  sensor("hwmon1", "ina3221");
  rail(1, "VDD_IN", "5000", "2000");
  EXPECT_EQ(ina_meter(true, sys.path())->name(), "INA3221 VDD_IN");
  rail(2, "VDD_CPU_CV", "5000", "1000");
  rail(3, "VDD_GPU_SOC", "5000", "3000");
  EXPECT_EQ(ina_meter(false, sys.path())->name(), "INA3221 VDD_CPU_CV");
  const auto meter = ina_meter(true, sys.path());
  EXPECT_EQ(meter->name(), "INA3221 VDD_GPU_SOC");
  // Constant power: energy grows, and never falls.
  const double first = meter->energy_j();
  double later = first;
  while (later <= first) later = meter->energy_j();
  EXPECT_GT(later, first);
}

TEST(Nvml, IsNotThereWithoutADriver) {
  // With one, there is no GPU of this number.
  EXPECT_EQ(nvml_meter(10'000), nullptr);
}

}  // namespace
}  // namespace papilio
