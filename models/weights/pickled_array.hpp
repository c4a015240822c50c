#pragma once

#include <cstddef>
#include <optional>

#include "models/weights/pickle.hpp"
#include "models/weights/state_dict.hpp"

namespace papilio {

/// Whether a value of a pickle is a NumPy array.
bool is_pickled_array(const PickleNode& node);

/// Its numbers, which lie in the pickle; nothing for an array of text or objects.
/// @param node `is_pickled_array`
/// @param most numbers that it may have
/// @throws PickleError if it is damaged, larger, or of other numbers than little-endian ones
std::optional<StoredTensor> read_pickled_array(const PickleNode& node, std::size_t most);

}  // namespace papilio
