// Claims: ranges hit both ends and keep their steps or ratios; samples lie in their intervals,
// depend on nothing but the seed and their place, and a Latin hypercube has one value in every
// stratum.

#include "sim/study/design/axes.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// The axis that one item of a grid makes, with the errors that it has.
Axis axis_of(const std::string& item, std::uint64_t seed = 1) {
  const Node root = parse_yaml(
      fmt::format("kind: study\nname: a\nbase: b.yaml\ngrid:\n  - {}\n", item), "study.yaml");
  StudySpec spec;
  Diagnostics diagnostics;
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_study(visitor, spec); }, diagnostics);
  Axis axis = make_axis(spec.grid.front(), root, "grid.0", seed, diagnostics);
  diagnostics.throw_if_any();
  return axis;
}

std::vector<double> numbers_of(const AxisColumn& column) {
  std::vector<double> numbers;
  for (std::size_t i = 0; i < column.size(); ++i) numbers.push_back(column.number(i).value());
  return numbers;
}

TEST(Axes, AListKeepsValuesOfAnyKind) {
  const Axis axis = axis_of("{axis: list, key: k, values: [3, '3', [a, b], {x: 1}, true, 0.5e6]}");
  const AxisColumn& column = axis.columns.front();
  EXPECT_EQ(axis.size, 6U);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < column.size(); ++i) texts.push_back(column.json(i));
  EXPECT_EQ(texts, (std::vector<std::string>{"3", "\"3\"", "[\"a\",\"b\"]", "{\"x\":1}", "true",
                                             "500000"}));
  EXPECT_EQ(column.number(0), 3);
  EXPECT_EQ(column.number(1), std::nullopt) << "a quoted number is a text";
  EXPECT_EQ(column.value(2).items.size(), 2U);
  EXPECT_EQ(column.name(), "k");
}

TEST(Axes, ARangeHasBothEnds) {
  const auto by_step =
      numbers_of(axis_of("{axis: range, key: k, from: 0.1, to: 0.7, step: 0.1}").columns.front());
  ASSERT_EQ(by_step.size(), 7U) << "0.7 counts, though 0.6/0.1 is 5.999…";
  EXPECT_EQ(by_step, (std::vector<double>{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7}))
      << "to the digit, so that conditions and tables find them";
  const auto by_count =
      numbers_of(axis_of("{axis: range, key: k, from: 1, to: 4, count: 4}").columns.front());
  EXPECT_EQ(by_count, (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(axis_of("{axis: range, key: k, from: 5, to: 5, count: 1}").size, 1U);
  EXPECT_EQ(axis_of("{axis: range, key: k, from: 0, to: 1, step: 0.4}").size, 3U) << "0, 0.4, 0.8";
}

TEST(Axes, ALogRangeHasEqualRatios) {
  const auto rates = numbers_of(
      axis_of("{axis: log_range, key: k, from: 0.5e6, to: 50e6, count: 41}").columns.front());
  ASSERT_EQ(rates.size(), 41U);
  EXPECT_EQ(rates.front(), 0.5e6);
  EXPECT_EQ(rates.back(), 50e6);
  for (std::size_t i = 1; i < rates.size(); ++i) {
    EXPECT_NEAR(rates[i] / rates[i - 1], std::pow(100.0, 1.0 / 40), 1e-8);
  }
}

// Nine digits, and where neighbours are nearer than that tells, more: what stands in tables and
// files is what a person could have written.
TEST(Axes, ALogRangeHasFewDigits) {
  const Axis few = axis_of("{axis: log_range, key: k, from: 1e6, to: 50e6, count: 20}");
  EXPECT_EQ(few.columns.front().value(1).scalar, "1228625.36");  // 1e6 · 50^(1/19)
  const auto near = numbers_of(
      axis_of("{axis: log_range, key: k, from: 1, to: 1.00000001, count: 11}").columns.front());
  for (std::size_t i = 1; i < near.size(); ++i) {
    EXPECT_NEAR(near[i] - near[i - 1], 1e-9, 1e-12);
  }
}

TEST(Axes, WholeNumbersComeOnce) {
  const auto channels =
      numbers_of(axis_of("{axis: log_range, key: k, from: 1, to: 64, count: 20, whole: true}")
                     .columns.front());
  const std::set<double> distinct{channels.begin(), channels.end()};
  EXPECT_EQ(distinct.size(), channels.size());
  EXPECT_EQ(channels.front(), 1);
  EXPECT_EQ(channels.back(), 64);
  const Axis axis = axis_of("{axis: range, key: k, from: 1, to: 3, step: 1}");
  EXPECT_EQ(axis.columns.front().value(1).scalar, "2") << "keys of whole numbers refuse 2.0";
}

TEST(Axes, AZipMovesItsColumnsTogether) {
  const Axis axis = axis_of(
      "{axis: zip, columns: [{key: a, values: [1, 2]}, {key: b, name: second, values: [x, x]}]}");
  ASSERT_EQ(axis.columns.size(), 2U);
  EXPECT_EQ(axis.size, 2U);
  EXPECT_EQ(axis.columns[1].name(), "second");
}

constexpr const char* kSample =
    "{{axis: {}, count: {}, variables: [{{key: a, from: 2, to: 5}}, "
    "{{key: b, from: 1e3, to: 1e6, scale: log}}, {{key: c, from: 1, to: 9, whole: true}}]}}";

TEST(Axes, SamplesLieInTheirIntervalsAndFollowFromTheSeed) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const Axis axis = axis_of(fmt::format(kSample, "random", 500), seed);
    const Axis again = axis_of(fmt::format(kSample, "random", 500), seed);
    const Axis longer = axis_of(fmt::format(kSample, "random", 2000), seed);
    ASSERT_EQ(axis.columns.size(), 3U);
    for (std::size_t c = 0; c < 3; ++c) {
      const auto values = numbers_of(axis.columns[c]);
      EXPECT_EQ(values, numbers_of(again.columns[c]));
      auto prefix = numbers_of(longer.columns[c]);
      prefix.resize(500);
      EXPECT_EQ(values, prefix) << "a longer sample begins as the shorter one";
      EXPECT_NE(values,
                numbers_of(axis_of(fmt::format(kSample, "random", 500), seed + 7).columns[c]));
    }
    double log_sum = 0;
    for (const double value : numbers_of(axis.columns[0])) {
      EXPECT_GE(value, 2);
      EXPECT_LT(value, 5);
    }
    for (const double value : numbers_of(axis.columns[1])) {
      log_sum += std::log10(value);
      EXPECT_GE(value, 1e3);
      EXPECT_LT(value, 1e6);
    }
    // Uniform on 3..6: mean 4.5, deviation 3/sqrt(12); five deviations of the mean of 500.
    EXPECT_NEAR(log_sum / 500, 4.5, 5 * 3 / std::sqrt(12.0 * 500));
    for (const double value : numbers_of(axis.columns[2])) {
      EXPECT_EQ(value, std::round(value));
      EXPECT_GE(value, 1);
      EXPECT_LE(value, 9);
    }
  }
}

TEST(Axes, ALatinHypercubeHasOneValueInEveryStratum) {
  constexpr std::size_t kCount = 97;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const Axis axis = axis_of(fmt::format(kSample, "latin-hypercube", kCount), seed);
    const auto strata = [&](std::size_t column, const auto& share_of) {
      std::set<long> found;
      for (const double value : numbers_of(axis.columns[column])) {
        found.insert(std::lround(std::floor(share_of(value) * kCount)));
      }
      return found.size();
    };
    EXPECT_EQ(strata(0, [](double value) { return (value - 2) / 3; }), kCount);
    EXPECT_EQ(strata(1, [](double value) { return (std::log10(value) - 3) / 3 + 1e-12; }), kCount);
    EXPECT_NE(numbers_of(axis.columns[0]).front(), 2) << "strata are shuffled and jittered";
  }
}

}  // namespace
}  // namespace papilio
