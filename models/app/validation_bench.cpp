#include "models/app/validation_bench.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <exception>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "models/link/link_process.hpp"
#include "models/link/shaped_link.hpp"
#include "sim/base/cli/interrupts.hpp"
#include "sim/base/document/json_text.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/base/process/capture.hpp"
#include "sim/base/read_file.hpp"
#include "sim/base/units/units.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

constexpr const char* kPort = ":5050";
constexpr const char* kInput = "input";
constexpr std::size_t kMostLog = std::size_t{1} << 24;

/// The end of what a program printed, for an error.
std::string end_of(std::string text) {
  constexpr std::size_t kMost = 2000;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.size() <= kMost ? text : "…" + text.substr(text.size() - kMost);
}

[[noreturn]] void fail_as(const std::string& what, int status, const std::string& printed) {
  if (status == static_cast<int>(ExitCode::kInterrupted) || interrupted()) throw Interrupted{};
  const std::string text =
      fmt::format("{} failed (exit code {}):\n{}", what, status, end_of(printed));
  if (status == static_cast<int>(ExitCode::kUserError)) {
    throw ConfigError{"papilio validate: error: " + text};
  }
  throw SimulationError{text};
}

std::vector<std::string> operator+(std::vector<std::string> words,
                                   const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// In the child: becomes a program whose output goes to a file.
int become(const std::vector<std::string>& words, const fs::path& log) {
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0)
    throw ConfigError{fmt::format("cannot write {}: {}", log.string(), std::strerror(errno))};
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  std::vector<std::string> kept = words;
  std::vector<char*> arguments;
  arguments.reserve(kept.size() + 1);
  for (std::string& word : kept) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(arguments.front(), arguments.data());
  throw ConfigError{fmt::format("cannot start {}: {}", words.front(), std::strerror(errno))};
}

/// Whether a child has ended, which somebody else will wait for.
bool has_ended(pid_t child) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == child;
}

/// While a mobile works, looks whether its link does, and whether somebody asks to end.
class Watch {
 public:
  /// @param server, mobile their processes, which nobody waits for yet
  Watch(const ShapedLink& link, pid_t server, pid_t mobile)
      : thread_{[this, &link, server, mobile] { look(link, server, mobile); }} {}
  ~Watch() { stop(); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// Ends looking. @throws what the link said
  void end() {
    stop();
    if (problem_) std::rethrow_exception(problem_);
  }

 private:
  void stop() {
    done_ = true;
    if (thread_.joinable()) thread_.join();
  }
  void look(const ShapedLink& link, pid_t server, pid_t mobile) {
    constexpr std::chrono::milliseconds kPatience{50};
    bool told = false;
    while (!done_) {
      try {
        link.check();
      } catch (...) {
        problem_ = std::current_exception();
        ::kill(mobile, SIGKILL);
        return;
      }
      // A mobile would wait long for a server that is not going to be there.
      if ((interrupted() || has_ended(server)) && !told) {
        ::kill(mobile, SIGTERM);
        told = true;
      }
      std::this_thread::sleep_for(kPatience);
    }
  }

  std::atomic<bool> done_{false};
  std::exception_ptr problem_;
  std::thread thread_;
};

nlohmann::ordered_json direction_json(const LinkDirectionReport& direction) {
  return {{"packets", direction.counts.received.packets},
          {"wire_bytes", direction.counts.received.bytes},
          {"lost", direction.counts.lost.packets},
          {"dropped", direction.counts.dropped.packets},
          {"late_median_s", direction.lateness.median.value()},
          {"late_p99_s", direction.lateness.p99.value()}};
}

/// A trace whose rates are so many times as high.
std::shared_ptr<const Trace> times(Trace trace, double factor) {
  for (double& rate : trace.rate_byte_per_s) rate *= factor;
  return std::make_shared<const Trace>(std::move(trace));
}

std::string link_text(const LiveLinkFacts& link, const LinkReport& report, std::int64_t started_ns,
                      bool rates_of_payload) {
  return json_text(
      nlohmann::ordered_json{{"uplink_bit_per_s", link.uplink_bit_per_s},
                             {"downlink_bit_per_s", link.downlink_bit_per_s},
                             {"delay_s", link.delay_s},
                             {"started_monotonic_ns", started_ns},
                             {"rates_count", rates_of_payload ? "payload of full TCP segments"
                                                              : "wire bytes at the IP layer"},
                             {"uplink", direction_json(report.uplink)},
                             {"downlink", direction_json(report.downlink)},
                             {"duration_s", report.duration.value()},
                             {"emulator_processor_s", report.processor.value()},
                             {"emulator_goes_first", report.realtime}});
}

std::string program_beside(const char* name) {
  return (fs::read_symlink("/proc/self/exe").parent_path() / name).string();
}

}  // namespace

std::string LiveCell::crossing_key() const {
  std::string name = fmt::format("{}-{}-{}-{}", cut, channels, bits, codec);
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '_' && c != '.') c = '-';
  }
  return name;
}

std::string LiveCell::key() const {
  return network + "-" + crossing_key();
}

ValidationBench::ValidationBench(ValidationPlan plan)
    : plan_{std::move(plan)},
      tensor_program_{program_beside("papilio-tensor")},
      simulator_{program_beside("papilio")} {
  if (::access(simulator_.c_str(), X_OK) != 0) {
    throw ConfigError{fmt::format(
        "papilio validate: error: {} is not there, which simulates; build or install both programs",
        simulator_)};
  }
  for (const char* name : {"logs", "live", "simulated", "codings"}) {
    std::error_code failed;
    fs::create_directories(plan_.folder / name, failed);
    if (failed) refuse_file(plan_.folder / name, "cannot be made: " + failed.message());
  }
}

fs::path ValidationBench::log_of(const std::string& what) const {
  return plan_.folder / "logs" / (what + ".txt");
}

void ValidationBench::run(const std::string& what, const std::vector<int>& cpus,
                          std::vector<std::string> words) const {
  if (!cpus.empty()) {
    words =
        std::vector<std::string>{"taskset", "--cpu-list", fmt::format("{}", fmt::join(cpus, ","))} +
        words;
  }
  if (interrupted()) throw Interrupted{};
  const Captured done = capture(words);
  if (interrupted()) throw Interrupted{};
  OutputFolder logs{plan_.folder / "logs"};
  logs.add(what + ".txt", done.output);
  logs.commit();
  if (done.status != 0) fail_as(what, done.status, done.output);
}

void ValidationBench::profile_layers() const {
  const auto profile = [&](const char* device, const std::vector<int>& cpus) {
    std::vector<std::string> words{tensor_program_, "profile", "--model", plan_.model, "--threads",
                                   std::to_string(plan_.threads), "--name", device, "--packed",
                                   "--limit", fmt::format("{}", plan_.profile_limit_s), "--pause",
                                   fmt::format("{}", plan_.profile_pause_s),
                                   // What layers add up to beside whole passes is a part of the
                                   // error that is asked for.
                                   "--force", "-o", (plan_.folder / "profiles").string()};
    for (const std::string& folder : plan_.profile_folders)
      words = words + std::vector<std::string>{"--profiles", folder};
    run(fmt::format("profile-{}", device), cpus, words);
  };
  profile(kMobile, plan_.mobile_cpus);
  profile(kServer, plan_.server_cpus);
}

void ValidationBench::measure_coding(const LiveCell& cell) const {
  const std::string key = cell.crossing_key();
  run("coding-" + key, plan_.mobile_cpus,
      std::vector<std::string>{tensor_program_, "infer", "--model", plan_.model, "--threads",
                               std::to_string(plan_.threads), "--after", cell.cut, "--channels",
                               std::to_string(cell.channels), "--bits", std::to_string(cell.bits),
                               "--codecs", cell.codec, "--seed", std::to_string(plan_.seed), "-o",
                               (plan_.folder / "codings" / key).string(), "-q"} +
          plan_.network_words + plan_.picture_words);
}

Codings ValidationBench::codings_of(const LiveCell& cell) const {
  return read_codings(plan_.measured / "codings" / cell.crossing_key() / "payloads.csv",
                      cell.channels, cell.bits, cell.codec);
}

LiveRun ValidationBench::run_live(const LiveJob& job) const {
  const fs::path folder = plan_.folder / "live" / job.name;
  const std::string address = std::string{ShapedLink::address(LinkEnd::kServer)} + kPort;
  const auto half = [&](const std::string& after) {
    return std::vector<std::string>{"--model",    plan_.model,
                                    "--threads",  std::to_string(plan_.threads),
                                    "--after",    after,
                                    "--channels", std::to_string(job.channels),
                                    "--bits",     std::to_string(job.bits),
                                    "--seed",     std::to_string(plan_.seed)} +
           plan_.network_words;
  };
  const std::string cuts = fmt::format("{}", fmt::join(job.cuts, ","));
  const bool whole_too =
      job.others_per_s > 0 && std::find(job.cuts.begin(), job.cuts.end(), kInput) == job.cuts.end();
  std::vector<std::string> serve =
      std::vector<std::string>{tensor_program_, "serve", "--listen", address, "--open"} +
      half(whole_too ? cuts + "," + kInput : cuts);
  if (plan_.classes) {
    serve = serve + std::vector<std::string>{"--classes", std::to_string(*plan_.classes)};
  }
  // A mobile waits for its server, which loads its weights first.
  const std::vector<std::string> mobile_words =
      std::vector<std::string>{tensor_program_,
                               "offload",
                               "--to",
                               address,
                               "--connect",
                               "300",
                               "-q",
                               "--deadline",
                               fmt::format("{}", plan_.deadline_s)} +
      plan_.picture_words;
  const std::vector<std::string> offload =
      mobile_words + half(cuts) +
      std::vector<std::string>{"--codec",      job.codec,
                               "--load-level", fmt::format("{}", plan_.load_level),
                               "--requests",   std::to_string(plan_.requests),
                               "-o",           folder.string()} +
      job.words;
  // Longer than the mobile asks, and ended with it.
  constexpr const char* kMany = "1000000";
  const std::vector<std::string> others =
      mobile_words + half(kInput) +
      std::vector<std::string>{"--codec",    "raw",
                               "--requests", kMany,
                               "--rate",     fmt::format("{}", job.others_per_s),
                               "--overlap",  "64",
                               "-o",         folder.string() + "-others"};

  ShapedLinkSpec spec;
  // A segment of 1,448 bytes is a packet of 1,500.
  constexpr double kWireBytes = 1500.0 / 1448.0;
  const double wire = plan_.rates_of_payload ? kWireBytes : 1;
  spec.uplink.rate = BytesPerSecond{wire * job.link.uplink_bit_per_s / kBitsOfByte};
  if (job.uplink) spec.uplink.trace = times(*job.uplink, wire);
  spec.downlink.rate = BytesPerSecond{wire * job.link.downlink_bit_per_s / kBitsOfByte};
  spec.uplink.delay = spec.downlink.delay = Seconds{job.link.delay_s};
  spec.cpus = plan_.link_cpus;
  spec.seed = plan_.seed;
  ShapedLink link{spec};
  LinkProcess server{link, LinkEnd::kServer, plan_.server_cpus,
                     [&] { return become(serve, log_of("serve-" + job.name)); }};
  LinkProcess mobile{link, LinkEnd::kMobile, plan_.mobile_cpus,
                     [&] { return become(offload, log_of("offload-" + job.name)); }};
  std::optional<LinkProcess> crowd;
  if (job.others_per_s > 0) {
    crowd.emplace(link, LinkEnd::kServer, plan_.link_cpus,
                  [&] { return become(others, log_of("others-" + job.name)); });
  }
  link.start();
  int status = 0;
  {
    Watch watch{link, server.pid(), mobile.pid()};
    status = mobile.wait();
    watch.end();
  }
  if (crowd) {
    crowd->signal(SIGTERM);
    const int ended = crowd->wait();
    if (ended != static_cast<int>(ExitCode::kInterrupted) && status == 0) {
      fail_as("what others send", ended,
              read_file(log_of("others-" + job.name).string(), kMostLog));
    }
  }
  server.signal(SIGTERM);
  server.wait();
  const std::int64_t started_ns = link.started_ns();
  const LinkReport report = link.stop();
  if (status != 0) {
    fail_as("offload", status,
            read_file(log_of("offload-" + job.name).string(), kMostLog) +
                read_file(log_of("serve-" + job.name).string(), kMostLog));
  }
  OutputFolder beside{folder};
  beside.add("link.json", link_text(job.link, report, started_ns, plan_.rates_of_payload));
  beside.commit();
  return read_live_run(folder);
}

std::vector<SimulatedRequest> ValidationBench::simulate(const LiveRun& run_, ReplaySpec spec,
                                                        const std::string& strategy) const {
  const fs::path folder = plan_.folder / "simulated";
  const std::string name = spec.name;
  spec.mobile_device = kMobile;
  spec.server_device = kServer;
  spec.profiles = {fs::absolute(plan_.measured / "profiles").string()};
  for (const std::string& one : plan_.profile_folders) {
    spec.profiles.push_back(fs::absolute(one).string());
  }
  spec.calibration = plan_.calibration.empty() ? "" : fs::absolute(plan_.calibration).string();
  const Replay replay = replay_of(run_, spec);
  OutputFolder files{folder};
  for (const auto& [file, text] : replay.files) files.add(file, text);
  files.commit();
  run("simulate-" + name, {},
      {simulator_, "run", (folder / (name + ".yaml")).string(), "-o", (folder / name).string(),
       "-q"});
  return read_simulated_run(folder / name, strategy, plan_.upload_handling_s,
                            plan_.answer_handling_s);
}

}  // namespace papilio
