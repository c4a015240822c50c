#pragma once

#include <string>
#include <vector>

#include "sim/base/cli/command_line.hpp"

namespace papilio {

/// A verb of papilio-tensor, as both programs list it: papilio tells its help and completes its
/// words where LibTorch is not installed.
struct TensorVerb {
  std::string name;
  std::string summary;
  CommandLine (*line)();  ///< its words and options, declared
};

/// In the order in which help lists them.
const std::vector<TensorVerb>& tensor_verbs();

/// What each declares: the one description of it.
CommandLine infer_line();
CommandLine train_line();
CommandLine serve_line();
CommandLine offload_line();
CommandLine validate_line();
CommandLine import_line();
CommandLine profile_line();
CommandLine datasets_line();
CommandLine codecs_line();

}  // namespace papilio
