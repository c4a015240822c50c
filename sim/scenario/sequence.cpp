#include "sim/scenario/sequence.hpp"

#include <fmt/format.h>

#include "models/zoo/zoo.hpp"

namespace papilio {
namespace {

/// The network's reader of sequences; nullptr where it has none, which has been told, or nobody
/// knows the network, which will be.
const SequenceReader* reader_of(const ScenarioSpec& spec, Checker& checker) {
  const char* const key = spec.input.present ? "input" : "generate";
  if (spec.model.find('@') != std::string::npos) {
    checker.error(key, fmt::format("the model's name '{}' has a length already; write it without",
                                   spec.model));
    return nullptr;
  }
  const ZooEntry* entry = find_entry(spec.model);
  if (entry != nullptr && entry->sequences) return &*entry->sequences;
  if (entry != nullptr) {
    checker.error(key, fmt::format("'{}' reads no sequence; remove the key", spec.model));
  } else {
    checker.error(key,
                  fmt::format("the length of '{}' is that of its file; remove the key, or import "
                              "the network again with another --input",
                              spec.model));
  }
  return nullptr;
}

}  // namespace

SequenceNames sequence_names(const ScenarioSpec& spec, Checker& checker) {
  SequenceNames names{.network = spec.model, .steps = {}};
  if (spec.model.empty() || (!spec.input.present && !spec.generate.present)) return names;
  const SequenceReader* reader = reader_of(spec, checker);
  if (reader == nullptr) return names;
  const std::int64_t tokens = spec.input.present ? spec.input.tokens : reader->usual;
  if (tokens > reader->most) {
    checker.error("input.tokens",
                  fmt::format("'{}' reads at most {} tokens", spec.model, reader->most));
    return names;
  }
  if (!spec.generate.present) {
    if (tokens != reader->usual) {
      names.network = name_of(spec.model, {.tokens = tokens, .cached = {}});
    }
    return names;
  }
  if (!reader->generates) {
    checker.error("generate", fmt::format("'{}' generates nothing; remove the key, or name a "
                                          "decoder as the model, such as gpt2",
                                          spec.model));
    return names;
  }
  // The last token is not read again.
  const std::int64_t steps = spec.generate.tokens - 1;
  if (steps > reader->most - tokens) {
    checker.error("generate.tokens",
                  fmt::format("'{}' reads at most {} tokens, so at most {} follow {}", spec.model,
                              reader->most, reader->most - tokens + 1, tokens));
    return names;
  }
  names.network = name_of(spec.model, {.tokens = tokens, .cached = 0});
  for (std::int64_t step = 0; step < steps; ++step) {
    names.steps.push_back(name_of(spec.model, {.tokens = 1, .cached = tokens + step}));
  }
  return names;
}

}  // namespace papilio
