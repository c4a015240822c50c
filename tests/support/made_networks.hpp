#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "tests/support/temporary_folder.hpp"

namespace papilio::testing {

/// Writes networks of tests/support/make_networks.py into a folder.
/// @param names separated by spaces
/// @return whether they are there: false without PyTorch's torchvision for Python
inline bool made(const TemporaryFolder& folder, const std::string& names) {
  constexpr int kNoTorchvision = 77;  // told by the script, since its import alone takes seconds
  const int status =
      std::system(fmt::format("/usr/bin/python3 {}/tests/support/make_networks.py {} {}",
                              PAPILIO_SOURCE_DIR, folder.path().string(), names)
                      .c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  EXPECT_THAT(code, ::testing::AnyOf(0, kNoTorchvision)) << names;
  return code == 0;
}

}  // namespace papilio::testing
