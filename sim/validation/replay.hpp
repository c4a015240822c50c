#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/validation/live_run.hpp"

namespace papilio {

/// What the codec of a live run makes of a picture, measured apart from the run.
struct CodingTimes {
  double encode_s{0};
  double decode_s{0};
  double bytes{0};  ///< that cross, the frame's too
};

/// Coding times by cut and picture.
using Codings = std::map<std::pair<std::string, std::string>, CodingTimes>;

/// Those of one kind of crossing in a file of payloads (docs/models/payloads.md).
/// @throws ConfigError naming the file: it cannot be read, or has no such column
Codings read_codings(const std::filesystem::path& file, std::int64_t channels, std::int64_t bits,
                     const std::string& codec);

/// A cut behind which a run's mobile may send, and the codec of what it sends there.
struct ReplayCrossing {
  std::string cut;
  std::string codec;
};

/// A trace that a run's uplink played.
struct ReplayTrace {
  std::string file;    ///< as the fleet's key names it
  double offset_s{0};  ///< time in it at the run's beginning
};

/// Jobs of others at the server, as a Poisson process.
struct ReplayBackground {
  double service_s{0};  ///< of each, > 0
  double load{0};       ///< share of the server's time that they ask for
};

/// What a live run is simulated with.
struct ReplaySpec {
  std::string name;                   ///< of the fleet
  std::string mobile_device;          ///< with a layer table of the network
  std::string server_device;          ///< likewise
  std::string radio{"wifi"};          ///< which gives powers, and nothing else
  std::optional<LiveLinkFacts> link;  ///< absent: the run's own, or else what its uploads saw
  std::optional<ReplayTrace> uplink;  ///< in place of the link's rate
  std::optional<ReplayBackground> background;
  std::optional<Codings> codings;         ///< absent: the run's own
  std::vector<ReplayCrossing> crossings;  ///< that codings tell of; empty: those that the run took
  std::vector<std::string> profiles;      ///< folders, as the fleet's key names them
  std::string calibration;                ///< a file, as the fleet's key names it; empty: none
};

/// A live run as a fleet of one mobile, and the files that the fleet names.
struct Replay {
  /// Names and texts; the fleet itself is the last one, `NAME.yaml`.
  std::vector<std::pair<std::string, std::string>> files;
  std::vector<std::string> remarks;  ///< what had to be assumed, a sentence each
};

/// The arrivals, sizes and rates of a live run as a fleet that `papilio run` plays: as many
/// requests, in a closed loop or at the dates at which they came, each with the bytes that crossed
/// live. Of a cut that no request took no size is known: it has its shape's.
/// @throws ConfigError if a fleet cannot be made of the run
Replay replay_of(const LiveRun& run, const ReplaySpec& spec);

}  // namespace papilio
