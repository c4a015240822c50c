#include "sim/validation/live_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "sim/base/data/csv.hpp"
#include "sim/base/embedded_json.hpp"
#include "sim/base/error.hpp"
#include "sim/base/read_file.hpp"
#include "sim/base/stats/estimate.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostManifest = std::size_t{1} << 24;
constexpr double kLongest = 1e9;
constexpr std::int64_t kMostRequests = 10'000'000;

nlohmann::ordered_json json_in(const fs::path& file) {
  nlohmann::ordered_json json = parsed_json(read_file(file.string(), kMostManifest));
  if (!json.is_object()) refuse_file(file, "is no JSON object; run 'papilio offload' again");
  return json;
}

/// A value of a manifest.
template <class T>
T setting(const nlohmann::ordered_json& of, const fs::path& file, const char* key) {
  try {
    return of.at(key).get<T>();
  } catch (const nlohmann::json::exception&) {
    refuse_file(file,
                fmt::format("has no such '{}' as 'papilio offload' writes; give the folder of a "
                            "live run",
                            key));
  }
}

std::vector<std::string> words_between_commas(const std::string& text) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

double positive_rate(const nlohmann::ordered_json& link, const fs::path& file, const char* key) {
  const auto rate = setting<double>(link, file, key);
  if (!(rate >= 1 && rate <= 1e15)) {
    refuse_file(file, fmt::format("'{}' is no rate of 1 to 1e15 bit/s", key));
  }
  return rate;
}

std::optional<LiveLinkFacts> link_in(const fs::path& folder) {
  const fs::path file = folder / "link.json";
  if (!fs::exists(file)) return std::nullopt;
  const nlohmann::ordered_json json = json_in(file);
  LiveLinkFacts link{.uplink_bit_per_s = positive_rate(json, file, "uplink_bit_per_s"),
                     .downlink_bit_per_s = positive_rate(json, file, "downlink_bit_per_s"),
                     .delay_s = setting<double>(json, file, "delay_s")};
  if (!(link.delay_s >= 0 && link.delay_s <= kLongest)) {
    refuse_file(file, "'delay_s' is no time of 0 to 1e9 s");
  }
  if (json.contains("started_monotonic_ns")) {
    link.started_ns = setting<std::int64_t>(json, file, "started_monotonic_ns");
  }
  return link;
}

/// The time in a cell, which may be empty where the stage was not reached.
double time_in(const CsvTable& table, std::size_t row, const char* column) {
  return table.text(row, column).empty() ? 0 : table.at_most(row, column, kLongest);
}

LiveRunRequest request_in(const CsvTable& records, const CsvTable& stages, std::size_t recorded,
                          std::size_t row) {
  LiveRunRequest request;
  request.arrival_s = records.at_most(recorded, "arrival_s", kLongest);
  request.latency_s = records.at_most(recorded, "latency_s", kLongest);
  request.image = records.text(recorded, "image");
  request.partition = records.text(recorded, "partition");
  request.answered = records.text(recorded, "end") == "completed" &&
                     stages.text(row, "end") == "completed" &&
                     stages.whole(row, "batch", 0, kMostRequests) > 0;
  request.frame_bytes = stages.at_most(row, "frame_bytes", 1e12);
  request.coding_s = time_in(stages, row, "encode_s");
  request.decoding_s = time_in(stages, row, "decode_s") + time_in(stages, row, "restore_s");
  if (!request.answered) return request;
  request.times[LiveStage::kQueue] = time_in(stages, row, "queue_s");
  request.times[LiveStage::kMobile] = time_in(stages, row, "prefix_s") + request.coding_s;
  request.times[LiveStage::kUplink] = time_in(stages, row, "uplink_s");
  request.times[LiveStage::kServer] =
      time_in(stages, row, "wait_s") + time_in(stages, row, "service_s");
  request.times[LiveStage::kDownlink] = time_in(stages, row, "downlink_s");
  return request;
}

/// The numbers of a table's requests, ascending, and the row of each.
std::vector<std::pair<std::int64_t, std::size_t>> requests_in(const CsvTable& table) {
  std::vector<std::pair<std::int64_t, std::size_t>> numbered;
  numbered.reserve(table.rows());
  for (std::size_t row = 0; row < table.rows(); ++row) {
    numbered.emplace_back(table.whole(row, "request", 0, kMostRequests), row);
  }
  std::sort(numbered.begin(), numbered.end());
  return numbered;
}

}  // namespace

double LiveStageTimes::latency_s() const {
  return std::accumulate(s.begin(), s.end(), 0.0);
}

LiveRun read_live_run(const fs::path& folder) {
  for (const char* name : {"manifest.json", "records.csv", "stages.csv"}) {
    if (!fs::exists(folder / name)) {
      refuse_file(folder, fmt::format("has no {}; give the folder of a live run, as 'papilio "
                                      "offload' writes it",
                                      name));
    }
  }
  const fs::path file = folder / "manifest.json";
  const nlohmann::ordered_json manifest = json_in(file);
  const auto settings = setting<nlohmann::ordered_json>(manifest, file, "settings");
  LiveRun run;
  run.folder = folder;
  run.model = setting<std::string>(settings, file, "model");
  run.after = words_between_commas(setting<std::string>(settings, file, "after"));
  run.bits = setting<std::int64_t>(settings, file, "bits");
  run.codec = setting<std::string>(settings, file, "codec");
  run.adaptive = setting<bool>(settings, file, "adaptive");
  run.ping_s = setting<double>(settings, file, "ping_s");
  run.load_level = setting<double>(settings, file, "load_level");
  run.overlap = setting<std::size_t>(settings, file, "overlap");
  run.deadline_s = setting<double>(settings, file, "deadline_s");
  run.seed = setting<std::uint64_t>(manifest, file, "seed");
  const auto rate_per_s = setting<double>(settings, file, "rate_per_s");
  if (rate_per_s > 0) run.rate_per_s = rate_per_s;
  const auto channels = setting<std::string>(settings, file, "channels");
  try {
    run.channels = std::stoll(channels);
  } catch (const std::exception&) {
    refuse_file(file, "'channels' names no unit; an adaptive run over units cannot be read yet");
  }
  if (manifest.contains("begun_monotonic_ns")) {
    run.begun_ns = setting<std::int64_t>(manifest, file, "begun_monotonic_ns");
  }
  run.link = link_in(folder);

  const CsvTable records{(folder / "records.csv").string()};
  const CsvTable stages{(folder / "stages.csv").string()};
  const std::vector<std::pair<std::int64_t, std::size_t>> recorded = requests_in(records);
  const std::vector<std::pair<std::int64_t, std::size_t>> staged = requests_in(stages);
  const bool same = std::equal(recorded.begin(), recorded.end(), staged.begin(), staged.end(),
                               [](const auto& a, const auto& b) { return a.first == b.first; });
  if (!same) {
    refuse_file(folder, "records.csv and stages.csv are not of one run: their requests differ");
  }
  run.requests.reserve(recorded.size());
  std::vector<double> answers;
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    run.requests.push_back(request_in(records, stages, recorded[i].second, staged[i].second));
    if (run.requests.back().answered) {
      answers.push_back(stages.at_most(staged[i].second, "answer_bytes", 1e12));
    }
  }
  if (!answers.empty()) run.answer_bytes = quantile(answers, 0.5);
  return run;
}

std::vector<SimulatedRequest> read_simulated_run(const fs::path& folder,
                                                 const std::string& strategy, double upload_s,
                                                 double answer_s) {
  const fs::path file = folder / "records.csv";
  if (!fs::exists(file)) {
    refuse_file(folder,
                "has no records.csv; give the folder of a fleet that was run with 'output: "
                "{records: 1}'");
  }
  const CsvTable records{file.string()};
  std::vector<SimulatedRequest> requests;
  requests.reserve(records.rows());
  for (const auto& numbered : requests_in(records)) {
    const std::size_t row = numbered.second;
    if (!strategy.empty() && records.text(row, "strategy") != strategy) continue;
    const auto time = [&](const char* column) { return records.at_most(row, column, kLongest); };
    // The propagation each way, and what a calibration adds to it; nothing where nothing crossed.
    const double delay_s = time("delay_s");
    const double up_s = delay_s > 0 ? (delay_s + upload_s - answer_s) / 2 : 0;
    SimulatedRequest one;
    one.partition = records.text(row, "partition");
    one.times[LiveStage::kQueue] = time("queue_s");
    one.times[LiveStage::kMobile] = time("mobile_s");
    one.times[LiveStage::kUplink] = time("promotion_s") + time("uplink_s") + up_s;
    one.times[LiveStage::kServer] = time("wait_s") + time("service_s");
    one.times[LiveStage::kDownlink] = time("downlink_s") + (delay_s - up_s);
    requests.push_back(std::move(one));
  }
  return requests;
}

}  // namespace papilio
