#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "sim/base/process/capture.hpp"
#include "sim/report/gnuplot.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio::testing {

/// The files of a drawing as one text, each between "== NAME" and "==".
inline std::string text_of(const GnuplotScript& script) {
  std::string text;
  for (const PlotFile& file : script.files("")) {
    text += fmt::format("== {}\n{}==\n", file.name, file.text);
  }
  return text;
}

/// The commands of a drawing, without its data.
inline std::string commands_of(const GnuplotScript& script) {
  return script.files("").front().text;
}

/// What gnuplot says of a drawing, and how it ends: nothing and 0 if all is well.
inline Captured drawn_by_gnuplot(const GnuplotScript& script, std::string_view terminal) {
  const TemporaryFolder folder;
  for (const PlotFile& file :
       script.files(fmt::format("set terminal {}\nset output '/dev/null'\n", terminal))) {
    folder.write(file.name, file.text);
  }
  return capture({"env", "-C", folder.path().string(), "gnuplot", "--default-settings", "plot.gp"});
}

}  // namespace papilio::testing
