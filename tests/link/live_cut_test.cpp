// Claim: where the link between 'papilio offload' and 'papilio serve' is cut in the midst of a run
// without a word, each request ends by its deadline, computed by the mobile alone or failed; the
// mobile ends with its ledger, and the server when it is told to. As root; else it skips itself.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/link/link_process.hpp"
#include "models/link/shaped_link.hpp"
#include "models/link/tun_device.hpp"
#include "sim/base/data/csv.hpp"
#include "sim/base/descriptor.hpp"
#include "tests/support/link_sockets.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using testing::comes_to;
using testing::connections_at;
using ::testing::HasSubstr;
using testing::processor_s;
using testing::read_file;
using testing::TemporaryFolder;

constexpr unsigned kPort = 5050;

/// papilio on one side of a link. @param printed takes all that it prints
LinkProcess papilio_on(const ShapedLink& link, LinkEnd end, std::vector<std::string> words,
                       const fs::path& printed) {
  words.insert(words.begin(), PAPILIO_PROGRAM);
  return LinkProcess{link, end, {}, [&]() -> int {
                       std::vector<char*> arguments;
                       arguments.reserve(words.size() + 1);
                       for (std::string& word : words) arguments.push_back(word.data());
                       arguments.push_back(nullptr);
                       const int file = ::open(printed.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
                       require_done(file >= 0 && ::dup2(file, STDOUT_FILENO) >= 0 &&
                                    ::dup2(file, STDERR_FILENO) >= 0);
                       require_done(::chdir(PAPILIO_SOURCE_DIR) == 0);
                       ::execv(PAPILIO_PROGRAM, arguments.data());
                       require_done(false);
                       return 0;
                     }};
}

/// Whether a child has ended; it stays to be waited for.
bool is_over(pid_t child) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == child;
}

/// Takes a side's device down, as a user would: its routes go, and what is sent has nowhere to go.
void take_down(const NetworkNamespace& side) {
  side.run([] {
    const Descriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    ifreq request{};
    std::string{kTunName}.copy(request.ifr_name, IFNAMSIZ - 1);
    require_done(::ioctl(socket.get(), SIOCGIFFLAGS, &request) == 0);
    request.ifr_flags = static_cast<short>(request.ifr_flags & ~IFF_UP);
    require_done(::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0);
  });
}

class LiveCutTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::optional<std::string> problem = find_link_problem()) GTEST_SKIP() << *problem;
  }

  /// A run whose link is cut when the server has answered some requests.
  /// @param without how requests end to which no answer comes
  void run_and_cut(const std::vector<std::string>& more,
                   const std::function<void(ShapedLink&)>& cut, const std::string& without) {
    const TemporaryFolder folder;
    const auto path = [&](const char* name) { return (folder.path() / name).string(); };
    const auto words = [](std::vector<std::string> all, const std::vector<std::string>& behind) {
      for (const char* word : {"--model", "resnet20-cifar10", "--after", "RB1", "--threads", "1"}) {
        all.emplace_back(word);
      }
      all.insert(all.end(), behind.begin(), behind.end());
      return all;
    };
    ShapedLinkSpec spec;
    for (LinkDirection* way : {&spec.uplink, &spec.downlink}) {
      way->rate = BytesPerSecond{5e6};
      way->delay = Seconds{0.002};
    }
    ShapedLink link{spec};
    const std::string at =
        std::string{ShapedLink::address(LinkEnd::kServer)} + ":" + std::to_string(kPort);
    constexpr std::size_t kRequests = 250;
    LinkProcess server = papilio_on(link, LinkEnd::kServer,
                                    words({"serve"}, {"--listen", at, "--open"}), path("served"));
    std::vector<std::string> of_mobile{
        "--data",     "synthetic", "--pictures", "3",
        "--to",       at,          "--requests", std::to_string(kRequests),
        "--overlap",  "31",        "--connect",  "300",
        "--deadline", "1",         "-o",         path("cut")};
    of_mobile.insert(of_mobile.end(), more.begin(), more.end());
    LinkProcess mobile =
        papilio_on(link, LinkEnd::kMobile, words({"offload"}, of_mobile), path("offloaded"));
    link.start();
    const auto told = [&] { return read_file(path("offloaded")) + read_file(path("served")); };
    const auto comes = [&](const std::function<bool()>& holds) {
      return comes_to([&] { return is_over(server.pid()) || is_over(mobile.pid()) || holds(); });
    };
    ASSERT_TRUE(comes([&] { return connections_at(server.pid(), kPort) == 1; })) << told();
    constexpr double kSomeRequestsS = 0.2;
    const double enough_s = processor_s(server.pid()) + kSomeRequestsS;
    ASSERT_TRUE(comes([&] { return processor_s(server.pid()) >= enough_s; })) << told();
    ASSERT_FALSE(is_over(server.pid()) || is_over(mobile.pid())) << told();
    cut(link);
    ASSERT_TRUE(comes_to([&] { return is_over(mobile.pid()); })) << "it hangs: " << told();
    EXPECT_EQ(mobile.wait(), 0) << told();
    server.signal(SIGTERM);
    ASSERT_TRUE(comes_to([&] { return is_over(server.pid()); })) << "it hangs: " << told();
    EXPECT_EQ(server.wait(), 0) << told();

    const CsvTable stages{path("cut/stages.csv")};
    ASSERT_EQ(stages.rows(), kRequests);
    std::size_t completed = 0;
    std::size_t in_time = 0;
    for (std::size_t i = 0; i < kRequests; ++i) {
      EXPECT_EQ(stages.number(i, "request"), static_cast<double>(i));
      const std::string& end = stages.text(i, "end");
      const std::string& failure = stages.text(i, "failure");
      if (end == "completed") {
        ++completed;
        continue;
      }
      EXPECT_EQ(end, without);
      if (failure.starts_with("no answer in time")) {
        ++in_time;
      } else {
        EXPECT_THAT(failure, HasSubstr("server not there: "));
      }
    }
    EXPECT_GT(completed, 0U);
    EXPECT_GT(in_time, 0U) << "nothing was on its way when the link was cut";
    EXPECT_EQ(stages.text(kRequests - 1, "end"), without);
  }
};

TEST_F(LiveCutTest, NothingPassesAnyMore) {
  run_and_cut(
      {}, [](ShapedLink& link) { link.stop(); }, "fell back");
}

TEST_F(LiveCutTest, TheMobilesDeviceIsDown) {
  run_and_cut(
      {"--no-fallback"}, [](const ShapedLink& link) { take_down(link.side(LinkEnd::kMobile)); },
      "failed");
}

}  // namespace
}  // namespace papilio
