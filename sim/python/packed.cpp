#include "sim/python/packed.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <utility>

#include "sim/report/fleet_columns.hpp"
#include "sim/report/summary.hpp"

namespace papilio {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kAlignment = 8;

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The type that holds every value of a column.
ValueType type_of(const std::vector<Json>& values, const Column* declared, bool texts) {
  bool real = false;
  bool integer = false;
  for (const Json& value : values) {
    if (value.is_null()) continue;
    if (!value.is_number()) return ValueType::kText;
    (value.is_number_integer() ? integer : real) = true;
  }
  if (declared != nullptr && declared->type != ValueType::kText) {
    return real ? ValueType::kReal : declared->type;
  }
  if (declared != nullptr) return ValueType::kText;
  if (real) return ValueType::kReal;
  if (integer) return ValueType::kInteger;
  return texts ? ValueType::kText : ValueType::kReal;
}

/// The numbers of a column, `absent` where there is none.
template <class Number>
std::vector<Number> numbers_of(const std::vector<Json>& values, Number absent) {
  std::vector<Number> numbers;
  numbers.reserve(values.size());
  for (const Json& value : values) {
    numbers.push_back(value.is_null() ? absent : value.get<Number>());
  }
  return numbers;
}

/// The texts of a column as positions in the distinct ones, -1 where there is none.
struct Coded {
  explicit Coded(const std::vector<Json>& values) {
    std::map<std::string, std::int32_t> positions;
    codes.reserve(values.size());
    for (const Json& value : values) {
      if (value.is_null()) {
        codes.push_back(-1);
        continue;
      }
      std::string text = value.is_string() ? value.get<std::string>() : dumped(value);
      const auto [it, is_new] =
          positions.try_emplace(text, static_cast<std::int32_t>(positions.size()));
      if (is_new) categories.push_back(std::move(text));
      codes.push_back(it->second);
    }
  }

  Json categories = Json::array();
  std::vector<std::int32_t> codes;
};

const char* name_of(ValueType type) {
  if (type == ValueType::kText) return "text";
  return type == ValueType::kInteger ? "integer" : "real";
}

}  // namespace

std::size_t Packer::append(const void* data, std::size_t bytes) {
  arrays_.resize((arrays_.size() + kAlignment - 1) / kAlignment * kAlignment, '\0');
  const std::size_t at = arrays_.size();
  arrays_.append(static_cast<const char*>(data), bytes);
  return at;
}

void Packer::add(const std::string& name, const Table& table, const std::vector<Column>& declared) {
  Json columns = Json::array();
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const Table::Column& column = table.columns[c];
    const auto known = std::find_if(declared.begin(), declared.end(),
                                    [&](const Column& one) { return one.name == column.header; });
    const Column* const declaration = known == declared.end() ? nullptr : &*known;
    std::vector<Json> values;
    std::vector<std::uint8_t> missing;
    values.reserve(table.rows.size());
    missing.reserve(table.rows.size());
    for (const Table::Row& row : table.rows) {
      Json value = row[c].is_none() ? Json{} : row[c].json();
      missing.push_back(value.is_null() ? 1 : 0);
      values.push_back(std::move(value));
    }
    const ValueType type = type_of(values, declaration, column.type == Table::Type::kText);
    Json one{{"name", column.header},
             {"unit", declaration != nullptr ? declaration->unit : std::string_view{}},
             {"doc", declaration != nullptr ? declaration->doc : std::string_view{}},
             {"type", name_of(type)},
             {"rows", table.rows.size()}};
    if (type == ValueType::kText) {
      const Coded coded{values};
      one["categories"] = coded.categories;
      one["at"] = append(coded.codes.data(), coded.codes.size() * sizeof(std::int32_t));
    } else if (type == ValueType::kInteger) {
      const auto integers = numbers_of<std::int64_t>(values, 0);
      one["at"] = append(integers.data(), integers.size() * sizeof(std::int64_t));
    } else {
      const auto reals = numbers_of(values, std::numeric_limits<double>::quiet_NaN());
      one["at"] = append(reals.data(), reals.size() * sizeof(double));
    }
    if (std::find(missing.begin(), missing.end(), 1) != missing.end()) {
      one["missing"] = append(missing.data(), missing.size());
    }
    columns.push_back(std::move(one));
  }
  tables_[name] = std::move(columns);
}

Packed Packer::take() {
  about["tables"] = std::move(tables_);
  return {dumped(about), std::move(arrays_)};
}

std::vector<Column> known_columns() {
  std::vector<Column> known = declarations(summary_columns());
  const std::vector<Column> of_fleets = declarations(fleet_columns());
  known.insert(known.end(), of_fleets.begin(), of_fleets.end());
  return known;
}

std::string joined(const Packed& packed) {
  const std::uint64_t length = packed.header.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  bytes += packed.header;
  bytes += packed.arrays;
  return bytes;
}

bool split(const std::string& bytes, Packed& packed) {
  std::uint64_t length = 0;
  if (bytes.size() < sizeof length) return false;
  std::memcpy(&length, bytes.data(), sizeof length);
  if (bytes.size() - sizeof length < length) return false;
  packed.header = bytes.substr(sizeof length, length);
  packed.arrays = bytes.substr(sizeof length + length);
  return true;
}

}  // namespace papilio
