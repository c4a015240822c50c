// Claims: a pass has each picture once, in an order that seed and pass decide; what a batch holds
// does not depend on workers, on what is kept or on where the pass began; a picture is loaded once;
// errors reach the batch they belong to; a loader may go away at any time.

#include "models/dataset/loader.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "sim/base/error.hpp"
#include "tests/support/pictures.hpp"

namespace papilio {
namespace {

/// Pictures of coordinates whose blue is their place.
class Pictures final : public Dataset {
 public:
  explicit Pictures(std::size_t size) : size_{size} {}

  [[nodiscard]] const std::string& title() const override { return title_; }
  [[nodiscard]] const std::vector<std::string>& classes() const override { return classes_; }
  [[nodiscard]] std::size_t size() const override { return size_; }
  [[nodiscard]] std::int64_t label(std::size_t index) const override {
    return static_cast<std::int64_t>(index % 2);
  }
  [[nodiscard]] std::string name(std::size_t index) const override {
    return fmt::format("{}", index);
  }
  [[nodiscard]] Image load(std::size_t index) const override {
    ++loads;
    std::this_thread::sleep_for(delay);
    if (index == damaged) throw ConfigError{name(index) + ": error: damaged"};
    return testing::coordinates(8, 9, static_cast<std::uint8_t>(index));
  }

  mutable std::atomic<std::size_t> loads{0};
  std::size_t damaged{static_cast<std::size_t>(-1)};
  std::chrono::microseconds delay{0};

 private:
  std::size_t size_;
  std::string title_{"pictures"};
  std::vector<std::string> classes_{"even", "odd"};
};

Transform augmented() {
  return {.height = 8, .width = 8, .shorter_side = 0, .padding = 2, .augment = true};
}

std::vector<Batch> rest_of(Loader& loader) {
  std::vector<Batch> batches;
  for (Batch batch = loader.next(); batch.size() > 0; batch = loader.next()) {
    batches.push_back(std::move(batch));
  }
  return batches;
}

std::vector<Batch> pass(Loader& loader, const EpochSpec& epoch) {
  loader.start(epoch);
  return rest_of(loader);
}

std::vector<std::size_t> order(const std::vector<Batch>& batches) {
  std::vector<std::size_t> indices;
  for (const Batch& batch : batches) {
    indices.insert(indices.end(), batch.indices.begin(), batch.indices.end());
  }
  return indices;
}

void expect_same(const Batch& a, const Batch& b) {
  EXPECT_EQ(a.indices, b.indices);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_TRUE(a.images == b.images);
}

TEST(Loader, HasEachPictureOnceInOrder) {
  const auto pictures = std::make_shared<Pictures>(23);
  const Transform transform{.height = 8,
                            .width = 9,
                            .shorter_side = 0,
                            .scale = 1,
                            .mean = {0, 0, 0},
                            .deviation = {1, 1, 1}};
  Loader loader{pictures, transform, 2};
  EXPECT_EQ(&loader.dataset(), pictures.get());
  EXPECT_EQ(loader.batches(5), 5U);
  EXPECT_EQ(loader.batches(23), 1U);
  EXPECT_EQ(loader.next().size(), 0U) << "no pass has begun";
  const std::vector<Batch> batches = pass(loader, {.batch_size = 5});
  ASSERT_EQ(batches.size(), 5U);
  std::size_t index = 0;
  for (const Batch& batch : batches) {
    EXPECT_EQ(batch.size(), index < 20 ? 5U : 3U);
    ASSERT_EQ(batch.images.size(), batch.size() * 3 * 8 * 9);
    for (std::size_t i = 0; i < batch.size(); ++i, ++index) {
      EXPECT_EQ(batch.indices[i], index);
      EXPECT_EQ(batch.labels[i], static_cast<std::int64_t>(index % 2));
      const float* picture = batch.images.data() + i * 3 * 72;
      EXPECT_EQ(picture[71], 7) << "row of the last pixel";
      EXPECT_EQ(picture[72 + 71], 8) << "its column";
      EXPECT_EQ(picture[144], static_cast<float>(index)) << "the picture";
    }
  }
  EXPECT_EQ(loader.next().size(), 0U) << "the end stays the end";
}

TEST(Loader, ShufflesBySeedAndPass) {
  Loader loader{std::make_shared<Pictures>(100), augmented(), 2};
  std::set<std::vector<std::size_t>> orders;
  for (const std::uint64_t seed : {1U, 2U}) {
    for (const std::uint64_t epoch : {0U, 1U, 2U}) {
      const EpochSpec spec{.batch_size = 7, .shuffle = true, .seed = seed, .epoch = epoch};
      std::vector<std::size_t> indices = order(pass(loader, spec));
      EXPECT_EQ(order(pass(loader, spec)), indices) << "twice the same";
      orders.insert(indices);
      std::sort(indices.begin(), indices.end());
      for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(indices[i], i);
    }
  }
  EXPECT_EQ(orders.size(), 6U);
}

// Each of the 24 orders of 4 pictures is expected 100 times in 2,400 passes; the bound is 5
// deviations of a binomial.
TEST(Loader, ShufflesUniformly) {
  Loader loader{std::make_shared<Pictures>(4), augmented(), 1};
  std::map<std::vector<std::size_t>, int> counts;
  for (std::uint64_t epoch = 0; epoch < 2400; ++epoch) {
    ++counts[order(pass(loader, {.batch_size = 4, .shuffle = true, .epoch = epoch}))];
  }
  EXPECT_EQ(counts.size(), 24U);
  for (const auto& [indices, count] : counts) EXPECT_NEAR(count, 100, 49);
}

TEST(Loader, GivesTheSameBatchesWithAnyWorkersAndMemory) {
  Loader one{std::make_shared<Pictures>(50), augmented(), 1};
  Loader four{std::make_shared<Pictures>(50), augmented(), 4};
  Loader forgetful{std::make_shared<Pictures>(50), augmented(), 2, 1000};
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
    const EpochSpec spec{.batch_size = 3, .shuffle = true, .seed = 5, .epoch = epoch};
    const std::vector<Batch> expected = pass(one, spec);
    ASSERT_EQ(expected.size(), 17U);
    for (Loader* other : {&four, &forgetful}) {
      const std::vector<Batch> batches = pass(*other, spec);
      ASSERT_EQ(batches.size(), expected.size());
      for (std::size_t i = 0; i < batches.size(); ++i) expect_same(batches[i], expected[i]);
    }
  }
}

TEST(Loader, CropsAnewInEachPass) {
  Loader loader{std::make_shared<Pictures>(20), augmented(), 2};
  const Batch first = pass(loader, {.batch_size = 20}).at(0);
  const Batch second = pass(loader, {.batch_size = 20, .epoch = 1}).at(0);
  const Batch other = pass(loader, {.batch_size = 20, .seed = 2}).at(0);
  EXPECT_EQ(first.indices, second.indices);
  EXPECT_FALSE(first.images == second.images);
  EXPECT_FALSE(first.images == other.images);
}

TEST(Loader, GoesOnInTheMiddleOfAPass) {
  EpochSpec spec{.batch_size = 4, .shuffle = true, .seed = 3, .epoch = 8};
  Loader whole{std::make_shared<Pictures>(30), augmented(), 2};
  const std::vector<Batch> expected = pass(whole, spec);
  for (const std::size_t first : {1U, 3U, 7U}) {
    spec.first_batch = first;
    Loader fresh{std::make_shared<Pictures>(30), augmented(), 3};
    const std::vector<Batch> rest = pass(fresh, spec);
    ASSERT_EQ(rest.size(), expected.size() - first);
    for (std::size_t i = 0; i < rest.size(); ++i) expect_same(rest[i], expected[first + i]);
  }
  for (const std::size_t first : {8U, 100U}) {
    spec.first_batch = first;
    EXPECT_TRUE(pass(whole, spec).empty()) << "at or beyond the end";
  }
}

TEST(Loader, LoadsEachPictureOnce) {
  const auto pictures = std::make_shared<Pictures>(40);
  Loader loader{pictures, augmented(), 3};
  for (std::uint64_t epoch = 0; epoch < 4; ++epoch) pass(loader, {.batch_size = 3, .epoch = epoch});
  EXPECT_EQ(pictures->loads, 40U);
}

// A picture of 8 x 9 has 216 bytes, so that 1,000 are enough for four.
TEST(Loader, KeepsNoMoreThanItMay) {
  const auto pictures = std::make_shared<Pictures>(40);
  Loader loader{pictures, augmented(), 1, 1000};
  pass(loader, {});
  pass(loader, {});
  EXPECT_EQ(pictures->loads, 40U + 36U);
}

TEST(Loader, HandsAnErrorToTheBatchItBelongsTo) {
  const auto pictures = std::make_shared<Pictures>(12);
  pictures->damaged = 5;
  for (const std::size_t workers : {1U, 4U}) {
    Loader loader{pictures, augmented(), workers};
    loader.start({.batch_size = 3});
    EXPECT_EQ(loader.next().indices.front(), 0U);
    try {
      loader.next();
      FAIL() << "not refused";
    } catch (const ConfigError& error) {
      EXPECT_STREQ(error.what(), "5: error: damaged");
    }
    EXPECT_EQ(loader.next().indices.front(), 6U) << "the pass goes on";
    EXPECT_EQ(loader.next().size(), 3U);
    EXPECT_EQ(loader.next().size(), 0U);
  }
}

// Batch 1 of a pass in order has 3, 4 and 5, and lacks 5; with one picture a batch, that batch is
// passed over. What the others hold, crops and all, is as if nothing were damaged, on any workers.
TEST(Loader, LeavesOutWhatCannotBeRead) {
  const auto whole = std::make_shared<Pictures>(12);
  Loader undamaged{whole, augmented(), 1};
  const auto pictures = std::make_shared<Pictures>(12);
  pictures->damaged = 5;
  for (const std::size_t workers : {1U, 4U}) {
    const auto left_out = std::make_shared<LeftOut>();
    Loader loader{pictures, augmented(), workers, std::size_t{1} << 20U, left_out};
    const std::vector<Batch> batches = pass(loader, {.batch_size = 3});
    const std::vector<Batch> right = pass(undamaged, {.batch_size = 3});
    ASSERT_EQ(batches.size(), 4U);
    EXPECT_EQ(batches[1].indices, (std::vector<std::size_t>{3, 4}));
    EXPECT_EQ(batches[1].images.size(), std::size_t{2} * 3 * 8 * 8);
    EXPECT_TRUE(
        std::equal(batches[1].images.begin(), batches[1].images.end(), right[1].images.begin()));
    for (const std::size_t other : {0U, 2U, 3U}) expect_same(batches[other], right[other]);
    const std::vector<Batch> single = pass(loader, {.batch_size = 1});
    ASSERT_EQ(single.size(), 11U);
    EXPECT_EQ(single[5].indices, (std::vector<std::size_t>{6}));
    EXPECT_EQ(single[5].place, 6U);
    EXPECT_EQ(left_out->errors(), (std::vector<std::string>{"5: error: damaged"})) << "once";
    EXPECT_EQ(left_out->count(*pictures), 1U);
  }
}

TEST(Loader, NamesAPictureThatCannotBeScaled) {
  Transform transform = augmented();
  transform.shorter_side = 30'000;
  Loader loader{std::make_shared<Pictures>(1), transform, 1};
  loader.start({});
  try {
    loader.next();
    FAIL() << "not refused";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "0: error: a picture of 9 x 8 pixels cannot be scaled to 33750 x 30000");
  }
}

TEST(Loader, MayBeginAnewInTheMiddleOfAPass) {
  const auto pictures = std::make_shared<Pictures>(60);
  pictures->delay = std::chrono::microseconds{100};
  Loader loader{pictures, augmented(), 3};
  for (std::size_t taken = 0; taken < 8; ++taken) {
    loader.start({.batch_size = 4, .shuffle = true, .seed = taken});
    for (std::size_t i = 0; i < taken; ++i) EXPECT_EQ(loader.next().size(), 4U);
  }
  const std::vector<Batch> batches = pass(loader, {.batch_size = 4});
  ASSERT_EQ(batches.size(), 15U);
  Loader fresh{std::make_shared<Pictures>(60), augmented(), 1};
  const std::vector<Batch> expected = pass(fresh, {.batch_size = 4});
  for (std::size_t i = 0; i < batches.size(); ++i) expect_same(batches[i], expected[i]);
}

// A batch of 1,000 pictures takes 0.2 s and more: it is left, not waited for.
TEST(Loader, MayGoAwayInTheMiddleOfAPass) {
  const auto pictures = std::make_shared<Pictures>(1000);
  pictures->delay = std::chrono::microseconds{200};
  for (std::size_t workers = 1; workers <= 8; ++workers) {
    { const Loader idle{pictures, augmented(), workers}; }
    Loader loader{pictures, augmented(), workers};
    loader.start({.batch_size = workers % 2 == 0 ? 1000U : 2U, .shuffle = true});
    if (workers % 4 == 1) loader.next();
  }
  EXPECT_LT(pictures->loads, 1000U);
}

}  // namespace
}  // namespace papilio
