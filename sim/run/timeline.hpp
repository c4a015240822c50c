#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/output_folder.hpp"
#include "sim/base/trace_events.hpp"
#include "sim/run/experiment.hpp"

namespace papilio {

/// Mobiles of a fleet, and cells, that a timeline draws unless somebody says how many.
inline constexpr std::uint32_t kTimelineMobiles = 8;
inline constexpr std::uint32_t kTimelineCells = 64;
/// Events after which a timeline ends, unless somebody says when: a file of about 3 MB.
inline constexpr std::uint64_t kTimelineEvents = 30000;

/// The file of a timeline, which appears whole or not at all.
class TimelineFile {
 public:
  /// @throws ConfigError if it cannot be written
  explicit TimelineFile(const std::filesystem::path& file);

  /// @param about what the file says of itself
  void begin(const TraceArguments& about) { folder_.append(TraceEvents::begin(about)); }
  void append(const std::string& text) { folder_.append(text); }
  /// Ends the file and gives it its name.
  void commit();

  /// Where it comes to lie.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  OutputFolder folder_;
};

/// The position of the strategy that a timeline draws.
/// @param names of all
/// @throws ConfigError if there is none of that name
std::size_t timeline_strategy(const std::string& name, const std::vector<std::string>& names);

/// A timeline of cells: the stages of each one's request. What was asked is judged before anything
/// is played.
class CellTimeline {
 public:
  /// @throws ConfigError if an option does not apply, or the file cannot be written
  CellTimeline(const TimelineOptions& options, std::string scenario,
               const std::vector<Cell>& cells);

  /// Draws them and writes the file.
  /// @param outcomes `[cells]` as the simulation has them
  void draw(const Outcomes& outcomes);

 private:
  TimelineFile file_;
  std::string scenario_;
  std::optional<std::string> strategy_;  // the one; else all
  std::size_t most_;                     // cells
};

}  // namespace papilio
