#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "models/app/command.hpp"
#include "models/app/inputs.hpp"
#include "models/app/live_setup.hpp"
#include "models/app/manifest.hpp"
#include "models/app/verbs/options.hpp"
#include "models/app/verbs/tensor_verbs.hpp"
#include "models/dataset/dataset.hpp"
#include "models/live/client.hpp"
#include "models/live/ledger/ledger.hpp"
#include "models/live/loaded_mobile.hpp"
#include "models/live/mobile.hpp"
#include "models/live/selection/selection.hpp"
#include "sim/base/cli/interrupts.hpp"
#include "sim/base/cli/progress.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/cli/terminal.hpp"
#include "sim/base/document/json_text.hpp"
#include "sim/base/document/rows.hpp"
#include "sim/base/error.hpp"
#include "sim/base/machine/energy_meter.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/base/random/stream.hpp"
#include "sim/base/stats/estimate.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

/// What a part goes through: with several cuts, one that --codec does not fit has one of its own.
std::string codec_name(const VerbOptions& options, const LivePart& part) {
  std::string name = options.text_of("codec");
  if (!options.line().has("adaptive") || !part.of_pictures()) return name;
  const std::vector<std::string> known = picture_codec_names();
  const std::string family = name.substr(0, name.find(':'));
  return std::find(known.begin(), known.end(), family) == known.end() ? "png" : name;
}

PartCodec codec_of_part(const VerbOptions& options, const LivePart& part, const Dataset& pictures) {
  const std::string name = codec_name(options, part);
  try {
    PartCodec codec;
    if (part.of_pictures()) {
      codec.picture = make_picture_codec(name);
      if (codec.picture->traits().sends_file && !pictures.file(0).has_value()) {
        throw ConfigError{
            fmt::format("'{}' sends pictures' own files, and these pictures are none", name)};
      }
      return codec;
    }
    codec.features = make_codec(name);
    if (part.bits > codec.features->traits().max_bits) {
      throw ConfigError{fmt::format("the codec '{}' takes at most {} bits, not {}", name,
                                    codec.features->traits().max_bits, part.bits)};
    }
    return codec;
  } catch (const ConfigError& error) {
    options.fail(fmt::format("--codec: {}", error.what()));
  }
}

/// When requests come, and of which pictures.
std::vector<LiveRequest> requests_of(const VerbOptions& options, std::size_t pictures) {
  auto count = static_cast<std::size_t>(options.whole_of("requests", 0, 10'000'000));
  if (count == 0) count = pictures;
  const double rate_per_s = options.real_of("rate", 0, 1e6);
  const auto seed = static_cast<std::uint64_t>(options.whole_of("seed", 1, 1'000'000));
  Stream stream{StreamFamily{seed, "live arrivals"}};
  std::vector<LiveRequest> requests(count);
  double date_s = 0;
  for (std::size_t i = 0; i < count; ++i) {
    requests[i].picture = i % pictures;
    if (rate_per_s <= 0) continue;
    date_s += stream.exponential(1 / rate_per_s);
    requests[i].arrival_s = date_s;
  }
  return requests;
}

/// What this machine measures its energy with, or null.
std::shared_ptr<EnergyMeter> energy_meter() {
  if (std::unique_ptr<EnergyMeter> meter = rapl_meter()) return meter;
  return ina_meter(false);
}

/// How long a ping is waited for: no longer than a request.
double ping_deadline_s(const MobileOptions& options) {
  constexpr double kPatience = 5;
  return std::min(kPatience, options.deadline_s);
}

/// Half of the shortest of some round trips without filling, up to the first that does not come
/// back; 0 where none does.
double shortest_half_round_trip_s(CloudLink& link, double deadline_s) {
  constexpr int kPings = 8;
  double shortest_s = 0;
  for (int i = 0; i < kPings; ++i) {
    const PingReport ping = link.ping(0, 0, deadline_s);
    if (!ping.failure.empty()) break;
    shortest_s = i == 0 ? ping.round_trip_s : std::min(shortest_s, ping.round_trip_s);
  }
  return shortest_s / 2;
}

constexpr int kProfiled = 5;  // runs of each part

/// What each part takes, found out on the spot: the medians of a few runs.
/// @throws Interrupted if somebody asked to end
std::vector<PartCosts> profiled(CloudLink& link, MobileHalf& half, const LiveOffer& offer,
                                double deadline_s) {
  std::vector<PartCosts> costs(offer.parts.size());
  for (std::size_t part = 0; part < costs.size(); ++part) {
    std::vector<double> mobile_s;
    std::vector<double> server_s;
    LiveMobile mobile{link, half, offer, {.deadline_s = deadline_s, .fallback = false}};
    mobile.run(
        std::vector<LiveRequest>(kProfiled), [&] { return std::optional{part}; },
        [&](const LiveRecord& record) {
          costs[part].upload_bytes = record.frame_bytes;
          mobile_s.push_back(record.mobile_s);
          if (record.end == LiveEnd::kCompleted) server_s.push_back(record.service_s);
        },
        interrupted);
    if (interrupted()) throw Interrupted{};
    if (server_s.empty()) {
      throw ConfigError{fmt::format(
          "papilio offload: error: the server answered no request behind '{}'; try it alone, with "
          "--after {}",
          offer.parts[part].text(), offer.parts[part].cut)};
    }
    costs[part].mobile_s = median(mobile_s).value;
    costs[part].server_s = median(server_s).value;
  }
  return costs;
}

/// What the whole network takes on the mobile.
double alone_s(MobileHalf& half) {
  std::vector<double> seconds;
  for (int i = 0; i < kProfiled; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    static_cast<void>(half.compute(0, false));
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  }
  return median(seconds).value;
}

/// Bytes of a ping: those of the smallest upload, so that it takes no longer than a request.
std::size_t filling_of(const std::vector<PartCosts>& costs) {
  const auto least = std::min_element(
      costs.begin(), costs.end(),
      [](const PartCosts& a, const PartCosts& b) { return a.upload_bytes < b.upload_bytes; });
  return std::max<std::size_t>(1, least->upload_bytes);
}

double share_on_mobile(const Graph& graph, const std::string& cut) {
  const std::optional<Cut> found = graph.find_cut(cut);
  if (!found || graph.macs() == 0) return 0;
  return static_cast<double>(graph.macs(0, found->after)) / static_cast<double>(graph.macs());
}

fs::path trace_file(const VerbOptions& options) {
  if (!options.line().has("trace")) return {};
  const fs::path file = options.line().get<std::string>("trace");
  if (file.extension() != ".json") {
    options.fail(fmt::format("--trace writes JSON; name the file .json, not '{}'",
                             file.filename().string()));
  }
  return file;
}

/// What the server said of itself, for the manifest.
nlohmann::ordered_json greeting_json(const ServerGreeting& greeting) {
  return {{"batch", greeting.batch_size},
          {"batch_delay_s", greeting.batch_delay_s},
          {"queue", greeting.queue}};
}

/// What pings found, by the run's dates; a server that did not answer has neither rate nor wait.
std::string pings_csv(const std::vector<LinkObservation>& observations,
                      std::chrono::steady_clock::duration begun) {
  std::string text;
  constexpr double kBits = 8;
  for (const LinkObservation& one : observations) {
    const std::chrono::duration<double> date = one.at.time_since_epoch() - begun;
    const bool answered = std::isfinite(one.state.wait_s);
    const auto known = [&](double value) { return answered ? Value{value} : Value{}; };
    append_csv(text, {{"date_s", date.count()},
                      {"uplink_bit_per_s", known(kBits * one.state.uplink_byte_per_s)},
                      {"delay_s", known(one.state.delay_s)},
                      {"wait_s", known(one.state.wait_s)}});
  }
  return text;
}

/// What an adaptive mobile takes its parts to cost.
nlohmann::ordered_json costs_json(const LiveOffer& offer, const std::vector<PartCosts>& costs) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < costs.size(); ++i) {
    all.push_back({{"part", offer.parts[i].text()},
                   {"mobile_s", costs[i].mobile_s},
                   {"server_s", costs[i].server_s},
                   {"upload_bytes", costs[i].upload_bytes}});
  }
  return all;
}

nlohmann::ordered_json offload_settings(const VerbOptions& options, const LiveSetup& setup,
                                        const MobileOptions& mobile) {
  return {{"model", setup.graph.name()},
          {"weights", setup.weights},
          {"units", options.text_of("units")},
          {"data", options.text_of("data")},
          {"normalize", options.text_of("normalize")},
          {"after", options.text_of("after")},
          {"channels", options.text_of("channels")},
          {"bits", options.whole_of("bits", 1, 16)},
          {"codec", options.text_of("codec")},
          {"adaptive", options.line().has("adaptive")},
          {"ping_s", options.real_of("ping", 1e-3, 1e6)},
          {"to", options.text_of("to")},
          {"load_level", options.real_of("load-level", 1, 1e6)},
          {"rate_per_s", options.real_of("rate", 0, 1e6)},
          {"overlap", mobile.overlap},
          {"deadline_s", mobile.deadline_s},
          {"fallback", mobile.fallback}};
}

}  // namespace

void offload_command(const Words& words) {
  CommandLine line = offload_line();
  VerbOptions options{line, "offload"};
  if (!line.parse(words)) return;
  const std::string format = options.text_of("format");
  check_format(format);
  const auto started = std::chrono::system_clock::now();
  const double deadline_s = options.real_of("deadline", 1e-3, 1e6);
  const double load_level = options.real_of("load-level", 1, 1e6);
  // An upload that takes longer than the deadline is of no use.
  const LiveClientOptions connection{.to = options.text_of("to"),
                                     .keys = live_keys(options, LiveSide::kMobile),
                                     .connect_s = options.real_of("connect", 1e-3, 1e6),
                                     .silence_s = std::max(5.0, deadline_s),
                                     .stop = interrupted};
  check_address("offload", "to", connection.to);
  check_sending(connection.to, connection.keys);
  const bool adaptive = line.has("adaptive");
  const std::string after = options.needed("after");
  if (!adaptive && (after.find(',') != std::string::npos || after == "blocks")) {
    options.fail("--after names one cut; with --adaptive several");
  }
  if (options.numbers_of("channels", 0).size() > 1) options.fail("--channels names one unit");
  const fs::path trace = trace_file(options);
  const LivePictures pictures = live_pictures(options, line.all("picture"));
  LiveSetup setup =
      live_setup(options, LiveSide::kMobile,
                 pictures.labelled
                     ? std::optional{static_cast<std::int64_t>(pictures.dataset->classes().size())}
                     : std::nullopt);
  const bool alone = after == "none";
  if (alone && adaptive) options.fail("--adaptive chooses among cuts; name them with --after");
  if (setup.splits.empty() && !alone)
    options.fail("--channels is more than the cut's unit can have");
  OutputFolder folder{line.has("output") ? fs::path{line.get<std::string>("output")}
                                         : fs::path{"results"} / ("offload-" + setup.graph.name())};
  const LiveOffer offer = offer_of(setup.graph.name(), setup.splits);
  LiveRunFacts facts{.name = "offload-" + setup.graph.name(), .description = {}, .partitions = {}};
  std::vector<PartCodec> codecs;
  for (const LivePart& part : offer.parts) {
    codecs.push_back(codec_of_part(options, part, *pictures.dataset));
    facts.partitions.push_back(
        live_partition(part, codec_name(options, part), share_on_mobile(setup.graph, part.cut)));
  }
  facts.partitions.push_back({"mobile-only", "mobile-only", 1});

  catch_interrupts();
  const std::shared_ptr<LeftOut> left_out = left_out_of(options);
  TensorMobile half{std::move(setup.splits), std::move(codecs), std::move(setup.whole),
                    *pictures.dataset,       setup.transform,   left_out.get()};
  for (const std::size_t index : half.pictures()) {
    facts.pictures.push_back(pictures.dataset->name(index));
    if (pictures.labelled) facts.labels.push_back(pictures.dataset->label(index));
  }
  const std::vector<LiveRequest> requests = requests_of(options, half.pictures().size());
  const std::shared_ptr<EnergyMeter> meter = energy_meter();
  MobileOptions mobile_options{
      .deadline_s = deadline_s,
      .overlap = static_cast<std::size_t>(options.whole_of("overlap", 0, 10'000)),
      .fallback = !line.has("no-fallback")};
  if (meter) mobile_options.energy_j = [meter] { return meter->energy_j(); };
  facts.seed = static_cast<std::uint64_t>(options.whole_of("seed", 1, 1'000'000));
  facts.deadline_s = mobile_options.deadline_s;
  facts.fallback = mobile_options.fallback;
  if (const double rate_per_s = options.real_of("rate", 0, 1e6); rate_per_s > 0) {
    facts.rate_per_s = rate_per_s;
  }

  LiveClient client{connection};
  std::optional<ServerGreeting> greeting;
  if (!alone) {
    greeting = client.hello(offer);
    mobile_options.half_round_trip_s =
        shortest_half_round_trip_s(client, ping_deadline_s(mobile_options));
  }
  facts.description =
      fmt::format("{}, live: {}, {}, {}; threads: {}.", setup.graph.name(),
                  adaptive ? fmt::format("adaptive, {} cuts", offer.parts.size())
                           : facts.partitions.front().name,
                  alone ? "alone" : "to " + connection.to,
                  facts.rate_per_s ? fmt::format("{} requests/s at random", *facts.rate_per_s)
                                   : std::string{"one request after another"},
                  setup.runtime.threads);
  half.warm_up();
  LoadedMobile loaded{half, load_level};
  std::optional<LiveSelection> selection;
  std::optional<LivePinger> pinger;
  std::vector<PartCosts> costs;
  double whole_s = 0;
  if (adaptive) {
    facts.policy = "selection";
    costs = profiled(client, loaded, offer, deadline_s);
    whole_s = alone_s(loaded);
    selection.emplace(costs, whole_s);
    pinger.emplace(client, *selection, filling_of(costs), options.real_of("ping", 1e-3, 1e6),
                   ping_deadline_s(mobile_options));
  }
  const auto choose = [&]() -> std::optional<std::size_t> {
    if (alone) return std::nullopt;
    return selection ? selection->choose() : std::optional<std::size_t>{0};
  };

  const bool quiet = line.has("quiet");
  Progress progress{requests.size(), "requests", quiet};
  std::vector<LiveRecord> records;
  LiveMobile mobile{client, loaded, offer, mobile_options};
  const auto begun = std::chrono::steady_clock::now().time_since_epoch();
  try {
    mobile.run(
        requests, choose,
        [&](LiveRecord record) {
          // It would refuse the others too; the next ping says whether it is still that server.
          if (record.mismatch && selection) selection->observe(no_server());
          records.push_back(std::move(record));
          progress.update(records.size());
        },
        interrupted);
  } catch (const Interrupted&) {  // in the midst of computing
  }
  pinger.reset();
  progress.clear();
  tell_left_out(left_out.get());
  if (records.empty()) throw Interrupted{};
  const bool cut_short = records.size() < requests.size();
  const std::string ended =
      fmt::format("{} of {} requests had ended", records.size(), requests.size());
  if (cut_short) facts.description += fmt::format(" Interrupted when {}.", ended);

  const LiveLedger ledger = live_ledger(facts, records);
  nlohmann::ordered_json manifest{{"scenario", facts.name}, {"seed", facts.seed}};
  manifest.update(manifest_of("offload", words, offload_settings(options, setup, mobile_options),
                              setup.runtime, started));
  manifest["description"] = facts.description;
  // Date 0 of the records on the machine's clock, by which what ran beside can be told.
  manifest["begun_monotonic_ns"] =
      std::chrono::duration_cast<std::chrono::nanoseconds>(begun).count();
  manifest["energy_meter"] =
      meter ? nlohmann::ordered_json(meter->name()) : nlohmann::ordered_json();
  if (greeting) {
    manifest["server"] = greeting_json(*greeting);
    manifest["uplink_and_downlink"] =
        greeting->same_clock ? "by one clock" : "downlink half of the shortest round trip";
  }
  if (cut_short) manifest["interrupted"] = ended;
  manifest["pictures_left_out"] = left_out_json(left_out.get());
  if (selection) {
    manifest["costs"] = costs_json(offer, costs);
    manifest["mobile_only_s"] = whole_s;
    folder.add("pings.csv", pings_csv(selection->observations(), begun));
  }
  for (const auto& [name, text] : ledger.files) folder.add(name, text);
  folder.add("tables.md", to_markdown(ledger.report));
  folder.add("tables.tex", to_latex(ledger.report));
  folder.add("manifest.json", json_text(manifest));
  folder.commit();
  if (!trace.empty()) {
    OutputFolder beside{trace.has_parent_path() ? trace.parent_path() : fs::path{"."}};
    beside.add(trace.filename().string(), live_timeline(facts, records));
    beside.commit();
  }
  if (cut_short) {
    throw Interrupted{fmt::format("{}, and are in {}", ended, folder.path().string())};
  }
  if (quiet) return;
  if (format == "csv") {
    say(to_csv(ledger.rows));
  } else if (format == "json") {
    say(ledger.json);
  } else {
    print(ledger.report, format, line.is_wide());
  }
  if (Terminal::of(STDERR_FILENO).present) {
    tell(fmt::format("\nWrote {}.\n", folder.path().string()));
  }
}

}  // namespace papilio
