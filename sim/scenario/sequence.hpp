#pragma once

#include <string>
#include <vector>

#include "sim/scenario/checker.hpp"
#include "sim/scenario/spec.hpp"

namespace papilio {

/// What a scenario's network is called at the length of sequence that the scenario states.
struct SequenceNames {
  std::string network;             ///< "gpt2", "gpt2@256"; that reads the prompt: "gpt2@128+0"
  std::vector<std::string> steps;  ///< of a decoder, each token after the first: "gpt2@1+128", …
};

/// Resolves the keys `input` and `generate`. What the network cannot read is told to `checker`.
SequenceNames sequence_names(const ScenarioSpec& spec, Checker& checker);

}  // namespace papilio
