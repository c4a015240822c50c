#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio::testing {

/// Runs papilio, which must end well.
inline Finished expect_success(const std::vector<std::string>& words) {
  Finished run = run_papilio(words);
  EXPECT_EQ(run.exit_code, 0) << fmt::format("{}", fmt::join(words, " ")) << '\n' << run.err;
  return run;
}

/// All that a database holds of studies, points and results.
inline std::string study_contents(const std::filesystem::path& database) {
  std::string text;
  constexpr const char* kPoints =
      "SELECT study, number, hex(hash), replicate, seed, axes, status, error FROM point ORDER BY "
      "study, number";
  for (const char* question : {"SELECT * FROM study ORDER BY id", kPoints,
                               "SELECT * FROM summary ORDER BY study, number, row",
                               "SELECT * FROM fleet_summary ORDER BY study, number, row",
                               "SELECT * FROM fleet_record ORDER BY study, number, row"}) {
    text += expect_success({"study", "sql", database.string(), question, "--format", "csv"}).out;
  }
  return text;
}

/// So many points, or a sixteenth of them under sanitizers, where each takes ten times as long.
constexpr int points_or_fewer(int points) {
#ifdef __SANITIZE_ADDRESS__
  return points / 16;
#else
  return points;
#endif
}

/// A study of so many points, each of which takes some milliseconds: 104 cells.
inline std::string write_study(const TemporaryFolder& folder, int points) {
  return folder
      .write(
          "study.yaml",
          fmt::format("kind: study\nname: some\nbase: {}/scenarios/paper/table4.yaml\ngrid:\n  - "
                      "{{axis: range, key: mobile.load_level, from: 1, to: 2, count: {}}}\n",
                      PAPILIO_SOURCE_DIR, points))
      .string();
}

/// A study of a fleet, whose points take a tenth of a second each, with records.
inline std::string write_fleet_study(const TemporaryFolder& folder, int points) {
  return folder
      .write("fleet-study.yaml",
             fmt::format(
                 "kind: study\nname: fleets\nbase: {}/scenarios/fleets/workloads.yaml\n"
                 "records: true\nset: {{duration_s: 1000, output: {{records: 0.01}}}}\ngrid:\n  - "
                 "{{axis: range, key: mobiles.0.load_level, from: 1, to: 2, count: {}}}\n",
                 PAPILIO_SOURCE_DIR, points))
      .string();
}

}  // namespace papilio::testing
