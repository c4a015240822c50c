#pragma once

#include <concepts>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace papilio {

/// One value of a row: absent, a text, a whole number, or a number.
using Value = std::variant<std::monostate, std::string, std::int64_t, double>;

/// The value as files have it: of a number, the shortest text that reads back to the same, so that
/// files are the same on every machine; of an absent one, nothing.
std::string text_of(const Value& value);

/// How a real number is written for people. JSON and plots have the number itself.
struct Form {
  enum class Style {
    kShortest,       ///< the shortest text that reads back to the same
    kDecimals,       ///< `places` digits after the point
    kDigits,         ///< `places` significant digits
    kWholeOrDigits,  ///< a whole number in full, another with `places` significant digits
  };
  Style style{Style::kShortest};
  int places{0};
  bool sign{false};  ///< whether a plus is written too; what rounds to zero has one then
  /// Written behind the number, where the column's header cannot say it: a literal, such as "ms".
  /// Of "%" the number is a share of one, and is written times 100.
  std::string_view unit{};
  std::string_view between{" … "};  ///< the two numbers of a span: a literal
};

/// A cell of a table: a value, and how it is written for people. Only renderers make text of it.
class TableCell {
 public:
  /// There is no value; `why` is what people read in its place: "n/a", "none", or nothing.
  struct None {
    std::string why;
  };
  /// All numbers from one to another; or one number, if they are equal.
  struct Span {
    double least{0};
    double most{0};
  };
  /// A number, or a span, perhaps with the half-width of its interval.
  struct Real {
    Span value;
    Form form;
    bool measured{false};            ///< whether "± …" is written behind it
    std::optional<Span> half_width;  ///< absent: too few values to tell, "± n/a"
  };
  /// Several values of one thing, written with commas: "45.0, 0.12".
  using List = std::vector<TableCell>;

  // Implicit, so that a row is a list in braces.
  // NOLINTBEGIN(google-explicit-constructor)
  TableCell() : holds_{None{}} {}
  TableCell(std::string text) : holds_{std::move(text)} {}
  TableCell(std::string_view text) : holds_{std::string{text}} {}
  TableCell(const char* text) : holds_{std::string{text}} {}
  TableCell(double number) : TableCell{Real{.value = {number, number}, .form = {}}} {}
  TableCell(None none) : holds_{std::move(none)} {}
  TableCell(Real real) : holds_{real} {}
  TableCell(List list) : holds_{std::move(list)} {}
  TableCell(const Value& value);
  template <std::integral Whole>
  TableCell(Whole number) : holds_{static_cast<std::int64_t>(number)} {}
  TableCell(bool) = delete;  ///< say "yes" or "no"
  TableCell(char) = delete;
  // NOLINTEND(google-explicit-constructor)

  /// What people read.
  [[nodiscard]] std::string text() const;
  /// What programs read: a number with all its digits, nothing as null, a list as one. A span is an
  /// object {"least", "most"}; what has an interval or a unit is an object of "value" with
  /// "half_width", which may be null, and "unit". A share in "%" is a number alone.
  [[nodiscard]] nlohmann::ordered_json json() const;
  /// The number, if the cell holds one.
  [[nodiscard]] std::optional<double> number() const;
  /// Whether it holds nothing, not even a text without characters.
  [[nodiscard]] bool is_none() const { return std::holds_alternative<None>(holds_); }
  [[nodiscard]] bool is_text() const { return std::holds_alternative<std::string>(holds_); }
  /// The same number with the half-width of its interval. The cell must hold a real number.
  [[nodiscard]] TableCell with_half_width(std::optional<Span> half_width) const;
  [[nodiscard]] TableCell with_half_width(std::optional<double> half_width) const;

 private:
  std::variant<None, std::string, std::int64_t, Real, List> holds_;
};

/// No value, and what people read in its place.
TableCell none(std::string why = {});
/// "23.8", "-0.5": so many digits after the point.
TableCell decimals(double number, int places, std::string_view unit = {});
/// "+23.8", "-0.5".
TableCell signed_decimals(double number, int places);
/// "0.0238": so many significant digits.
TableCell significant(double number, int places);
/// A share of one as "74.1 %", "+74.1 %".
TableCell in_percent(double share, int places);
TableCell in_signed_percent(double share, int places);

}  // namespace papilio
