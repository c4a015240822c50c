#include <fmt/format.h>

#include "sim/app/command.hpp"
#include "sim/app/dimension_options.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/study/ask/pivot.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace {

[[noreturn]] void fail(const std::string& message) {
  throw ConfigError{fmt::format("papilio table: error: {}; see 'papilio table --help'", message)};
}

PivotSpec spec_of(const CommandLine& line) {
  PivotSpec spec{.rows = words_of(line, "rows"),
                 .cols = words_of(line, "cols"),
                 .group = words_of(line, "group"),
                 .value = line.get<std::string>("value"),
                 .stats = words_of(line, "stat"),
                 .over = words_of(line, "over")};
  if (spec.rows.empty()) fail("expected the dimensions down the table: --rows NAME,…");
  if (spec.stats.empty()) spec.stats = {"mean"};
  if (line.has("relative-to")) spec.relative_to = line.get<std::string>("relative-to");
  if (line.has("best")) spec.best = line.get<std::string>("best");
  spec.where = choices_of(line, "table");
  spec.si = line.get<bool>("si");
  constexpr int kMostDigits = 17;
  if (line.has("digits")) {
    spec.digits = line.get<int>("digits");
    if (*spec.digits < 0 || *spec.digits > kMostDigits) fail("--digits must be 0 to 17");
  }
  return spec;
}

}  // namespace

void table_command(const Words& words) {
  CommandLine line{
      "table DB [options]",
      "Makes tables of a study's results: a value by dimensions down and across, over its "
      "replicates, alone\nor relative to a strategy. Dimensions are the study's axes, replicate, "
      "strategy, network, cut, channels,\nbits, codec, energy_model, and partition, which no two "
      "of a scenario share; of a fleet strategy, mobiles,\nwindow.",
      {"papilio table results/paper.db --rows cut --cols network --where strategy=butterfly",
       "papilio table results/paper.db --rows partition --cols network --relative-to cloud-only",
       "papilio table results/paper.db --rows partition --cols network --value energy \\",
       "    --group energy_model --format latex",
       "papilio table results/bandwidth.db --rows uplink_bit_per_s --best partition",
       "papilio table results/load.db --rows strategy --cols phones --value p95 --stat mean,ci95"}};
  line.add_positional("database", -1);
  line.add_options()("study", po::value<std::string>()->value_name("NAME"),
                     "which of several studies, by name or number (default: the one run last)");
  line.add_options()("rows", po::value<std::string>()->value_name("NAME,..."),
                     "dimensions down the table");
  line.add_options()("cols", po::value<std::string>()->value_name("NAME,..."), "dimensions across");
  line.add_options()("group", po::value<std::string>()->value_name("NAME,..."),
                     "dimensions of which each value has a table of its own");
  line.add_options()("value",
                     po::value<std::string>()->default_value("latency")->value_name("NAME"),
                     "column of results; its unit may be left out");
  line.add_options()("stat",
                     po::value<std::string>()->default_value("mean")->value_name("NAME,..."),
                     "of mean, ci95 (over replicates), min, max, median, n");
  line.add_options()("relative-to", po::value<std::string>()->value_name("NAME"),
                     "strategy or partition whose value is divided by each");
  line.add_options()("best", po::value<std::string>()->value_name("NAME"),
                     "dimension: show which of its values is best, of those within the stated "
                     "limit of accuracy; rows alike are taken together");
  add_choices(line);
  line.add_options()("si", po::bool_switch(), "seconds and joules, not milli-");
  line.add_options()("digits", po::value<int>()->value_name("N"), "digits after the point");
  line.add_format_option("md, latex, html, csv or json; the last two with all digits, in SI");
  line.add_options()("output,o", po::value<std::string>()->value_name("FILE"),
                     "write to a file instead of printing");
  if (!line.parse(words)) return;
  const std::string format = line.get<std::string>("format");
  check_format(format);
  const std::vector<std::string> files = line.all("database");
  if (files.size() != 1) fail(fmt::format("expected one database, got {}", files.size()));
  const PivotSpec spec = spec_of(line);
  StudyDatabase database{files.front(), StudyDatabase::Mode::kRead};
  const StoredStudy study = database.study(line.has("study") ? line.get<std::string>("study") : "");
  const bool exact = format == "csv" || format == "json";
  const Document document = pivot(database, study, spec, exact);
  if (!line.has("output")) {
    print(document, format, line.is_wide());
    return;
  }
  const std::filesystem::path file = line.get<std::string>("output");
  OutputFolder folder{file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."}};
  folder.add(file.filename().string(), rendered(document, format));
  folder.commit();
}

}  // namespace papilio
