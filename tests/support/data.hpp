#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "sim/base/data/library.hpp"

namespace papilio {

/// A path of the data folder, which not everyone has.
inline std::filesystem::path data_path(const std::string& name) {
  return data_folder() / name;
}

/// Skips the test, saying so, where the data folder lacks `name`.
#define PAPILIO_NEEDS_DATA(name)                                                  \
  if (!std::filesystem::exists(::papilio::data_path(name))) {                     \
    GTEST_SKIP() << ::papilio::data_path(name) << " is absent; set PAPILIO_DATA"; \
  }

/// Runs a script of tests/support with Debian's Python, which has PyTorch.
/// @return its exit code
inline int run_python(const std::string& script, const std::string& arguments) {
  const std::string command =
      "/usr/bin/python3 " PAPILIO_SOURCE_DIR "/tests/support/" + script + " " + arguments + " >&2";
  return std::system(command.c_str());  // NOLINT(concurrency-mt-unsafe): nothing runs beside it
}

}  // namespace papilio
