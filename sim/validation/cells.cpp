#include "sim/validation/cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/base/data/csv.hpp"
#include "sim/base/document/rows.hpp"
#include "sim/base/error.hpp"
#include "sim/base/stats/estimate.hpp"

namespace papilio {
namespace {

constexpr double kSlow = 20e-3;  // s, from which on the path's own time is a small part
constexpr double kFarShare = 0.15;
constexpr double kFar = 1e-3;  // s

double median_of(std::vector<double> values) {
  return values.empty() ? 0 : quantile(values, 0.5);
}

std::string text_of_cell(const ValidationCell& cell) {
  return fmt::format("{} {} {} {}", cell.model, cell.network, cell.partition, cell.mode);
}

void add_quantile(Row& row, const char* name, const std::optional<QuantileError>& known) {
  const auto value = [&](double QuantileError::*member) {
    return known ? Value{(*known).*member} : Value{};
  };
  row.emplace_back(fmt::format("live_{}_s", name), value(&QuantileError::live_s));
  row.emplace_back(fmt::format("simulated_{}_s", name), value(&QuantileError::simulated_s));
  row.emplace_back(fmt::format("{}_error", name), known ? Value{known->error()} : Value{});
  row.emplace_back(fmt::format("{}_error_least", name), value(&QuantileError::least));
  row.emplace_back(fmt::format("{}_error_most", name), value(&QuantileError::most));
}

std::optional<QuantileError> quantile_in(const CsvTable& table, std::size_t row, const char* name) {
  const auto column = [&](const char* form) { return fmt::format(fmt::runtime(form), name); };
  if (table.text(row, column("live_{}_s")).empty()) return std::nullopt;
  return QuantileError{.live_s = table.positive(row, column("live_{}_s")),
                       .simulated_s = table.positive(row, column("simulated_{}_s")),
                       .least = table.number(row, column("{}_error_least")),
                       .most = table.number(row, column("{}_error_most"))};
}

TableCell error_cell(const std::optional<QuantileError>& known) {
  return known ? in_signed_percent(known->error(), 1) : none("n/a");
}

/// "-12.5 … -9.8 %".
TableCell interval_cell(const QuantileError& error) {
  constexpr double kPercent = 100;
  return fmt::format("{:+.1f} … {:+.1f}", error.least * kPercent, error.most * kPercent);
}

Section latencies_section(const std::vector<ValidationCell>& cells) {
  Table table{.columns = {{"model", true},
                          {"network", true},
                          {"partition", true},
                          {"mode", true},
                          {"requests"},
                          {"live, ms"},
                          {"simulated, ms"},
                          {"error"},
                          {"95 % interval, %", false, Table::Type::kText},
                          {"P90"},
                          {"P99"},
                          {"to blame", true}}};
  table.rows.reserve(cells.size());
  for (const ValidationCell& cell : cells) {
    const LatencyErrors& errors = cell.errors;
    const LiveStage blamed = errors.to_blame();
    table.rows.push_back(
        {cell.model, cell.network, cell.partition, cell.mode, errors.requests,
         decimals(errors.median.live_s * 1e3, 2), decimals(errors.median.simulated_s * 1e3, 2),
         in_signed_percent(errors.median.error(), 1), interval_cell(errors.median),
         error_cell(errors.p90), error_cell(errors.p99),
         fmt::format("{} {:+.1f} %", kLiveStages.at(static_cast<std::size_t>(blamed)),
                     errors.contribution(blamed) * 100)});
  }
  Section section{
      .title = "Median latency of the same requests",
      .paragraphs = {},
      .table = std::move(table),
      .remarks = {"error = simulated / live − 1, of the medians; P90 and P99 likewise, "
                  "of 20 and of 200 requests or more. The interval is a bootstrap's.",
                  "To blame is the stage that contributes most to the error of the mean "
                  "latency."},
      .caption = {}};
  std::size_t unanswered = 0;
  std::size_t left_out = 0;
  for (const ValidationCell& cell : cells) {
    unanswered += cell.unanswered;
    left_out = std::max(left_out, cell.left_out);
  }
  if (left_out > 0) {
    section.remarks.push_back(fmt::format(
        "The first {} requests of each cell are not compared: caches and TCP are cold.", left_out));
  }
  if (unanswered > 0) {
    section.remarks.push_back(fmt::format(
        "{} requests had no answer of the server's in time, and are not compared.", unanswered));
  }
  return section;
}

Section stages_section(const std::vector<ValidationCell>& cells) {
  Table table{.columns = {{"model", true}, {"network", true}, {"partition", true}, {"mode", true}}};
  for (const char* stage : kLiveStages) {
    table.columns.emplace_back(fmt::format("{}, ms", stage));
    table.columns.emplace_back(fmt::format("{} error, %", stage));
  }
  for (const ValidationCell& cell : cells) {
    Table::Row row{cell.model, cell.network, cell.partition, cell.mode};
    for (std::size_t i = 0; i < kLiveStages.size(); ++i) {
      row.emplace_back(decimals(cell.errors.live_s.at(i) * 1e3, 2));
      row.emplace_back(
          signed_decimals(cell.errors.contribution(static_cast<LiveStage>(i)) * 100, 1));
    }
    table.rows.push_back(std::move(row));
  }
  return {.title = "Where the time goes, and what each stage contributes to the error",
          .paragraphs = {},
          .table = std::move(table),
          .remarks = {"Means, live. The error is simulated less live, by the mean live latency: a "
                      "row's errors sum to that of its mean latency."},
          .caption = {}};
}

std::string share(double of_one) {
  return fmt::format("{:.1f} %", of_one * 100);
}

}  // namespace

ValidationSummary summary_of(const std::vector<ValidationCell>& cells) {
  PAPILIO_CHECK(!cells.empty());
  ValidationSummary summary;
  summary.cells = cells.size();
  std::vector<double> all;
  std::vector<double> slow;
  std::vector<double> p90;
  std::vector<double> p99;
  for (const ValidationCell& cell : cells) {
    const QuantileError& median = cell.errors.median;
    const double error = std::abs(median.error());
    all.push_back(error);
    if (median.live_s >= kSlow) slow.push_back(error);
    if (error > kFarShare && std::abs(median.simulated_s - median.live_s) > kFar) ++summary.beyond;
    if (error >= summary.worst_error) {
      summary.worst_error = error;
      summary.worst_cell = text_of_cell(cell);
    }
    if (cell.errors.p90) p90.push_back(std::abs(cell.errors.p90->error()));
    if (cell.errors.p99) p99.push_back(std::abs(cell.errors.p99->error()));
  }
  summary.slow_cells = slow.size();
  summary.p90_cells = p90.size();
  summary.p99_cells = p99.size();
  summary.median_error = median_of(all);
  summary.median_error_of_slow = median_of(slow);
  summary.median_p90_error = median_of(p90);
  summary.median_p99_error = median_of(p99);
  return summary;
}

std::string validation_csv(const std::vector<ValidationCell>& cells) {
  std::string text;
  for (const ValidationCell& cell : cells) {
    const LatencyErrors& errors = cell.errors;
    Row row{{"model", text_value(cell.model)},
            {"network", text_value(cell.network)},
            {"partition", text_value(cell.partition)},
            {"mode", text_value(cell.mode)},
            {"folder", text_value(cell.folder)},
            {"uplink_bit_per_s", cell.link.uplink_bit_per_s},
            {"downlink_bit_per_s", cell.link.downlink_bit_per_s},
            {"delay_s", cell.link.delay_s},
            {"payload_bytes", cell.payload_bytes},
            {"answer_bytes", cell.answer_bytes},
            {"load_level", cell.load_level},
            {"calibration", text_value(cell.calibration)},
            {"rate_per_s", cell.rate_per_s},
            {"requests", static_cast<std::int64_t>(errors.requests)},
            {"unanswered", static_cast<std::int64_t>(cell.unanswered)},
            {"left_out", static_cast<std::int64_t>(cell.left_out)}};
    add_quantile(row, "p50", errors.median);
    add_quantile(row, "p90", errors.p90);
    add_quantile(row, "p99", errors.p99);
    for (std::size_t i = 0; i < kLiveStages.size(); ++i) {
      const char* stage = kLiveStages.at(i);
      row.emplace_back(fmt::format("live_{}_s", stage), Value{errors.live_s.at(i)});
      row.emplace_back(fmt::format("simulated_{}_s", stage), Value{errors.simulated_s.at(i)});
      row.emplace_back(fmt::format("live_{}_p50_s", stage), Value{errors.live_median_s.at(i)});
      row.emplace_back(fmt::format("simulated_{}_p50_s", stage),
                       Value{errors.simulated_median_s.at(i)});
    }
    append_csv(text, row);
  }
  return text;
}

/// What `validation_csv` writes.
std::vector<std::string> columns_of_cells() {
  const std::string header = validation_csv({ValidationCell{}});
  std::vector<std::string> columns{""};
  for (const char c : header) {
    if (c == '\n') break;
    if (c == ',') {
      columns.emplace_back();
    } else {
      columns.back() += c;
    }
  }
  return columns;
}

std::vector<ValidationCell> read_validation_cells(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "cells.csv";
  if (!std::filesystem::exists(file)) {
    refuse_file(folder, "has no cells.csv; give the folder that 'papilio validate' wrote");
  }
  const CsvTable table{file.string()};
  table.require(columns_of_cells());
  constexpr double kMost = 1e15;
  std::vector<ValidationCell> cells(table.rows());
  for (std::size_t row = 0; row < table.rows(); ++row) {
    ValidationCell& cell = cells[row];
    cell.model = table.text(row, "model");
    cell.network = table.text(row, "network");
    cell.partition = table.text(row, "partition");
    cell.mode = table.text(row, "mode");
    cell.folder = table.text(row, "folder");
    cell.link = {.uplink_bit_per_s = table.positive(row, "uplink_bit_per_s"),
                 .downlink_bit_per_s = table.positive(row, "downlink_bit_per_s"),
                 .delay_s = table.at_most(row, "delay_s", kMost)};
    cell.payload_bytes = table.at_most(row, "payload_bytes", kMost);
    cell.answer_bytes = table.at_most(row, "answer_bytes", kMost);
    cell.load_level = table.at_most(row, "load_level", kMost);
    cell.calibration = table.text(row, "calibration");
    cell.rate_per_s = table.at_most(row, "rate_per_s", kMost);
    constexpr std::int64_t kMostRequests = 10'000'000;
    cell.errors.requests = static_cast<std::size_t>(table.count(row, "requests", kMostRequests));
    cell.unanswered = static_cast<std::size_t>(table.whole(row, "unanswered", 0, kMostRequests));
    cell.left_out = static_cast<std::size_t>(table.whole(row, "left_out", 0, kMostRequests));
    cell.errors.p90 = quantile_in(table, row, "p90");
    cell.errors.p99 = quantile_in(table, row, "p99");
    const std::optional<QuantileError> median = quantile_in(table, row, "p50");
    if (!median) table.fail(row, "live_p50_s", "a time", "run 'papilio validate' again");
    cell.errors.median = *median;
    for (std::size_t i = 0; i < kLiveStages.size(); ++i) {
      const auto time = [&](const char* form) {
        return table.at_most(row, fmt::format(fmt::runtime(form), kLiveStages.at(i)), kMost);
      };
      cell.errors.live_s.at(i) = time("live_{}_s");
      cell.errors.simulated_s.at(i) = time("simulated_{}_s");
      cell.errors.live_median_s.at(i) = time("live_{}_p50_s");
      cell.errors.simulated_median_s.at(i) = time("simulated_{}_p50_s");
    }
  }
  return cells;
}

Document validation_report(const std::string& name, const std::vector<ValidationCell>& cells,
                           const std::string& calibration) {
  const ValidationSummary summary = summary_of(cells);
  Document document{.title = fmt::format("Validation: {}", name), .paragraphs = {}, .sections = {}};
  document.paragraphs.push_back(fmt::format(
      "Simulated {}, the median latency of a cell is {} from the live one (median of {} cells, "
      "either way), at worst {} ({}).",
      calibration.empty() ? "without calibration" : fmt::format("with {}", calibration),
      share(summary.median_error), summary.cells, share(summary.worst_error), summary.worst_cell));
  if (summary.slow_cells > 0) {
    document.paragraphs.push_back(fmt::format("Of the {} cells that take 20 ms or more: {}.",
                                              summary.slow_cells,
                                              share(summary.median_error_of_slow)));
  }
  document.paragraphs.push_back(
      summary.beyond == 0
          ? std::string{"No cell is off by more than 15 % and 1 ms."}
          : fmt::format("{} cells are off by more than 15 % and 1 ms.", summary.beyond));
  if (summary.p90_cells > 0) {
    document.paragraphs.push_back(fmt::format(
        "At P90: {} (median of {} cells){}.", share(summary.median_p90_error), summary.p90_cells,
        summary.p99_cells > 0 ? fmt::format("; at P99: {} (of {})", share(summary.median_p99_error),
                                            summary.p99_cells)
                              : std::string{}));
  }
  document.sections.push_back(latencies_section(cells));
  document.sections.push_back(stages_section(cells));
  return document;
}

}  // namespace papilio
