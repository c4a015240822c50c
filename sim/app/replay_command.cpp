#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "sim/app/command.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/cli/terminal.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/validation/live_run.hpp"
#include "sim/validation/replay.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse_replay(const std::string& why) {
  throw ConfigError{fmt::format("papilio replay: error: {}; see 'papilio replay --help'", why)};
}

/// The link that the options state; nothing: what the run tells.
std::optional<LiveLinkFacts> stated_link(const CommandLine& line) {
  const bool up = line.has("uplink");
  const bool down = line.has("downlink");
  if (up != down) refuse_replay("--uplink and --downlink state the link together");
  if (!up) {
    if (line.has("delay")) refuse_replay("--delay goes with --uplink and --downlink");
    return std::nullopt;
  }
  const LiveLinkFacts link{line.get<double>("uplink"), line.get<double>("downlink"),
                           line.has("delay") ? line.get<double>("delay") : 0};
  const auto is_rate = [](double rate) { return rate >= 1 && rate <= 1e15; };
  if (!is_rate(link.uplink_bit_per_s) || !is_rate(link.downlink_bit_per_s)) {
    refuse_replay("rates are 1 to 1e15 bit/s");
  }
  if (!(link.delay_s >= 0 && link.delay_s <= 1e9)) refuse_replay("--delay is 0 to 1e9 s");
  return link;
}

}  // namespace

void replay_command(const Words& words) {
  CommandLine line{
      "replay LEDGER --mobile DEVICE --server DEVICE [options]",
      "Makes a fleet of a live run ('papilio offload'): the same number of requests, at the dates "
      "at which they\ncame or one after another, each with the bytes that crossed, over the link "
      "that it had, or with the rates\nthat its uploads saw. 'papilio run' plays it; what may be "
      "changed is a line of its file.",
      {"papilio replay results/validate-validation/live/wifi-RB3-0-8-raw-sequential \\",
       "    --mobile xeon-sse3-1-thread --server xeon-1-thread -o results/replay.yaml",
       "papilio run results/replay.yaml",
       "papilio replay results/validate-validation/live/wifi-RB3-0-8-raw-sequential \\",
       "    --mobile xeon-sse3-1-thread --server xeon-1-thread --uplink 20e6 --downlink 50e6 \\",
       "    --delay 0.005"}};
  line.add_positional("folder", -1);
  line.add_options()("mobile", po::value<std::string>()->value_name("DEVICE"),
                     "its layer table says how long the mobile computes ('papilio profiles list')");
  line.add_options()("server", po::value<std::string>()->value_name("DEVICE"),
                     "its layer table says how long the server computes");
  line.add_options()("radio", po::value<std::string>()->default_value("wifi")->value_name("NAME"),
                     "its powers are those of sending and receiving ('papilio radios list')");
  line.add_options()("uplink", po::value<double>()->value_name("BIT/S"),
                     "rate towards the server (default: the emulated link's, or what uploads saw)");
  line.add_options()("downlink", po::value<double>()->value_name("BIT/S"),
                     "rate towards the mobile (with --uplink)");
  line.add_options()("delay", po::value<double>()->value_name("SECONDS"),
                     "propagation each way (default: 0, with --uplink)");
  line.add_options()("calibration", po::value<std::string>()->value_name("FILE"),
                     "applied to what is simulated ('papilio calibrate')");
  line.add_options()("output,o", po::value<std::string>()->value_name("FILE.yaml"),
                     "the fleet (default: results/replay-FOLDER.yaml); its tables go beside it");
  line.add_options()("quiet,q", po::bool_switch(), "print nothing but errors");
  if (!line.parse(words)) return;
  const std::vector<std::string> folders = line.all("folder");
  if (folders.size() != 1) refuse_replay("expected one folder of a live run");
  if (!line.has("mobile") || !line.has("server")) {
    refuse_replay(
        "--mobile and --server name devices whose layer times the simulation takes; 'papilio "
        "profile' measures them");
  }
  ReplaySpec spec;
  spec.link = stated_link(line);
  spec.mobile_device = line.get<std::string>("mobile");
  spec.server_device = line.get<std::string>("server");
  spec.radio = line.get<std::string>("radio");
  if (line.has("calibration")) {
    spec.calibration = fs::absolute(line.get<std::string>("calibration")).string();
  }
  const fs::path ledger = fs::path{folders.front()}.lexically_normal();
  const std::string of =
      (ledger.has_filename() ? ledger.filename() : ledger.parent_path().filename()).string();
  const fs::path file = line.has("output") ? fs::path{line.get<std::string>("output")}
                                           : fs::path{"results"} / ("replay-" + of + ".yaml");
  if (file.extension() != ".yaml") refuse_replay("name the fleet's file .yaml");
  spec.name = file.stem().string();
  OutputFolder folder{file.has_parent_path() ? file.parent_path() : fs::path{"."}};
  const LiveRun run = read_live_run(folders.front());
  const Replay replay = replay_of(run, spec);
  for (const auto& [name, text] : replay.files) folder.add(name, text);
  folder.commit();
  if (line.get<bool>("quiet")) return;
  for (const std::string& remark : replay.remarks) say(remark + "\n");
  say(fmt::format("Wrote {}: {} requests of {}. Play it with 'papilio run {}'.\n", file.string(),
                  run.requests.size(), run.model, file.string()));
}

}  // namespace papilio
