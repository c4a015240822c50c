#pragma once

#include <filesystem>
#include <memory>

#include "models/dataset/dataset.hpp"

namespace papilio {

/// Whether a folder has one of CIFAR-10's binary files.
bool has_cifar_files(const std::filesystem::path& folder);

/// CIFAR-10's binary version (Krizhevsky 2009): `data_batch_1.bin` to `data_batch_5.bin` for
/// training, `test_batch.bin` for tests, all in memory. A record is the label, then 32×32 bytes of
/// each of red, green and blue. Classes are those of `batches.meta.txt`, else CIFAR-10's own.
/// @throws ConfigError naming the file that is missing, is no whole number of records or has a
/// label without a class
std::unique_ptr<const Dataset> open_cifar(const std::filesystem::path& folder, Split split);

}  // namespace papilio
