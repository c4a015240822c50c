// Claims: 'papilio serve' and 'papilio offload' run a network between them, encrypted and with a
// token, with the bytes and the answers of 'papilio infer'; the mobile may choose the cut of each
// request, or compute alone; 'compare' and 'report' read what they leave; SIGTERM ends the server
// with exit code 0; what is wrong with a command line is told before anything is served.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "sim/base/data/csv.hpp"
#include "tests/support/identity.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// What a process that `run_papilio` started has printed so far.
std::string printed_by(pid_t process) {
  const std::filesystem::path out = "/proc/" + std::to_string(process) + "/fd/1";
  std::error_code failed;
  // Until it has its own file there, it is this process's, which is not to be read.
  if (std::filesystem::read_symlink(out, failed).filename() != "out") return {};
  std::ifstream file{out};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// 'papilio serve' on a port of its choice, until it is told to end.
class Served {
 public:
  explicit Served(std::vector<std::string> words) {
    words.insert(words.begin(), "serve");
    words.insert(words.end(), {"--listen", "127.0.0.1:0"});
    thread_ = std::thread{[this, words = std::move(words)] {
      finished_ = run_papilio(words, Stop{SIGTERM, [this](pid_t process) {
                                            if (!told_) tell_address(printed_by(process));
                                            return done_.load();
                                          }});
      if (!told_) address_.set_value("");
    }};
  }
  ~Served() {
    if (thread_.joinable()) static_cast<void>(end());
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  /// Where it listens; empty if it ended without, or does not come to it in some minutes.
  std::string address() {
    std::future<std::string> address = address_.get_future();
    constexpr std::chrono::minutes kAtMost{5};
    return address.wait_for(kAtMost) == std::future_status::ready ? address.get() : "";
  }
  /// Ends it by SIGTERM. Once.
  Finished end() {
    done_ = true;
    thread_.join();
    return finished_;
  }

 private:
  void tell_address(const std::string& printed) {
    const std::string before = " at ";
    const std::size_t begin = printed.find(before);
    const std::size_t end = printed.find(": ", begin == std::string::npos ? 0 : begin);
    if (begin == std::string::npos || end == std::string::npos) return;
    told_ = true;
    address_.set_value(printed.substr(begin + before.size(), end - begin - before.size()));
  }

  std::atomic<bool> done_{false};
  bool told_{false};  // of the thread
  std::promise<std::string> address_;
  Finished finished_;
  std::thread thread_;
};

std::vector<std::string> words_of(const std::vector<std::vector<std::string>>& parts) {
  std::vector<std::string> all;
  for (const std::vector<std::string>& some : parts)
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

TEST(LiveVerbs, GiveWhatInferGivesAndLeaveWhatFleetsLeave) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  const Identity identity = made_identity(3600);
  folder.write("server.pem", identity.certificate);
  folder.write("server.key", identity.key);
  folder.write("token", "0123456789abcdef");
  const std::vector<std::string> network{"--model", "resnet20-cifar10", "--threads",
                                         "1",       "--token-file",     path("token")};
  const std::vector<std::string> plain{"--model", "resnet20-cifar10", "--threads", "1"};
  const std::vector<std::string> pictures{"--data", "synthetic", "--pictures", "3"};

  Served server{words_of(
      {network,
       {"--after", "input,RB3", "--cert", path("server.pem"), "--key", path("server.key")}})};
  const std::string address = server.address();
  const std::vector<std::string> to{"--to",      address, "--ca",       path("server.pem"),
                                    "--connect", "300",   "--deadline", "300"};
  const Finished live = run_papilio(words_of({{"offload"},
                                              network,
                                              pictures,
                                              to,
                                              {"--after", "RB3", "--codec", "zstd", "--trace",
                                               path("timeline.json"), "-o", path("live")}}));
  const Finished adaptive = run_papilio(
      words_of({{"offload"},
                network,
                pictures,
                to,
                {"--after", "input,RB3", "--adaptive", "--ping", "0.1", "--rate", "100",
                 "--overlap", "1", "--no-fallback", "--requests", "6", "-o", path("adaptive")}}));
  const Finished served = server.end();
  ASSERT_EQ(live.exit_code, 0) << live.err << served.err;
  ASSERT_EQ(adaptive.exit_code, 0) << adaptive.err << served.err;
  EXPECT_EQ(served.exit_code, 0) << served.err;
  EXPECT_THAT(served.out, HasSubstr("Serving resnet20-cifar10 at " + address + ": input, RB3."));
  EXPECT_THAT(read_file(path("live/manifest.json")),
              AllOf(HasSubstr("\"queue\": 64"), HasSubstr("\"by one clock\"")));
  const CsvTable chosen{path("adaptive/stages.csv")};
  ASSERT_EQ(chosen.rows(), 6U);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(chosen.text(i, "end"), "completed");
  EXPECT_EQ(CsvTable{path("adaptive/fleet.csv")}.text(0, "strategy"), "selection");

  // What they are compared with, for which there need be no server.
  const Finished alone = run_papilio(words_of(
      {{"offload"}, plain, pictures, {"--after", "none", "-o", path("alone"), "--quiet"}}));
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  EXPECT_EQ(alone.out, "");
  EXPECT_EQ(CsvTable{path("alone/stages.csv")}.text(2, "partition"), "mobile-only");

  const Finished inferred = run_papilio(words_of(
      {{"infer"}, plain, pictures, {"--after", "RB3", "--codecs", "zstd", "-o", path("infer")}}));
  ASSERT_EQ(inferred.exit_code, 0) << inferred.err;
  const CsvTable payloads{path("infer/payloads.csv")};
  const CsvTable stages{path("live/stages.csv")};
  ASSERT_EQ(stages.rows(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t row = 3 + i;  // behind those of raw
    ASSERT_EQ(payloads.text(row, "codec"), "zstd");
    EXPECT_EQ(stages.text(i, "image"), payloads.text(row, "image"));
    EXPECT_EQ(
        std::stol(stages.text(i, "frame_bytes")),
        std::stol(payloads.text(row, "body_bytes")) + std::stol(payloads.text(row, "frame_bytes")));
    EXPECT_EQ(stages.text(i, "end"), "completed");
  }
  EXPECT_THAT(read_file(path("timeline.json")), HasSubstr("request 2"));

  const Finished same = run_papilio({"compare", path("live"), path("live")});
  EXPECT_EQ(same.exit_code, 0) << same.err;
  const Finished page = run_papilio({"report", path("live"), "-o", path("page.html")});
  EXPECT_EQ(page.exit_code, 0) << page.err;
}

TEST(LiveVerbs, TellWhatIsWrongBeforeTheyServeOrSend) {
  const auto refuses = [](const std::vector<std::string>& words, const char* text) {
    const Finished run = run_papilio(words);
    EXPECT_EQ(run.exit_code, 2) << text;
    EXPECT_THAT(run.err, HasSubstr(text));
    EXPECT_EQ(run.out, "");
  };
  refuses({"serve", "--model", "resnet20-cifar10", "--listen", "0.0.0.0:5050"},
          "papilio serve: error: others could reach 0.0.0.0:5050; listen on 127.0.0.1, or give");
  refuses({"serve", "--model", "resnet20-cifar10", "--batch", "65"},
          "papilio serve: error: a batch of 65 never comes together where 64 may wait");
  refuses({"offload", "--model", "resnet20-cifar10", "--data", "synthetic", "--after", "RB1,RB2"},
          "papilio offload: error: --after names one cut");
  refuses({"offload", "--model", "resnet20-cifar10", "--data", "synthetic", "--after", "RB1",
           "--pictures", "1", "--to", "127.0.0.1:1", "--connect", "0.1"},
          "papilio offload: error: 127.0.0.1:1: no answer in time: ");
}

}  // namespace
}  // namespace papilio::testing
