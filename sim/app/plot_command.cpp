#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/app/command.hpp"
#include "sim/app/dimension_options.hpp"
#include "sim/app/drawing.hpp"
#include "sim/base/error.hpp"
#include "sim/report/plot.hpp"
#include "sim/study/ask/plot.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

/// What is drawn, and where it goes unless the user says.
struct Plot {
  std::string script;
  fs::path file;
};

void refuse(const CommandLine& line, const std::vector<std::string>& options,
            const std::string& why) {
  for (const std::string& option : options) {
    if (line.has(option)) {
      throw ConfigError{fmt::format("papilio plot: error: --{} applies only to {}", option, why)};
    }
  }
}

Plot plot_of_study(const CommandLine& line, const fs::path& file) {
  refuse(line, {"strategy"}, "a fleet's results; choose with --where strategy=…");
  StudyPlotSpec spec{.x = line.has("x") ? line.get<std::string>("x") : "",
                     .by = line.has("by") ? line.get<std::string>("by") : "",
                     .value = line.has("value") ? line.get<std::string>("value") : "latency",
                     .over = words_of(line, "over"),
                     .where = choices_of(line, "plot")};
  StudyDatabase database{file, StudyDatabase::Mode::kRead};
  const StoredStudy study = database.study(line.has("study") ? line.get<std::string>("study") : "");
  fs::path svg = file;
  svg.replace_extension(fmt::format("{}.svg", spec.value));
  return {study_plot(database, study, spec), svg};
}

Plot plot_of_folder(const CommandLine& line, const fs::path& dir) {
  refuse(line, {"x", "by", "over", "where", "study"},
         fmt::format("a study's database; {} is a folder", dir.string()));
  if (const fs::path fleet = dir / "fleet.csv"; fs::exists(fleet)) {
    FleetPlotOptions options{.strategies = line.all("strategy")};
    if (line.has("value")) options.value = line.get<std::string>("value");
    return {fleet_plot(fleet.string(), options), dir / (options.value + ".svg")};
  }
  if (const fs::path accuracy = dir / "accuracy.csv"; fs::exists(accuracy)) {
    refuse(line, {"value", "strategy"},
           fmt::format("fleets and studies; {} holds trained units", dir.string()));
    return {accuracy_plot(accuracy.string()), dir / "accuracy.svg"};
  }
  throw ConfigError{
      fmt::format("{}: error: has neither fleet.csv nor accuracy.csv; give the folder of a "
                  "fleet's results or of trained units, or a study's database",
                  dir.string())};
}

}  // namespace

void plot_command(const Words& words) {
  CommandLine line{
      "plot DIR|DB [options]",
      "Draws results as SVG, PDF or PNG. DIR is the folder that 'papilio run' or 'papilio train'\n"
      "wrote, DB the database of 'papilio study run'. Of a fleet: a value over its windows, one "
      "line\n"
      "a strategy, or one bar a strategy. Of trained units: accuracy over the cuts, one line for "
      "each\nnumber of channels. Of a study: a value over an axis, one line a partition.",
      {"papilio plot results/server-load",
       "papilio plot results/server-load --value p95_s --strategy RB1 --strategy selection",
       "papilio plot results/train-resnet20-cifar10 -o accuracy.pdf",
       "papilio plot results/bandwidth.db --where partition=mobile-only,RB1,RB4,RB8",
       "papilio plot results/load.db --x phones --value p95"}};
  line.add_positional("dir");
  line.add_options()("value", po::value<std::string>()->value_name("NAME"),
                     "column of results (default: latency_s)");
  line.add_options()("strategy", po::value<std::vector<std::string>>()->value_name("NAME"),
                     "of a fleet, to be shown; may be given again (default: all but the fixed "
                     "cuts, and the best of those)");
  line.add_options()("x", po::value<std::string>()->value_name("NAME"),
                     "of a study: dimension along the plot (default: its only axis)");
  line.add_options()("by", po::value<std::string>()->value_name("NAME"),
                     "of a study: dimension with a line each (default: partition or strategy)");
  add_choices(line);
  line.add_options()("study", po::value<std::string>()->value_name("NAME"),
                     "which of several studies, by name or number (default: the one run last)");
  line.add_options()("output,o", po::value<std::string>()->value_name("FILE"),
                     "file of the plot: .svg, .pdf or .png (default: an SVG beside the results)");
  if (!line.parse(words)) return;
  if (!line.has("dir")) {
    throw ConfigError{
        "papilio plot: error: expected the folder or database of results; see 'papilio plot "
        "--help'"};
  }
  if (line.has("output")) check_drawing(line.get<std::string>("output"), "plot", "output");
  const fs::path from = line.all("dir").front();
  const Plot plot =
      fs::is_regular_file(from) ? plot_of_study(line, from) : plot_of_folder(line, from);
  const fs::path file = line.has("output") ? fs::path{line.get<std::string>("output")} : plot.file;
  draw(plot.script, file);
  fmt::print("Wrote {}\n", file.string());
}

}  // namespace papilio
