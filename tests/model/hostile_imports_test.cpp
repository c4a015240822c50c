// Claims: importing a network's file changes nothing, whatever program it holds; it ends in bounded
// time and memory, in a network or in one error that names the file; damaged files do too, whatever
// becomes of the libraries that read them.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>

#include "models/import/import.hpp"
#include "sim/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::read_file;
using ::testing::StartsWith;
using testing::TemporaryFolder;

/// All files of a folder with what they hold.
std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator{folder}) {
    files.emplace(entry.path().filename().string(), read_file(entry.path()));
  }
  return files;
}

/// @return the error's text, empty: there is a network
std::string import(const std::string& file, const ImportRequest& as) {
  ImportRequest request = as;
  request.file = file;
  request.name = "n";
  try {
    EXPECT_EQ(import_network(request).graph.name(), "n");
    return "";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), StartsWith(file + ": error: "));
    return error.what();
  }
}

const ImportRequest kSmall{.inputs = {{.name = {}, .shape = TensorShape{3, 32, 32}}}};

TEST(HostileArchives, ChangeNothingAndEnd) {
  constexpr int kMutants = 40;
  const TemporaryFolder folder;
  const int made =
      std::system(fmt::format("/usr/bin/python3 {}/tests/support/make_hostile.py {} {}",
                              PAPILIO_SOURCE_DIR, folder.path().string(), kMutants)
                      .c_str());
  constexpr int kNoTorch = 77;
  if (WIFEXITED(made) && WEXITSTATUS(made) == kNoTorch) GTEST_SKIP() << "needs python3-torch";
  ASSERT_EQ(made, 0);
  fs::current_path(folder.path());  // where their programs look for files
  folder.write("victim", "precious data of a user");
  const std::map<std::string, std::string> before = files_of(folder.path());

  EXPECT_EQ(import("good.pt", kSmall), "");
  EXPECT_THAT(import("overwrite.pt", kSmall),
              AllOf(HasSubstr("is a program that does more than compute while it is read"),
                    HasSubstr("unable to open file <victim> in read-write mode")));
  EXPECT_THAT(import("create.pt", kSmall), HasSubstr("unable to open file <written>"));
  ImportRequest little = kSmall;
  little.seconds = 0.5;
  EXPECT_THAT(import("loop.pt", little), AllOf(HasSubstr("took longer than 0.5 s and was stopped"),
                                               HasSubstr("--time-limit SECONDS")));
  little = kSmall;
  little.memory_gib = 1;
  EXPECT_THAT(import("big.pt", little),
              ::testing::AnyOf(HasSubstr("took more than 1 GiB of memory"),
                               HasSubstr("aten::ones (1 time)")));
  int refused = 0;
  for (int i = 0; i < kMutants; ++i) {
    refused += import(fmt::format("m-{:02}.pt", i), kSmall).empty() ? 0 : 1;
  }
  EXPECT_GT(refused, kMutants / 4) << "most damages are seen";
  EXPECT_LT(refused, kMutants) << "none got to the network";
  EXPECT_TRUE(files_of(folder.path()) == before);
  fs::current_path(PAPILIO_SOURCE_DIR);
}

TEST(HostileOnnx, EndsInANetworkOrInAnError) {
  const TemporaryFolder folder;
  const std::string good =
      read_file(fs::path{PAPILIO_SOURCE_DIR} / "tests/support/networks/dead-branch.onnx");
  std::mt19937_64 random{1};
  int refused = 0;
  constexpr int kMutants = 30;
  for (int i = 0; i < kMutants; ++i) {
    std::string bytes = good;
    for (std::uint64_t times = 1 + random() % 4; times > 0; --times) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 64);
          break;
        default:
          bytes.insert(at, bytes.substr(at / 2, 16));
      }
    }
    const std::string file = folder.write("m.onnx", bytes).string();
    refused += import(file, {}).empty() ? 0 : 1;
  }
  EXPECT_GT(refused, 0);
  EXPECT_LT(refused, kMutants) << "none got to the network";
}

}  // namespace
}  // namespace papilio
