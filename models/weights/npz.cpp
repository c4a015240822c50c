#include "models/weights/npz.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "models/weights/file.hpp"
#include "models/weights/npy.hpp"

namespace papilio {

StateDict read_npz(ZipArchive& archive, std::size_t file_size) {
  // Trained weights hardly shrink, pruned ones to a tenth; a bomb of zeros shrinks to a thousandth.
  constexpr std::size_t kAlwaysLet = std::size_t{64} << 20U;
  constexpr std::size_t kMostRatio = 100;
  constexpr std::string_view kSuffix = ".npy";
  std::size_t left = std::min(kMostWeightBytes, std::max(kAlwaysLet, kMostRatio * file_size));
  NumberBudget budget;
  StateDict result;
  const std::vector<std::string> names = archive.names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!names[i].ends_with(kSuffix)) continue;
    const std::vector<std::uint8_t> bytes = archive.unpack(i, left);
    left -= bytes.size();
    const std::string name = names[i].substr(0, names[i].size() - kSuffix.size());
    try {
      const Array array = parse_npy(bytes);
      if (!is_of_numbers(array.descr)) continue;
      if (!result.emplace(name, make_tensor(array, budget)).second)
        throw WeightsError{"comes twice"};
    } catch (const WeightsError& error) {
      throw WeightsError{fmt::format("the array '{}' {}", shown_name(name), error.what())};
    }
  }
  if (result.empty()) throw WeightsError{"holds no arrays of numbers"};
  return result;
}

}  // namespace papilio
