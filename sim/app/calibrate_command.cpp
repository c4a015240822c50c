#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "sim/app/command.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/cli/terminal.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/validation/fit.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse_calibration(const std::string& why) {
  throw ConfigError{
      fmt::format("papilio calibrate: error: {}; see 'papilio calibrate --help'", why)};
}

}  // namespace

void calibrate_command(const Words& words) {
  CommandLine line{
      "calibrate VALIDATION... [options]",
      "What does a simulation leave out? Fits it from what 'papilio validate' ran live and "
      "simulated: time and\nbytes that each message takes beside its payload, and factors and "
      "fixed "
      "times of computing. Each cell\nis also predicted by a fit of all the others, which tells "
      "what the calibration is worth. Scenarios and\nfleets use it where they name the file: "
      "'calibration: FILE'. docs/models/calibration.md",
      {"papilio calibrate results/validate-validation --name here",
       "papilio calibrate results/validate-validation --leave-out wifi -o here.yaml --format "
       "json"}};
  line.add_positional("folder", -1);
  line.add_options()("name", po::value<std::string>()->value_name("NAME"),
                     "what it is called (default: the machine's, 'here')");
  line.add_options()("leave-out", po::value<std::vector<std::string>>()->value_name("RADIO"),
                     "take no cells of this radio, on which the calibration is to be tried; may be "
                     "given again");
  line.add_options()("output,o", po::value<std::string>()->value_name("FILE.yaml"),
                     "where it goes (default: results/calibrations/NAME.yaml)");
  line.add_format_option("what is printed: md, csv, json, latex or html");
  line.add_options()("quiet,q", po::bool_switch(), "print nothing but errors");
  if (!line.parse(words)) return;
  const std::string format = line.get<std::string>("format");
  check_format(format);
  const std::vector<std::string> folders = line.all("folder");
  if (folders.empty()) refuse_calibration("expected a folder that 'papilio validate' wrote");
  const std::string name = line.has("name") ? line.get<std::string>("name") : "here";
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
  if (!plain || name.empty() || name.front() < '0' || name.front() == '_') {
    refuse_calibration(
        "--name has lower-case letters, digits and . _ -, and begins with one of the "
        "first two");
  }
  const fs::path file = line.has("output")
                            ? fs::path{line.get<std::string>("output")}
                            : fs::path{"results"} / "calibrations" / (name + ".yaml");
  if (file.extension() != ".yaml") refuse_calibration("name the file .yaml");
  OutputFolder folder{file.has_parent_path() ? file.parent_path() : fs::path{"."}};

  std::vector<ValidationCell> cells;
  for (const std::string& one : folders) {
    const std::vector<ValidationCell> more = read_validation_cells(one);
    cells.insert(cells.end(), more.begin(), more.end());
  }
  for (const std::string& radio : line.all("leave-out")) {
    const std::size_t taken =
        std::erase_if(cells, [&](const ValidationCell& cell) { return cell.network == radio; });
    if (taken == 0)
      refuse_calibration(fmt::format("--leave-out: no cell is of the radio '{}'", radio));
  }
  cells = cells_to_fit(cells);
  const CalibrationFit fit = fit_calibration(cells);
  const LeaveOneOut worth = cross_validate(cells);
  const std::string about =
      fmt::format("Of {} cells whose requests came one after another, in {}.", cells.size(),
                  folders.size() == 1 ? folders.front()
                                      : fmt::format("{} folders of live runs", folders.size()));
  folder.add(file.filename().string(), calibration_yaml(name, about, fit, worth));
  folder.commit();
  if (line.get<bool>("quiet")) return;
  print(calibration_report(name, cells, fit, worth), format, line.is_wide());
  if (Terminal::of(STDERR_FILENO).present) tell(fmt::format("\nWrote {}.\n", file.string()));
}

}  // namespace papilio
