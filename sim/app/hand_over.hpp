#pragma once

#include <string>

#include "sim/base/cli/command_line.hpp"

namespace papilio {

/// A verb of papilio-tensor, the program beside this one that links LibTorch: its words are handed
/// to that program, which takes this one's place.
Command handed_over(const std::string& name, const std::string& summary);

}  // namespace papilio
