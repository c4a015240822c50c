// Claims: a cell's text is for people and its JSON for programs; both come of one value, and
// neither of the other.
#include "sim/base/document/cell.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace papilio {
namespace {

using Real = TableCell::Real;
using Style = Form::Style;

std::string json(const TableCell& cell) {
  return cell.json().dump();
}

TEST(Cell, TextRoundsAndJsonDoesNot) {
  EXPECT_EQ(decimals(23.7612, 1).text(), "23.8");
  EXPECT_EQ(json(decimals(23.7612, 1)), "23.7612");
  EXPECT_EQ(significant(0.0237612, 2).text(), "0.024");
  EXPECT_EQ(json(significant(0.0237612, 2)), "0.0237612");
  EXPECT_EQ(signed_decimals(4.25, 1).text(), "+4.2");
  EXPECT_EQ(json(signed_decimals(4.25, 1)), "4.25");
  EXPECT_EQ(signed_decimals(-0.04, 1).text(), "+0.0") << "no negative zero";
  EXPECT_EQ(TableCell{0.1}.text(), "0.1") << "without a form, the shortest that reads back";
}

TEST(Cell, WholeNumbersHaveNoPointUnlessTheirFormHasOne) {
  EXPECT_EQ(TableCell{7}.text() + json(7), "77");
  EXPECT_EQ(json(TableCell{5.0}), "5");
  EXPECT_EQ(json(decimals(150528, 0)), "150528");
  EXPECT_EQ(json(decimals(23, 1)), "23.0");
  const auto usual = [](double number) {
    return TableCell{Real{.value = {number, number}, .form = {Style::kWholeOrDigits, 4}}}.text();
  };
  EXPECT_EQ(usual(150528), "150528");
  EXPECT_EQ(usual(0.123456), "0.1235");
}

// A share is a number of one to programs, like the columns of summary.csv.
TEST(Cell, APercentIsAShare) {
  EXPECT_EQ(in_percent(0.741, 1).text(), "74.1 %");
  EXPECT_EQ(json(in_percent(0.741, 1)), "0.741");
  EXPECT_EQ(in_signed_percent(0.032, 1).text(), "+3.2 %");
}

TEST(Cell, AUnitThatNoHeaderSaysStandsBesideTheNumber) {
  EXPECT_EQ(decimals(23.76, 1, "ms").text(), "23.8 ms");
  EXPECT_EQ(json(decimals(23.76, 1, "ms")), R"({"value":23.76,"unit":"ms"})");
}

TEST(Cell, AnIntervalIsTwoNumbers) {
  const TableCell known = decimals(5.125, 1).with_half_width(0.25);
  EXPECT_EQ(known.text(), "5.1 ± 0.2");
  EXPECT_EQ(json(known), R"({"value":5.125,"half_width":0.25})");
  EXPECT_EQ(known.number(), 5.125);
  const TableCell unknown = decimals(5.125, 1).with_half_width(std::optional<double>{});
  EXPECT_EQ(unknown.text(), "5.1 ± n/a");
  EXPECT_EQ(json(unknown), R"({"value":5.125,"half_width":null})");
  EXPECT_EQ(signed_decimals(1.5, 1).with_half_width(0.25).text(), "+1.5 ± 0.2");
}

TEST(Cell, ASpanIsItsEnds) {
  const TableCell span = Real{.value = {5.125, 6.5}, .form = {Style::kDecimals, 1}};
  EXPECT_EQ(span.text(), "5.1 … 6.5");
  EXPECT_EQ(json(span), R"({"least":5.125,"most":6.5})");
  EXPECT_EQ(span.number(), std::nullopt);
  const TableCell alike = Real{.value = {5.125, 5.126}, .form = {Style::kDecimals, 1}};
  EXPECT_EQ(alike.text(), "5.1") << "what people cannot tell apart is one";
  const TableCell bits =
      Real{.value = {1, 16}, .form = {.style = Style::kDecimals, .between = " to "}};
  EXPECT_EQ(bits.text(), "1 to 16");
}

TEST(Cell, AListHasItsPartsWithTheirTypes) {
  const TableCell list = TableCell::List{"RB8", decimals(45.04, 1), none()};
  EXPECT_EQ(list.text(), "RB8, 45.0, ");
  EXPECT_EQ(json(list), R"(["RB8",45.04,null])");
}

// "8" is the name of a cut here, and stays one.
TEST(Cell, ATextIsNeverANumber) {
  EXPECT_EQ(json("8"), "\"8\"");
  EXPECT_EQ(TableCell{"8"}.number(), std::nullopt);
  EXPECT_TRUE(TableCell{""}.is_text());
  EXPECT_EQ(json(""), "null");
}

TEST(Cell, WhatIsAbsentIsNullForWhateverReason) {
  EXPECT_EQ(none("n/a").text(), "n/a");
  EXPECT_EQ(json(none("n/a")) + json(none()) + json(TableCell{}), "nullnullnull");
  EXPECT_TRUE(none("n/a").is_none() && !TableCell{""}.is_none());
  EXPECT_EQ(json(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(json(std::numeric_limits<double>::infinity()), "null");
}

TEST(Cell, ValuesOfRowsAreCells) {
  EXPECT_EQ(json(TableCell{Value{}}), "null");
  EXPECT_EQ(json(TableCell{Value{"8"}}), "\"8\"");
  EXPECT_EQ(json(TableCell{Value{std::int64_t{8}}}), "8");
  EXPECT_EQ(json(TableCell{Value{0.1}}), "0.1");
}

}  // namespace
}  // namespace papilio
