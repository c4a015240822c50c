// The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

#include "models/weights/npy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>

#include "models/weights/file.hpp"
#include "models/weights/numbers.hpp"
#include "models/weights/state_dict.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::string_view kNpyMagic{"\x93NUMPY", 6};

/// What the header of a file says.
struct Header {
  std::string type;
  bool fortran_order{false};
  std::vector<std::int64_t> shape;
};

/// Reads the header, a Python dictionary as NumPy writes it: the keys in this order. Not by a
/// regular expression, for those of the standard library recurse on every character.
class NpyHeader {
 public:
  explicit NpyHeader(std::string_view text) : rest_{text} {}

  std::optional<Header> read() {
    Header header;
    if (!skip("{'descr':") || !skip("'")) return std::nullopt;
    const std::size_t quote = rest_.find('\'');
    if (quote == std::string_view::npos) return std::nullopt;
    header.type = rest_.substr(0, quote);
    rest_.remove_prefix(quote);
    if (!skip("'") || !skip(",") || !skip("'fortran_order':")) return std::nullopt;
    header.fortran_order = skip("True");
    if (!header.fortran_order && !skip("False")) return std::nullopt;
    if (!skip(",") || !skip("'shape':") || !skip("(")) return std::nullopt;
    while (!skip(")")) {
      const std::optional<std::int64_t> size = whole_number();
      if (!size || header.shape.size() == kMostDimensions) return std::nullopt;
      header.shape.push_back(*size);
      skip("L");  // Python 2's long numbers
      if (!skip(",") && !rest_.starts_with(')')) return std::nullopt;
    }
    skip(",");
    if (!skip("}")) return std::nullopt;
    skip("\n");
    return rest_.empty() ? std::optional{header} : std::nullopt;
  }

 private:
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }

  /// Takes `word` and the blanks around it, if it comes next.
  bool skip(std::string_view word) {
    skip_blanks();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    skip_blanks();
    return true;
  }

  std::optional<std::int64_t> whole_number() {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{} || value < 0) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<NumberType> find_number_type(std::string_view descr) {
  static const std::map<std::string, NumberType, std::less<>> kTypes{
      {"<f8", NumberType::kFloat64}, {"<f4", NumberType::kFloat32}, {"<f2", NumberType::kFloat16},
      {"<i8", NumberType::kInt64},   {"<i4", NumberType::kInt32},   {"<i2", NumberType::kInt16},
      {"|i1", NumberType::kInt8},    {"<u8", NumberType::kUint64},  {"<u4", NumberType::kUint32},
      {"<u2", NumberType::kUint16},  {"|u1", NumberType::kUint8},   {"|b1", NumberType::kBool}};
  const auto it = kTypes.find(descr);
  if (it == kTypes.end()) return std::nullopt;
  return it->second;
}

bool is_of_numbers(std::string_view descr) {
  constexpr std::string_view kOthers = "OSUVMma";  // objects, text, records, dates
  return descr.size() < 2 || kOthers.find(descr[1]) == std::string_view::npos;
}

StoredTensor make_tensor(const Array& array, NumberBudget& budget) {
  const std::optional<NumberType> type = find_number_type(array.descr);
  if (!type) {
    throw WeightsError{
        fmt::format("holds numbers of the type '{}', which is none of the little-endian "
                    "floats and integers",
                    shown_name(array.descr))};
  }
  const std::optional<std::size_t> count =
      element_count(array.shape, array.data.size() / size_of(*type));
  if (!count || *count * size_of(*type) != array.data.size()) {
    throw WeightsError{fmt::format("holds {} bytes of data, not what its shape [{}] says",
                                   array.data.size(), fmt::join(array.shape, " x "))};
  }
  budget.take(*count);
  StoredTensor result{.shape = array.shape};
  result.values.reserve(*count);
  if (!array.fortran_order) {
    for (std::size_t i = 0; i < *count; ++i) {
      result.values.push_back(number_at(array.data, *type, i));
    }
    return result;
  }
  std::vector<std::int64_t> strides;  // the first index runs fastest
  std::int64_t stride = 1;
  strides.reserve(array.shape.size());
  for (const std::int64_t size : array.shape) {
    strides.push_back(stride);
    stride *= size;
  }
  for_each_offset(array.shape, strides, [&](std::size_t offset) {
    result.values.push_back(number_at(array.data, *type, offset));
  });
  return result;
}

Array parse_npy(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kShortPreamble = 10;
  constexpr std::size_t kLongPreamble = 12;
  if (bytes.size() < kLongPreamble || std::memcmp(bytes.data(), kNpyMagic.data(), 6) != 0) {
    throw WeightsError{"is no .npy file"};
  }
  // Version 1 has two bytes for the header's length, later ones four.
  const bool is_short = bytes[6] == 1;
  const std::size_t begin = is_short ? kShortPreamble : kLongPreamble;
  std::size_t length = bytes[8] + 256U * bytes[9];
  if (!is_short) length += 65536U * bytes[10] + 16777216U * bytes[11];
  if (length > bytes.size() - begin) throw WeightsError{"is truncated"};
  const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  auto header = NpyHeader{text.substr(begin, length)}.read();
  if (!header) throw WeightsError{"has a header that is not of one array of numbers"};
  return {.descr = std::move(header->type),
          .fortran_order = header->fortran_order,
          .shape = std::move(header->shape),
          .data = bytes.subspan(begin + length)};
}

StoredTensor read_npy(const std::filesystem::path& path) {
  NumberBudget budget;
  return read_npy(path, budget);
}

StoredTensor read_npy(const std::filesystem::path& path, NumberBudget& budget) {
  const std::vector<std::uint8_t> bytes = read_whole_file(path);
  try {
    return make_tensor(parse_npy(bytes), budget);
  } catch (const WeightsError& error) {
    throw ConfigError{
        fmt::format("{}: error: {}; write it anew with numpy.save", path.string(), error.what())};
  }
}

std::string npy_file(const StoredTensor& tensor) {
  // A tuple of one has a comma.
  const std::string shape =
      fmt::format("{}{}", fmt::join(tensor.shape, ", "), tensor.shape.size() == 1 ? "," : "");
  std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", shape);
  constexpr std::size_t kPreamble = 10;
  constexpr std::size_t kAlignment = 64;
  header.append(kAlignment - (kPreamble + header.size() + 1) % kAlignment, ' ');
  header += '\n';
  std::string file{kNpyMagic};
  file += {'\x01', '\x00', static_cast<char>(header.size() % 256),
           static_cast<char>(header.size() / 256)};
  file += header;
  file.append(reinterpret_cast<const char*>(tensor.values.data()),
              tensor.values.size() * sizeof(float));
  return file;
}

}  // namespace papilio
