#include "sim/base/document/cell.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

using Json = nlohmann::ordered_json;
using Span = TableCell::Span;
using Real = TableCell::Real;

constexpr std::string_view kPercent = "%";

std::string digits_of(double number, const Form& form) {
  switch (form.style) {
    case Form::Style::kShortest:
      return fmt::to_string(number);
    case Form::Style::kDecimals:
      return form.sign ? fmt::format("{:+.{}f}", number, form.places)
                       : fmt::format("{:.{}f}", number, form.places);
    case Form::Style::kDigits:
      return fmt::format("{:.{}g}", number, form.places);
    case Form::Style::kWholeOrDigits:
      return std::trunc(number) == number ? fmt::format("{:.0f}", number)
                                          : fmt::format("{:.{}g}", number, form.places);
  }
  return {};
}

std::string written(double number, const Form& form) {
  constexpr double kHundred = 100;
  std::string text = digits_of(form.unit == kPercent ? number * kHundred : number, form);
  const bool zero = text.find_first_of("123456789") == std::string::npos;
  if (form.sign && std::isfinite(number) && zero && text.front() == '-') text.front() = '+';
  if (!form.unit.empty()) text += fmt::format(" {}", form.unit);
  return text;
}

std::string written(const Span& span, const Form& form) {
  std::string text = written(span.least, form);
  if (const std::string top = written(span.most, form); top != text) {
    text += std::string{form.between} + top;
  }
  return text;
}

std::string written(const Real& real) {
  std::string text = written(real.value, real.form);
  if (!real.measured) return text;
  Form behind = real.form;
  behind.sign = false;
  return text + " ± " + (real.half_width ? written(*real.half_width, behind) : "n/a");
}

/// A whole number that is written without a point stays without. What is not finite is null.
Json json_of(double number, const Form& form) {
  if (!std::isfinite(number)) return nullptr;
  constexpr double kMostExact = 9'007'199'254'740'992;  // 2^53
  const bool pointed = form.style == Form::Style::kDecimals && form.places > 0;
  if (!pointed && std::trunc(number) == number && std::abs(number) < kMostExact) {
    return static_cast<std::int64_t>(number);
  }
  return number;
}

Json json_of(const Span& span, const Form& form) {
  if (span.least == span.most || std::isnan(span.least)) return json_of(span.least, form);
  return {{"least", json_of(span.least, form)}, {"most", json_of(span.most, form)}};
}

Json json_of(const Real& real) {
  Json value = json_of(real.value, real.form);
  const bool has_unit = !real.form.unit.empty() && real.form.unit != kPercent;
  if (!real.measured && !has_unit) return value;
  Json json{{"value", std::move(value)}};
  if (real.measured) {
    json["half_width"] = real.half_width ? json_of(*real.half_width, real.form) : Json();
  }
  if (has_unit) json["unit"] = std::string{real.form.unit};
  return json;
}

/// Calls one of several functions, by what a variant holds.
template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace

std::string text_of(const Value& value) {
  return std::visit(Overloaded{[](std::monostate) { return std::string{}; },
                               [](const std::string& text) { return text; },
                               [](const auto& number) { return fmt::to_string(number); }},
                    value);
}

TableCell::TableCell(const Value& value) {
  std::visit(Overloaded{[](std::monostate) {}, [this](const auto& held) { *this = held; }}, value);
}

std::string TableCell::text() const {
  return std::visit(Overloaded{[](const None& none) { return none.why; },
                               [](const std::string& text) { return text; },
                               [](std::int64_t number) { return fmt::to_string(number); },
                               [](const Real& real) { return written(real); },
                               [](const List& list) {
                                 std::vector<std::string> parts;
                                 parts.reserve(list.size());
                                 for (const TableCell& cell : list) parts.push_back(cell.text());
                                 return fmt::format("{}", fmt::join(parts, ", "));
                               }},
                    holds_);
}

Json TableCell::json() const {
  return std::visit(
      Overloaded{[](const None&) { return Json(); },
                 [](const std::string& text) { return text.empty() ? Json() : Json(text); },
                 [](std::int64_t number) { return Json(number); },
                 [](const Real& real) { return json_of(real); },
                 [](const List& list) {
                   Json json = Json::array();
                   for (const TableCell& cell : list) json.push_back(cell.json());
                   return json;
                 }},
      holds_);
}

std::optional<double> TableCell::number() const {
  if (const auto* whole = std::get_if<std::int64_t>(&holds_)) return static_cast<double>(*whole);
  const auto* real = std::get_if<Real>(&holds_);
  if (real == nullptr || real->value.least != real->value.most) return std::nullopt;
  return real->value.least;
}

TableCell TableCell::with_half_width(std::optional<Span> half_width) const {
  const auto* real = std::get_if<Real>(&holds_);
  PAPILIO_CHECK(real != nullptr);
  Real measured = *real;
  measured.measured = true;
  measured.half_width = half_width;
  return measured;
}

TableCell TableCell::with_half_width(std::optional<double> half_width) const {
  return with_half_width(half_width ? std::optional{Span{*half_width, *half_width}} : std::nullopt);
}

namespace {

TableCell one(double number, const Form& form) {
  return Real{.value = {number, number}, .form = form};
}

}  // namespace

TableCell none(std::string why) {
  return TableCell::None{std::move(why)};
}
TableCell decimals(double number, int places, std::string_view unit) {
  return one(number, {.style = Form::Style::kDecimals, .places = places, .unit = unit});
}
TableCell signed_decimals(double number, int places) {
  return one(number, {.style = Form::Style::kDecimals, .places = places, .sign = true});
}
TableCell significant(double number, int places) {
  return one(number, {.style = Form::Style::kDigits, .places = places});
}
TableCell in_percent(double share, int places) {
  return decimals(share, places, kPercent);
}
TableCell in_signed_percent(double share, int places) {
  return one(share,
             {.style = Form::Style::kDecimals, .places = places, .sign = true, .unit = kPercent});
}

}  // namespace papilio
