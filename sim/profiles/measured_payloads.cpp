#include "sim/profiles/measured_payloads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "sim/base/data/csv.hpp"
#include "sim/base/error.hpp"
#include "sim/profiles/measurement_columns.hpp"

namespace papilio {

MeasuredPayloads::MeasuredPayloads(const std::string& path, const Graph& graph) {
  const CsvTable table{path, names_of(payload_columns())};
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (table.text(row, "image").empty()) table.fail(row, "image", "the name of a picture");
    images_.push_back(table.text(row, "image"));
  }
  std::sort(images_.begin(), images_.end());
  images_.erase(std::unique(images_.begin(), images_.end()), images_.end());

  const auto position = [&](std::size_t row) {
    const auto found = std::lower_bound(images_.begin(), images_.end(), table.text(row, "image"));
    return static_cast<std::uint32_t>(found - images_.begin());
  };
  in_order_.reserve(images_.size());
  std::vector<bool> seen(images_.size(), false);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::uint32_t image = position(row);
    if (!seen[image]) in_order_.push_back(image);
    seen[image] = true;
  }

  const CrossingReader reader{graph, CrossingReader::Uncut::kRefused};
  const auto seconds = [&](std::size_t row, const char* column) {
    return table.text(row, column).empty() ? 0 : table.at_most(row, column, kMostCodingSeconds);
  };
  // By picture, to tell a second row when it comes.
  std::map<Crossing, std::vector<std::optional<Sample>>> found;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const Crossing crossing = reader.read(table, row);
    const std::uint32_t image = position(row);
    std::vector<std::optional<Sample>>& samples = found[crossing];
    samples.resize(images_.size());
    if (samples[image]) {
      table.fail(row, "image", fmt::format("one row a picture of {}", to_string(crossing)));
    }
    samples[image] = Sample{
        .image = image,
        .body_bytes = static_cast<double>(table.count(row, "body_bytes", kMostPayloadBytes)),
        .frame_bytes = static_cast<double>(table.whole(row, "frame_bytes", 0, kMostPayloadBytes)),
        .encode_s = seconds(row, "encode_s"),
        .decode_s = seconds(row, "decode_s")};
  }
  for (const auto& [crossing, by_image] : found) {
    std::vector<Sample>& samples = samples_[crossing];
    for (const std::optional<Sample>& sample : by_image) {
      if (sample) samples.push_back(*sample);
    }
  }
}

const std::vector<MeasuredPayloads::Sample>* MeasuredPayloads::find(
    const Crossing& crossing) const {
  const auto it = samples_.find(crossing);
  return it == samples_.end() ? nullptr : &it->second;
}

MeasuredPayloads::Mean MeasuredPayloads::mean(const std::vector<Sample>& samples,
                                              bool count_frame) {
  PAPILIO_CHECK(!samples.empty());
  Mean mean;
  for (const Sample& sample : samples) {
    mean.bytes += sample.bytes(count_frame);
    mean.encode_s += sample.encode_s;
    mean.decode_s += sample.decode_s;
  }
  const auto count = static_cast<double>(samples.size());
  return {mean.bytes / count, mean.encode_s / count, mean.decode_s / count};
}

std::vector<Crossing> MeasuredPayloads::crossings() const {
  std::vector<Crossing> crossings;
  crossings.reserve(samples_.size());
  for (const auto& [crossing, rows] : samples_) crossings.push_back(crossing);
  return crossings;
}

}  // namespace papilio
