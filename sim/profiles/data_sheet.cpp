#include "sim/profiles/data_sheet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "sim/base/stats/estimate.hpp"

namespace papilio {
namespace {

std::string peak_key(const std::string& precision) {
  return fmt::format("peak_{}_flop_per_s", precision);
}

void add(std::vector<DataSheetWorth::Known>& to, const Device& device, const std::string& precision,
         const Graph& graph, double known_s) {
  if (!(known_s > 0)) return;
  const PredictionBasis basis{.method = PredictionMethod::kRoofline,
                              .roofline = roofline_of(device, precision)};
  const std::optional<Sourced> peak = find_constant(device, peak_key(precision));
  to.push_back({.device = device.name,
                .model = graph.name(),
                .known_s = known_s,
                .predicted_s = predict(basis, graph).total_s(),
                .rates_measured = peak && peak->provenance.kind == "measured"});
}

/// How many times too short or too long.
double factor(const DataSheetWorth::Known& known) {
  return std::max(known.known_s / known.predicted_s, known.predicted_s / known.known_s);
}

/// "alexnet on phone: 10.0 ms, by the data sheet 2.0".
std::string text_of(const DataSheetWorth::Known& known) {
  return fmt::format("{:+.0f} % ({} on {}: {:.3g} ms, predicted {:.3g})", known.error() * 100,
                     known.model, known.device, known.known_s * 1e3, known.predicted_s * 1e3);
}

}  // namespace

void DataSheetWorth::add_table(const Device& device, const std::string& precision,
                               const Graph& graph, double known_s) {
  add(tables, device, precision, graph, known_s);
}

void DataSheetWorth::add_total(const Device& device, const std::string& precision,
                               const Graph& graph, double known_s) {
  add(totals, device, precision, graph, known_s);
}

double DataSheetWorth::median_error() const {
  std::vector<double> errors;
  errors.reserve(tables.size());
  for (const Known& known : tables) errors.push_back(std::abs(known.error()));
  return errors.empty() ? 0 : median(std::move(errors)).value;
}

const DataSheetWorth::Known* DataSheetWorth::worst(const std::vector<Known>& known) {
  const auto it = std::max_element(known.begin(), known.end(), [](const Known& a, const Known& b) {
    return factor(a) < factor(b);
  });
  return it == known.end() ? nullptr : &*it;
}

std::string DataSheetWorth::text() const {
  if (tables.empty()) {
    return "What a prediction by a data sheet alone is worth, nobody can tell: no device with a "
           "data sheet has a layer table.";
  }
  std::set<std::string> devices;
  std::size_t measured = 0;
  for (const Known& known : tables) {
    devices.insert(known.device);
    if (known.rates_measured) ++measured;
  }
  std::string text = fmt::format(
      "A prediction by peak rate and bandwidth alone is off by {:.0f} % in the median and at worst "
      "by {}, over the {} networks that have a layer table on a device of which both are known ({} "
      "device{}).",
      median_error() * 100, text_of(*worst(tables)), tables.size(), devices.size(),
      devices.size() == 1 ? "" : "s");
  if (measured > 0) {
    text += fmt::format(
        " For {} of these the rates were measured; a data sheet promises more, and errs more.",
        measured);
  }
  if (!totals.empty()) {
    text += fmt::format(
        " Of {} that a source prints in all the worst is {}.",
        totals.size() == 1 ? std::string{"the total"} : fmt::format("the {} totals", totals.size()),
        text_of(*worst(totals)));
  }
  return text;
}

bool has_data_sheet(const Device& device, const std::string& precision) {
  return (precision == "fp32" || precision == "fp16") &&
         find_constant(device, peak_key(precision)) && find_constant(device, "memory_byte_per_s");
}

}  // namespace papilio
