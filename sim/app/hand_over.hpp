#pragma once

#include "models/app/verbs/tensor_verbs.hpp"
#include "sim/base/cli/command_line.hpp"

namespace papilio {

/// A verb of papilio-tensor, the program beside this one that links LibTorch: its words are handed
/// to that program, which takes this one's place. Its help is told here.
Command handed_over(const TensorVerb& verb);

/// Where that program is; empty where it was not built.
std::string tensor_program();

}  // namespace papilio
