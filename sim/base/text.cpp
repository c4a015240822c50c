#include "sim/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/locale/utf.hpp>
#include <charconv>
#include <clocale>
#include <cmath>
#include <cstdint>
#include <cwchar>
#include <iterator>

namespace papilio {
namespace {

namespace utf = boost::locale::utf;

constexpr std::string_view kReplacement{"\xEF\xBF\xBD"};  // U+FFFD

constexpr utf::code_point kSpace = 0x20;
constexpr utf::code_point kDelete = 0x7F;

bool is_plain(utf::code_point c) {
  constexpr utf::code_point kAfterC1 = 0xA0;
  constexpr utf::code_point kLineSeparator = 0x2028;
  constexpr utf::code_point kParagraphSeparator = 0x2029;
  constexpr utf::code_point kByteOrderMark = 0xFEFF;
  constexpr utf::code_point kSwappedMark = 0xFFFE;
  constexpr utf::code_point kNone = 0xFFFF;
  if (c < kDelete) return c >= kSpace || c == '\t' || c == '\n' || c == '\r';
  return c >= kAfterC1 && c != kLineSeparator && c != kParagraphSeparator && c != kByteOrderMark &&
         c != kSwappedMark && c != kNone && c != utf::illegal;
}

/// The character at the start of a text that is not empty; `utf::illegal` where there is none.
utf::code_point first_character(std::string_view text, std::size_t& length) {
  const char* position = text.data();
  const utf::code_point c = utf::utf_traits<char>::decode(position, text.data() + text.size());
  const bool valid = c != utf::illegal && c != utf::incomplete;
  length = valid ? static_cast<std::size_t>(position - text.data()) : 1;
  return valid ? c : utf::illegal;
}

/// Characters of units of two or four bytes.
template <class Unit>
Decoded from_units(std::string_view bytes, bool big_endian) {
  std::basic_string<Unit> units;
  units.reserve(bytes.size() / sizeof(Unit));
  for (std::size_t i = 0; i + sizeof(Unit) <= bytes.size(); i += sizeof(Unit)) {
    std::uint32_t unit = 0;
    for (std::size_t b = 0; b < sizeof(Unit); ++b) {
      const std::size_t at = big_endian ? i + b : i + sizeof(Unit) - 1 - b;
      unit = unit << 8U | static_cast<unsigned char>(bytes[at]);
    }
    units += static_cast<Unit>(unit);
  }
  Decoded decoded;
  const Unit* position = units.data();
  const Unit* const end = position + units.size();
  const auto bad = [&] {
    if (!decoded.bad) decoded.bad = decoded.text.size();
    decoded.text += kReplacement;
  };
  while (position != end) {
    const Unit* const start = position;
    const utf::code_point c = utf::utf_traits<Unit>::decode(position, end);
    if (c == utf::illegal || c == utf::incomplete) {
      position = start + 1;
      bad();
    } else {
      utf::utf_traits<char>::encode(c, std::back_inserter(decoded.text));
    }
  }
  if (bytes.size() % sizeof(Unit) != 0) bad();
  return decoded;
}

}  // namespace

bool is_plain_character(std::string_view text, std::size_t& length) {
  return is_plain(first_character(text, length));
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::size_t display_cells(std::string_view text) {
  const auto is_ascii = [](char c) { return c >= ' ' && c <= '~'; };
  if (std::all_of(text.begin(), text.end(), is_ascii)) return text.size();
  // The table is that of a locale. The program's own need not be of UTF-8, so that it is asked
  // under one that is, on every machine the same.
  static const locale_t kUtf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  const locale_t before = ::uselocale(kUtf8);  // of this thread; none changes nothing
  std::size_t cells = 0;
  for (std::size_t i = 0, length = 0; i < text.size(); i += length) {
    const utf::code_point c = first_character(text.substr(i), length);
    const int width = ::wcwidth(static_cast<wchar_t>(c));
    cells += width < 0 ? 1 : static_cast<std::size_t>(width);
  }
  ::uselocale(before);
  return cells;
}

std::optional<std::size_t> find_unprintable(std::string_view text) {
  for (std::size_t i = 0, length = 1; i < text.size(); i += length) {
    if (text[i] >= ' ' && text[i] <= '~') {
      length = 1;
    } else if (!is_plain_character(text.substr(i), length)) {
      return i;
    }
  }
  return std::nullopt;
}

std::string printable(std::string_view text) {
  constexpr utf::code_point kPictures = 0x2400;  // U+2400 pictures U+0000
  constexpr utf::code_point kPictureOfDelete = 0x2421;
  std::string shown;
  shown.reserve(text.size());
  for (std::size_t i = 0, length = 0; i < text.size(); i += length) {
    const utf::code_point c = first_character(text.substr(i), length);
    if (is_plain(c)) {
      shown += text.substr(i, length);
    } else if (c > kDelete) {
      shown += kReplacement;
    } else {
      utf::utf_traits<char>::encode(c == kDelete ? kPictureOfDelete : kPictures + c,
                                    std::back_inserter(shown));
    }
  }
  return shown;
}

std::string why_unprintable(std::string_view text) {
  std::size_t length = 0;
  const utf::code_point c = first_character(text, length);
  return c == utf::illegal ? fmt::format("the byte 0x{:02X} is not UTF-8",
                                         static_cast<unsigned char>(text.front()))
                           : fmt::format("the character U+{:04X} is not allowed", c);
}

Decoded to_utf8(std::string_view bytes) {
  using namespace std::string_view_literals;
  const auto begins = [&](std::string_view mark) {
    if (!bytes.starts_with(mark)) return false;
    bytes.remove_prefix(mark.size());
    return true;
  };
  // UTF-32's first, for UTF-16's is the beginning of it.
  if (begins("\xFF\xFE\0\0"sv)) return from_units<char32_t>(bytes, false);
  if (begins("\0\0\xFE\xFF"sv)) return from_units<char32_t>(bytes, true);
  if (begins("\xFF\xFE"sv)) return from_units<char16_t>(bytes, false);
  if (begins("\xFE\xFF"sv)) return from_units<char16_t>(bytes, true);
  begins("\xEF\xBB\xBF"sv);
  return {std::string{bytes}, std::nullopt};
}

std::optional<double> share_of_percent(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  double percent = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, percent);
  if (text.empty() || stop != end || error != std::errc{} || !std::isfinite(percent)) {
    return std::nullopt;
  }
  constexpr double kWhole = 100;
  return percent / kWhole;
}

std::string percent_remedy(std::string_view text) {
  const std::optional<double> share = share_of_percent(text);
  // A hundredth of a decimal fraction need not be the next one: 0.7 / 100 is 0.006999999999999999.
  return share ? fmt::format("; write {:.12g}", *share) : std::string{};
}

}  // namespace papilio
