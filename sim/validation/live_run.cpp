#include "sim/validation/live_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
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
constexpr std::int64_t kLatestNs = std::int64_t{1} << 62;

nlohmann::ordered_json json_in(const fs::path& file) {
  nlohmann::ordered_json json = parsed_json(read_file(file.string(), kMostManifest));
  if (!json.is_object()) refuse_file(file, "is no JSON object; run 'papilio offload' again");
  return json;
}

[[noreturn]] void refuse_setting(const fs::path& file, const char* key, const std::string& wanted) {
  refuse_file(file, fmt::format("has no '{}' that is {}, as 'papilio offload' writes it; give the "
                                "folder of a live run",
                                key, wanted));
}

/// A text of a manifest.
std::string text_setting(const nlohmann::ordered_json& of, const fs::path& file, const char* key) {
  const auto found = of.find(key);
  if (found == of.end() || !found->is_string()) refuse_setting(file, key, "a text");
  return found->get<std::string>();
}

/// A number of a manifest, in min..max.
double number_setting(const nlohmann::ordered_json& of, const fs::path& file, const char* key,
                      double min, double max) {
  const auto found = of.find(key);
  const bool number = found != of.end() && found->is_number();
  const double value = number ? found->get<double>() : min - 1;
  if (!(value >= min && value <= max)) {
    refuse_setting(file, key, fmt::format("a number of {} to {}", min, max));
  }
  return value;
}

/// The same, which must be whole.
std::int64_t whole_setting(const nlohmann::ordered_json& of, const fs::path& file, const char* key,
                           std::int64_t min, std::int64_t max) {
  const auto found = of.find(key);
  const bool whole = found != of.end() && found->is_number_integer() &&
                     (!found->is_number_unsigned() ||
                      found->get<std::uint64_t>() <= static_cast<std::uint64_t>(max));
  const std::int64_t value = whole ? found->get<std::int64_t>() : min - 1;
  if (value < min || value > max) {
    refuse_setting(file, key, fmt::format("a whole number of {} to {}", min, max));
  }
  return value;
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

std::optional<LiveLinkFacts> link_in(const fs::path& folder) {
  const fs::path file = folder / "link.json";
  if (!fs::exists(file)) return std::nullopt;
  const nlohmann::ordered_json json = json_in(file);
  constexpr double kGreatestRate = 1e15;
  LiveLinkFacts link{
      .uplink_bit_per_s = number_setting(json, file, "uplink_bit_per_s", 1, kGreatestRate),
      .downlink_bit_per_s = number_setting(json, file, "downlink_bit_per_s", 1, kGreatestRate),
      .delay_s = number_setting(json, file, "delay_s", 0, kLongest)};
  if (json.contains("started_monotonic_ns")) {
    link.started_ns = whole_setting(json, file, "started_monotonic_ns", 0, kLatestNs);
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
  const auto recorded_s = [&](const char* column) {
    return records.at_most(recorded, column, kLongest);
  };
  request.times[LiveStage::kQueue] = recorded_s("queue_s");
  request.times[LiveStage::kMobile] = recorded_s("mobile_s");
  request.times[LiveStage::kUplink] = recorded_s("uplink_s");
  request.times[LiveStage::kServer] = recorded_s("wait_s") + recorded_s("service_s");
  request.times[LiveStage::kDownlink] = recorded_s("downlink_s");
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
  const auto found = manifest.find("settings");
  if (found == manifest.end() || !found->is_object()) refuse_setting(file, "settings", "an object");
  const nlohmann::ordered_json& settings = *found;
  constexpr double kMost = 1e6;
  LiveRun run;
  run.folder = folder;
  run.model = text_setting(settings, file, "model");
  run.after = words_between_commas(text_setting(settings, file, "after"));
  run.bits = whole_setting(settings, file, "bits", 1, 32);
  run.codec = text_setting(settings, file, "codec");
  const auto adaptive = settings.find("adaptive");
  run.adaptive = adaptive != settings.end() && adaptive->is_boolean() && adaptive->get<bool>();
  run.ping_s = number_setting(settings, file, "ping_s", 1e-3, kMost);
  run.load_level = number_setting(settings, file, "load_level", 1, kMost);
  run.overlap = static_cast<std::size_t>(whole_setting(settings, file, "overlap", 0, 10'000));
  run.deadline_s = number_setting(settings, file, "deadline_s", 1e-3, kMost);
  run.seed = static_cast<std::uint64_t>(whole_setting(manifest, file, "seed", 0, 1'000'000));
  if (const double rate_per_s = number_setting(settings, file, "rate_per_s", 0, kMost);
      rate_per_s > 0) {
    run.rate_per_s = rate_per_s;
  }
  const std::string channels = text_setting(settings, file, "channels");
  const auto [stop, status] =
      std::from_chars(channels.data(), channels.data() + channels.size(), run.channels);
  if (status != std::errc{} || stop != channels.data() + channels.size() || run.channels < 0) {
    refuse_setting(file, "channels", "one number: what chose among units cannot be read yet");
  }
  if (manifest.contains("begun_monotonic_ns")) {
    run.begun_ns = whole_setting(manifest, file, "begun_monotonic_ns", 0, kLatestNs);
  }
  run.link = link_in(folder);

  const CsvTable records{(folder / "records.csv").string()};
  const CsvTable stages{(folder / "stages.csv").string()};
  records.require({"request", "arrival_s", "end", "partition", "image", "latency_s", "queue_s",
                   "mobile_s", "uplink_s", "wait_s", "service_s", "downlink_s"});
  stages.require({"request", "end", "batch", "frame_bytes", "answer_bytes", "encode_s", "decode_s",
                  "restore_s"});
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
  records.require({"strategy", "request", "partition", "queue_s", "mobile_s", "promotion_s",
                   "uplink_s", "delay_s", "wait_s", "service_s", "downlink_s"});
  std::vector<SimulatedRequest> requests;
  requests.reserve(records.rows());
  for (const auto& numbered : requests_in(records)) {
    const std::size_t row = numbered.second;
    if (!strategy.empty() && records.text(row, "strategy") != strategy) continue;
    const auto time = [&](const char* column) { return records.at_most(row, column, kLongest); };
    // The propagation each way, and what a calibration adds to it; nothing where nothing crossed.
    const double delay_s = time("delay_s");
    const double up_s = std::clamp((delay_s + upload_s - answer_s) / 2, 0.0, delay_s);
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
