#include "sim/report/measurement_section.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <string>
#include <vector>

#include "sim/report/format.hpp"

namespace papilio {
namespace {

/// "3 seeds", "1 to 3 seeds".
template <class Number>
std::string span(Number least, Number most, const std::string& thing) {
  const std::string things = most == 1 ? thing : thing + "s";
  return least == most ? fmt::format("{} {}", most, things)
                       : fmt::format("{} to {} {}", least, most, things);
}

/// A file without its folders: the effective scenario, which names it by its whole path, is to run
/// to the same report.
std::string file_name(const std::string& path) {
  return std::filesystem::path{path}.filename().string();
}

std::string name_of(const Crossing& crossing) {
  std::string name = "the picture";
  if (crossing.channels > 0) {
    name = fmt::format("{} (D_r {})", crossing.cut, crossing.channels);
  } else if (!crossing.cut.empty()) {
    name = "split after " + crossing.cut;
  }
  return fmt::format("{} at {} bits", name, crossing.bits);
}

void say_accuracies(const Measurements& measurements, std::vector<std::string>& remarks) {
  const Measurements::Extent& extent = measurements.extent;
  if (extent.most_seeds == 0) {
    remarks.push_back(fmt::format("Accuracies are those of {}, which has none of these cells.",
                                  file_name(measurements.accuracy_file)));
    return;
  }
  remarks.push_back(fmt::format(
      "Accuracies are means over {} of each network, measured on {}: {}. A cell without a row "
      "there has none.",
      span(extent.least_seeds, extent.most_seeds, "seed"),
      span(extent.least_images, extent.most_images, "test picture"),
      file_name(measurements.accuracy_file)));
  for (const LeftOutCut& cut : measurements.left_out) {
    const bool usual = cut.at.bits == kUsualBits && cut.at.codec == kRawCodec;
    const std::string what = usual ? "" : fmt::format(" ({} bits, {})", cut.at.bits, cut.at.codec);
    remarks.push_back(fmt::format(
        "{}{} is left out: {}.", cut.at.cut, what,
        cut.best
            ? fmt::format("its best unit reaches {}, and 'smallest' takes {}",
                          accuracy_cell(cut.best).text(), measurements.limit_of_smallest().text())
            : std::string{"no unit was measured there"}));
  }
}

void say_payloads(const Measurements& measurements, std::vector<std::string>& remarks) {
  if (measurements.images.empty()) {
    remarks.push_back(fmt::format("Payloads are those of {}, which has none of these cells.",
                                  file_name(measurements.payload_file)));
  } else {
    remarks.push_back(fmt::format(
        "Payloads were measured on {}, the codec's bytes {} the frame: {}. Encoding is part of the "
        "mobile's computing, at {}; decoding of the server's.",
        span(measurements.images.size(), measurements.images.size(), "picture"),
        measurements.count_frame ? "with" : "without", file_name(measurements.payload_file),
        measurements.encode_power_w ? fmt::format("{} W", *measurements.encode_power_w)
                                    : "the mean power of its layers"));
  }
  if (measurements.in_turn && !measurements.images.empty()) {
    remarks.emplace_back("Each mobile's requests take the pictures in turn, in the file's order.");
  }
  if (measurements.analytic.empty()) return;
  std::vector<std::string> crossings;
  for (const Crossing& crossing : measurements.analytic) crossings.push_back(name_of(crossing));
  remarks.push_back(
      fmt::format("Not in that file, so of the size of the shape and coded in no "
                  "time: {}.",
                  fmt::join(crossings, "; ")));
}

}  // namespace

std::optional<Section> measurement_section(const Measurements& measurements) {
  Section section{.title = "Measurements"};
  if (measurements.accuracies) say_accuracies(measurements, section.remarks);
  if (measurements.payloads) say_payloads(measurements, section.remarks);
  if (section.remarks.empty()) return std::nullopt;
  return section;
}

}  // namespace papilio
