// Claims: 'papilio serve' and 'papilio offload' run a network between them, encrypted and with a
// token, with the bytes and the answers of 'papilio infer'; the mobile may choose the cut of each
// request, or compute alone; 'compare' and 'report' read what they leave; SIGTERM ends the server
// with exit code 0; whatever becomes of the server, each request ends, and is in the ledger once,
// and a server that comes back is found; what is wrong with a command line is told before anything
// is served.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <map>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "sim/base/data/csv.hpp"
#include "tests/support/identity.hpp"
#include "tests/support/process.hpp"
#include "tests/support/program.hpp"
#include "tests/support/sanitized.hpp"
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

/// papilio in the background, until it is told to end or ends by itself.
class Running {
 public:
  /// @param watch of the process, again and again while it runs
  explicit Running(std::vector<std::string> words, std::function<void(pid_t)> watch = {})
      : thread_{[this, words = std::move(words), watch = std::move(watch)] {
          // SIGTERM, unless it was killed by then.
          finished_ = run_papilio(words, Stop{SIGTERM, [&](pid_t process) {
                                                process_ = process;
                                                if (watch) watch(process);
                                                return done_.load();
                                              }});
          ended_ = true;
        }} {}
  ~Running() {
    if (thread_.joinable()) static_cast<void>(end());
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  /// 0 until it has begun.
  [[nodiscard]] pid_t process() const { return process_; }
  [[nodiscard]] bool has_ended() const { return ended_; }
  /// Ends it by SIGTERM. Once, as the others.
  Finished end() {
    done_ = true;
    return wait();
  }
  /// Ends it by SIGKILL. After it has begun.
  Finished kill() {
    ::kill(process_, SIGKILL);
    return wait();
  }
  /// Waits until it has ended by itself.
  Finished wait() {
    thread_.join();
    return finished_;
  }

 private:
  std::atomic<bool> done_{false};
  std::atomic<bool> ended_{false};
  std::atomic<pid_t> process_{0};
  Finished finished_;
  std::thread thread_;
};

/// 'papilio serve', until it is told to end.
class Served {
 public:
  /// @param at port 0: one of its choice
  explicit Served(std::vector<std::string> words, const std::string& at = "127.0.0.1:0")
      : running_{serve_words(std::move(words), at), [this](pid_t process) {
                   if (!told_) tell_address(printed_by(process));
                 }} {}

  /// Where it listens; empty if it ended without, or does not come to it in some minutes. Once.
  std::string address() {
    std::future<std::string> address = address_.get_future();
    constexpr std::chrono::milliseconds kBetween{5};
    static_cast<void>(comes_to([&] {
      return running_.has_ended() || address.wait_for(kBetween) == std::future_status::ready;
    }));
    constexpr std::chrono::seconds kNow{0};
    return address.wait_for(kNow) == std::future_status::ready ? address.get() : "";
  }
  Running& running() { return running_; }
  /// Ends it by SIGTERM. Once.
  Finished end() { return running_.end(); }

 private:
  static std::vector<std::string> serve_words(std::vector<std::string> words,
                                              const std::string& at) {
    words.insert(words.begin(), "serve");
    words.insert(words.end(), {"--listen", at});
    return words;
  }
  void tell_address(const std::string& printed) {
    const std::string before = " at ";
    const std::size_t begin = printed.find(before);
    const std::size_t end = printed.find(": ", begin == std::string::npos ? 0 : begin);
    if (begin == std::string::npos || end == std::string::npos) return;
    told_ = true;
    address_.set_value(printed.substr(begin + before.size(), end - begin - before.size()));
  }

  bool told_{false};  // of the thread
  std::promise<std::string> address_;
  Running running_;  // goes first
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

/// How often each end is in a run's ledger.
std::map<std::string, std::size_t> ends_of(const CsvTable& stages) {
  std::map<std::string, std::size_t> ends;
  for (std::size_t i = 0; i < stages.rows(); ++i) ++ends[stages.text(i, "end")];
  return ends;
}

/// Whether it has worked for so long since it had been at `before_s` of processor time.
bool has_worked(pid_t process, double before_s) {
  constexpr double kEnoughS = 0.3;  // for some requests
  return processor_s(process) >= before_s + kEnoughS;
}

TEST(LiveVerbs, EndEachRequestThoughTheServerIsKilledInItsMidstAndStartsAnew) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  const std::vector<std::string> network{"--model", "resnet20-cifar10", "--after",
                                         "RB1",     "--threads",        "1"};
  Served first{network};
  const std::string address = first.address();
  ASSERT_NE(address, "");
  const auto port = static_cast<unsigned>(std::stoul(address.substr(address.rfind(':') + 1)));
  const pid_t killed = first.running().process();
  const auto offload = [&](const char* to, const std::vector<std::string>& more) {
    return words_of({{"offload"},
                     network,
                     {"--data", "synthetic", "--pictures", "3", "--to", address, "--connect", "300",
                      "--deadline", "300", "-o", path(to)},
                     more});
  };
  // One goes on until it is told to end, with four requests on their way; one has so many requests,
  // and fails what the server does not answer.
  constexpr std::size_t kRequests = fewer<std::size_t>(1'500, 400);
  Running lasting{offload("lasting", {"--requests", "1000000", "--overlap", "3"})};
  ASSERT_TRUE(comes_to([&] { return lasting.has_ended() || connections_at(killed, port) == 1; }));
  Running failing{
      offload("failing", {"--requests", std::to_string(kRequests), "--no-fallback", "--quiet"})};
  ASSERT_TRUE(comes_to([&] {
    return lasting.has_ended() || failing.has_ended() || connections_at(killed, port) == 2;
  }));
  const double before_s = processor_s(killed);
  ASSERT_TRUE(comes_to(
      [&] { return lasting.has_ended() || failing.has_ended() || has_worked(killed, before_s); }));
  EXPECT_EQ(first.running().kill().exit_code, 128 + SIGKILL);

  const Finished failed = failing.wait();
  EXPECT_EQ(failed.exit_code, 0) << failed.err;
  Served second{network, address};
  ASSERT_EQ(second.address(), address);
  const pid_t anew = second.running().process();
  ASSERT_TRUE(comes_to([&] { return lasting.has_ended() || connections_at(anew, port) == 1; }));
  const double again_s = processor_s(anew);
  ASSERT_TRUE(comes_to([&] { return lasting.has_ended() || has_worked(anew, again_s); }));
  const Finished lasted = lasting.end();
  EXPECT_EQ(lasted.exit_code, 130) << lasted.err;
  const Finished served = second.end();
  EXPECT_EQ(served.exit_code, 0) << served.err;

  const CsvTable of_failing{path("failing/stages.csv")};
  std::map<std::string, std::size_t> ends = ends_of(of_failing);
  EXPECT_EQ(of_failing.rows(), kRequests);
  EXPECT_EQ(ends["completed"] + ends["failed"], kRequests);
  EXPECT_GT(ends["failed"], 0U);

  const CsvTable of_lasting{path("lasting/stages.csv")};
  ends = ends_of(of_lasting);
  EXPECT_EQ(ends["completed"] + ends["fell back"], of_lasting.rows());
  EXPECT_THAT(read_file(path("lasting/manifest.json")),
              HasSubstr(std::to_string(of_lasting.rows()) + " of 1000000 requests had ended"));
  // Answered, then in the midst, then not sent, then answered again; each request once.
  bool in_the_midst = false;
  std::size_t last_fallen = 0;
  for (std::size_t i = 0; i < of_lasting.rows(); ++i) {
    if (i > 0) {
      EXPECT_LT(of_lasting.number(i - 1, "request"), of_lasting.number(i, "request"));
    }
    const std::string& failure = of_lasting.text(i, "failure");
    EXPECT_EQ(failure.empty(), of_lasting.text(i, "end") == "completed") << failure;
    if (failure.empty()) continue;
    last_fallen = i;
    EXPECT_THAT(failure, HasSubstr("server not there: "));
    if (failure.find("failed to connect") == std::string::npos) in_the_midst = true;
  }
  EXPECT_EQ(of_lasting.text(0, "end"), "completed");
  EXPECT_TRUE(in_the_midst) << "nothing was on its way when the server was killed";
  EXPECT_GT(ends["fell back"], 0U);
  EXPECT_LT(last_fallen + 1, of_lasting.rows()) << "the server that came back answered nothing";
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
