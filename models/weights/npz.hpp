#pragma once

#include <cstddef>

#include "models/weights/state_dict.hpp"
#include "models/weights/zip_archive.hpp"

namespace papilio {

/// The arrays of a zip of `.npy` files, as numpy.savez and numpy.savez_compressed write it, by
/// their names; arrays of text and objects are passed over.
/// @param file_size bytes of the archive: what it unpacks to is at most a hundred times as large,
///                  or 64 MiB
/// @throws WeightsError naming the array
StateDict read_npz(ZipArchive& archive, std::size_t file_size);

}  // namespace papilio
