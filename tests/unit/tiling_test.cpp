// Claims: the feature image lays channels out as Choi and Bajić do, in raster order, with zeros
// where no channel is; and gives them back.

#include "models/codec/tiling.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/tensors.hpp"

namespace papilio {
namespace {

// 2^ceil(½·log2 C) columns and 2^floor(½·log2 C) rows: 256 channels are 16 × 16, 512 are 32 × 16.
TEST(Tiling, GridFollowsThePaper) {
  EXPECT_EQ(tile_grid(1), (TileGrid{1, 1}));
  EXPECT_EQ(tile_grid(2), (TileGrid{2, 1}));
  EXPECT_EQ(tile_grid(4), (TileGrid{2, 2}));
  EXPECT_EQ(tile_grid(8), (TileGrid{4, 2}));
  EXPECT_EQ(tile_grid(256), (TileGrid{16, 16}));
  EXPECT_EQ(tile_grid(512), (TileGrid{32, 16}));
}

TEST(Tiling, OtherNumbersOfChannelsGetTheNextGrid) {
  EXPECT_EQ(tile_grid(3), (TileGrid{2, 2}));
  EXPECT_EQ(tile_grid(5), (TileGrid{4, 2}));
  EXPECT_EQ(tile_grid(9), (TileGrid{4, 4}));
  EXPECT_EQ(tile_grid(257), (TileGrid{32, 16}));
  for (std::int64_t channels = 2; channels <= 3000; ++channels) {
    const TileGrid grid = tile_grid(channels);
    EXPECT_GE(grid.columns * grid.rows, channels);
    EXPECT_LT(grid.columns * grid.rows, 2 * channels);
    EXPECT_TRUE(grid.columns == grid.rows || grid.columns == 2 * grid.rows);
  }
}

// Three channels of 2 × 3: 11..16, 21..26, 31..36.
TEST(Tiling, LiesInRasterOrder) {
  const std::vector<std::uint16_t> levels{11, 12, 13, 14, 15, 16, 21, 22, 23,
                                          24, 25, 26, 31, 32, 33, 34, 35, 36};
  const Picture picture = tile(levels, {3, 2, 3});
  EXPECT_EQ(picture.width, 6);
  EXPECT_EQ(picture.height, 4);
  EXPECT_EQ(picture.pixels, (std::vector<std::uint16_t>{11, 12, 13, 21, 22, 23,  //
                                                        14, 15, 16, 24, 25, 26,  //
                                                        31, 32, 33, 0,  0,  0,   //
                                                        34, 35, 36, 0,  0,  0}));
  EXPECT_EQ(untile(picture, {3, 2, 3}), levels);
}

TEST(Tiling, ComesBackAtAnyShape) {
  for (const FeatureShape& shape :
       {FeatureShape{1, 1, 1}, {7, 1, 9}, {33, 5, 2}, {100, 1, 1}, {64, 8, 8}}) {
    const QuantizedTensor tensor = random_tensor(shape, 16, 1);
    EXPECT_EQ(untile(tile(tensor.levels, shape), shape), tensor.levels);
  }
}

TEST(Tiling, IgnoresWhatIsBesideTheImage) {
  Picture wide{3, 3, {1, 2, 9, 3, 4, 9, 9, 9, 9}};
  EXPECT_EQ(untile(wide, {1, 2, 2}), (std::vector<std::uint16_t>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace papilio
