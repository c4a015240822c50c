#pragma once

#include <string>
#include <utility>
#include <vector>

namespace papilio {

/// Name and version of each library that the program uses, and of the compiler.
std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace papilio
