#include "sim/base/suggest.hpp"

#include <gtest/gtest.h>

namespace papilio {
namespace {

const std::vector<std::string> kNames{"jetson-tx2", "gtx-1080-ti", "wifi"};

TEST(Suggest, FindsTheNearestNameWithinAThirdOfTheLetters) {
  EXPECT_EQ(nearest_name("jetson-tx1", kNames), "jetson-tx2");
  EXPECT_EQ(nearest_name("WiFi", kNames), "wifi");
  EXPECT_EQ(nearest_name("gtx1080ti", kNames), "gtx-1080-ti");
  EXPECT_EQ(nearest_name("tpu", kNames), "");
}

TEST(Suggest, TakesTheBeginningOfAName) {
  EXPECT_EQ(nearest_name("jetson", kNames), "jetson-tx2");
  EXPECT_EQ(nearest_name("je", kNames), "");
}

TEST(Suggest, NeverReplacesAWholeShortName) {
  EXPECT_EQ(nearest_name("5g", {"3g"}), "3g");
  EXPECT_EQ(nearest_name("xy", {"3g"}), "");
}

TEST(Suggest, ListsAllNamesWhereNoneIsNear) {
  EXPECT_EQ(suggestion("tpu", kNames), "; one of: jetson-tx2, gtx-1080-ti, wifi");
  EXPECT_EQ(suggestion("wify", kNames), "; did you mean 'wifi'?");
  EXPECT_EQ(suggestion("x", {}), "");
  EXPECT_EQ(suggestion("?", std::vector<std::string>(20, "layer")),
            "; one of 20, such as layer, layer, layer");
}

}  // namespace
}  // namespace papilio
