#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/app/command.hpp"
#include "sim/app/dimension_options.hpp"
#include "sim/app/drawing.hpp"
#include "sim/app/look_options.hpp"
#include "sim/base/cli/profiles_option.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/base/yaml/node.hpp"
#include "sim/paper/printed_values.hpp"
#include "sim/report/plot.hpp"
#include "sim/report/scenario_plots.hpp"
#include "sim/study/ask/plot.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

/// What is drawn, and where it goes unless the user says.
struct Plot {
  GnuplotScript script;
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

std::string text_of(const CommandLine& line, const char* option, const char* otherwise) {
  return line.has(option) ? line.get<std::string>(option) : otherwise;
}

Plot plot_of_study(const CommandLine& line, const fs::path& file, const PlotLook& look) {
  refuse(line, {"strategy"}, "a fleet's results; choose with --where strategy=…");
  refuse(line, {"figure", "bars"}, "the folder of a scenario's results");
  const StudyPlotSpec spec{.x = text_of(line, "x", ""),
                           .by = text_of(line, "by", ""),
                           .value = text_of(line, "value", "latency"),
                           .over = words_of(line, "over"),
                           .where = choices_of(line, "plot")};
  StudyDatabase database{file, StudyDatabase::Mode::kRead};
  const StoredStudy study = database.study(text_of(line, "study", ""));
  fs::path svg = file;
  svg.replace_extension(fmt::format("{}.svg", spec.value));
  return {study_plot(database, study, spec, look), svg};
}

/// The figures of a scenario's results.
constexpr const char* kStages = "stages";
constexpr const char* kPublished = "published";
constexpr const char* kTradeoff = "tradeoff";
constexpr const char* kAccuracy = "accuracy";

/// What the paper prints of the results, whose scenario names its tables.
std::vector<PrintedValue> printed_of(const CommandLine& line, const fs::path& dir,
                                     const SummaryCsv& summary) {
  const fs::path file = dir / "scenario.effective.yaml";
  const Node scenario = load_yaml(file.string());
  const Node::Entry* const name = scenario.find("published");
  if (name == nullptr) {
    refuse_file(file,
                "has no key 'published', so there is nothing to compare with; draw --figure "
                "stages");
  }
  const ProfileLibrary library = library_of(line);
  std::vector<PrintedValue> printed =
      printed_values(load_published(library, Bibliography{library}, name->value.scalar), summary);
  if (printed.empty()) {
    refuse_file(dir, "no partition is one of the published tables; draw --figure stages");
  }
  return printed;
}

Plot plot_of_scenario(const CommandLine& line, const fs::path& dir, const PlotLook& look) {
  const std::string figure = text_of(line, "figure", kStages);
  const std::vector<std::string> figures{kStages, kPublished, kTradeoff, kAccuracy};
  if (std::find(figures.begin(), figures.end(), figure) == figures.end()) {
    look.refuse("figure",
                fmt::format("there is no figure '{}'{}", figure, suggestion(figure, figures)));
  }
  refuse(line, {"by", "over", "study"},
         fmt::format("a study's database; {} is a folder", dir.string()));
  refuse(line, {"strategy"}, "a fleet's results; choose with --where partition=…");
  if (figure != kStages && figure != kPublished) refuse(line, {"bars"}, "--figure stages");
  if (figure != kTradeoff) refuse(line, {"x"}, "a study's database and --figure tradeoff");
  const SummaryCsv summary{(dir / "summary.csv").string(), choices_of(line, "plot")};
  const fs::path file = dir / (figure + ".svg");
  if (figure == kAccuracy) {
    refuse(line, {"value"}, "fleets, studies, and the other figures of a scenario");
    return {summary_accuracy_plot(summary, look), file};
  }
  if (figure == kTradeoff) {
    const TradeoffPlot plot{.x = text_of(line, "x", "latency"),
                            .y = text_of(line, "value", "accuracy")};
    return {tradeoff_plot(summary, plot, look), file};
  }
  StagesPlot plot{.latency = true, .energy = true, .printed = {}, .bars = 0};
  if (line.has("value")) {
    const std::string& value = line.get<std::string>("value");
    plot.latency = value == "latency" || value == "latency_s";
    plot.energy = value == "energy" || value == "energy_j";
    if (!plot.latency && !plot.energy) {
      look.refuse("value", fmt::format("bars have stages of latency or energy, got '{}'; for other "
                                       "columns say --figure tradeoff",
                                       value));
    }
  }
  if (line.has("bars")) {
    const int bars = line.get<int>("bars");
    constexpr int kMostBars = 80;
    if (bars < 1 || bars > kMostBars)
      look.refuse("bars", fmt::format("expected 1 to {}", kMostBars));
    plot.bars = static_cast<std::size_t>(bars);
  }
  if (figure == kPublished) plot.printed = printed_of(line, dir, summary);
  return {stages_plot(summary, plot, look), file};
}

Plot plot_of_folder(const CommandLine& line, const fs::path& dir, const PlotLook& look) {
  if (fs::exists(dir / "summary.csv")) return plot_of_scenario(line, dir, look);
  refuse(line, {"x", "by", "over", "where", "study"},
         fmt::format("a study's database; {} is a folder", dir.string()));
  refuse(line, {"figure", "bars"}, "the folder of a scenario's results");
  if (const fs::path fleet = dir / "fleet.csv"; fs::exists(fleet)) {
    const FleetPlotOptions options{.strategies = line.all("strategy"),
                                   .value = text_of(line, "value", "latency_s")};
    return {fleet_plot(fleet.string(), options, look), dir / (options.value + ".svg")};
  }
  if (const fs::path accuracy = dir / "accuracy.csv"; fs::exists(accuracy)) {
    refuse(line, {"value", "strategy"},
           fmt::format("fleets and studies; {} holds trained units", dir.string()));
    return {accuracy_plot(accuracy.string(), look), dir / "accuracy.svg"};
  }
  if (const fs::path cells = dir / "cells.csv"; fs::exists(cells)) {
    refuse(line, {"strategy"}, "a fleet's results");
    const std::string value = text_of(line, "value", "p50_error");
    return {validation_plot(cells.string(), value, look), dir / (value + ".svg")};
  }
  throw ConfigError{
      fmt::format("{}: error: has none of summary.csv, fleet.csv, accuracy.csv and cells.csv; give "
                  "the folder of a scenario's or a fleet's results, of trained units or of a "
                  "validation, or a study's database",
                  dir.string())};
}

void add_plot_options(CommandLine& line) {
  line.add_positional("dir");
  line.add_options()("figure", po::value<std::string>()->value_name("NAME"),
                     "of a scenario: stages, published, tradeoff or accuracy (default: stages)");
  line.add_options()("value", po::value<std::string>()->value_name("NAME"),
                     "column of results (default: latency_s; of a scenario's stages energy_j too, "
                     "of its trade-off accuracy, of a validation p50_error)");
  line.add_options()(
      "bars", po::value<int>()->value_name("N"),
      "of a scenario's stages: partitions that are shown, the baselines and the best "
      "(default: as many as have room)");
  line.add_options()("strategy", po::value<std::vector<std::string>>()->value_name("NAME"),
                     "of a fleet, to be shown; may be given again (default: all but the fixed "
                     "cuts, and the best of those)");
  line.add_options()("x", po::value<std::string>()->value_name("NAME"),
                     "of a study: dimension along the plot (default: its only axis); of a "
                     "trade-off: column (default: latency_s)");
  line.add_options()("by", po::value<std::string>()->value_name("NAME"),
                     "of a study: dimension with a line each (default: partition or strategy)");
  add_choices(line);
  line.add_options()("study", po::value<std::string>()->value_name("NAME"),
                     "which of several studies, by name or number (default: the one run last)");
  line.add_options()("output,o", po::value<std::string>()->value_name("FILE"),
                     "file of the plot: .svg, .pdf or .png (default: an SVG beside the results)");
  add_look_options(line);
  add_profiles_option(line);
}

}  // namespace

void plot_command(const Words& words) {
  CommandLine line{
      "plot DIR|DB [options]",
      "Draws results as SVG, PDF or PNG. DIR is the folder that 'papilio run', 'train' or\n"
      "'validate' wrote, DB the database of 'papilio study run'. Of a scenario: a bar for each "
      "partition, of\n"
      "the stages of its latency and its energy (--figure stages), the same beside what the paper\n"
      "prints (published), accuracy against latency (tradeoff) or over the cuts (accuracy). Of a\n"
      "fleet: a value over its windows, one line a strategy, or one bar a strategy. Of trained\n"
      "units: accuracy over the cuts, one line for each number of channels. Of a validation: how "
      "far\nsimulated latency is from live, a point a cell. Of a study: a value over an axis, one "
      "line a partition.",
      {"papilio plot results/table4 --columns 2 -o stages.pdf",
       "papilio plot results/table4 --figure published --columns 1 --value latency -o table4.pdf",
       "papilio plot results/table4 --figure tradeoff --x payload_bytes --keep tradeoff",
       "papilio plot results/server-load",
       "papilio plot results/server-load --value p95_s --strategy RB1 --strategy selection",
       "papilio plot results/train-resnet20-cifar10 -o accuracy.pdf",
       "papilio plot results/validate-validation -o validation.pdf",
       "papilio plot results/bandwidth.db --where partition=mobile-only,RB1,RB4,RB8 --log x",
       "papilio plot results/load.db --x phones --value p95"}};
  add_plot_options(line);
  if (!line.parse(words)) return;
  if (!line.has("dir")) {
    throw ConfigError{
        "papilio plot: error: expected the folder or database of results; see 'papilio plot "
        "--help'"};
  }
  if (line.has("output")) check_drawing(line.get<std::string>("output"), "plot", "output");
  const PlotLook look = look_of(line, "plot");
  const fs::path from = line.all("dir").front();
  const Plot plot = fs::is_regular_file(from) ? plot_of_study(line, from, look)
                                              : plot_of_folder(line, from, look);
  const fs::path file = line.has("output") ? fs::path{line.get<std::string>("output")} : plot.file;
  draw(plot.script, file, "plot", keep_of(line));
  say(fmt::format("Wrote {}\n", file.string()));
  if (!plot.script.note().empty()) say(plot.script.note() + "\n");
}

}  // namespace papilio
