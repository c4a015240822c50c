#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "tests/support/temporary_folder.hpp"

namespace papilio::testing {

/// Writes networks of tests/support/make_networks.py into a folder.
/// @param names separated by spaces
/// @return whether they are there: false without PyTorch's torchvision for Python
inline bool made(const TemporaryFolder& folder, const std::string& names) {
  const std::string python = "/usr/bin/python3 ";
  if (std::system((python + "-c 'import torchvision' 2>/dev/null").c_str()) != 0) return false;
  return std::system(fmt::format("{}{}/tests/support/make_networks.py {} {}", python,
                                 PAPILIO_SOURCE_DIR, folder.path().string(), names)
                         .c_str()) == 0;
}

}  // namespace papilio::testing
