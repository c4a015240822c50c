// How NumPy pickles an array: ndarray.__reduce__ (protocols to 4) and __reduce_ex__ (5) in
// https://github.com/numpy/numpy/blob/main/numpy/_core/src/multiarray/methods.c

#include "models/weights/pickled_array.hpp"

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/weights/file.hpp"
#include "models/weights/npy.hpp"

namespace papilio {
namespace {

using Values = std::vector<PickleValue>;

[[noreturn]] void damaged() {
  throw PickleError{"is a damaged NumPy array"};
}

/// The items of a list or tuple.
const Values& items_of(const PickleNode* node) {
  const auto* sequence = node == nullptr ? nullptr : node->as<PickleSequence>();
  if (sequence == nullptr) damaged();
  return sequence->items;
}

std::string_view text_of(const PickleNode& node) {
  const auto* text = node.as<std::string>();
  if (text == nullptr) damaged();
  return *text;
}

const PickleObject& object_of(const PickleNode& node, std::string_view type) {
  const auto* object = node.as<PickleObject>();
  if (object == nullptr || !object->type.ends_with(type)) damaged();
  return *object;
}

/// "<f4", of numpy.dtype('f4', ...) whose state's second value is the order.
std::string descr_of(const PickleNode& node) {
  const PickleObject& dtype = object_of(node, "numpy.dtype");
  const Values& arguments = items_of(dtype.arguments);
  if (arguments.empty()) damaged();
  const std::string_view code = text_of(*arguments[0]);
  std::string_view order = "<";
  if (dtype.state != nullptr) {
    const Values& state = items_of(dtype.state);
    if (state.size() < 2) damaged();
    order = text_of(*state[1]);
  }
  if (order == "=") order = "<";
  return std::string{order} + std::string{code};
}

std::vector<std::int64_t> shape_of(const PickleNode& node) {
  const Values& items = items_of(&node);
  if (items.size() > kMostDimensions) damaged();
  std::vector<std::int64_t> shape;
  shape.reserve(items.size());
  for (const PickleValue item : items) {
    const auto* size = item->as<std::int64_t>();
    if (size == nullptr) damaged();
    shape.push_back(*size);
  }
  return shape;
}

/// Text whose characters are the bytes, as _codecs.encode(text, 'latin1') makes them: what is
/// below U+0100, in UTF-8.
std::string latin1(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x80) {
      bytes.push_back(text[i]);
      continue;
    }
    if ((first != 0xC2 && first != 0xC3) || i + 1 == text.size()) damaged();
    const auto second = static_cast<unsigned char>(text[++i]);
    if ((second & 0xC0) != 0x80) damaged();
    bytes.push_back(static_cast<char>((first & 0x03) << 6 | (second & 0x3F)));
  }
  return bytes;
}

/// The bytes of an array's numbers.
/// @param made holds them where they had to be made
std::string_view data_of(const PickleNode& node, std::string& made) {
  if (const auto* text = node.as<std::string>()) return *text;
  const auto* object = node.as<PickleObject>();
  if (object == nullptr) damaged();  // a list, of objects
  const bool encoded = object->type == "_codecs.encode";
  if (!encoded && !object->type.ends_with(".bytes") && !object->type.ends_with(".bytearray")) {
    damaged();
  }
  const Values& arguments = items_of(object->arguments);
  if (arguments.empty()) return {};
  const std::string_view text = text_of(*arguments[0]);
  if (arguments.size() == 1) return text;
  // Python 3 has no bytes in protocol 2, which torch.save takes.
  const std::string_view encoding = text_of(*arguments[1]);
  if (encoding != "latin1" && encoding != "latin-1") damaged();
  made = latin1(text);
  return made;
}

}  // namespace

bool is_pickled_array(const PickleNode& node) {
  const auto* object = node.as<PickleObject>();
  return object != nullptr && (object->type.ends_with("core.multiarray._reconstruct") ||
                               object->type.ends_with("core.numeric._frombuffer"));
}

std::optional<StoredTensor> read_pickled_array(const PickleNode& node, std::size_t most) {
  const auto& object = *node.as<PickleObject>();
  const PickleNode* shape = nullptr;
  const PickleNode* dtype = nullptr;
  const PickleNode* data = nullptr;
  Array array;
  if (object.type.ends_with("_frombuffer")) {
    // NumPy 2.3 adds the order of the axes, None unless the order is 'K'.
    const Values& arguments = items_of(object.arguments);
    if (arguments.size() != 4 && arguments.size() != 5) damaged();
    const std::string_view order = text_of(*arguments[3]);
    if (order != "C" && order != "F") {
      throw PickleError{fmt::format(
          "is a NumPy array with its axes in the order '{}'; pickle numpy.ascontiguousarray of it",
          shown_name(order))};
    }
    data = arguments[0];
    dtype = arguments[1];
    shape = arguments[2];
    array.fortran_order = order == "F";
  } else {
    // The version, which came later, is no part of the array.
    const Values& state = items_of(object.state);
    if (state.size() != 4 && state.size() != 5) damaged();
    const std::size_t first = state.size() - 4;
    shape = state[first];
    dtype = state[first + 1];
    const PickleNode& order = *state[first + 2];
    const bool* flag = order.as<bool>();
    const auto* number = order.as<std::int64_t>();
    array.fortran_order = (flag != nullptr && *flag) || (number != nullptr && *number != 0);
    data = state[first + 3];
  }
  array.descr = descr_of(*dtype);
  if (!is_of_numbers(array.descr)) return std::nullopt;
  array.shape = shape_of(*shape);
  if (!element_count(array.shape, most)) {
    throw PickleError{"repeats what the file holds too often"};
  }
  std::string made;
  const std::string_view bytes = data_of(*data, made);
  array.data = {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
  NumberBudget budget;
  try {
    return make_tensor(array, budget);
  } catch (const WeightsError& error) {
    throw PickleError{error.what()};
  }
}

}  // namespace papilio
