#include "sim/app/drawing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/case_conv.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/base/process/capture.hpp"

namespace papilio {
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

/// What a file's suffix asks for.
struct Format {
  const char* suffix;
  const char* terminal;  ///< gnuplot's, where no text is "enhanced": a _ is a _
};

/// @throws ConfigError for another suffix
const Format& format_of(const fs::path& file, const char* verb, const char* option) {
  static constexpr std::array<Format, 3> kFormats{{
      {".svg", "svg size 800,500 noenhanced font 'sans,12' background 'white'"},
      {".pdf", "pdfcairo size 16cm,10cm noenhanced font 'sans,10' background 'white'"},
      {".png", "pngcairo size 1600,1000 noenhanced font 'sans,24' background 'white'"},
  }};
  const std::string suffix = boost::to_lower_copy(file.extension().string());
  const auto* const it = std::find_if(kFormats.begin(), kFormats.end(), [&](const Format& format) {
    return suffix == format.suffix;
  });
  if (it == kFormats.end()) {
    throw ConfigError{fmt::format(
        "papilio {}: error: --{} '{}': a plot is SVG, PDF or PNG; end the name in .svg, .pdf "
        "or .png",
        verb, option, file.string())};
  }
  return *it;
}

/// A PDF says when it was made; the same results are to make the same file.
void forget_date(std::string& pdf) {
  constexpr std::string_view kBefore{"/CreationDate (D:"};
  constexpr std::string_view kNoDate{"20000101000000"};
  const std::size_t at = pdf.find(kBefore);
  if (at == std::string::npos || at + kBefore.size() + kNoDate.size() > pdf.size()) return;
  pdf.replace(at + kBefore.size(), kNoDate.size(), kNoDate);
}

/// What gnuplot draws of a script.
std::string drawn(const std::string& script, const Format& format) {
  const ScratchFolder scratch;
  OutputFolder folder{scratch.path()};
  // Where to draw is an argument: a folder's name is no command either.
  folder.add("plot.gp",
             fmt::format("set terminal {}\nset output ARG1\n{}", format.terminal, script));
  folder.commit();
  const fs::path file = scratch.path() / "plot";
  const Captured gnuplot = capture({"gnuplot", "--default-settings", "-c",
                                    (scratch.path() / "plot.gp").string(), file.string()});
  constexpr int kNoSuchCommand = 127;
  if (gnuplot.status == kNoSuchCommand) {
    throw ConfigError{
        "papilio plot: error: gnuplot is missing; install the package gnuplot-nox, or start "
        "./papilio, which does"};
  }
  std::ifstream stream{file, std::ios::binary};
  std::string drawing{std::istreambuf_iterator<char>{stream}, {}};
  if (gnuplot.status != 0 || drawing.empty()) {
    throw ConfigError{fmt::format("papilio plot: error: gnuplot says: {}", gnuplot.output)};
  }
  forget_date(drawing);
  return drawing;
}

}  // namespace

void check_drawing(const fs::path& file, const char* verb, const char* option) {
  format_of(file, verb, option);
}

void draw(const std::string& script, const fs::path& file) {
  OutputFolder folder{file.has_parent_path() ? file.parent_path() : fs::path{"."}};
  folder.add(file.filename().string(), drawn(script, format_of(file, "plot", "output")));
  folder.commit();
}

}  // namespace papilio
