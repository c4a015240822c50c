#pragma once

#include <cstddef>
#include <cstdint>
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

/// Draws the stages of each cell's one request.
/// @param outcomes `[cells]` as the simulation has them
void draw_cells(const TimelineOptions& options, const std::string& scenario,
                const Outcomes& outcomes);

}  // namespace papilio
