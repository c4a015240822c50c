// Claim: a progress bar is never wider than the terminal.

#include "sim/base/cli/progress.hpp"

#include <gtest/gtest.h>

namespace papilio {
namespace {

TEST(Progress, FitsIntoTheLine) {
  EXPECT_EQ(progress_line(0.5, "1/2 cells", 79),
            "[" + std::string(15, '#') + std::string(15, ' ') + "] 1/2 cells");
  EXPECT_EQ(progress_line(0.5, "1/2 cells", 22), "[#####     ] 1/2 cells");
  EXPECT_EQ(progress_line(0.5, "1/2 cells", 16), "1/2 cells") << "no room for a bar";
  EXPECT_EQ(progress_line(0.5, "1/2 cells", 4), "1/2 ");
  EXPECT_EQ(progress_line(0.5, "ääää", 3), "äää") << "counted in characters";
  EXPECT_EQ(progress_line(2, "", 13), "[##########] ") << "more than all is all";
  EXPECT_EQ(progress_line(0.5, "x", 0), "");
}

}  // namespace
}  // namespace papilio
