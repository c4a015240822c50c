#include "sim/base/capture.hpp"

#include <sys/wait.h>

#include <array>
#include <cstdio>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// A word as a shell takes it literally.
std::string shell_word(const std::string& word) {
  std::string text{"'"};
  for (const char c : word) {
    if (c == '\'') {
      text += "'\\''";
    } else {
      text += c;
    }
  }
  return text + '\'';
}

}  // namespace

Captured capture(const std::vector<std::string>& words) {
  std::string command;
  for (const std::string& word : words) command += shell_word(word) + ' ';
  std::FILE* pipe = ::popen((command + "2>&1").c_str(), "r");
  if (pipe == nullptr) throw ConfigError{"papilio: error: cannot start a process; try again"};
  Captured captured;
  std::array<char, 65536> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    captured.output.append(buffer.data(), n);
  }
  const int status = ::pclose(pipe);
  constexpr int kSignals = 128;
  captured.status = WIFEXITED(status) ? WEXITSTATUS(status) : kSignals + WTERMSIG(status);
  return captured;
}

}  // namespace papilio
