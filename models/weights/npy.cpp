// The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cstring>
#include <map>
#include <optional>
#include <regex>

#include "models/weights/file.hpp"
#include "models/weights/numbers.hpp"
#include "models/weights/state_dict.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::string_view kMagic{"\x93NUMPY", 6};

/// What the header of a file says.
struct Header {
  std::string type;
  bool fortran_order{false};
  std::vector<std::int64_t> shape;
};

std::optional<Header> parse_header(const std::string& text) {
  static const std::regex kHeader{
      R"(^\{'descr': *'([^']+)', *'fortran_order': *(True|False), *'shape': *\(([0-9, L]*)\),? *\}\s*$)"};
  std::smatch match;
  if (!std::regex_match(text, match, kHeader)) return std::nullopt;
  Header header{.type = match[1], .fortran_order = match[2] == "True"};
  const std::string shape = match[3];
  static const std::regex kNumber{"[0-9]+"};
  for (std::sregex_iterator it{shape.begin(), shape.end(), kNumber}, end; it != end; ++it) {
    const std::string digits = it->str();
    std::int64_t size = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    if (parsed.ec != std::errc{}) return std::nullopt;
    header.shape.push_back(size);
  }
  return header;
}

std::optional<NumberType> number_type(const std::string& descr) {
  static const std::map<std::string, NumberType> kTypes{
      {"<f8", NumberType::kFloat64}, {"<f4", NumberType::kFloat32}, {"<f2", NumberType::kFloat16},
      {"<i8", NumberType::kInt64},   {"<i4", NumberType::kInt32},   {"<i2", NumberType::kInt16},
      {"|i1", NumberType::kInt8},    {"<u8", NumberType::kUint64},  {"<u4", NumberType::kUint32},
      {"<u2", NumberType::kUint16},  {"|u1", NumberType::kUint8},   {"|b1", NumberType::kBool}};
  const auto it = kTypes.find(descr);
  if (it == kTypes.end()) return std::nullopt;
  return it->second;
}

}  // namespace

StoredTensor read_npy(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = read_whole_file(path);
  const auto fail = [&](std::string_view what) {
    return ConfigError{
        fmt::format("{}: error: {}; write it anew with numpy.save", path.string(), what)};
  };
  constexpr std::size_t kShortPreamble = 10;
  constexpr std::size_t kLongPreamble = 12;
  if (bytes.size() < kLongPreamble || std::memcmp(bytes.data(), kMagic.data(), 6) != 0) {
    throw fail("is no .npy file");
  }
  // Version 1 has two bytes for the header's length, later ones four.
  const bool is_short = bytes[6] == 1;
  const std::size_t begin = is_short ? kShortPreamble : kLongPreamble;
  std::size_t length = bytes[8] + 256U * bytes[9];
  if (!is_short) length += 65536U * bytes[10] + 16777216U * bytes[11];
  if (length > bytes.size() - begin) throw fail("is truncated");
  const auto header = parse_header({bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                                    bytes.begin() + static_cast<std::ptrdiff_t>(begin + length)});
  if (!header) throw fail("has a header that is not of one array of numbers");
  const auto type = number_type(header->type);
  if (!type) {
    throw fail(
        fmt::format("holds numbers of the type '{}', which is none of the little-endian "
                    "floats and integers",
                    header->type));
  }
  const auto data = std::span{bytes}.subspan(begin + length);
  const std::optional<std::size_t> count =
      element_count(header->shape, data.size() / size_of(*type));
  if (!count || *count * size_of(*type) != data.size()) {
    throw fail(fmt::format("holds {} bytes of data, not what its shape [{}] says", data.size(),
                           fmt::join(header->shape, " x ")));
  }
  StoredTensor result{.shape = header->shape};
  result.values.reserve(*count);
  if (!header->fortran_order) {
    for (std::size_t i = 0; i < *count; ++i) result.values.push_back(number_at(data, *type, i));
    return result;
  }
  std::vector<std::int64_t> strides;  // the first index runs fastest
  std::int64_t stride = 1;
  strides.reserve(header->shape.size());
  for (const std::int64_t size : header->shape) {
    strides.push_back(stride);
    stride *= size;
  }
  for_each_offset(header->shape, strides, [&](std::size_t offset) {
    result.values.push_back(number_at(data, *type, offset));
  });
  return result;
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
  std::string file{kMagic};
  file += {'\x01', '\x00', static_cast<char>(header.size() % 256),
           static_cast<char>(header.size() / 256)};
  file += header;
  file.append(reinterpret_cast<const char*>(tensor.values.data()),
              tensor.values.size() * sizeof(float));
  return file;
}

}  // namespace papilio
