#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
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

/// All that a database holds of studies, points and results. SQLite reads it: a start of the
/// program for each question takes seconds under sanitizers.
inline std::string study_contents(const std::filesystem::path& database) {
  SQLite::Database connection{database.string(), SQLite::OPEN_READONLY};
  std::string text;
  constexpr const char* kPoints =
      "SELECT study, number, hex(hash), replicate, seed, axes, status, error FROM point ORDER BY "
      "study, number";
  for (const char* question : {"SELECT * FROM study ORDER BY id", kPoints,
                               "SELECT * FROM summary ORDER BY study, number, row",
                               "SELECT * FROM fleet_summary ORDER BY study, number, row",
                               "SELECT * FROM fleet_record ORDER BY study, number, row"}) {
    SQLite::Statement rows{connection, question};
    while (rows.executeStep()) {
      for (int i = 0; i < rows.getColumnCount(); ++i) {
        const SQLite::Column value = rows.getColumn(i);
        // A real in all its digits, of which SQLite's own text has fifteen.
        text += value.isFloat() ? fmt::format("{}\n", value.getDouble())
                                : fmt::format("type {}: {}\n", value.getType(), value.getString());
      }
    }
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
/// @param lines more of the file, as "method: closed-form\n", by which it takes none
inline std::string write_study(const TemporaryFolder& folder, int points,
                               const std::string& lines = "") {
  return folder
      .write(
          "study.yaml",
          fmt::format("kind: study\nname: some\nbase: {}/scenarios/paper/table4.yaml\n{}grid:\n  - "
                      "{{axis: range, key: mobile.load_level, from: 1, to: 2, count: {}}}\n",
                      PAPILIO_SOURCE_DIR, lines, points))
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
