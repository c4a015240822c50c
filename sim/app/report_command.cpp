#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/app/command.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/page/page.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

/// What a page is made of, and where it goes unless somebody says.
struct PageSource {
  nlohmann::ordered_json data;
  fs::path file;
};

PageSource page_source(const std::vector<fs::path>& given) {
  if (std::all_of(given.begin(), given.end(),
                  [](const fs::path& path) { return fs::is_regular_file(path); })) {
    return {plan_page_data(given), fs::path{given.front()}.replace_extension(".html")};
  }
  if (given.size() != 1) {
    throw ConfigError{fmt::format(
        "papilio report: error: expected one folder of a run, or files of plans, got {} names of "
        "which not all are files; see 'papilio report --help'",
        given.size())};
  }
  return {page_data(given.front()), given.front() / "report.html"};
}

}  // namespace

void report_command(const Words& words) {
  CommandLine line{
      "report DIR | PLAN.json... [options]",
      "Makes one page of HTML of the folder that 'papilio run' wrote, or of what 'papilio plan "
      "--json'\nprinted: the answer, its charts with their tables, the scenario and where the "
      "numbers come from.\nSeveral plans of one scenario, for several goals or limits, become one "
      "page with a chooser. The\npage needs no network.",
      {"papilio report results/table4", "papilio report results/server-load -o /tmp/load.html",
       "papilio plan scenarios/paper/table4.yaml --json > /tmp/latency.json",
       "papilio plan scenarios/paper/table4.yaml -t energy --json > /tmp/energy.json",
       "papilio report /tmp/latency.json /tmp/energy.json -o /tmp/plan.html"}};
  line.add_positional("from", -1);
  line.add_options()("output,o", po::value<std::string>()->value_name("FILE"),
                     "file of the page (default: DIR/report.html, or PLAN.html)");
  if (!line.parse(words)) return;
  const std::vector<std::string> names = line.all("from");
  if (names.empty()) {
    throw ConfigError{
        "papilio report: error: expected a folder of a run, or a file of a plan; see 'papilio "
        "report --help'"};
  }
  const PageSource source = page_source({names.begin(), names.end()});
  const fs::path file =
      line.has("output") ? fs::path{line.get<std::string>("output")} : source.file;
  OutputFolder folder{file.has_parent_path() ? file.parent_path() : fs::path{"."}};
  std::string title = "Papilio";
  if (const auto name = source.data["manifest"].find("scenario");
      name != source.data["manifest"].end() && name->is_string()) {
    title = name->get<std::string>() + " · Papilio";
  }
  folder.add(file.filename().string(), page_html(source.data, title));
  folder.commit();
  say(fmt::format("Wrote {}\n", file.string()));
}

}  // namespace papilio
