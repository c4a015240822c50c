#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/app/command.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/document/document.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/compare/comparison.hpp"
#include "sim/compare/report.hpp"
#include "sim/compare/things.hpp"
#include "sim/page/page.hpp"
#include "sim/page/study_page.hpp"
#include "sim/study/store/database.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

/// What a page is made of, and where it goes unless somebody says.
struct PageSource {
  nlohmann::ordered_json data;
  fs::path file;
};

/// What is in the browser's frame: the name that the page's data has.
std::string frame_title(const nlohmann::ordered_json& data) {
  for (const auto& [object, key] :
       {std::pair{"manifest", "scenario"}, {"manifest", "study"}, {"settings", "model"}}) {
    const auto part = data.find(object);
    if (part == data.end() || !part->is_object()) continue;
    const auto name = part->find(key);
    if (name != part->end() && name->is_string()) return name->get<std::string>() + " · Papilio";
  }
  return "Papilio";
}

/// What two runs or studies differ in, as the Markdown of which the page makes tables.
std::string differences(const fs::path& of, const fs::path& against, const std::string& study) {
  const auto comparable = [&](const fs::path& one) {
    if (fs::is_directory(one)) return run_folder(one.string());
    if (is_database(one)) return stored_study(one.string(), study);
    refuse_file(one, "is no folder of a run and no database, with which alone --against compares");
  };
  Comparable first = comparable(of);
  Comparable second = comparable(against);
  const CompareRules rules;
  const Comparison found = compare(first, second, rules);
  return to_markdown(comparison_report(first, second, rules, found, false));
}

nlohmann::ordered_json data_of_study(const fs::path& file, const std::string& name) {
  StudyDatabase database{file, StudyDatabase::Mode::kRead};
  return study_page_data(database, database.study(name));
}

PageSource page_source(const std::vector<fs::path>& given, const std::string& study) {
  const fs::path& first = given.front();
  const bool of_study = given.size() == 1 && is_database(first);
  if (!of_study && !study.empty()) {
    throw ConfigError{fmt::format(
        "papilio report: error: --study goes with a database, and '{}' is none; leave it out",
        first.string())};
  }
  if (of_study) {
    return {data_of_study(first, study), fs::path{first}.replace_extension(".html")};
  }
  if (std::all_of(given.begin(), given.end(),
                  [](const fs::path& path) { return fs::is_regular_file(path); })) {
    return {plan_page_data(given), fs::path{first}.replace_extension(".html")};
  }
  if (given.size() != 1) {
    throw ConfigError{fmt::format(
        "papilio report: error: expected one folder or database, or files of plans, got {} names "
        "of which not all are files; see 'papilio report --help'",
        given.size())};
  }
  return {page_data(first), first / "report.html"};
}

/// Refuses to write over anything but a page: a database, a plan, a run's results.
void check_replaces_a_page(const fs::path& file) {
  if (!fs::is_regular_file(file)) return;
  constexpr std::string_view kBegin = "<!DOCTYPE html>";
  std::string begin(kBegin.size(), ' ');
  std::ifstream in{file, std::ios::binary};
  if (in.read(begin.data(), static_cast<std::streamsize>(begin.size())) && begin == kBegin) return;
  throw ConfigError{
      fmt::format("papilio report: error: '{}' is there and is no page; name another file with -o",
                  file.string())};
}

}  // namespace

void report_command(const Words& words) {
  CommandLine line{
      "report DIR | DB | PLAN.json... [options]",
      "Makes one page of HTML: of the folder that 'papilio run' or 'papilio train' wrote, of a "
      "study's\ndatabase, or of what 'papilio plan --json' printed. It has the answer, its charts "
      "with their\ntables, what was asked and where the numbers come from. Several plans of one "
      "scenario, for several\ngoals or limits, become one page with a chooser. The page needs no "
      "network.",
      {"papilio report results/table4", "papilio report results/server-load -o /tmp/load.html",
       "papilio report results/bandwidth.db", "papilio report results/table4 --against /tmp/t4",
       "papilio plan scenarios/paper/table4.yaml --json > /tmp/latency.json",
       "papilio plan scenarios/paper/table4.yaml -t energy --json > /tmp/energy.json",
       "papilio report /tmp/latency.json /tmp/energy.json -o /tmp/plan.html"}};
  line.add_positional("from", -1);
  line.add_options()("output,o", po::value<std::string>()->value_name("FILE"),
                     "file of the page (default: DIR/report.html, or the file's name with .html)")(
      "study", po::value<std::string>()->value_name("NAME"),
      "which of several studies of a database, by name or number (default: the one run last)")(
      "against", po::value<std::string>()->value_name("DIR|DB"),
      "another run or database: the page also says what differs, as 'papilio compare' does");
  if (!line.parse(words)) return;
  const std::vector<std::string> names = line.all("from");
  if (names.empty()) {
    throw ConfigError{
        "papilio report: error: expected a folder, a database, or a file of a plan; see 'papilio "
        "report --help'"};
  }
  const std::string study = line.has("study") ? line.get<std::string>("study") : "";
  PageSource source = page_source({names.begin(), names.end()}, study);
  if (line.has("against")) {
    source.data["comparison"] = differences(names.front(), line.get<std::string>("against"), study);
  }
  const fs::path file =
      line.has("output") ? fs::path{line.get<std::string>("output")} : source.file;
  check_replaces_a_page(file);
  OutputFolder folder{file.has_parent_path() ? file.parent_path() : fs::path{"."}};
  folder.add(file.filename().string(), page_html(source.data, frame_title(source.data)));
  folder.commit();
  say(fmt::format("Wrote {}\n", file.string()));
}

}  // namespace papilio
