#include "sim/base/data/column_unit.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace papilio {
namespace {

constexpr std::array<Unit, 12> kUnits{{
    {"s", UnitKind::kTime, 1, 1},
    {"ms", UnitKind::kTime, 1, 1e3},
    {"us", UnitKind::kTime, 1, 1e6},
    {"ns", UnitKind::kTime, 1, 1e9},
    {"bit_per_s", UnitKind::kRate, 1, 1},
    {"kbit_per_s", UnitKind::kRate, 1e3, 1},
    {"mbit_per_s", UnitKind::kRate, 1e6, 1},
    {"gbit_per_s", UnitKind::kRate, 1e9, 1},
    {"byte_per_s", UnitKind::kRate, 8, 1},
    {"kbyte_per_s", UnitKind::kRate, 8e3, 1},
    {"mbyte_per_s", UnitKind::kRate, 8e6, 1},
    {"gbyte_per_s", UnitKind::kRate, 8e9, 1},
}};

/// Other ways to write the end of a name.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kSynonyms{{
    {"bits_per_s", "bit_per_s"},
    {"bytes_per_s", "byte_per_s"},
    {"bits_s", "bit_per_s"},
    {"bytes_s", "byte_per_s"},
    {"bit_s", "bit_per_s"},
    {"byte_s", "byte_per_s"},
    {"milliseconds", "ms"},
    {"microseconds", "us"},
    {"seconds", "s"},
    {"msec", "ms"},
    {"sec", "s"},
}};

/// Bits in one place, bytes in another.
constexpr std::array<std::string_view, 12> kAmbiguous{
    "bps",  "kbps", "mbps",    "gbps",     "b_s",      "kb_s",
    "mb_s", "gb_s", "b_per_s", "kb_per_s", "mb_per_s", "gb_per_s"};

/// Small letters, and one _ for each run of anything but letters and digits.
std::string plain(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      text += static_cast<char>(std::tolower(byte));
    } else if (!text.empty() && text.back() != '_') {
      text += '_';
    }
  }
  if (text.ends_with('_')) text.pop_back();
  return text;
}

/// Whether a text is an end that nothing or a _ stands before.
bool ends_in(std::string_view text, std::string_view end) {
  return text.ends_with(end) &&
         (text.size() == end.size() || text[text.size() - end.size() - 1] == '_');
}

}  // namespace

ColumnName column_name(std::string_view name) {
  ColumnName column{.stem = plain(name)};
  std::string& text = column.stem;
  // Within a word too: "kbits_s" has a prefix before its synonym.
  for (const auto& [written, meant] : kSynonyms) {
    if (!text.ends_with(written)) continue;
    text.replace(text.size() - written.size(), written.size(), meant);
    break;
  }
  for (const Unit& unit : kUnits) {
    // The longest end is meant: "rate_bit_per_s" is no time.
    if (!ends_in(text, unit.name)) continue;
    if (column.unit == nullptr || unit.name.size() > column.unit->name.size()) column.unit = &unit;
  }
  column.ambiguous = std::any_of(kAmbiguous.begin(), kAmbiguous.end(),
                                 [&](std::string_view end) { return ends_in(text, end); });
  const bool time = column.unit != nullptr && column.unit->kind == UnitKind::kTime;
  // Neither "frames_per_s" nor "rate_kb_s" is a time.
  if (time && (column.ambiguous || text.ends_with("per_s"))) column.unit = nullptr;
  if (column.unit != nullptr) {
    text.resize(text.size() - column.unit->name.size());
    if (text.ends_with('_')) text.pop_back();
  }
  return column;
}

const Unit* find_unit(std::string_view name, UnitKind kind) {
  const auto* const it = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& unit) {
    return unit.kind == kind && unit.name == name;
  });
  return it == kUnits.end() ? nullptr : it;
}

std::vector<std::string> unit_names(UnitKind kind) {
  std::vector<std::string> names;
  for (const Unit& unit : kUnits) {
    if (unit.kind == kind) names.emplace_back(unit.name);
  }
  return names;
}

}  // namespace papilio
