#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace papilio {

/// A date on a timeline, in steps of 2^-10 µs, just below 1 ns: a step that decimal text and
/// doubles both hold exactly, so that what ends as the next begins does so for every reader.
using Tick = std::int64_t;

/// The step nearest to a date.
/// @param date_s within ±9e9 s
Tick tick_of(double date_s);

/// A lane of a timeline: a thread of a process, in the words of the format.
struct TraceLane {
  std::uint32_t process{0};
  std::uint32_t lane{0};
};

/// One value that an event or a header carries: its name, and its value as JSON text.
struct TraceArgument {
  std::string_view name;  ///< needs no escaping
  std::string value;
};
using TraceArguments = std::vector<TraceArgument>;

/// Writes events of a timeline as text: Chrome's trace-event format, in JSON, one event a line. A
/// text of no events but `begin` and `end` around any number of those that were taken is a file.
/// Names and categories in `quoted` are as `json_quoted` gives them.
/// Source: "Trace Event Format", Google, which Perfetto and chrome://tracing read.
class TraceEvents {
 public:
  /// How a file begins. @param about of the whole file: `otherData`
  static std::string begin(const TraceArguments& about);
  /// How it ends.
  static std::string end();

  /// Names a process, which viewers list in the order of their numbers.
  void name_process(std::uint32_t process, std::string_view name);
  /// Names a lane, which viewers list in the order of their numbers.
  void name_lane(TraceLane lane, std::string_view name);
  /// Something that fills its lane from one date to a later one.
  /// @param length_s in s, to more digits than the dates have; told as `length_s`
  void slice(TraceLane lane, std::string_view quoted, Tick from, Tick to, double length_s,
             std::string_view more_arguments = "");
  /// A value from a date on.
  void counter(std::uint32_t process, std::string_view quoted, Tick at, double value);
  /// An arrow from the slice of a lane that begins at one date to another's.
  /// @param id no other arrow's of the file
  void arrow(std::uint64_t id, TraceLane from, Tick begun, TraceLane to, Tick begins);
  /// Begins or ends something that lies over others of its process; pairs of one id are nested.
  void begin_span(std::uint32_t process, std::uint64_t id, std::string_view quoted, Tick at,
                  std::string_view arguments = "");
  void end_span(std::uint32_t process, std::uint64_t id, std::string_view quoted, Tick at);
  /// A remark at a date.
  void remark(std::uint32_t process, std::string_view quoted, Tick at);

  /// Events since the beginning.
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Text that nobody has taken.
  [[nodiscard]] const std::string& text() const { return text_; }
  /// Forgets it.
  void clear() { text_.clear(); }

 private:
  void open(char phase, std::uint32_t process, std::string_view quoted);
  void add(std::string_view key, std::int64_t value);
  void add_ticks(std::string_view key, Tick ticks);
  void add_id(std::uint64_t id);
  void close();

  std::string text_;
  std::uint64_t count_{0};
};

}  // namespace papilio
