#include "sim/validation/replay.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <set>

#include "sim/base/data/csv.hpp"
#include "sim/base/document/rows.hpp"
#include "sim/base/embedded_json.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// The cut that a partition's name tells: "split RB3/png" is behind RB3; none: nothing crossed.
std::optional<std::string> cut_of(const std::string& partition) {
  const std::string name = partition.substr(0, partition.rfind('/'));
  if (name == "mobile-only") return std::nullopt;
  if (name == "cloud-only") return "input";
  constexpr std::string_view kSplit = "split ";
  return name.rfind(kSplit, 0) == 0 ? name.substr(kSplit.size()) : name;
}

/// The codec that a partition's name tells: behind the slash; else raw.
std::string codec_of(const std::string& partition) {
  const std::size_t slash = partition.rfind('/');
  return slash == std::string::npos ? "raw" : partition.substr(slash + 1);
}

/// Each crossing that requests took: cut and codec, and the bytes that are usual there.
struct CrossingBytes {
  std::string cut;
  std::string codec;
  double median_bytes{0};
};

/// @throws ConfigError where there are more than a run could have
std::vector<CrossingBytes> crossings_of(const LiveRun& run) {
  std::map<std::pair<std::string, std::string>, std::vector<double>> bytes;
  for (const LiveRunRequest& request : run.requests) {
    if (request.frame_bytes <= 0) continue;
    if (const std::optional<std::string> cut = cut_of(request.partition)) {
      bytes[{*cut, codec_of(request.partition)}].push_back(request.frame_bytes);
    }
  }
  constexpr std::size_t kMostCrossings = 1000;
  if (bytes.size() > kMostCrossings) {
    refuse_file(run.folder, "names more than 1000 cuts in records.csv, which is no run's");
  }
  std::vector<CrossingBytes> crossings;
  crossings.reserve(bytes.size());
  for (auto& [crossing, seen] : bytes) {
    std::nth_element(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(seen.size() / 2),
                     seen.end());
    crossings.push_back({crossing.first, crossing.second, seen[seen.size() / 2]});
  }
  return crossings;
}

/// What a request's picture comes to at a crossing that it did not take, or whose times were
/// measured apart.
CodingTimes coding_of(const LiveRun& run, const LiveRunRequest& request,
                      const CrossingBytes& crossing, const std::optional<Codings>& codings) {
  if (!codings) {
    // A load level is applied by the fleet.
    return {request.coding_s / run.load_level, request.decoding_s, crossing.median_bytes};
  }
  const auto found = codings->find({crossing.cut, request.image});
  if (found == codings->end()) {
    throw ConfigError{fmt::format(
        "papilio replay: error: the file of coding times has no row of picture '{}' behind '{}'; "
        "measure it with 'papilio infer' over the same pictures",
        request.image, crossing.cut)};
  }
  return found->second;
}

/// Every request as a picture of its own, in their order, so that each has its own bytes.
std::string payloads_csv(const LiveRun& run, const std::vector<CrossingBytes>& crossings,
                         const std::optional<Codings>& codings) {
  std::string text;
  for (std::size_t i = 0; i < run.requests.size(); ++i) {
    const LiveRunRequest& request = run.requests[i];
    for (const CrossingBytes& crossing : crossings) {
      const bool taken = cut_of(request.partition) == crossing.cut &&
                         codec_of(request.partition) == crossing.codec && request.frame_bytes > 0;
      const CodingTimes coding = coding_of(run, request, crossing, codings);
      append_csv(text, {{"image", text_value(fmt::format("{:06}:{}", i, request.image))},
                        {"cut", text_value(crossing.cut)},
                        {"channels", crossing.cut == "input" ? 0 : run.channels},
                        {"bits", run.bits},
                        {"codec", text_value(crossing.codec)},
                        {"body_bytes",
                         static_cast<std::int64_t>(taken ? request.frame_bytes : coding.bytes)},
                        {"frame_bytes", std::int64_t{0}},
                        {"encode_s", coding.encode_s},
                        {"decode_s", coding.decode_s}});
    }
  }
  return text;
}

std::string arrivals_csv(const LiveRun& run) {
  std::string text;
  for (const LiveRunRequest& request : run.requests) {
    append_csv(text, {{"arrival_s", request.arrival_s}});
  }
  return text;
}

/// What the uploads of a run saw of its way: the propagation from the answers, which are small, and
/// each upload's own rate until the next one's arrival.
struct SeenWay {
  double delay_s{0};
  std::string trace;  ///< a table of times and rates
};

SeenWay seen_way(const LiveRun& run) {
  double least_up_s = std::numeric_limits<double>::infinity();
  double least_down_s = std::numeric_limits<double>::infinity();
  for (const LiveRunRequest& request : run.requests) {
    if (!request.answered) continue;
    least_up_s = std::min(least_up_s, request.times[LiveStage::kUplink]);
    least_down_s = std::min(least_down_s, request.times[LiveStage::kDownlink]);
  }
  SeenWay way;
  // An upload takes at least the propagation, and at most half of the least is ascribed to it, so
  // that every upload has a rate.
  way.delay_s = std::max(0.0, std::min(least_down_s, least_up_s / 2));
  double date_s = 0;
  for (const LiveRunRequest& request : run.requests) {
    if (!request.answered || request.frame_bytes <= 0) continue;
    const double begun_s =
        request.arrival_s + request.times[LiveStage::kQueue] + request.times[LiveStage::kMobile];
    const double ended_s = begun_s + request.times[LiveStage::kUplink];
    if (ended_s <= date_s || request.times[LiveStage::kUplink] <= way.delay_s)
      continue;  // it overlaps an earlier one, which says the rate
    if (way.trace.empty()) append_csv(way.trace, {{"time_s", 0.0}, {"uplink_bit_per_s", 0.0}});
    // A row's rate is about the time since the row before.
    date_s = ended_s;
    append_csv(way.trace,
               {{"time_s", date_s},
                {"uplink_bit_per_s", kBitsOfByte * request.frame_bytes /
                                         (request.times[LiveStage::kUplink] - way.delay_s)}});
  }
  return way;
}

std::string quoted_list(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  quoted.reserve(texts.size());
  for (const std::string& text : texts) quoted.push_back(json_quoted(text));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

/// The strategies among which the run's mobile chose, or the one that it had.
std::string strategies_yaml(const LiveRun& run, const std::string& known_picture_codec) {
  std::string text = "strategies:\n";
  std::vector<std::string> cuts;
  for (const std::string& cut : run.after) {
    if (cut != "input" && cut != "none") cuts.push_back(cut);
  }
  const auto codec = [&](const std::string& of) {
    return of == "raw" ? std::string{} : fmt::format(", codec: {}", json_quoted(of));
  };
  std::set<std::string> picture_codecs;
  for (const LiveRunRequest& request : run.requests) {
    if (cut_of(request.partition) == "input") picture_codecs.insert(codec_of(request.partition));
  }
  if (std::find(run.after.begin(), run.after.end(), "input") != run.after.end()) {
    // Of a picture that was never sent nobody knows what it comes to, but as it is.
    if (picture_codecs.empty()) picture_codecs.insert(known_picture_codec);
    for (const std::string& of : picture_codecs) {
      text += fmt::format("  - {{strategy: cloud-only, bits: {}{}}}\n", run.bits, codec(of));
    }
  }
  if (!cuts.empty()) {
    text +=
        run.channels > 0
            ? fmt::format("  - {{strategy: butterfly, after: {}, channels: [{}], bits: {}{}}}\n",
                          quoted_list(cuts), run.channels, run.bits, codec(run.codec))
            : fmt::format("  - {{strategy: split, after: {}, bits: {}{}}}\n", quoted_list(cuts),
                          run.bits, codec(run.codec));
  }
  if (run.adaptive || crossings_of(run).empty()) text += "  - {strategy: mobile-only}\n";
  if (run.adaptive) {
    text += fmt::format("  - {{strategy: selection, ping_s: {}}}\n", text_of(Value{run.ping_s}));
  }
  return text;
}

std::string number(double value) {
  return text_of(Value{value});
}

}  // namespace

Codings read_codings(const std::filesystem::path& file, std::int64_t channels, std::int64_t bits,
                     const std::string& codec) {
  const CsvTable table{file.string()};
  table.require({"image", "cut", "channels", "bits", "codec", "body_bytes", "frame_bytes",
                 "encode_s", "decode_s"});
  Codings codings;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string& cut = table.text(row, "cut");
    // A picture has no channels that could be fewer, and its own bits.
    if (cut != "input" && (table.whole(row, "channels", 0, 65'536) != channels ||
                           table.whole(row, "bits", 1, 32) != bits)) {
      continue;
    }
    if (table.text(row, "codec") != codec) continue;
    const auto time = [&](const char* column) {
      return table.text(row, column).empty() ? 0 : table.at_most(row, column, 1e9);
    };
    codings[{cut, table.text(row, "image")}] = {
        time("encode_s"), time("decode_s"),
        table.at_most(row, "body_bytes", 1e12) + table.at_most(row, "frame_bytes", 1e12)};
  }
  return codings;
}

Replay replay_of(const LiveRun& run, const ReplaySpec& spec) {
  Replay replay;
  std::string text = "# Made by 'papilio replay' of a live run; see docs/validation.md.\n";
  std::string name = spec.name;  // names of files have capitals, those of fleets have none
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  text += fmt::format("kind: fleet\nname: {}\n", json_quoted(name));
  text += fmt::format("description: {}\nseed: {}\n",
                      json_quoted(fmt::format("The {} requests of a live run of {}, simulated.",
                                              run.requests.size(), run.model)),
                      run.seed);
  if (!spec.profiles.empty()) text += fmt::format("profiles: {}\n", quoted_list(spec.profiles));
  if (!spec.calibration.empty()) {
    text += fmt::format("calibration: {}\n", json_quoted(spec.calibration));
  }
  std::vector<CrossingBytes> crossings = crossings_of(run);
  if (!spec.crossings.empty()) {
    crossings.clear();
    for (const ReplayCrossing& one : spec.crossings) crossings.push_back({one.cut, one.codec, 0});
  }
  if (!crossings.empty()) {
    const std::string file = spec.name + ".payloads.csv";
    replay.files.emplace_back(file, payloads_csv(run, crossings, spec.codings));
    text += fmt::format("payload: {{from: {}, order: in-turn, encode_power_w: 0}}\n",
                        json_quoted(file));
  }

  const std::optional<LiveLinkFacts> link = spec.link ? spec.link : run.link;
  if (link) {
    const std::string uplink =
        spec.uplink ? fmt::format("trace: {}", json_quoted(spec.uplink->file))
                    : fmt::format("rate_bit_per_s: {}", number(link->uplink_bit_per_s));
    text += fmt::format(
        "cells:\n  - name: link\n    radio: {}\n    uplink: {{{}}}\n    downlink: "
        "{{rate_bit_per_s: {}}}\n    delay_s: {}\n",
        json_quoted(spec.radio), uplink, number(link->downlink_bit_per_s), number(link->delay_s));
    if (spec.uplink) text += fmt::format("    trace_offset_s: {}\n", number(spec.uplink->offset_s));
  } else {
    const SeenWay way = seen_way(run);
    if (way.trace.empty()) {
      refuse_file(run.folder,
                  "no request was answered by the server, so nothing is known of the way there; "
                  "give --uplink, --downlink and --delay");
    }
    const std::string file = spec.name + ".uplink.csv";
    replay.files.emplace_back(file, way.trace);
    replay.remarks.push_back(fmt::format(
        "Of the way to the server only the requests tell: each upload's own rate, over the time "
        "since the one before, and {:.1f} ms of propagation each way, from the answers.",
        way.delay_s * 1e3));
    text += fmt::format(
        "cells:\n  - name: link\n    radio: {}\n    uplink: {{trace: {}}}\n    trace_offset_s: 0\n"
        "    delay_s: {}\n",
        json_quoted(spec.radio), json_quoted(file), number(way.delay_s));
  }
  text +=
      fmt::format("servers:\n  - name: server\n    device: {}\n", json_quoted(spec.server_device));
  if (spec.background) {
    text += fmt::format("    background: {{service_s: {}, load: [{{from_s: 0, load: {}}}]}}\n",
                        number(spec.background->service_s), number(spec.background->load));
  }
  text += fmt::format(
      "mobiles:\n  - name: mobile\n    cell: link\n    server: server\n    model: {}\n    device: "
      "{}\n    idle_power_w: 0\n    result_bytes: {}\n",
      json_quoted(run.model), json_quoted(spec.mobile_device),
      static_cast<std::int64_t>(run.answer_bytes));
  if (run.load_level != 1) text += fmt::format("    load_level: {}\n", number(run.load_level));
  if (run.rate_per_s || run.overlap > 0) {
    const std::string file = spec.name + ".arrivals.csv";
    replay.files.emplace_back(file, arrivals_csv(run));
    if (run.overlap > 0) text += fmt::format("    overlap: {}\n", run.overlap);
    text += fmt::format("    arrivals: {{process: trace, file: {}, deadline_s: {}}}\n",
                        json_quoted(file), number(run.deadline_s));
  } else {
    // The next one comes when the mobile is free: at once, as far as a closed loop can.
    text += fmt::format(
        "    arrivals: {{process: closed-loop, think_s: 1e-6, think: constant, requests: {}, "
        "deadline_s: {}}}\n",
        run.requests.size(), number(run.deadline_s));
  }
  std::string picture_codec = "raw";
  for (const ReplayCrossing& one : spec.crossings) {
    if (one.cut == "input") picture_codec = one.codec;
  }
  text += strategies_yaml(run, picture_codec);
  text += "output: {records: 1}\n";
  replay.files.emplace_back(spec.name + ".yaml", text);
  return replay;
}

}  // namespace papilio
