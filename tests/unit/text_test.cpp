// Claims: what files hold reaches a terminal as text only; UTF-16 and UTF-32 read as UTF-8 does.

#include "sim/base/text.hpp"

#include <gtest/gtest.h>

namespace papilio {
namespace {

using namespace std::string_literals;

TEST(Printable, PicturesControlCharactersAndBytesThatAreNoText) {
  EXPECT_EQ(printable("a\x1b[31mb\x07"), "a␛[31mb␇");
  EXPECT_EQ(printable("a\0b\x7f"s), "a␀b␡");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\uFFFD31m")
      << "U+009B begins a command of a terminal as ESC [ does";
  EXPECT_EQ(printable("caf\xe9"), "caf\uFFFD");
  EXPECT_EQ(printable("\xc0\xaf|\xed\xa0\x80|\xf5\x80\x80\x80"),
            "\uFFFD\uFFFD|\uFFFD\uFFFD\uFFFD|\uFFFD\uFFFD\uFFFD\uFFFD")
      << "overlong, a surrogate, beyond U+10FFFF";
  EXPECT_EQ(printable("ä\t×\r\n€ 𝄞"), "ä\t×\r\n€ 𝄞");
}

TEST(DisplayCells, AreThoseThatATerminalTakes) {
  EXPECT_EQ(display_cells("RB8 (D_r 5)"), 11U);
  EXPECT_EQ(display_cells("a ± ä → ␛"), 9U);
  EXPECT_EQ(display_cells("网络"), 4U) << "two cells each";
  EXPECT_EQ(display_cells("a\u0308"), 1U) << "a diaeresis joins its letter";
  EXPECT_EQ(display_cells("\xff"), 1U) << "� stands for it";
  EXPECT_EQ(display_cells(""), 0U);
}

TEST(Unprintable, IsFoundAndNamed) {
  EXPECT_EQ(find_unprintable("ä×€𝄞\n"), std::nullopt);
  EXPECT_EQ(find_unprintable("ä\xff"), 2U);
  EXPECT_EQ(find_unprintable("ä\x1b"), 2U);
  EXPECT_EQ(find_unprintable("a\xc3"), 1U) << "the second byte is missing";
  EXPECT_EQ(find_unprintable("ä\u2028"), 2U) << "some editors break a line there";
  EXPECT_EQ(find_unprintable("ä\uFEFF"), 2U) << "nobody sees it";
  EXPECT_EQ(why_unprintable("\xe9"), "the byte 0xE9 is not UTF-8");
  EXPECT_EQ(why_unprintable("\x1b["), "the character U+001B is not allowed");
}

TEST(Decoding, ReadsEveryEncodingWithAByteOrderMark) {
  for (const std::string& bytes :
       {"\xef\xbb\xbf"
        "a\xc3\xa4\xf0\x9d\x84\x9e"s,
        "\xff\xfe"
        "a\0\xe4\0\x34\xd8\x1e\xdd"s,
        "\xfe\xff\0a\0\xe4\xd8\x34\xdd\x1e"s, "\xff\xfe\0\0a\0\0\0\xe4\0\0\0\x1e\xd1\1\0"s,
        "\0\0\xfe\xff\0\0\0a\0\0\0\xe4\0\1\xd1\x1e"s, "aä𝄞"s}) {
    const Decoded decoded = to_utf8(bytes);
    EXPECT_EQ(decoded.text, "aä𝄞");
    EXPECT_EQ(decoded.bad, std::nullopt);
  }
  EXPECT_EQ(to_utf8("").text, "");
}

TEST(Decoding, TellsWhereAUnitIsNoCharacter) {
  // Half a pair of surrogates, and half a unit.
  EXPECT_EQ(to_utf8("\xff\xfe"
                    "a\0\x34\xd8z\0"s)
                .text,
            "a\uFFFDz");
  EXPECT_EQ(to_utf8("\xff\xfe"
                    "a\0\x34\xd8z\0"s)
                .bad,
            1U);
  EXPECT_EQ(to_utf8("\xff\xfe"
                    "a\0z"s)
                .bad,
            1U);
}

TEST(Percentages, AreSharesWhereTheyAreNumbers) {
  EXPECT_EQ(share_of_percent("1%"), 0.01);
  EXPECT_EQ(share_of_percent("2.5 %"), 0.025);
  for (const char* text : {"1", "%", " %", "one%", "1%%", "inf%", ""}) {
    EXPECT_EQ(share_of_percent(text), std::nullopt) << text;
  }
  // 0.7 / 100 is 0.006999999999999999.
  EXPECT_EQ(percent_remedy("0.7%"), "; write 0.007");
  EXPECT_EQ(percent_remedy("0.7"), "");
}

}  // namespace
}  // namespace papilio
