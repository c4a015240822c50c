#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "sim/app/command.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/page/page.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace fs = std::filesystem;

void report_command(const Words& words) {
  CommandLine line{
      "report DIR [options]",
      "Makes one page of HTML of the folder that 'papilio run' wrote: the answer, its charts with\n"
      "their tables, the scenario and where the numbers come from. The page needs no network.",
      {"papilio report results/table4", "papilio report results/server-load -o /tmp/load.html"}};
  line.add_positional("dir", -1);
  line.add_options()("output,o", po::value<std::string>()->value_name("FILE"),
                     "file of the page (default: DIR/report.html)");
  if (!line.parse(words)) return;
  const std::vector<std::string> folders = line.all("dir");
  if (folders.size() != 1) {
    throw ConfigError{fmt::format(
        "papilio report: error: expected one folder of a run, got {}; see 'papilio report --help'",
        folders.size())};
  }
  const fs::path from = folders.front();
  if (fs::exists(from) && !fs::is_directory(from)) {
    refuse_file(from, "is no folder; give the one that 'papilio run' wrote");
  }
  const fs::path file =
      line.has("output") ? fs::path{line.get<std::string>("output")} : from / "report.html";
  OutputFolder folder{file.has_parent_path() ? file.parent_path() : fs::path{"."}};
  const nlohmann::ordered_json data = page_data(from);
  std::string title = "Papilio";
  if (const auto name = data["manifest"].find("scenario");
      name != data["manifest"].end() && name->is_string()) {
    title = name->get<std::string>() + " · Papilio";
  }
  folder.add(file.filename().string(), page_html(data, title));
  folder.commit();
  say(fmt::format("Wrote {}\n", file.string()));
}

}  // namespace papilio
