#include "sim/validation/fit.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "sim/base/document/rows.hpp"
#include "sim/base/embedded_json.hpp"
#include "sim/base/error.hpp"
#include "sim/base/stats/estimate.hpp"

namespace papilio {
namespace {

constexpr std::size_t kFewest = 3;

double live(const ValidationCell& cell, LiveStage stage) {
  return cell.errors.live_median_s.at(static_cast<std::size_t>(stage));
}

double simulated(const ValidationCell& cell, LiveStage stage) {
  return cell.errors.simulated_median_s.at(static_cast<std::size_t>(stage));
}

/// Unknowns of which `columns · unknowns` is nearest to `wanted`, each row by its weight; what no
/// column tells apart is shared in the least way (the least norm).
/// @param columns `[cells × unknowns]`
/// @param wanted, weights `[cells]`
Eigen::VectorXd least_squares(const Eigen::MatrixXd& columns, const Eigen::VectorXd& wanted,
                              const Eigen::VectorXd& weights) {
  const Eigen::MatrixXd weighted = weights.asDiagonal() * columns;
  // Unknowns differ by their units, and so by many powers of ten: each is told in its own size.
  Eigen::VectorXd sizes = weighted.colwise().norm().transpose();
  for (Eigen::Index i = 0; i < sizes.size(); ++i) {
    if (!(sizes[i] > 0)) sizes[i] = 1;
  }
  const Eigen::MatrixXd scaled = weighted * sizes.cwiseInverse().asDiagonal();
  const Eigen::VectorXd found =
      scaled.completeOrthogonalDecomposition().solve(weights.cwiseProduct(wanted));
  return found.cwiseQuotient(sizes);
}

/// An error counts by the cell's latency.
double weight_of(const ValidationCell& cell) {
  return 1 / cell.errors.median.live_s;
}

/// live = factor · simulated + fixed_s.
TimeFit fit_time(const std::vector<ValidationCell>& cells, LiveStage stage) {
  const auto count = static_cast<Eigen::Index>(cells.size());
  Eigen::MatrixXd columns(count, 2);
  Eigen::VectorXd wanted(count);
  Eigen::VectorXd weights(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const ValidationCell& cell = cells[static_cast<std::size_t>(i)];
    columns(i, 0) = simulated(cell, stage);
    columns(i, 1) = 1;
    wanted[i] = live(cell, stage);
    weights[i] = weight_of(cell);
  }
  const Eigen::VectorXd found = least_squares(columns, wanted, weights);
  if (found[0] > 0) return {found[0], found[1]};
  // No factor can be below 0: without one, the constant that is nearest.
  const Eigen::VectorXd squared = weights.cwiseProduct(weights);
  return {1, squared.dot(wanted - columns.col(0)) / squared.sum()};
}

/// live − delay = 8/R · (factor · bytes + message_bytes) + message_s, without the columns that are
/// not asked for.
MessageFit fit_message(const std::vector<ValidationCell>& cells, LiveStage stage,
                       double LiveLinkFacts::*rate, double ValidationCell::*bytes, bool has_factor,
                       bool has_bytes) {
  const auto count = static_cast<Eigen::Index>(cells.size());
  const Eigen::Index unknowns = 1 + (has_factor ? 1 : 0) + (has_bytes ? 1 : 0);
  Eigen::MatrixXd columns(count, unknowns);
  Eigen::VectorXd wanted(count);
  Eigen::VectorXd weights(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const ValidationCell& cell = cells[static_cast<std::size_t>(i)];
    const double s_per_byte = kBitsOfByte / (cell.link.*rate);
    // Of what has no factor of its own, the bytes themselves are no unknown.
    wanted[i] = live(cell, stage) - cell.link.delay_s - (has_factor ? 0 : cell.*bytes * s_per_byte);
    weights[i] = weight_of(cell);
    Eigen::Index column = 0;
    columns(i, column++) = 1;
    if (has_factor) columns(i, column++) = cell.*bytes * s_per_byte;
    if (has_bytes) columns(i, column++) = s_per_byte;
  }
  const Eigen::VectorXd found = least_squares(columns, wanted, weights);
  MessageFit fit;
  Eigen::Index column = 0;
  fit.message_s = found[column++];
  if (has_factor) fit.factor = found[column++];
  if (has_bytes) fit.message_bytes = found[column++];
  const bool possible = fit.factor > 0 && fit.message_bytes >= 0;
  if (possible) return fit;
  if (has_bytes) return fit_message(cells, stage, rate, bytes, has_factor, false);
  return fit_message(cells, stage, rate, bytes, false, false);
}

double message_s(const MessageFit& fit, double bytes, double bit_per_s, double delay_s) {
  return kBitsOfByte / bit_per_s * (fit.factor * bytes + fit.message_bytes) +
         std::max(0.0, delay_s + fit.message_s);
}

double time_s(const TimeFit& fit, double simulated_s) {
  return std::max(0.0, fit.factor * simulated_s + fit.fixed_s);
}

double middle(std::vector<double> values) {
  return quantile(values, 0.5);
}

double greatest(const std::vector<double>& values) {
  return *std::max_element(values.begin(), values.end());
}

std::string of_share(double share) {
  return fmt::format("{:.1f} %", share * 100);
}

}  // namespace

double CalibrationFit::latency_s(const ValidationCell& cell) const {
  return simulated(cell, LiveStage::kQueue) + time_s(mobile, simulated(cell, LiveStage::kMobile)) +
         message_s(upload, cell.payload_bytes, cell.link.uplink_bit_per_s, cell.link.delay_s) +
         time_s(server, simulated(cell, LiveStage::kServer)) +
         message_s(download, cell.answer_bytes, cell.link.downlink_bit_per_s, cell.link.delay_s);
}

CalibrationFit fit_calibration(const std::vector<ValidationCell>& cells) {
  PAPILIO_CHECK(cells.size() >= 2);
  CalibrationFit fit;
  fit.cells = cells.size();
  fit.mobile = fit_time(cells, LiveStage::kMobile);
  fit.server = fit_time(cells, LiveStage::kServer);
  fit.upload = fit_message(cells, LiveStage::kUplink, &LiveLinkFacts::uplink_bit_per_s,
                           &ValidationCell::payload_bytes, true, true);
  fit.download = fit_message(cells, LiveStage::kDownlink, &LiveLinkFacts::downlink_bit_per_s,
                             &ValidationCell::answer_bytes, false, true);
  return fit;
}

LeaveOneOut cross_validate(const std::vector<ValidationCell>& cells) {
  PAPILIO_CHECK(cells.size() >= kFewest);
  LeaveOneOut worth;
  const CalibrationFit without;  // which changes nothing
  std::vector<double> before;
  std::vector<double> after;
  for (std::size_t left_out = 0; left_out < cells.size(); ++left_out) {
    std::vector<ValidationCell> others = cells;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(left_out));
    const ValidationCell& cell = cells[left_out];
    const double live_s = cell.errors.median.live_s;
    const double error = fit_calibration(others).latency_s(cell) / live_s - 1;
    worth.errors.push_back(error);
    before.push_back(std::abs(without.latency_s(cell) / live_s - 1));
    after.push_back(std::abs(error));
  }
  worth.median_before = middle(before);
  worth.worst_before = greatest(before);
  worth.median_after = middle(after);
  worth.worst_after = greatest(after);
  return worth;
}

std::vector<ValidationCell> cells_to_fit(const std::vector<ValidationCell>& cells) {
  std::vector<ValidationCell> sequential;
  for (const ValidationCell& cell : cells) {
    if (!cell.calibration.empty()) {
      throw ConfigError{fmt::format(
          "papilio calibrate: error: '{}' was simulated with the calibration '{}', and a fit takes "
          "what is simulated without; give the validation that it was simulated again from",
          cell.folder, cell.calibration)};
    }
    if (cell.load_level != 1) {
      throw ConfigError{fmt::format(
          "papilio calibrate: error: '{}' ran with a load level of {} on the mobile; validate with "
          "mobile.load_level: 1",
          cell.folder, cell.load_level)};
    }
    if (cell.mode == "sequential") sequential.push_back(cell);
  }
  if (sequential.size() < kFewest) {
    throw ConfigError{
        fmt::format("papilio calibrate: error: {} cells whose requests came one after another; a "
                    "fit takes {} or more, of several cuts and rates: validate more of them",
                    sequential.size(), kFewest)};
  }
  return sequential;
}

std::string calibration_yaml(const std::string& name, const std::string& about,
                             const CalibrationFit& fit, const LeaveOneOut& worth) {
  const auto number = [](double value) { return text_of(Value{value}); };
  std::string text =
      "# Made by 'papilio calibrate'; a scenario or fleet names it: calibration: "
      "FILE. docs/models/calibration.md\n";
  text += fmt::format("kind: calibration\nname: {}\ndescription: {}\n", json_quoted(name),
                      json_quoted(fmt::format(
                          "{} Each cell by the others: {} off (median), {} at worst; without, {} "
                          "and {}.",
                          about, of_share(worth.median_after), of_share(worth.worst_after),
                          of_share(worth.median_before), of_share(worth.worst_before))));
  const auto add_time = [&](const char* stage, const TimeFit& of) {
    text += fmt::format("{}: {{factor: {}, fixed_s: {}}}\n", stage, number(of.factor),
                        number(of.fixed_s));
  };
  const auto add_message = [&](const char* stage, const MessageFit& of) {
    text += fmt::format("{}: {{factor: {}, message_bytes: {}, message_s: {}}}\n", stage,
                        number(of.factor), number(of.message_bytes), number(of.message_s));
  };
  add_time("mobile", fit.mobile);
  add_time("server", fit.server);
  add_message("upload", fit.upload);
  add_message("download", fit.download);
  return text;
}

Document calibration_report(const std::string& name, const std::vector<ValidationCell>& cells,
                            const CalibrationFit& fit, const LeaveOneOut& worth) {
  Document document{
      .title = fmt::format("Calibration: {}", name), .paragraphs = {}, .sections = {}};
  document.paragraphs.push_back(fmt::format(
      "Of {} cells, each calibrated by the others: their median latency is {} from the live one "
      "(median of the cells, either way), {} at worst; without calibration {} and {}.",
      cells.size(), of_share(worth.median_after), of_share(worth.worst_after),
      of_share(worth.median_before), of_share(worth.worst_before)));

  constexpr int kDigits = 4;
  Table fitted{.columns = {{"stage", true}, {"factor"}, {"bytes a message"}, {"fixed, ms"}}};
  const auto add_time = [&](const char* stage, const TimeFit& of) {
    fitted.rows.push_back(
        {stage, significant(of.factor, kDigits), none(), decimals(of.fixed_s * 1e3, 3)});
  };
  const auto add_message = [&](const char* stage, const MessageFit& of) {
    fitted.rows.push_back({stage, significant(of.factor, kDigits), decimals(of.message_bytes, 0),
                           decimals(of.message_s * 1e3, 3)});
  };
  add_time("mobile", fit.mobile);
  add_time("server", fit.server);
  add_message("upload", fit.upload);
  add_message("download", fit.download);
  document.sections.push_back({.title = "What the simulation leaves out",
                               .paragraphs = {},
                               .table = std::move(fitted),
                               .remarks = {"The factor of times is of what is simulated, that of "
                                           "messages of their bytes."},
                               .caption = {}});

  Table each{.columns = {{"model", true},
                         {"network", true},
                         {"partition", true},
                         {"live, ms"},
                         {"error"},
                         {"error, calibrated by the others"}}};
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const ValidationCell& cell = cells[i];
    each.rows.push_back(
        {cell.model, cell.network, cell.partition, decimals(cell.errors.median.live_s * 1e3, 2),
         in_signed_percent(cell.errors.median.error(), 1), in_signed_percent(worth.errors[i], 1)});
  }
  document.sections.push_back({.title = "Each cell by the others",
                               .paragraphs = {},
                               .table = std::move(each),
                               .remarks = {},
                               .caption = {}});
  return document;
}

}  // namespace papilio
