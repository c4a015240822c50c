#pragma once

#include <string>
#include <utility>
#include <vector>

namespace papilio {

/// "0.1.0", as CMakeLists.txt has it.
std::string program_version();
/// Git revision of the sources when the program was built, "-dirty" appended where they differed
/// from it; "unknown" outside a git checkout.
std::string git_revision();
/// Name and version of each library that the program uses, and of the compiler.
std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace papilio
