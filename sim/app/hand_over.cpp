#include "sim/app/hand_over.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "sim/base/error.hpp"

namespace papilio {

Command handed_over(const std::string& name, const std::string& summary) {
  const auto run = [name](const Words& words) {
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
    const std::string program = (self.parent_path() / "papilio-tensor").string();
    std::vector<std::string> all{program, name};
    all.insert(all.end(), words.begin(), words.end());
    std::vector<char*> arguments;
    arguments.reserve(all.size() + 1);
    for (std::string& word : all) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(program.c_str(), arguments.data());
    throw ConfigError{fmt::format(
        "papilio {}: error: cannot start {}: {}; run ./papilio {}, which builds it, or build with "
        "-DPAPILIO_TENSOR=ON",
        name, program, std::strerror(errno), name)};
  };
  return {name, summary, run};
}

}  // namespace papilio
