#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/dataset/image.hpp"

namespace papilio {

/// Pictures with labels. Thread-safe: loading changes nothing.
class Dataset {
 public:
  virtual ~Dataset() = default;
  Dataset() = default;
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;

  /// What to call it in tables, with whatever a reader must know ("CIFAR-10, JPEG q75").
  [[nodiscard]] virtual const std::string& title() const = 0;
  /// Names of the classes; a label is a position in it.
  [[nodiscard]] virtual const std::vector<std::string>& classes() const = 0;
  [[nodiscard]] virtual std::size_t size() const = 0;
  /// @param index in 0..size-1
  [[nodiscard]] virtual std::int64_t label(std::size_t index) const = 0;
  /// Unique in the dataset, e.g. "cat/0001.jpg".
  [[nodiscard]] virtual std::string name(std::size_t index) const = 0;
  /// @throws ConfigError naming the file if it cannot be decoded
  [[nodiscard]] virtual Image load(std::size_t index) const = 0;
  /// The picture's file, byte by byte; nothing where the dataset keeps it in another form.
  /// @throws ConfigError naming the file if it cannot be read
  [[nodiscard]] virtual std::optional<std::vector<std::uint8_t>> file(std::size_t /*index*/) const {
    return std::nullopt;
  }
};

/// Which of a dataset's pictures.
enum class Split { kTrain, kTest };

/// One dataset that `papilio datasets` lists.
struct DatasetEntry {
  std::string name;     ///< as the command line writes it
  std::string summary;  ///< one line for people, with terms of use
  bool present{false};  ///< whether its files are where Papilio looks
};

/// The datasets with a name: "synthetic", and those of the data folder (`PAPILIO_DATA`, else
/// `../shared/data`): "cifar10-jpeg", "caltech101".
std::vector<DatasetEntry> dataset_list();

/// Opens a dataset: a name of `dataset_list()`; a folder with `train/CLASS/` and `test/CLASS/`,
/// whose `classes.txt` orders the labels where there is one (else the names do); or a folder of
/// CIFAR-10's binary files (`data_batch_1.bin`, …, `test_batch.bin`).
/// @throws ConfigError naming the folder and what it lacks
std::unique_ptr<const Dataset> open_dataset(const std::string& name, Split split);

/// Some of a dataset's pictures, in its order, with its classes and names: spread evenly over each
/// class, so that a class keeps its share of the dataset to less than one picture.
/// @param count 0, or more than there are: all
std::shared_ptr<const Dataset> spread_subset(std::unique_ptr<const Dataset> dataset,
                                             std::size_t count);

}  // namespace papilio
