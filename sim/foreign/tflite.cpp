#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "sim/base/csv.hpp"
#include "sim/base/error.hpp"
#include "sim/foreign/plain_text.hpp"
#include "sim/foreign/readers.hpp"

namespace papilio {
namespace {

constexpr double kMostMillisecondsOfOperation = 1e9;  // 12 days
constexpr double kOperationMilli = 1e-3;
constexpr std::size_t kMostBytesOfTable = std::size_t{16} << 20U;
constexpr std::size_t kMostBytesOfLine = std::size_t{64} << 10U;
constexpr std::size_t kMostCellsOfLine = 1000;

/// Refuses what the tool would not write, before it takes memory and time.
void require_bounds(std::string_view text, const std::string& path) {
  if (text.size() > kMostBytesOfTable) {
    throw ConfigError{fmt::format("{}: error: is above 16 MiB; write it anew with the tool", path)};
  }
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::string_view bytes = text.substr(0, text.find('\n'));
    if (bytes.size() > kMostBytesOfLine) {
      throw ConfigError{fmt::format(
          "{}:{}: error: the line is above 64 KiB; write it anew with the tool", path, line)};
    }
    for (const char separator : {',', ';', '\t'}) {
      if (std::count(bytes.begin(), bytes.end(), separator) >=
          static_cast<std::ptrdiff_t>(kMostCellsOfLine)) {
        throw ConfigError{fmt::format(
            "{}:{}: error: the line has more than 1000 cells; write it anew with the tool", path,
            line)};
      }
    }
    text.remove_prefix(std::min(bytes.size() + 1, text.size()));
  }
}

/// Remembers the operations that the tool says were never called.
class UncalledOperations {
 public:
  void add(const std::string& name) {
    constexpr std::size_t kNamed = 3;
    if (names_.size() < kNamed) names_.push_back(shortened(name));
    ++count_;
  }

  /// As the user must know it; empty without any.
  [[nodiscard]] std::string caution() const {
    if (count_ == 0) return {};
    const std::size_t others = count_ - names_.size();
    return fmt::format(
        "Written as called 0 times, for the tool rounds calls per run down, and counted as 0 s: "
        "{}{}.",
        fmt::join(names_, ", "), others > 0 ? fmt::format(" and {} more", others) : "");
  }

 private:
  std::vector<std::string> names_;
  std::size_t count_{0};
};

/// An operation of the table.
struct OperationRow {
  MeasuredEntry entry;
  std::string type;
  bool called{true};  ///< once in each run, or more
};

std::optional<double> number_in(std::string_view cell) {
  cell = trimmed(cell);
  double value = 0;
  const auto [stop, status] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (status != std::errc{} || stop != cell.data() + cell.size()) return std::nullopt;
  if (!(value >= 0 && value <= kMostMillisecondsOfOperation)) return std::nullopt;
  return value;
}

/// Where the columns are that a header names. Older versions of the tool also have "start".
class OperationColumns {
 public:
  OperationColumns(const std::string& path, const CsvRecord& header)
      : path_{path}, size_{header.cells.size()} {
    milliseconds_ = place_of(header, "avg_ms");
    share_ = place_of(header, "%");
    calls_ = place_of(header, "times called");
    if (place_of(header, "name") + 1 != size_) {
      throw ConfigError{
          fmt::format("{}:{}: error: expected 'name' as the last column", path_, header.line)};
    }
  }

  /// One operation. Neither its type nor its name is in quotes, whatever commas they hold, so the
  /// first place where the numbers between them fit tells where they are.
  [[nodiscard]] OperationRow operation_in(const CsvRecord& row) const {
    const std::vector<std::string>& cells = row.cells;
    for (std::size_t shift = 0; shift + size_ <= cells.size(); ++shift) {
      const std::optional<double> milliseconds = number_in(cells[milliseconds_ + shift]);
      const std::optional<double> calls = number_in(cells[calls_ + shift]);
      if (!milliseconds || !calls || !trimmed(cells[share_ + shift]).ends_with('%')) continue;
      const auto name = cells.begin() + static_cast<std::ptrdiff_t>(size_ - 1 + shift);
      const auto type = cells.begin() + static_cast<std::ptrdiff_t>(shift + 1);
      OperationRow operation{
          .entry = {.name =
                        plain_line(trimmed(fmt::format("{}", fmt::join(name, cells.end(), ","))))},
          .type = plain_line(trimmed(fmt::format("{}", fmt::join(cells.begin(), type, ",")))),
          .called = *calls > 0};
      operation.entry.latency.value = *milliseconds * *calls * kOperationMilli;
      return operation;
    }
    throw ConfigError{fmt::format(
        "{}:{}: error: expected {} cells with numbers in avg_ms and times called, got '{}'", path_,
        row.line, size_, shortened(plain_line(fmt::format("{}", fmt::join(cells, ",")))))};
  }

 private:
  [[nodiscard]] std::size_t place_of(const CsvRecord& header, std::string_view name) const {
    const auto it = std::find_if(header.cells.begin(), header.cells.end(),
                                 [&](const std::string& cell) { return trimmed(cell) == name; });
    if (it == header.cells.end()) {
      throw ConfigError{
          fmt::format("{}:{}: error: expected a column '{}'", path_, header.line, name)};
    }
    return static_cast<std::size_t>(it - header.cells.begin());
  }

  const std::string& path_;
  std::size_t size_;
  std::size_t milliseconds_{0};
  std::size_t share_{0};
  std::size_t calls_{0};
};

/// Where the rows of the runs' operations are: behind the first heading "Run Order" that is not of
/// the initialisation, of another subgraph, or of what happens within a delegate.
std::size_t find_run_order(const std::vector<CsvRecord>& records, const std::string& path) {
  bool counts = true;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::string& line = records[i].cells.front();
    if (line.starts_with("Profiling Info for Benchmark Initialization")) counts = false;
    if (line.starts_with("Operator-wise Profiling Info")) counts = true;
    if (line.starts_with("Subgraph (") || line.starts_with("Delegate internal")) counts = false;
    if (counts && line.starts_with("=") && line.find(" Run Order ") != std::string::npos) {
      return i + 1;
    }
  }
  throw ConfigError{
      fmt::format("{}: error: has no section 'Run Order' of benchmark runs; write it with "
                  "'benchmark_model --enable_op_profiling=true --profiling_output_csv_file=FILE'",
                  path)};
}

/// The tensors that an operation makes, "[a;b, c]:12", whose names are those of what it computes.
std::vector<std::string> parts_of_operation(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  const bool numbered = colon != std::string_view::npos && colon + 1 < name.size() &&
                        name.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
  if (numbered) name = name.substr(0, colon);
  if (name.starts_with('[') && name.ends_with(']') && name.size() > 1) {
    name = name.substr(1, name.size() - 2);
  }
  return split_at(name, {";", ","});
}

}  // namespace

ForeignProfile read_tflite(const std::string& text, const std::string& path) {
  require_bounds(text, path);
  const std::vector<CsvRecord> records = parse_csv(text, path, CsvStyle::kStrict);
  const std::size_t header = find_run_order(records, path);
  if (header >= records.size()) {
    throw ConfigError{fmt::format("{}: error: ends behind the heading 'Run Order'", path)};
  }
  const OperationColumns columns{path, records[header]};
  ForeignProfile profile;
  std::size_t delegates = 0;
  UncalledOperations uncalled;
  for (std::size_t i = header + 1; i < records.size() && records[i].cells.size() > 1; ++i) {
    OperationRow operation = columns.operation_in(records[i]);
    if (operation.type == "DelegateOpInvoke") continue;  // in a delegate, which has its own row
    if (operation.type.find("Delegate") != std::string::npos) {
      ++delegates;
    } else {
      operation.entry.parts = parts_of_operation(operation.entry.name);
    }
    if (!operation.called) uncalled.add(operation.entry.name);
    profile.entries.push_back(std::move(operation.entry));
  }
  if (profile.entries.empty()) {
    throw ConfigError{fmt::format("{}:{}: error: the section 'Run Order' has no operations", path,
                                  records[header].line)};
  }
  profile.statistic = "the tool's averages over its runs";
  if (delegates > 0) {
    profile.cautions.push_back(fmt::format(
        "{} of the operations are delegates, each a part of the network whose layers the file "
        "does not tell apart; measure with --use_xnnpack=false, or without the delegate.",
        delegates));
  }
  if (std::string caution = uncalled.caution(); !caution.empty()) {
    profile.cautions.push_back(std::move(caution));
  }
  return profile;
}

}  // namespace papilio
