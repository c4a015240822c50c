#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace papilio {

/// What a unit measures.
enum class UnitKind { kTime, kRate };

/// A unit that names of columns and keys of scenarios may end in.
struct Unit {
  std::string_view name;  ///< as keys have it: "ms", "kbit_per_s"
  UnitKind kind;
  /// In seconds or in bit/s: a number is multiplied by `times` and divided by `by`, of which one is
  /// 1, so that 100 ms are exactly what 0.1 s is.
  double times;
  double by;

  [[nodiscard]] double in_si(double number) const { return number * times / by; }
};

/// What the name of a column says.
struct ColumnName {
  std::string stem;           ///< without the unit, in small letters: "throughput"
  const Unit* unit{nullptr};  ///< nullptr if it names none that is known
  bool ambiguous{false};      ///< it ends in "bps", "kB/s" and so on: bits or bytes?
};

/// Takes a name apart: "throughput_kbit_s", "Throughput (kbit/s)" and "throughput_kbit_per_s" are
/// the same; "time [ms]", "time_ms" and "milliseconds" are times.
ColumnName column_name(std::string_view name);

/// The unit that a key names, or nullptr.
const Unit* find_unit(std::string_view name, UnitKind kind);

/// The names of the units of a kind, as keys have them.
std::vector<std::string> unit_names(UnitKind kind);

}  // namespace papilio
