#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "models/graph/graph.hpp"

namespace papilio {

/// How much a network reads of a sequence: of words, or of steps of sound.
struct Sequence {
  std::int64_t tokens{1};  ///< in this run, >= 1
  /// Of a decoder that generates: tokens that earlier runs have read, whose keys and values it has
  /// kept, >= 0. Then it answers for the last token alone. None: it reads all in one run, keeps
  /// nothing, and answers for every token.
  std::optional<std::int64_t> cached;
};

/// A network of the zoo that reads sequences.
struct SequenceReader {
  std::int64_t usual{1};  ///< tokens of the network that is called by its name alone
  std::int64_t most{1};   ///< tokens, with those that are kept
  bool generates{false};  ///< whether it can keep what it has read
  std::function<Graph(const std::string& name, const Sequence&)> build;
};

/// "gpt2@256", or with what is kept "gpt2@1+255": what a network is called that reads so much.
std::string name_of(const std::string& model, const Sequence& sequence);

}  // namespace papilio
