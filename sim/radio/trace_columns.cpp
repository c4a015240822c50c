#include "sim/radio/trace_columns.hpp"

namespace papilio {

const std::vector<CsvColumn>& trace_columns() {
  constexpr double kMostSeconds = 1e12;
  constexpr double kMostMegabits = 8e9;  // 1e15 B/s
  static const std::vector<CsvColumn> kColumns{
      {"from_s", CsvColumn::Type::kNumber, 0, kMostSeconds, false, "0",
       "Time from which the rate holds, in s, increasing. Also until_s: up to which it held; and "
       "other units at the end of the name: ms, us, ns."},
      {"rate_mbit_per_s", CsvColumn::Type::kNumber, 0, kMostMegabits, false, "18.88",
       "The link's rate, in Mbit/s. Also bit, kbit, gbit, and byte, kbyte, mbyte, gbyte per s."}};
  return kColumns;
}

}  // namespace papilio
