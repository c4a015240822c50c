#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace papilio {

/// Shuts this process in, for good: from here on it computes, reads what it may, and writes to its
/// stdout and stderr and one pipe more. `run_confined` says what that means. To be called with no
/// other thread alive.
/// @param pipe     the descriptor, beside 0 to 2, that it may write to; all others are closed
/// before
/// @param readable files and folders that it may read beside what every program has to
/// @return empty; else why this system cannot, when some of the walls may stand
std::string raise_walls(int pipe, const std::vector<std::filesystem::path>& readable);

}  // namespace papilio
