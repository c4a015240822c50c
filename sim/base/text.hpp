#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace papilio {

/// Whether the UTF-8 character at the start of a text may stand in one that people read: no control
/// character but the tab and line ends, no other separator of lines, no byte order mark, and no
/// byte that is not UTF-8.
/// @param length set to the bytes that it takes; 1 for a byte that is not UTF-8
/// @param text   not empty
bool is_plain_character(std::string_view text, std::size_t& length);

/// Whether a byte of a UTF-8 text begins a character.
inline bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

/// Characters of a UTF-8 text.
std::size_t count_characters(std::string_view text);

/// Cells of a terminal that a UTF-8 text takes: two for a Chinese character, none for an accent
/// that joins the letter before it, as the C library's table has it.
std::size_t display_cells(std::string_view text);

/// Position of the first character that `is_plain_character` refuses, or nothing.
std::optional<std::size_t> find_unprintable(std::string_view text);

/// The text as a terminal may show it: each control character but tabs and line ends becomes the
/// sign that pictures it (␛), and whatever else is not plain becomes �, so that nothing moves the
/// cursor, recolours the screen or types into it. One character stands for one.
std::string printable(std::string_view text);

/// Why the start of a text is not plain: "the character U+001B is not allowed" or "the byte 0xE9 is
/// not UTF-8".
std::string why_unprintable(std::string_view text);

/// What a percentage is as a share, where a number was asked for: "1%" and "1 %" are 0.01. Nothing
/// where the text is no number with a percent sign behind it.
std::optional<double> share_of_percent(std::string_view text);
/// What to tell whoever wrote one: "; write 0.01", or nothing.
std::string percent_remedy(std::string_view text);

/// A text in UTF-8.
struct Decoded {
  std::string text;  ///< without a byte order mark
  /// Position in `text` of the first unit of UTF-16 or UTF-32 that is no character, if there is
  /// one: � stands there.
  std::optional<std::size_t> bad;
};

/// Turns UTF-16 or UTF-32 with a byte order mark into UTF-8; other bytes are kept as they are, but
/// for UTF-8's own mark.
Decoded to_utf8(std::string_view bytes);

}  // namespace papilio
