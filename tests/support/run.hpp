#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "sim/base/data/csv.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio::testing {

/// Runs a scenario, quietly, into a folder. @param arguments those of `papilio run`, but -o and -q
inline void run_to(const std::filesystem::path& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "run");
  arguments.insert(arguments.end(), {"-o", folder.string(), "-q"});
  const Finished run = run_papilio(arguments);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.out + run.err, "") << "-q prints nothing";
}

/// These files of two folders hold the same bytes.
inline void expect_same_files(const std::filesystem::path& a, const std::filesystem::path& b,
                              const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    EXPECT_TRUE(read_file(a / file) == read_file(b / file)) << file;
  }
}

/// The columns that a CSV file's header names.
inline std::vector<std::string> columns_of(const std::filesystem::path& file) {
  return read_csv(file.string(), CsvStyle::kStrict).front().cells;  // there may be no rows
}

}  // namespace papilio::testing
