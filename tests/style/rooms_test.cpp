// The arrows between the rooms run one way, as the table of docs/ARCHITECTURE.md says: this test
// reads the table and every #include. A room may include itself and what its row lists; a library
// that the table gives to some rooms belongs to them alone.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace papilio {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot{PAPILIO_SOURCE_DIR};

/// Include prefixes of the libraries that belong to the rooms that list them.
const std::multimap<std::string, std::string> kGuarded{
    {"bzip2", "bzlib.h"},
    {"libde265", "libde265/"},
    {"liblzma", "lzma.h"},
    {"libpng", "png.h"},
    {"libwebp", "webp/"},
    {"libyaml", "yaml.h"},
    {"libzip", "zip.h"},
    {"OpenSSL", "openssl/"},
    {"protobuf", "google/protobuf/"},
    {"turbojpeg", "turbojpeg.h"},
    {"x265", "x265.h"},
    {"yaml-cpp", "yaml-cpp/"},
    {"zlib", "zlib.h"},
    {"zstd", "zstd.h"},
    {"SimGrid", "simgrid/"},
    {"Boost.Program_options", "boost/program_options"},
    {"Eigen", "Eigen/"},
    {"GLPK", "glpk.h"},
    {"gRPC", "grpc/"},
    {"gRPC", "grpcpp/"},
    {"gRPC", "papilio_proto/"},
    {"ONNX", "onnx/"},
    {"OpenCV", "opencv2/"},
    {"pybind11", "pybind11/"},
    {"seccomp", "seccomp.h"},
    {"SQLite", "SQLiteCpp/"},
    {"SQLite", "sqlite3.h"},
    {"xxHash", "xxhash.h"},
    {"torch", "torch/"},
    {"torch", "ATen/"},
    {"torch", "c10/"}};
/// Those of the libraries that every room may use.
const std::vector<std::string> kFree{"boost/", "fmt/", "nlohmann/"};
/// Those of the system.
const std::vector<std::string> kSystem{"arpa/",     "dirent.h", "dlfcn.h", "fcntl.h",  "ifaddrs.h",
                                       "linux/",    "malloc.h", "net/",    "netinet/", "poll.h",
                                       "pthread.h", "sched.h",  "spawn.h", "sys/",     "unistd.h"};

bool begins_with_any(const std::string& text, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return text.starts_with(prefix); });
}

/// Whether a header in angle brackets is the standard library's: it has neither folder nor ending.
bool is_standard(const std::string& header) {
  return header.find_first_of("./") == std::string::npos;
}

std::set<std::string> words_of(const std::string& text) {
  std::set<std::string> words;
  static const std::regex kWord{"[A-Za-z0-9_./-]+"};
  for (std::sregex_iterator it{text.begin(), text.end(), kWord}, end; it != end; ++it) {
    words.insert(it->str());
  }
  return words;
}

struct Room {
  std::string name;            ///< "sim/cost"
  std::set<std::string> uses;  ///< rooms and libraries
};

/// The rows "| `sim/cost` | … | uses |", in their order.
std::vector<Room> read_rooms() {
  std::ifstream file{kRoot / "docs/ARCHITECTURE.md"};
  std::vector<Room> rooms;
  static const std::regex kRow{R"(^\| `((?:sim|models)(?:/\w+)+)` \|[^|]*\|([^|]*)\|$)"};
  std::string line;
  while (std::getline(file, line)) {
    std::smatch match;
    if (std::regex_match(line, match, kRow)) rooms.push_back({match[1], words_of(match[2])});
  }
  return rooms;
}

TEST(Rooms, TableListsExactlyTheFolders) {
  std::set<std::string> listed;
  for (const auto& [room, uses] : read_rooms()) listed.insert(room);
  std::set<std::string> folders;
  for (const char* top : {"sim", "models"}) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator{kRoot / top}) {
      const std::string ending = entry.path().extension().string();
      if (ending == ".cpp" || ending == ".hpp") {
        folders.insert(fs::relative(entry.path().parent_path(), kRoot).string());
      }
    }
  }
  EXPECT_EQ(listed, folders);
}

TEST(Rooms, IncludesFollowTheTable) {
  const auto rooms = read_rooms();
  ASSERT_FALSE(rooms.empty());
  static const std::regex kInclude{R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])"};
  int includes = 0;
  for (const auto& [room, uses] : rooms) {
    std::set<std::string> used;
    for (const fs::directory_entry& entry : fs::directory_iterator{kRoot / room}) {
      std::ifstream file{entry.path()};
      std::string line;
      for (int number = 1; std::getline(file, line); ++number) {
        std::smatch match;
        if (!std::regex_search(line, match, kInclude)) continue;
        ++includes;
        const std::string included = match[1];
        const std::string place = fmt::format("{}:{}", entry.path().string(), number);
        if (included.starts_with("sim/") || included.starts_with("models/")) {
          const std::string target = included.substr(0, included.rfind('/'));
          used.insert(target);
          EXPECT_TRUE(target == room || uses.contains(target))
              << place << ": " << room << " may not include " << target;
          continue;
        }
        bool guarded = false;
        for (const auto& [library, prefix] : kGuarded) {
          if (!included.starts_with(prefix)) continue;
          guarded = true;
          used.insert(library);
          EXPECT_TRUE(uses.contains(library))
              << place << ": " << room << " may not include " << library;
        }
        EXPECT_TRUE(guarded || is_standard(included) || begins_with_any(included, kFree) ||
                    begins_with_any(included, kSystem))
            << place << ": " << included << " is of no library that this test knows; add it";
      }
    }
    for (const std::string& use : uses) {
      EXPECT_TRUE(use == "std" || used.contains(use)) << room << " lists " << use << " for nothing";
    }
  }
  EXPECT_GT(includes, 100) << "the test has lost sight of the sources";
}

// What reads and runs a stranger's network is reached through the doors that confine it: that of
// reading it, and that of computing what no layer can.
TEST(Rooms, NetworksOfOthersAreReadBehindTwoDoors) {
  int uses = 0;
  for (const auto& [room, may_use] : read_rooms()) {
    if (room == "models/import") continue;
    for (const fs::directory_entry& entry : fs::directory_iterator{kRoot / room}) {
      std::ifstream file{entry.path()};
      std::string line;
      while (std::getline(file, line)) {
        if (line.find("\"models/import/") != std::string::npos) {
          ++uses;
          const bool confines = line.find("models/import/import.hpp") != std::string::npos ||
                                line.find("models/import/opaque_layer.hpp") != std::string::npos;
          EXPECT_TRUE(confines) << entry.path() << ": " << line;
        }
        for (const char* reader : {"jit::load", "readNet", "torch::load", "pickle_load"}) {
          EXPECT_EQ(line.find(reader), std::string::npos) << entry.path() << ": " << line;
        }
      }
    }
  }
  EXPECT_GT(uses, 0) << "the test has lost sight of the sources";
}

// Two classes of one name would be one to the linker, which takes the destructor of either for
// both.
TEST(Rooms, NoTwoClassesShareAName) {
  static const std::regex kClass{R"(^(?:class|struct) (\w+)(?:[ {][^;]*)?$)"};
  std::map<std::string, std::string> places;
  for (const auto& [room, uses] : read_rooms()) {
    for (const fs::directory_entry& entry : fs::directory_iterator{kRoot / room}) {
      if (entry.path().extension() != ".hpp") continue;
      std::ifstream file{entry.path()};
      std::string line;
      while (std::getline(file, line)) {
        std::smatch match;
        if (!std::regex_search(line, match, kClass)) continue;
        const auto [it, is_new] = places.emplace(match[1], entry.path().string());
        EXPECT_TRUE(is_new) << match[1] << " stands in " << it->second << " and in "
                            << entry.path().string() << "; rename one";
      }
    }
  }
  EXPECT_GT(places.size(), 100U) << "the test has lost sight of the sources";
}

// Each room uses rooms above it only, so the table has no cycle.
TEST(Rooms, RowsStandInTheOrderOfTheArrows) {
  std::set<std::string> above;
  for (const auto& [room, uses] : read_rooms()) {
    for (const std::string& use : uses) {
      const bool is_room = use.starts_with("sim/") || use.starts_with("models/");
      EXPECT_TRUE(!is_room || above.contains(use)) << room << " stands above " << use;
    }
    above.insert(room);
  }
}

}  // namespace
}  // namespace papilio
