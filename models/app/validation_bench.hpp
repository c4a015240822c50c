#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/radio/trace.hpp"
#include "sim/validation/cells.hpp"
#include "sim/validation/live_run.hpp"
#include "sim/validation/replay.hpp"

namespace papilio {

/// A partition of a scenario on one of its radios, as a live run takes it.
struct LiveCell {
  std::string network;       ///< the radio
  std::string cut;           ///< "input": the picture itself crosses
  std::int64_t channels{0};  ///< D_r of the unit; 0: none
  std::int64_t bits{8};
  std::string codec;
  LiveLinkFacts link;

  /// "wifi-RB3-2-8-raw": of folders and files.
  [[nodiscard]] std::string key() const;
  /// The same without the radio: what is the same on all of them.
  [[nodiscard]] std::string crossing_key() const;
};

/// What all cells of a validation have in common.
struct ValidationPlan {
  std::filesystem::path folder;    ///< of all that is written
  std::filesystem::path measured;  ///< where `profiles` and `codings` are
  std::string model;
  std::vector<std::string>
      network_words;  ///< of infer, serve and offload: weights, units and so on
  std::vector<std::string> picture_words;    ///< of infer and offload: pictures or dataset
  std::vector<std::string> profile_folders;  ///< that the user named
  std::optional<std::int64_t> classes;       ///< of the dataset, for the server
  std::vector<int> mobile_cpus;
  std::vector<int> server_cpus;
  std::vector<int> link_cpus;
  int threads{1};
  double load_level{1};  ///< K_mobile
  double profile_limit_s{30};
  double profile_pause_s{0};  ///< before each pass that is measured
  /// Whether the radios' rates are those of TCP's payload in full segments, and not of wire bytes.
  bool rates_of_payload{true};
  std::size_t requests{0};
  std::uint64_t seed{1};
  double deadline_s{60};
  std::string calibration;      ///< applied to what is simulated; empty: none
  double upload_handling_s{0};  ///< that it adds to the propagation of an upload
  double answer_handling_s{0};  ///< likewise of an answer
};

/// A live run of a validation.
struct LiveJob {
  std::string name;               ///< of its folders
  std::vector<std::string> cuts;  ///< among which the mobile may choose, or the one that it has
  std::int64_t channels{0};
  std::int64_t bits{8};
  std::string codec;
  LiveLinkFacts link;
  std::shared_ptr<const Trace> uplink;  ///< played from its beginning; null: the link's rate
  std::vector<std::string> words;       ///< more of offload's
  double others_per_s{0};  ///< whole pictures that others send the server, past the link; 0: none
};

/// Runs what a validation consists of: other verbs of Papilio, each in a process of its own, on the
/// processors that its side has. What each printed is in the plan's folder, under `logs`.
class ValidationBench {
 public:
  /// @throws ConfigError if the simulator is not beside this program, or the folder cannot be
  explicit ValidationBench(ValidationPlan plan);

  /// The layers' times of both halves, each on its processors: `profiles/`.
  /// @throws SimulationError with the end of what the verb printed if it failed; Interrupted if
  ///         somebody asked to end
  void profile_layers() const;
  /// What coding takes at one crossing, of every picture: `codings/`. Throws as the above.
  void measure_coding(const LiveCell& cell) const;
  /// What was measured so.
  [[nodiscard]] Codings codings_of(const LiveCell& cell) const;
  /// Runs requests live over an emulated link: `live/NAME`.
  /// @throws SimulationError also if the emulator had to end
  [[nodiscard]] LiveRun run_live(const LiveJob& job) const;
  /// Simulates a live run: `simulated/NAME`.
  /// @param spec     but for what is the same of all runs
  /// @param strategy whose requests are wanted; empty: there is one
  [[nodiscard]] std::vector<SimulatedRequest> simulate(const LiveRun& run, ReplaySpec spec,
                                                       const std::string& strategy) const;

  [[nodiscard]] const ValidationPlan& plan() const { return plan_; }

  /// What the devices are called whose layers are measured.
  static constexpr const char* kMobile = "validation-mobile";
  static constexpr const char* kServer = "validation-server";

 private:
  /// Runs a program on processors; empty: on all. Waits for it.
  void run(const std::string& what, const std::vector<int>& cpus,
           std::vector<std::string> words) const;
  [[nodiscard]] std::filesystem::path log_of(const std::string& what) const;

  ValidationPlan plan_;
  std::string tensor_program_;
  std::string simulator_;
};

}  // namespace papilio
