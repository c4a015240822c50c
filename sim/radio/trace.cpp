#include "sim/radio/trace.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include "sim/base/csv.hpp"
#include "sim/base/data/column_unit.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace {

constexpr double kPacketBytes =
    1500;  // Mahimahi's delivery opportunity (Netravali et al., ATC 2015)
constexpr double kBitsPerByte = 8;
constexpr double kMostRate = 1e15;

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

/// Reads one file.
class Reader {
 public:
  Reader(const std::string& path, const TableFormat& format)
      : path_{path}, format_{format}, records_{read_csv(path, CsvStyle::kLoose)} {
    if (records_.empty()) fail("the trace is empty");
    const std::vector<std::string>& first = records_.front().cells;
    if (std::none_of(first.begin(), first.end(),
                     [](const std::string& cell) { return number(cell).has_value(); })) {
      header_ = first;
      header_line_ = records_.front().line;
      records_.erase(records_.begin());
      if (records_.empty()) fail("the trace has a header and no rows");
    }
    const std::size_t columns = header_.empty() ? first_row().cells.size() : header_.size();
    for (const CsvRecord& record : records_) {
      if (record.cells.size() == columns) continue;
      fail(record, columns == 1 || record.cells.size() == 1
                       ? "one number where other lines have more, or the reverse"
                       : fmt::format("expected {} cells as in the lines above, got {}", columns,
                                     record.cells.size()));
    }
  }

  [[nodiscard]] Trace read(double bin_s) const {
    const bool deliveries = first_row().cells.size() == 1;
    if (deliveries && !format_.empty()) {
      fail("has one column, so it lists packet deliveries; remove the key 'trace_table'");
    }
    return deliveries ? from_deliveries(bin_s) : from_table();
  }

 private:
  struct Column {
    std::size_t position{0};
    const Unit* unit{nullptr};
    std::string stem;
  };

  [[noreturn]] void fail(const std::string& message) const {
    throw ConfigError{fmt::format("{}: error: {}", path_, message)};
  }
  [[noreturn]] void fail(const CsvRecord& at, const std::string& message) const {
    throw ConfigError{fmt::format("{}:{}: error: {}", path_, at.line, message)};
  }
  [[noreturn]] void fail_header(const std::string& message) const {
    throw ConfigError{fmt::format("{}:{}: error: {}", path_, header_line_, message)};
  }
  [[nodiscard]] const CsvRecord& first_row() const { return records_.front(); }

  [[nodiscard]] double value(const CsvRecord& row, const Column& column,
                             std::string_view what) const {
    const std::string& cell = row.cells[column.position];
    const std::optional<double> found = number(cell);
    if (!found) {
      const bool comma = cell.find(',') != std::string::npos;
      fail(row, fmt::format("expected a number{} as {}, got '{}'",
                            comma ? " with a decimal point" : "", what, cell));
    }
    return *found;
  }

  // Tables
  // ------------------------------------------------------------------------------------------

  [[nodiscard]] static std::string_view key_of(UnitKind kind) {
    return kind == UnitKind::kTime ? "time" : "rate";
  }
  [[nodiscard]] const std::string& chosen(UnitKind kind) const {
    return kind == UnitKind::kTime ? format_.time : format_.rate;
  }
  [[nodiscard]] const Unit* said_unit(UnitKind kind) const {
    return find_unit(kind == UnitKind::kTime ? format_.time_unit : format_.rate_unit, kind);
  }

  /// Whether a name without a unit says what its column holds.
  [[nodiscard]] static bool tells(UnitKind kind, const std::string& stem) {
    constexpr std::array<std::string_view, 12> kTimes{"",      "time",    "t",    "timestamp",
                                                      "date",  "elapsed", "from", "to",
                                                      "until", "start",   "end",  "since"};
    constexpr std::array<std::string_view, 9> kRates{"",          "rate",    "throughput",
                                                     "bandwidth", "bitrate", "goodput",
                                                     "capacity",  "uplink",  "downlink"};
    const auto among = [&](const auto& words) {
      return std::find(words.begin(), words.end(), stem) != words.end();
    };
    return kind == UnitKind::kTime ? among(kTimes) : among(kRates);
  }

  /// The column of times or of rates, by the scenario's keys or by its name.
  [[nodiscard]] Column find_column(UnitKind kind) const {
    const std::string_view key = key_of(kind);
    std::vector<std::size_t> candidates;
    if (!chosen(kind).empty()) {
      const auto it = std::find(header_.begin(), header_.end(), chosen(kind));
      if (it == header_.end()) {
        fail_header(fmt::format("has no column '{}', which trace_table.{} names{}", chosen(kind),
                                key, suggestion(chosen(kind), header_)));
      }
      candidates.push_back(static_cast<std::size_t>(it - header_.begin()));
    } else {
      candidates = by_name(kind);
    }
    std::vector<std::string> names;
    names.reserve(candidates.size());
    for (const std::size_t i : candidates) names.push_back(header_[i]);
    if (candidates.empty()) {
      fail_header(fmt::format(
          "no column's name says that it has {}s; name one such as '{}', or give trace_table: "
          "{{{}: COLUMN, {}_unit: UNIT}} in the scenario; the columns are: {}",
          key, kind == UnitKind::kTime ? "time_s" : "rate_mbit_per_s", key, key,
          fmt::join(header_, ", ")));
    }
    if (candidates.size() > 1) {
      fail_header(
          fmt::format("several columns may be the {}s: {}; choose with trace_table: {{{}: COLUMN}}",
                      key, fmt::join(names, ", "), key));
    }
    const ColumnName name = column_name(names.front());
    const Unit* named = name.unit != nullptr && name.unit->kind == kind ? name.unit : nullptr;
    const Unit* said = said_unit(kind);
    if (named != nullptr && said != nullptr && named != said) {
      fail_header(
          fmt::format("the column '{}' says {}, and trace_table.{}_unit {}; remove the key, "
                      "or rename the column",
                      names.front(), named->name, key, said->name));
    }
    if (named == nullptr && said == nullptr) {
      fail_header(fmt::format(
          "the unit of the column '{}' is {}; end its name in one of {}, or give trace_table: "
          "{{{}_unit: UNIT}}",
          names.front(), name.ambiguous ? "of bits or of bytes" : "not known",
          fmt::join(unit_names(kind), ", "), key));
    }
    return {candidates.front(), named != nullptr ? named : said, name.stem};
  }

  /// The columns whose names say that they hold times, or rates: those with the unit and a usual
  /// word, else those with the unit, else those with the word.
  [[nodiscard]] std::vector<std::size_t> by_name(UnitKind kind) const {
    std::array<std::vector<std::size_t>, 3> found;
    for (std::size_t i = 0; i < header_.size(); ++i) {
      const ColumnName name = column_name(header_[i]);
      const bool unit = name.unit != nullptr && name.unit->kind == kind;
      if (unit && (kind == UnitKind::kRate || tells(kind, name.stem))) {
        found[0].push_back(i);
      } else if (unit) {
        found[1].push_back(i);
      } else if (!header_[i].empty() && name.unit == nullptr && word_tells(kind, name)) {
        found[2].push_back(i);
      }
    }
    for (const std::vector<std::size_t>& columns : found) {
      if (!columns.empty()) return columns;
    }
    return {};
  }

  [[nodiscard]] static bool word_tells(UnitKind kind, const ColumnName& name) {
    if (name.ambiguous) return kind == UnitKind::kRate;
    return std::any_of(name.stem.begin(), name.stem.end(), [](char c) { return c != '_'; }) &&
           tells(kind, name.stem);
  }

  [[nodiscard]] RateHolds side_of(const Column& time) const {
    const std::string& stem = time.stem;
    const RateHolds named =
        stem == "from" || stem == "since" || stem == "start" ? RateHolds::kUntilNextRow
        : stem == "to" || stem == "until" || stem == "end"   ? RateHolds::kSinceRowBefore
                                                             : RateHolds::kUnsaid;
    if (named != RateHolds::kUnsaid && format_.holds != RateHolds::kUnsaid &&
        named != format_.holds) {
      fail_header(fmt::format(
          "the column '{}' says that a rate holds {} its row, and "
          "trace_table.rate_holds the other; remove the key, or rename the column",
          header_[time.position], named == RateHolds::kUntilNextRow ? "from" : "up to"));
    }
    if (named != RateHolds::kUnsaid) return named;
    return format_.holds == RateHolds::kUnsaid ? RateHolds::kSinceRowBefore : format_.holds;
  }

  [[nodiscard]] Trace from_table() const {
    Column time{0, said_unit(UnitKind::kTime), ""};
    Column rate{1, said_unit(UnitKind::kRate), ""};
    if (!header_.empty()) {
      time = find_column(UnitKind::kTime);
      rate = find_column(UnitKind::kRate);
    } else if (!format_.time.empty() || !format_.rate.empty()) {
      fail(first_row(), "has no header, so no column has a name; add a header line");
    } else if (first_row().cells.size() > 2) {
      fail(first_row(),
           "a table of more than two columns needs a header line, such as "
           "'time_s,rate_mbit_per_s,…'");
    }
    if (time.unit == nullptr) time.unit = find_unit("s", UnitKind::kTime);
    if (rate.unit == nullptr) rate.unit = find_unit("mbit_per_s", UnitKind::kRate);
    if (records_.size() < 2) {
      fail("a table needs two rows at least: a rate holds from one row to the next");
    }
    const bool since = side_of(time) == RateHolds::kSinceRowBefore;
    const double zero = value(first_row(), time, "time");
    std::vector<double> dates_s;
    std::vector<double> rates;
    for (const CsvRecord& row : records_) {
      // From the first row on before the unit, so that Unix times keep their digits.
      const double date_s = time.unit->in_si(value(row, time, "time") - zero);
      if (!dates_s.empty() && date_s == dates_s.back()) {
        fail(row, fmt::format("the time {} comes a second time, and a rate needs a time to hold; "
                              "join the two rows",
                              row.cells[time.position]));
      }
      if (!dates_s.empty() && date_s < dates_s.back()) fail(row, "the times must increase");
      const double byte_per_s = rate.unit->in_si(value(row, rate, "rate")) / kBitsPerByte;
      if (byte_per_s < 0 || byte_per_s > kMostRate) {
        fail(row, fmt::format("the rate is {}", byte_per_s < 0 ? "below 0" : "out of all range"));
      }
      dates_s.push_back(date_s);
      rates.push_back(byte_per_s);
    }
    const double last = dates_s.back();
    if (since) {
      // The first row's rate is about a time that began before the table.
      rates.erase(rates.begin());
      dates_s.pop_back();
      return {std::move(dates_s), std::move(rates), last, RateHolds::kSinceRowBefore};
    }
    const double length_s = 2 * last - dates_s[dates_s.size() - 2];
    return {std::move(dates_s), std::move(rates), length_s, RateHolds::kUntilNextRow};
  }

  // Packet deliveries
  // ------------------------------------------------------------------------------------------

  [[nodiscard]] Trace from_deliveries(double bin_s) const {
    constexpr double kPerSecond = 1e3;
    if (!header_.empty()) {
      const ColumnName name = column_name(header_.front());
      if (name.unit != find_unit("ms", UnitKind::kTime)) {
        fail_header(fmt::format(
            "expected milliseconds of packet deliveries, or times and rates, got '{}'; name the "
            "only column of deliveries 'time_ms'",
            header_.front()));
      }
    }
    std::vector<double> times_ms;
    for (const CsvRecord& row : records_) {
      const double ms = value(row, Column{}, "milliseconds of a packet delivery");
      if (ms < 0 || ms != std::floor(ms)) {
        fail(row, "a packet-delivery file has whole milliseconds from 0 on");
      }
      if (!times_ms.empty() && ms < times_ms.back()) fail(row, "the times must not decrease");
      times_ms.push_back(ms);
    }
    constexpr double kLongest = 1e7;
    const double length_s = times_ms.back() / kPerSecond;
    if (length_s <= 0 || length_s > kLongest) {
      fail(records_.back(), "the last time must be above 0 and below 1e10 ms");
    }
    // A last bin that is not full is as long as it is, so that no byte is lost or made; and there
    // is none of no length, which the quotient's last digit might ask for.
    constexpr double kShortest = 1e-9;
    constexpr double kRounding = 1e-15;
    auto bins = static_cast<std::size_t>(std::ceil(length_s / bin_s));
    if (bins > 1 && length_s - static_cast<double>(bins - 1) * bin_s <= kShortest * bin_s) --bins;
    std::vector<double> packets(bins, 0.0);
    for (const double ms : times_ms) {
      // Of whole milliseconds: 300 ms begin the fourth bin of 0.1 s, where 0.3 / 0.1 is below 3.
      const auto bin = static_cast<std::size_t>(ms / (bin_s * kPerSecond) * (1 + kRounding));
      packets[std::min(bin, bins - 1)] += 1;
    }
    Trace trace;
    trace.length_s = length_s;
    for (std::size_t i = 0; i < bins; ++i) {
      const double begin = static_cast<double>(i) * bin_s;
      const double rate = packets[i] * kPacketBytes / (std::min(begin + bin_s, length_s) - begin);
      if (!trace.start_s.empty() && trace.rate_byte_per_s.back() == rate) continue;
      trace.start_s.push_back(begin);
      trace.rate_byte_per_s.push_back(rate);
    }
    return trace;
  }

  const std::string& path_;
  const TableFormat& format_;
  std::vector<CsvRecord> records_;   // the header taken away
  std::vector<std::string> header_;  // empty: there is none
  std::size_t header_line_{1};
};

}  // namespace

BytesPerSecond Trace::mean() const {
  double bytes = 0;
  for (std::size_t i = 0; i < start_s.size(); ++i) {
    const double end = i + 1 < start_s.size() ? start_s[i + 1] : length_s;
    bytes += rate_byte_per_s[i] * (end - start_s[i]);
  }
  return BytesPerSecond{bytes / length_s};
}

Seconds Trace::longest_outage() const {
  double longest = 0;
  double began = 0;
  for (std::size_t i = 0; i < start_s.size(); ++i) {
    if (rate_byte_per_s[i] > 0) continue;
    if (i == 0 || rate_byte_per_s[i - 1] > 0) began = start_s[i];
    const double end = i + 1 < start_s.size() ? start_s[i + 1] : length_s;
    longest = std::max(longest, end - began);
  }
  return Seconds{longest};
}

Trace load_trace(const std::string& path, Seconds bin, const TableFormat& format) {
  PAPILIO_CHECK(bin > Seconds{0});
  Trace trace = Reader{path, format}.read(bin.value());
  if (trace.mean() <= BytesPerSecond{0}) {
    throw ConfigError{fmt::format("{}: error: the rate is 0 throughout", path)};
  }
  return trace;
}

}  // namespace papilio
