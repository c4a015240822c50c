#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "models/networks/torch_cache.hpp"
#include "sim/app/command.hpp"
#include "sim/app/hand_over.hpp"
#include "sim/base/cli/profiles_option.hpp"
#include "sim/base/cli/version.hpp"
#include "sim/base/data/provenance.hpp"
#include "sim/base/error.hpp"
#include "sim/base/machine/survey.hpp"
#include "sim/base/process/capture.hpp"
#include "sim/profiles/device.hpp"
#include "sim/radio/radio.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

/// From the 5th to the 95th percentile of equal work: what is above is told. Layer tables are
/// refused where layers and whole passes differ by more than their intervals of ±2 %.
constexpr double kNoisy = 0.05;
constexpr std::size_t kNoiseRepetitions = 200;

/// What is not there, or not as it should be, and the command that mends it.
struct Lack {
  std::string what;
  std::string for_what;
  std::string command;
};

struct Findings {
  Document document;
  std::vector<Lack> lacks;
  std::string fatal;  ///< why the simulator cannot do its job; empty: it can
};

/// Where a program is that is called by its name; empty: nowhere.
std::string on_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    std::string file = (fs::path{rest.substr(0, colon)} / name).string();
    std::error_code error;
    if (fs::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0) return file;
    rest.erase(0, colon + 1);
  }
  return {};
}

/// The line of a program's answer that begins so, without what it begins with; empty: none.
std::string line_after(const std::string& text, const std::string& start) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    if (line.starts_with(start)) return line.substr(start.size());
    at = end + 1;
  }
  return {};
}

void survey_programs(Findings& findings) {
  Table table{.columns = {{"program", true}, {"found", true}, {"for", true}}};
  table.rows.push_back(
      {"papilio", fmt::format("{} ({})", program_version(), git_revision()), "simulations"});
  const std::string tensor = tensor_program();
  std::string tensor_found = "no";
  if (tensor.empty()) {
    findings.lacks.push_back({"papilio-tensor",
                              "import, profile, infer, train, serve, offload, validate",
                              "./papilio profile --help (installs LibTorch and builds it)"});
  } else {
    const Captured version = capture({tensor, "--version"});
    const std::string torch = line_after(version.output, "LibTorch ");
    tensor_found =
        version.status != 0 || torch.empty()
            ? fmt::format("{}, which does not start: {}", tensor, line_after(version.output, ""))
            : fmt::format("with LibTorch {}", torch);
    if (version.status != 0) {
      findings.lacks.push_back({"a papilio-tensor that starts",
                                "import, profile, infer, train, serve, offload, validate",
                                "./papilio profile --help (installs LibTorch and builds it)"});
    }
  }
  table.rows.push_back(
      {"papilio-tensor", tensor_found, "import, profile, infer, train, serve, offload, validate"});
  struct Tool {
    const char* name;
    const char* why;
    const char* command;
  };
  constexpr std::array kTools{
      Tool{"gnuplot", "pictures of 'plot' and 'plan'", "sudo apt-get install gnuplot-nox"},
      Tool{"pdflatex", "typesetting the tables of --format latex",
           "sudo apt-get install texlive-latex-recommended"},
      Tool{"sbatch", "studies on a cluster ('study submit')", "sudo apt-get install slurm-wlm"}};
  for (const Tool& tool : kTools) {
    const std::string path = on_path(tool.name);
    table.rows.push_back({tool.name, path.empty() ? "no" : path, tool.why});
    if (path.empty()) findings.lacks.push_back({tool.name, tool.why, tool.command});
  }
  findings.document.sections.push_back({.title = "Programs", .table = std::move(table)});
}

void survey_machine(const fs::path& root, Findings& findings) {
  const ClockSurvey clock = survey_clock(root);
  Table table{.columns = {{"what", true}, {"found", true}}};
  table.rows.push_back({"processor", clock.cpu});
  std::string cores = fmt::format("{}", clock.usable_cores);
  if (clock.quota_cores) cores += fmt::format(", of which {:.3g} at a time", *clock.quota_cores);
  table.rows.push_back({"cores that may be used", cores});
  table.rows.push_back({"clock now", clock.frequency_hz
                                         ? fmt::format("{:.0f} MHz", *clock.frequency_hz / 1e6)
                                         : "the system does not tell"});
  table.rows.push_back(
      {"frequency governor", clock.governor.empty() ? "the system does not tell" : clock.governor});
  table.rows.push_back({"clock above nominal (turbo)", !clock.boost   ? "the system does not tell"
                                                       : *clock.boost ? "on"
                                                                      : "off"});
  table.rows.push_back({"threads of a core (SMT)", !clock.threads   ? "the system does not tell"
                                                   : *clock.threads ? "several"
                                                                    : "one"});
  table.rows.push_back({"container", clock.container.empty() ? "no sign of one" : clock.container});
  const NoiseSurvey noise = survey_noise(kNoiseRepetitions);
  table.rows.push_back(
      {"noise", fmt::format("{:.1f} % between the 5th and the 95th percentile of {} equal "
                            "computations of {:.2f} ms",
                            noise.spread * 100, noise.repetitions, noise.median_s * 1e3)});
  if (noise.spread > kNoisy) {
    findings.lacks.push_back({"a quiet machine", "layer times with narrow intervals ('profile')",
                              "stop what else runs (top shows it), and measure again"});
  }
  if (!clock.governor.empty() && clock.governor != "performance") {
    findings.lacks.push_back({"a steady clock", "layer times with narrow intervals ('profile')",
                              "sudo cpupower frequency-set -g performance"});
  }
  findings.document.sections.push_back({.title = "This machine", .table = std::move(table)});

  Table meters{.columns = {{"meter", true}, {"usable", true}, {"found", true}}};
  bool any = false;
  for (const MeterSurvey& meter : survey_meters(root)) {
    meters.rows.push_back({meter.name, meter.works ? "yes" : "no", meter.found});
    any = any || meter.works;
    if (!meter.remedy.empty()) {
      findings.lacks.push_back({meter.name, "energies of layers ('profile')", meter.remedy});
    }
  }
  Section energy{.title = "Meters of energy", .table = std::move(meters)};
  energy.remarks.push_back(any ? "'papilio profile' measures energies here."
                               : "'papilio profile' measures times here, but no energies; state a "
                                 "power with --power-w.");
  findings.document.sections.push_back(std::move(energy));
}

/// "3 devices, 1 radio", of those kinds that it has.
std::string contents_of(const ProfileLibrary& library) {
  std::string text;
  constexpr std::array<std::array<const char*, 3>, 5> kKinds{
      {{"devices", "device", "devices"},
       {"radios", "radio", "radios"},
       {"layers", "layer table", "layer tables"},
       {"models", "network", "networks"},
       {"published", "published set", "published sets"}}};
  for (const auto& [kind, one, several] : kKinds) {
    const std::size_t count = library.names(kind).size();
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, count == 1 ? one : several);
  }
  return text.empty() ? "nothing that has a name" : text;
}

void survey_data(Findings& findings) {
  Table table{.columns = {{"data", true}, {"where", true}, {"found", true}}};
  const fs::path shipped = shipped_profiles();
  if (const std::string problem = ProfileLibrary::problem_with(shipped); problem.empty()) {
    const ProfileLibrary library{{shipped}};
    table.rows.push_back(
        {"profiles that come with Papilio", shipped.string(), contents_of(library)});
    try {
      const Bibliography bibliography{library};
      for (const std::string& name : library.names("devices")) {
        static_cast<void>(load_device(library, bibliography, name));
      }
      for (const std::string& name : library.names("radios")) {
        static_cast<void>(load_radio(library, bibliography, name));
      }
    } catch (const ConfigError& error) {
      findings.fatal = error.what();
    }
  } else {
    table.rows.push_back({"profiles that come with Papilio", shipped.string(), problem});
    findings.fatal = fmt::format("{}: error: {}", shipped.string(), problem);
  }
  const fs::path working = working_profiles();
  table.rows.push_back({"profiles of yours", working.empty() ? kOwnProfiles : working.string(),
                        working.empty() ? "none yet" : contents_of(ProfileLibrary{{working}})});
  const fs::path data = data_folder();
  std::error_code error;
  std::string subfolders;
  for (const fs::directory_entry& entry : fs::directory_iterator{data, error}) {
    if (entry.is_directory(error)) {
      subfolders += (subfolders.empty() ? "" : ", ") + entry.path().filename().string();
    }
  }
  table.rows.push_back({"traces and pictures (PAPILIO_DATA)", data.string(),
                        subfolders.empty() ? "none" : subfolders});
  if (subfolders.empty()) {
    findings.lacks.push_back({"a data folder", "traces and pictures that do not come with Papilio",
                              "export PAPILIO_DATA=DIR (docs/models/traces.md, datasets.md)"});
  }
  const fs::path cache = torch_checkpoints();
  const std::vector<fs::path> weights = torch_weights(cache);
  std::string names;
  constexpr std::size_t kMostNamed = 5;
  for (std::size_t i = 0; i < std::min(weights.size(), kMostNamed); ++i) {
    names += (names.empty() ? "" : ", ") + weights[i].filename().string();
  }
  if (weights.size() > kMostNamed)
    names += fmt::format(" and {} more", weights.size() - kMostNamed);
  table.rows.push_back(
      {"weights (--weights auto)", cache.string(), names.empty() ? "none" : names});
  findings.document.sections.push_back({.title = "Data", .table = std::move(table)});
}

}  // namespace

void doctor_command(const Words& words) {
  CommandLine line{
      "doctor [options]",
      "Says what is installed, what this machine can measure, which data are there, and what is "
      "missing\nwith the command that gets it. Changes nothing. Exit code 0 where the simulator "
      "can "
      "do its job,\nwhatever else is missing.",
      {"papilio doctor", "papilio doctor --json"}};
  line.add_options()("root", po::value<std::string>()->default_value("/")->value_name("DIR"),
                     "where the system's folders sys, proc and run are");
  line.add_options()("json", po::bool_switch(), "print JSON instead of tables");
  line.add_wide_option();
  if (!line.parse(words)) return;
  Findings findings{.document = {.title = "What Papilio finds here"}};
  survey_programs(findings);
  survey_machine(line.get<std::string>("root"), findings);
  survey_data(findings);
  Section missing{.title = "Missing"};
  if (findings.lacks.empty()) {
    missing.paragraphs.emplace_back("Nothing.");
  } else {
    Table table{.columns = {{"what", true}, {"for", true}, {"command", true}}};
    for (const Lack& lack : findings.lacks) {
      table.rows.push_back({lack.what, lack.for_what, lack.command});
    }
    missing.table = std::move(table);
    missing.remarks.emplace_back(
        "All of it is optional: simulations, plans and studies run "
        "without.");
    if (!findings.fatal.empty()) missing.remarks.clear();
  }
  findings.document.sections.push_back(std::move(missing));
  print(findings.document, line.get<bool>("json") ? "json" : "md", line.is_wide());
  if (!findings.fatal.empty()) throw ConfigError{findings.fatal};
}

}  // namespace papilio
