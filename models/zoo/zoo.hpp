#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/graph/graph.hpp"
#include "models/zoo/sequence.hpp"

namespace papilio {

/// One network that the zoo can build.
struct ZooEntry {
  std::string name;    ///< as scenarios and the command line write it
  std::string source;  ///< where the architecture comes from
  std::function<Graph()> build;
  std::optional<SequenceReader> sequences{};  ///< where it reads sequences of any length
};

/// Every network of the zoo, in the order that lists print.
const std::vector<ZooEntry>& zoo_entries();

/// The names in `zoo_entries()`, for suggestions.
std::vector<std::string> zoo_names();

/// The entry called so, without a length; nullptr if the zoo has none.
const ZooEntry* find_entry(std::string_view name);

/// Builds the network called `name`, or nothing if the zoo has none. A network that reads sequences
/// may be called with another length than its usual one: "bert-base@256"; one that generates also
/// with what it has read before: "gpt2@1+255" reads one token behind 255.
/// @throws std::invalid_argument if the network does not read so much, or no sequence, or the
///         length is malformed
std::optional<Graph> find_model(std::string_view name);

}  // namespace papilio
