// Claims: the processor is called what the system calls it, here in folders made up for it; one
// that nobody names is unknown, not empty.

#include "models/measure/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "sim/base/machine/energy_meter.hpp"
#include "sim/base/machine/processor.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::EndsWith;
using ::testing::MatchesRegex;
using ::testing::StartsWith;
using testing::TemporaryFolder;

TEST(ProcessorName, OfACpuIsItsModelAndCores) {
  const TemporaryFolder root;
  EXPECT_THAT(processor_name(c10::kCPU, root.path()), MatchesRegex("unknown, [0-9]+ cores"));
  root.write("proc/cpuinfo", "processor\t: 0\nmodel name\t: Cortex-A57: two\ncores\t: 1\n");
  EXPECT_THAT(processor_name(c10::kCPU, root.path()),
              MatchesRegex("Cortex-A57: two, [0-9]+ cores"));
}

TEST(ProcessorName, OfAGpuNamesWhatFeedsItToo) {
  const TemporaryFolder root;
  root.write("proc/cpuinfo", "model name\t: Cortex-A57\n");
  EXPECT_THAT(
      processor_name(c10::kCUDA, root.path()),
      EndsWith("Cortex-A57, " + std::to_string(std::thread::hardware_concurrency()) + " cores"));
  if (!nvml_name(0).empty()) GTEST_SKIP() << "the driver knows better than the board";
  EXPECT_THAT(processor_name(c10::kCUDA, root.path()), StartsWith("unknown GPU; "));
  root.write("proc/device-tree/model", std::string{"NVIDIA Jetson TX2\0", 18});
  EXPECT_THAT(processor_name(c10::kCUDA, root.path()), StartsWith("NVIDIA Jetson TX2; Cortex"));
}

TEST(CpuFrequency, IsTheGovernorsElseTheProcessorsOwn) {
  const TemporaryFolder root;
  EXPECT_EQ(cpu_frequency_hz(root.path()), std::nullopt);
  root.write("proc/cpuinfo", "model name\t: Cortex-A57\ncpu MHz\t\t: 2445.406\ncpu MHz\t\t: 9\n");
  EXPECT_DOUBLE_EQ(cpu_frequency_hz(root.path()).value(), 2445.406e6);
  root.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "1113600\n");
  EXPECT_DOUBLE_EQ(cpu_frequency_hz(root.path()).value(), 1113.6e6);
  root.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "<unknown>\n");
  EXPECT_DOUBLE_EQ(cpu_frequency_hz(root.path()).value(), 2445.406e6);
}

}  // namespace
}  // namespace papilio
