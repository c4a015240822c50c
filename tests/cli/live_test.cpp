// Claims: 'papilio serve' and 'papilio offload' run a network between them, with the bytes and the
// answers of 'papilio infer'; 'compare' and 'report' read what they leave; SIGTERM ends the server
// with exit code 0; what is wrong with a command line is told before anything is served.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "sim/base/data/csv.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A port of this machine that nobody has just now.
int free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(listener, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(listener);
  return bound ? ntohs(address.sin_port) : 0;
}

TEST(LiveVerbs, GiveWhatInferGivesAndLeaveWhatFleetsLeave) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  const std::vector<std::string> network{"--model", "resnet20-cifar10", "--threads", "1"};
  const std::vector<std::string> pictures{"--data", "synthetic", "--pictures", "3"};
  const auto words = [&](std::vector<std::string> all,
                         const std::vector<std::vector<std::string>>& more) {
    for (const auto& some : more) all.insert(all.end(), some.begin(), some.end());
    return all;
  };

  std::atomic<bool> done{false};
  Finished served;
  std::thread server{[&] {
    served = run_papilio(words({"serve"}, {network, {"--after", "RB3", "--listen", address}}),
                         Stop{SIGTERM, [&](pid_t) { return done.load(); }});
  }};
  const Finished live = run_papilio(words(
      {"offload"}, {network,
                    pictures,
                    {"--after", "RB3", "--to", address, "--connect", "300", "--deadline", "300",
                     "--codec", "zstd", "--trace", path("timeline.json"), "-o", path("live")}}));
  done = true;
  server.join();
  ASSERT_EQ(live.exit_code, 0) << live.err << served.err;
  EXPECT_EQ(served.exit_code, 0) << served.err;
  EXPECT_THAT(served.out, AllOf(HasSubstr("Serving resnet20-cifar10 at " + address + ": RB3."),
                                HasSubstr("|        3 |")));

  const Finished inferred = run_papilio(words(
      {"infer"}, {network, pictures, {"--after", "RB3", "--codecs", "zstd", "-o", path("infer")}}));
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
  refuses({"offload", "--model", "resnet20-cifar10", "--data", "synthetic", "--after", "RB1,RB2"},
          "papilio offload: error: --after names one cut");
  refuses({"offload", "--model", "resnet20-cifar10", "--data", "synthetic", "--after", "RB1",
           "--pictures", "1", "--to", "127.0.0.1:1", "--connect", "0.1"},
          "papilio offload: error: 127.0.0.1:1: no answer in time: ");
}

}  // namespace
}  // namespace papilio::testing
