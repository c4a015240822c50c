#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// Live runs held against simulated ones: docs/validation.md.
namespace papilio {

inline constexpr double kBitsOfByte = 8;

/// The parts of a request's time that a live run can tell apart.
enum class LiveStage : std::uint8_t {
  kQueue,   ///< waiting for the mobile
  kMobile,  ///< layers before the cut, quantiser, codec and frame
  kUplink,  ///< until the server has it: the link and the propagation
  kServer,  ///< waiting there, decoding, layers behind the cut
  kDownlink,
};
inline constexpr std::array<const char*, 5> kLiveStages{"queue", "mobile", "uplink", "server",
                                                        "downlink"};

/// Times of one request, s; they sum to the latency.
struct LiveStageTimes {
  std::array<double, kLiveStages.size()> s{};

  double& operator[](LiveStage stage) { return s.at(static_cast<std::size_t>(stage)); }
  double operator[](LiveStage stage) const { return s.at(static_cast<std::size_t>(stage)); }
  [[nodiscard]] double latency_s() const;
};

/// A request that was run live.
struct LiveRunRequest {
  double arrival_s{0};    ///< date, from the start of the run
  std::string image;      ///< the picture's name
  std::string partition;  ///< what the run calls it
  bool answered{false};   ///< whether the server's answer came
  double frame_bytes{0};  ///< that crossed; 0 where nothing did
  double coding_s{0};     ///< on the mobile: quantiser, codec and frame
  double decoding_s{0};   ///< at the server: frame, codec, back to features
  double latency_s{0};    ///< however it ended
  LiveStageTimes times;   ///< of an answered request
};

/// The link that a live run was given: `link.json` in its folder.
struct LiveLinkFacts {
  double uplink_bit_per_s{0};
  double downlink_bit_per_s{0};
  double delay_s{0};           ///< propagation, each way
  std::int64_t started_ns{0};  ///< its date 0, on CLOCK_MONOTONIC; 0: not told
};

/// What `papilio offload` left in a folder.
struct LiveRun {
  std::filesystem::path folder;
  std::string model;
  std::vector<std::string> after;  ///< cuts, as they were named; "input": the picture
  std::int64_t channels{0};        ///< D_r of the units; 0: none
  std::int64_t bits{8};
  std::string codec;
  bool adaptive{false};
  double ping_s{1};
  std::size_t overlap{0};
  double load_level{1};              ///< K_mobile
  std::optional<double> rate_per_s;  ///< of random arrivals; none: one after another
  double deadline_s{0};
  std::int64_t begun_ns{0};  ///< its beginning, on the machine's clock CLOCK_MONOTONIC; 0: not told
  std::uint64_t seed{1};
  double answer_bytes{0};  ///< of the messages that brought answers, the median; 0: none came
  std::optional<LiveLinkFacts> link;
  std::vector<LiveRunRequest> requests;  ///< in the order of their numbers; at least one
};

/// Reads the ledger of a live run.
/// @throws ConfigError naming the file: it is not there, or is none of a live run's
LiveRun read_live_run(const std::filesystem::path& folder);

/// A request that was simulated.
struct SimulatedRequest {
  std::string partition;
  LiveStageTimes times;
};

/// A simulated fleet's requests, in the order of their numbers.
/// @param folder     as `papilio run` writes it, of one mobile, with all records
/// @param strategy   whose requests are wanted; empty: there is one strategy
/// @param upload_s   what its messages up take beside propagation and bytes, by a calibration
/// @param answer_s   likewise of its answers
/// @throws ConfigError naming the file: it is not there, or is none of a fleet's
std::vector<SimulatedRequest> read_simulated_run(const std::filesystem::path& folder,
                                                 const std::string& strategy, double upload_s,
                                                 double answer_s);

}  // namespace papilio
