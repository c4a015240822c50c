#include "sim/app/drawing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/case_conv.hpp>
#include <cmath>
#include <fstream>
#include <iterator>

#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/base/process/capture.hpp"
#include "sim/base/scratch_folder.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

constexpr double kPerInch = 2.54;   // cm
constexpr double kPoints = 72;      // in an inch
constexpr double kScreenDots = 96;  // in an inch, of SVG by its definition
constexpr double kSharpScreenDots = 192;
constexpr double kPrintDots = 300;

/// What a file's suffix asks for.
enum class Format { kSvg, kPdf, kPng };

constexpr std::array<const char*, 3> kSuffixes{".svg", ".pdf", ".png"};

/// @throws ConfigError for another suffix
Format format_of(const fs::path& file, const char* verb, const char* option) {
  const std::string suffix = boost::to_lower_copy(file.extension().string());
  const auto* const it = std::find(kSuffixes.begin(), kSuffixes.end(), suffix);
  if (it == kSuffixes.end()) {
    throw ConfigError{fmt::format(
        "papilio {}: error: --{} '{}': a plot is SVG, PDF or PNG; end the name in .svg, .pdf "
        "or .png",
        verb, option, file.string())};
  }
  return static_cast<Format>(it - kSuffixes.begin());
}

/// gnuplot's terminal: a drawing is as large in every format, and so are its letters. cairo's
/// terminals take a point for a 96th of an inch, and SVG a unit for that. No text is "enhanced": a
/// _ is a _.
std::string terminal_of(Format format, const PlotPage& page) {
  constexpr double kThinLine = 0.67;  // of a pixel: half a point, as in the other formats
  const bool is_screen = page.letter_pt == page_of(PlotSize::kScreen).letter_pt;
  const auto dots = [&](double cm, double per_inch) {
    return static_cast<int>(std::lround(cm / kPerInch * per_inch));
  };
  switch (format) {
    case Format::kPdf:
      return fmt::format(
          "pdfcairo size {:.3f}cm,{:.3f}cm noenhanced font 'sans-serif,{:g}' fontscale 0.75 "
          "background 'white'",
          page.width_cm, page.height_cm, page.letter_pt);
    case Format::kPng: {
      const double per_inch = is_screen ? kSharpScreenDots : kPrintDots;
      return fmt::format(
          "pngcairo size {},{} noenhanced font 'sans-serif,{:g}' fontscale {:.4f} linewidth {:.4f} "
          "pointscale {:.4f} dashlength 1.4 background 'white'",
          dots(page.width_cm, per_inch), dots(page.height_cm, per_inch), page.letter_pt,
          per_inch / kScreenDots, per_inch / kPoints / 2, per_inch / kScreenDots);
    }
    case Format::kSvg:
      break;
  }
  return fmt::format(
      "svg size {},{} noenhanced font 'sans-serif,{:.4g}' linewidth {:.4f} background 'white'",
      dots(page.width_cm, kScreenDots), dots(page.height_cm, kScreenDots),
      page.letter_pt * kScreenDots / kPoints, is_screen ? 1 : kThinLine);
}

/// A PDF says when it was made; the same results are to make the same file.
void forget_date(std::string& pdf) {
  constexpr std::string_view kBefore{"/CreationDate (D:"};
  constexpr std::string_view kNoDate{"20000101000000"};
  const std::size_t at = pdf.find(kBefore);
  if (at == std::string::npos || at + kBefore.size() + kNoDate.size() > pdf.size()) return;
  pdf.replace(at + kBefore.size(), kNoDate.size(), kNoDate);
}

/// What gnuplot draws of a script's files.
std::string drawn(const std::vector<PlotFile>& files, const std::string& picture,
                  const char* verb) {
  const ScratchFolder scratch;
  OutputFolder folder{scratch.path()};
  for (const PlotFile& file : files) folder.add(file.name, file.text);
  folder.commit();
  const Captured gnuplot =
      capture({"env", "-C", scratch.path().string(), "gnuplot", "--default-settings", "plot.gp"});
  constexpr int kNoSuchCommand = 127;
  if (gnuplot.status == kNoSuchCommand) {
    throw ConfigError{
        fmt::format("papilio {}: error: gnuplot is missing; install the package gnuplot-nox, or "
                    "start ./papilio, which does",
                    verb)};
  }
  std::ifstream stream{scratch.path() / picture, std::ios::binary};
  std::string drawing{std::istreambuf_iterator<char>{stream}, {}};
  if (gnuplot.status != 0 || drawing.empty()) {
    throw ConfigError{fmt::format("papilio {}: error: gnuplot says: {}", verb, gnuplot.output)};
  }
  forget_date(drawing);
  return drawing;
}

}  // namespace

void check_drawing(const fs::path& file, const char* verb, const char* option) {
  format_of(file, verb, option);
}

void draw(const GnuplotScript& script, const fs::path& file, const char* verb,
          const std::optional<fs::path>& keep) {
  const Format format = format_of(file, verb, "output");
  // The picture's own name is no command either.
  const std::string picture = fmt::format("plot{}", kSuffixes.at(static_cast<std::size_t>(format)));
  const std::vector<PlotFile> files =
      script.files(fmt::format("# gnuplot plot.gp draws {0} in this folder.\nset terminal {1}\n"
                               "set output '{0}'\n",
                               picture, terminal_of(format, script.page())));
  OutputFolder folder{file.has_parent_path() ? file.parent_path() : fs::path{"."}};
  std::optional<OutputFolder> kept;
  if (keep) kept.emplace(*keep);
  const std::string drawing = drawn(files, picture, verb);
  folder.add(file.filename().string(), drawing);
  if (kept) {
    for (const PlotFile& each : files) kept->add(each.name, each.text);
  }
  folder.commit();
  if (kept) kept->commit();
}

}  // namespace papilio
