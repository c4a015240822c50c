#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/weights/file.hpp"
#include "models/weights/numbers.hpp"
#include "models/weights/state_dict.hpp"

namespace papilio {

/// An array as NumPy describes it.
struct Array {
  std::string descr;          ///< of its numbers: order, kind and bytes, as "<f4"
  bool fortran_order{false};  ///< the first index runs fastest
  std::vector<std::int64_t> shape;
  std::span<const std::uint8_t> data;  ///< of somebody else
};

/// The type that NumPy writes as "<f4"; nothing for others than little-endian floats and integers.
std::optional<NumberType> find_number_type(std::string_view descr);

/// Whether NumPy calls such elements numbers: no text, object, record or date.
bool is_of_numbers(std::string_view descr);

/// The array's numbers, row-major.
/// @param budget of the file
/// @throws WeightsError if they are of another type, not as many bytes as the shape says, or beyond
///         the budget
StoredTensor make_tensor(const Array& array, NumberBudget& budget);

/// Reads a `.npy` file that is one of several.
/// @param budget of all of them
/// @throws ConfigError naming the file
StoredTensor read_npy(const std::filesystem::path& path, NumberBudget& budget);

/// What a `.npy` file holds, as a view of its bytes.
/// @throws WeightsError if it is none, truncated, or of records
Array parse_npy(std::span<const std::uint8_t> bytes);

}  // namespace papilio
