#include <fmt/format.h>

#include <filesystem>

#include "sim/app/command.hpp"
#include "sim/base/capture.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/report/plot.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

/// A folder of its own under the system's, gone at the end.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "papilio-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw ConfigError{fmt::format("papilio plot: error: cannot make a folder in {}; set TMPDIR",
                                    fs::temp_directory_path().string())};
    }
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// What gnuplot draws of a script.
std::string drawn(const std::string& script) {
  const ScratchFolder scratch;
  OutputFolder folder{scratch.path()};
  folder.add("plot.gp", script);
  folder.commit();
  const Captured gnuplot = capture({"gnuplot", (scratch.path() / "plot.gp").string()});
  constexpr int kNoSuchCommand = 127;
  if (gnuplot.status == kNoSuchCommand) {
    throw ConfigError{
        "papilio plot: error: gnuplot is missing; install the package gnuplot-nox, or start "
        "./papilio, which does"};
  }
  if (gnuplot.status != 0) {
    throw ConfigError{fmt::format("papilio plot: error: gnuplot says: {}", gnuplot.output)};
  }
  return gnuplot.output;
}

}  // namespace

void plot_command(const Words& words) {
  CommandLine line{
      "plot DIR [options]",
      "Draws results as SVG. DIR is the folder that 'papilio run' or 'papilio train' wrote. Of a\n"
      "fleet: a value over its windows, one line a strategy, or one bar a strategy. Of trained "
      "units:\n"
      "accuracy over the cuts, one line for each number of channels.",
      {"papilio plot results/server-load",
       "papilio plot results/server-load --value p95_s --strategy RB1 --strategy selection",
       "papilio plot results/day --value energy_j -o energy.svg",
       "papilio plot results/train-resnet20-cifar10"}};
  line.add_positional("dir");
  line.add_options()("value", po::value<std::string>()->value_name("NAME"),
                     "column of fleet.csv (default: latency_s)");
  line.add_options()("strategy", po::value<std::vector<std::string>>()->value_name("NAME"),
                     "of a fleet, to be shown; may be given again (default: all but the fixed "
                     "cuts, and the best of those)");
  line.add_options()("output,o", po::value<std::string>()->value_name("FILE"),
                     "file of the plot (default: DIR/NAME.svg)");
  if (!line.parse(words)) return;
  if (!line.has("dir")) {
    throw ConfigError{
        "papilio plot: error: expected the folder of results; see 'papilio plot --help'"};
  }
  const fs::path dir = line.all("dir").front();
  const fs::path fleet = dir / "fleet.csv";
  const fs::path accuracy = dir / "accuracy.csv";
  std::string value;
  std::string script;
  if (fs::exists(fleet)) {
    FleetPlotOptions options{.strategies = line.all("strategy")};
    if (line.has("value")) options.value = line.get<std::string>("value");
    value = options.value;
    script = fleet_plot(fleet.string(), options);
  } else if (fs::exists(accuracy)) {
    if (line.has("value") || line.has("strategy")) {
      throw ConfigError{fmt::format(
          "papilio plot: error: --value and --strategy are of fleets; {} holds trained units",
          dir.string())};
    }
    value = "accuracy";
    script = accuracy_plot(accuracy.string());
  } else {
    throw ConfigError{
        fmt::format("{}: error: has neither fleet.csv nor accuracy.csv; give the folder of a "
                    "fleet's results or of trained units",
                    dir.string())};
  }
  const fs::path file =
      line.has("output") ? fs::path{line.get<std::string>("output")} : dir / (value + ".svg");
  OutputFolder folder{file.has_parent_path() ? file.parent_path() : fs::path{"."}};
  folder.add(file.filename().string(), drawn(script));
  folder.commit();
  fmt::print("Wrote {}\n", file.string());
}

}  // namespace papilio
