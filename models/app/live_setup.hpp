#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/app/verbs/options.hpp"
#include "models/dataset/dataset.hpp"
#include "models/dataset/transform.hpp"
#include "models/graph/graph.hpp"
#include "models/live/halves/halves.hpp"
#include "models/live/keys.hpp"
#include "models/tensor/network.hpp"
#include "models/tensor/runtime.hpp"

namespace papilio {

/// The pictures of a live run.
struct LivePictures {
  std::shared_ptr<const Dataset> dataset;
  bool labelled{false};
};

/// Those that were named, or those of the options --data and --pictures.
/// @throws ConfigError unless it is one of both, and can be read
LivePictures live_pictures(const VerbOptions& options, const std::vector<std::string>& files);

/// What both sides of a live run are made of.
struct LiveSetup {
  Graph graph{"", ""};
  std::string weights;  ///< where they came from; empty: random
  Transform transform;
  std::vector<LiveSplit> splits;  ///< each cut with each unit
  Network whole;                  ///< the network without unit, ready to run
  TensorRuntime runtime;
};

/// Reads the options that both sides have, and makes every network. Units that a cut cannot have
/// are left out, which is told on stderr.
/// @param side    whose verb names the command in errors. A server computes to the end what it has
///                begun, whoever asks it to stop
/// @param classes of the dataset; nothing: the network's own
/// @throws ConfigError on what is wrong with an option or a file
LiveSetup live_setup(const VerbOptions& options, LiveSide side,
                     std::optional<std::int64_t> classes);

/// The keys that the options name.
LiveKeys live_keys(const VerbOptions& options, LiveSide side);

}  // namespace papilio
