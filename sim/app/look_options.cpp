#include "sim/app/look_options.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "sim/app/dimension_options.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

std::optional<double> number_of(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  return problem == std::errc{} && rest == end && std::isfinite(number) ? std::optional{number}
                                                                        : std::nullopt;
}

std::optional<PlotRange> range_of(const CommandLine& line, const PlotLook& look,
                                  const std::string& option) {
  if (!line.has(option)) return std::nullopt;
  const std::string& text = line.get<std::string>(option);
  const std::size_t colon = text.find(':');
  if (colon != std::string::npos) {
    const auto low = number_of(std::string_view{text}.substr(0, colon));
    const auto high = number_of(std::string_view{text}.substr(colon + 1));
    if (low && high && *low < *high) return PlotRange{*low, *high};
  }
  look.refuse(option, fmt::format("expected LOW:HIGH, two numbers in the unit that the axis shows, "
                                  "the lower first, such as 0:25, got '{}'",
                                  text));
}

PlotSize size_of(const CommandLine& line, const PlotLook& look) {
  if (!line.has("columns")) return PlotSize::kScreen;
  const std::string& columns = line.get<std::string>("columns");
  if (columns == "1") return PlotSize::kOneColumn;
  if (columns == "2") return PlotSize::kTwoColumns;
  look.refuse("columns",
              fmt::format("expected 1, which is 8.4 cm, or 2, 17.8 cm, got '{}'", columns));
}

PlotLegend legend_of(const CommandLine& line, const PlotLook& look) {
  constexpr std::array<std::pair<std::string_view, PlotLegend>, 3> kLegends{
      {{"right", PlotLegend::kRight}, {"below", PlotLegend::kBelow}, {"none", PlotLegend::kNone}}};
  if (!line.has("legend")) return PlotLegend::kByItself;
  const std::string& text = line.get<std::string>("legend");
  for (const auto& [name, legend] : kLegends) {
    if (text == name) return legend;
  }
  look.refuse("legend", fmt::format("expected right, below or none, got '{}'", text));
}

void set_logarithms(const CommandLine& line, PlotLook& look) {
  if (!line.has("log")) return;
  look.log_x = look.log_y = false;
  const std::string& text = line.get<std::string>("log");
  if (text == "none") return;
  for (const std::string& axis : words_of(line, "log")) {
    if (axis != "x" && axis != "y") {
      look.refuse("log", fmt::format("expected x, y, x,y or none, got '{}'", text));
    }
    (axis == "x" ? look.log_x : look.log_y) = true;
  }
}

}  // namespace

const std::vector<std::string>& look_options() {
  static const std::vector<std::string> kOptions{"columns", "title", "legend", "x-range",
                                                 "y-range", "log",   "keep"};
  return kOptions;
}

void add_look_options(CommandLine& line) {
  line.add_options()("columns", po::value<std::string>()->value_name("N"),
                     "size of a plot for print: 1 column, 8.4 cm, or 2, 17.8 cm (default: for a "
                     "screen)");
  line.add_options()("title", po::value<std::string>()->value_name("TEXT"),
                     "of a plot, as it stands; '' is none");
  line.add_options()("legend", po::value<std::string>()->value_name("WHERE"),
                     "of a plot: right, below or none");
  line.add_options()("x-range", po::value<std::string>()->value_name("LOW:HIGH"),
                     "of a plot, in the axis's unit (default: what the data spans)");
  line.add_options()("y-range", po::value<std::string>()->value_name("LOW:HIGH"),
                     "likewise of the axis that goes up");
  line.add_options()("log", po::value<std::string>()->value_name("AXES"),
                     "logarithmic axes of a plot: x, y, x,y or none (default: as the data has it)");
  line.add_options()("keep", po::value<std::string>()->value_name("FOLDER"),
                     "write a plot's script for gnuplot there too, and its data");
}

PlotLook look_of(const CommandLine& line, const char* verb) {
  PlotLook look{.verb = verb};
  look.size = size_of(line, look);
  look.legend = legend_of(line, look);
  if (line.has("title")) look.title = line.get<std::string>("title");
  look.x = range_of(line, look, "x-range");
  look.y = range_of(line, look, "y-range");
  set_logarithms(line, look);
  return look;
}

std::optional<fs::path> keep_of(const CommandLine& line) {
  return line.has("keep") ? std::optional<fs::path>{line.get<std::string>("keep")} : std::nullopt;
}

}  // namespace papilio
