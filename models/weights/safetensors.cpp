#include "models/weights/safetensors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "models/weights/file.hpp"
#include "models/weights/numbers.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMostHeader = 100'000'000;  // the format's own bound

std::uint64_t header_length(std::string_view head) {
  std::uint64_t length = 0;
  std::memcpy(&length, head.data(), kLengthBytes);  // little-endian, as the machine
  return length;
}

std::optional<NumberType> find_type(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, NumberType>, 13> kTypes{{
      {"F64", NumberType::kFloat64},
      {"F32", NumberType::kFloat32},
      {"F16", NumberType::kFloat16},
      {"BF16", NumberType::kBFloat16},
      {"I64", NumberType::kInt64},
      {"I32", NumberType::kInt32},
      {"I16", NumberType::kInt16},
      {"I8", NumberType::kInt8},
      {"U64", NumberType::kUint64},
      {"U32", NumberType::kUint32},
      {"U16", NumberType::kUint16},
      {"U8", NumberType::kUint8},
      {"BOOL", NumberType::kBool},
  }};
  const auto* it = std::find_if(kTypes.begin(), kTypes.end(),
                                [&](const auto& type) { return type.first == name; });
  if (it == kTypes.end()) return std::nullopt;
  return it->second;
}

/// What the header says of one tensor.
struct Described {
  std::string name;
  std::optional<std::string> dtype;
  std::optional<std::vector<std::int64_t>> shape;
  std::optional<std::vector<std::int64_t>> offsets;
};

[[noreturn]] void refuse(const std::string& name, std::string_view problem) {
  throw WeightsError{fmt::format("the tensor '{}' {}", shown_name(name), problem)};
}

/// Reads the header value by value, so that nothing is built of what does not belong there, however
/// deep it is nested:
/// {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ..., "__metadata__": {...}}
class SafetensorsHeader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  [[nodiscard]] const std::vector<Described>& tensors() const { return tensors_; }

  bool start_object(std::size_t /*elements*/) override {
    if (depth_ > 1 || list_ != nullptr) unexpected();
    ++depth_;
    return true;
  }
  bool end_object() override {
    // Told at once, so that a header of nothing but names does not fill the memory.
    if (depth_ == 2 && !metadata_) {
      const Described& one = tensors_.back();
      if (!one.dtype || !one.shape || !one.offsets || one.offsets->size() != 2) {
        refuse(one.name, "needs a dtype, a shape and two data_offsets");
      }
    }
    --depth_;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) {
      if (!names_.insert(name).second) refuse(name, "is in the header twice");
      metadata_ = name == "__metadata__";
      if (!metadata_) tensors_.push_back({.name = name});
    } else if (!metadata_) {
      Described& one = tensors_.back();
      const bool again = (name == "dtype" && one.dtype) || (name == "shape" && one.shape) ||
                         (name == "data_offsets" && one.offsets);
      if (again) refuse(one.name, fmt::format("has its '{}' twice", name));
      if (name != "dtype" && name != "shape" && name != "data_offsets") {
        refuse(one.name, fmt::format("has '{}', which the format does not know", shown_name(name)));
      }
      field_ = name;
    }
    return true;
  }
  bool start_array(std::size_t /*elements*/) override {
    if (depth_ != 2 || metadata_ || list_ != nullptr || field_ == "dtype") unexpected();
    std::optional<std::vector<std::int64_t>>& list =
        field_ == "shape" ? tensors_.back().shape : tensors_.back().offsets;
    list_ = &list.emplace();
    return true;
  }
  bool end_array() override {
    list_ = nullptr;
    return true;
  }
  bool string(string_t& text) override {
    if (depth_ == 2 && metadata_) return true;
    if (depth_ != 2 || list_ != nullptr || field_ != "dtype") unexpected();
    tensors_.back().dtype = text;
    return true;
  }
  bool number_integer(number_integer_t /*value*/) override { unexpected(); }  // below 0
  bool number_unsigned(number_unsigned_t value) override {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 62U;
    if (list_ == nullptr || value > kMost || list_->size() == kMostDimensions) unexpected();
    list_->push_back(static_cast<std::int64_t>(value));
    return true;
  }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { unexpected(); }
  bool null() override { unexpected(); }
  bool boolean(bool /*value*/) override { unexpected(); }
  bool binary(binary_t& /*value*/) override { unexpected(); }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    throw WeightsError{fmt::format("has a header that is no JSON at its byte {}", position)};
  }

 private:
  [[noreturn]] void unexpected() const {
    if (depth_ == 0 || (tensors_.empty() && !metadata_)) {
      throw WeightsError{"has a header that is no list of tensors"};
    }
    if (metadata_) throw WeightsError{"has '__metadata__' that is not of texts"};
    refuse(tensors_.back().name,
           "needs one word as dtype and whole numbers from 0 as shape and data_offsets");
  }

  std::vector<Described> tensors_;
  std::set<std::string, std::less<>> names_;
  std::size_t depth_{0};
  bool metadata_{false};
  std::string field_;
  std::vector<std::int64_t>* list_{nullptr};  // that is being read
};

/// A tensor whose numbers are where it says.
struct Placed {
  const Described* described;
  NumberType type;
  std::size_t count;
  std::size_t begin;
  std::size_t end;
};

/// @param one complete, as the reader of the header leaves it
Placed place(const Described& one, std::size_t data_size) {
  const std::optional<NumberType> type = find_type(*one.dtype);
  if (!type) refuse(one.name, fmt::format("has numbers of the type {}", shown_name(*one.dtype)));
  const auto begin = static_cast<std::size_t>((*one.offsets)[0]);
  const auto end = static_cast<std::size_t>((*one.offsets)[1]);
  if (begin > end || end > data_size) {
    refuse(one.name, fmt::format("lies at the bytes {} to {} of {}", begin, end, data_size));
  }
  const std::optional<std::size_t> count =
      element_count(*one.shape, (end - begin) / size_of(*type));
  if (!count || *count * size_of(*type) != end - begin) {
    refuse(one.name, fmt::format("has {} bytes, not what its shape [{}] of {} says", end - begin,
                                 fmt::join(*one.shape, " x "), *one.dtype));
  }
  return {&one, *type, *count, begin, end};
}

/// The tensors in the order of their bytes, which they must fill without a gap.
std::vector<Placed> places_of(const std::vector<Described>& tensors, std::size_t data_size) {
  std::vector<Placed> places;
  places.reserve(tensors.size());
  for (const Described& one : tensors) places.push_back(place(one, data_size));
  std::sort(places.begin(), places.end(), [](const Placed& a, const Placed& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  std::size_t at = 0;
  for (const Placed& one : places) {
    if (one.begin < at) refuse(one.described->name, "overlaps another");
    if (one.begin > at) {
      refuse(one.described->name, "lies behind a gap, which the format does not allow");
    }
    at = one.end;
  }
  if (at != data_size) {
    throw WeightsError{fmt::format("has {} bytes behind its last tensor", data_size - at)};
  }
  return places;
}

}  // namespace

bool begins_safetensors(std::string_view head) {
  return head.size() > kLengthBytes && head[kLengthBytes] == '{' &&
         header_length(head) <= kMostHeader;
}

StateDict read_safetensors(const std::filesystem::path& path) {
  const std::size_t size = checked_size(path);
  std::ifstream file{path, std::ios::binary};
  const auto take = [&](std::size_t count) {
    std::vector<std::uint8_t> bytes(count);
    if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(count))) {
      throw WeightsError{"cannot be read to its end"};
    }
    return bytes;
  };
  if (size < kLengthBytes) throw WeightsError{"is truncated"};
  const std::vector<std::uint8_t> prefix = take(kLengthBytes);
  const std::uint64_t length =
      header_length({reinterpret_cast<const char*>(prefix.data()), kLengthBytes});
  if (length > kMostHeader) {
    throw WeightsError{
        fmt::format("has a header of {} bytes, where the format allows {}", length, kMostHeader)};
  }
  if (length > size - kLengthBytes) throw WeightsError{"is truncated in its header"};
  SafetensorsHeader header;
  {
    const std::vector<std::uint8_t> text = take(static_cast<std::size_t>(length));
    if (text.empty() || text.front() != '{') {
      throw WeightsError{"has a header that does not begin with '{'"};
    }
    nlohmann::json::sax_parse(text, &header);
  }
  if (header.tensors().empty()) throw WeightsError{"holds no tensors"};
  StateDict result;
  NumberBudget budget;
  for (const Placed& one :
       places_of(header.tensors(), size - kLengthBytes - static_cast<std::size_t>(length))) {
    budget.take(one.count);
    const std::vector<std::uint8_t> bytes = take(one.end - one.begin);
    StoredTensor& tensor = result[one.described->name];
    tensor.shape = *one.described->shape;
    tensor.values.reserve(one.count);
    for (std::size_t i = 0; i < one.count; ++i) {
      tensor.values.push_back(number_at(bytes, one.type, i));
    }
  }
  return result;
}

}  // namespace papilio
