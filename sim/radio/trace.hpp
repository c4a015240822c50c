#pragma once

#include <string>
#include <vector>

#include "sim/base/units/units.hpp"

namespace papilio {

/// Which time the rate of a table's row is about.
enum class RateHolds {
  kUnsaid,          ///< by the table: the name of its column of times, else as kSinceRowBefore
  kSinceRowBefore,  ///< what was received since then: what who measures writes
  kUntilNextRow,    ///< what holds from then on: what who plans writes
};

/// A measured or made throughput over time: the rate is constant from one date to the next.
struct Trace {
  std::vector<double> start_s;          ///< of each piece, increasing, the first 0
  std::vector<double> rate_byte_per_s;  ///< of each piece, >= 0
  double length_s{0};                   ///< end of the last piece, > its start
  /// Of a table, how its rows were read; of packet deliveries kUnsaid.
  RateHolds holds{RateHolds::kUnsaid};

  /// Bytes over the whole trace by its length.
  [[nodiscard]] BytesPerSecond mean() const;
  /// The longest time at a rate of 0, over as many pieces as it lasts, not joined over the end.
  [[nodiscard]] Seconds longest_outage() const;
};

/// The names that scenarios have for it, of kSinceRowBefore and kUntilNextRow.
inline constexpr const char* kSinceRowBeforeName = "since-row-before";
inline constexpr const char* kUntilNextRowName = "until-next-row";

/// What a scenario says of a table of rates; what is empty, the table's header says.
struct TableFormat {
  std::string time;       ///< column of the times
  std::string time_unit;  ///< one of `unit_names`
  std::string rate;       ///< column of the rates
  std::string rate_unit;  ///< one of `unit_names`
  RateHolds holds{RateHolds::kUnsaid};

  [[nodiscard]] bool empty() const {
    return time.empty() && time_unit.empty() && rate.empty() && rate_unit.empty() &&
           holds == RateHolds::kUnsaid;
  }
};

/// Reads a trace: a Mahimahi packet-delivery file (whole milliseconds, one for each 1,500 bytes
/// that could be delivered) or a table of times and rates, as docs/models/traces.md has them.
/// Time 0 of the trace is that of the table's first row.
/// @param bin pieces that the deliveries of a Mahimahi file are counted in, > 0
/// @throws ConfigError with file and line if it is neither, if columns, units or the format leave
///         a doubt, or if times do not increase
Trace load_trace(const std::string& path, Seconds bin, const TableFormat& format = {});

}  // namespace papilio
