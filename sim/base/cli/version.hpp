#pragma once

#include <string>

namespace papilio {

/// "0.1.0", as CMakeLists.txt has it.
std::string program_version();
/// Git revision of the sources when the program was built, "-dirty" appended where they differed
/// from it; "unknown" outside a git checkout.
std::string git_revision();
}  // namespace papilio
