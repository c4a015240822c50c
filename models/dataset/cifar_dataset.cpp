#include "models/dataset/cifar_dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "models/dataset/bytes.hpp"
#include "sim/base/error.hpp"
#include "sim/base/read_file.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kCifarSide = 32;
constexpr std::size_t kPlane = 1024;
constexpr std::size_t kRecord = 1 + 3 * kPlane;

std::vector<std::string> files_of(Split split) {
  if (split == Split::kTest) return {"test_batch.bin"};
  return {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
          "data_batch_5.bin"};
}

std::vector<std::string> classes_of(const fs::path& folder) {
  constexpr std::size_t kMost = std::size_t{16} << 20U;
  const fs::path path = folder / "batches.meta.txt";
  std::istringstream file{fs::exists(path) ? read_file(path.string(), kMost) : ""};
  std::vector<std::string> classes;
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    // The file that is published ends in a blank line.
    if (!line.empty()) classes.push_back(std::move(line));
  }
  if (!classes.empty()) return classes;
  return {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
}

class CifarDataset final : public Dataset {
 public:
  CifarDataset(const fs::path& folder, Split split) : classes_{classes_of(folder)} {
    for (const std::string& name : files_of(split)) add(folder / name);
  }

  [[nodiscard]] const std::string& title() const override { return title_; }
  [[nodiscard]] const std::vector<std::string>& classes() const override { return classes_; }
  [[nodiscard]] std::size_t size() const override { return records_.size() / kRecord; }
  [[nodiscard]] std::int64_t label(std::size_t index) const override {
    return records_.at(index * kRecord);
  }
  [[nodiscard]] std::string name(std::size_t index) const override {
    return fmt::format("{}/{:05}", classes_[records_.at(index * kRecord)], index);
  }
  [[nodiscard]] Image load(std::size_t index) const override {
    PAPILIO_CHECK(index < size());
    const std::uint8_t* planes = records_.data() + index * kRecord + 1;
    Image image{
        .height = kCifarSide, .width = kCifarSide, .rgb = std::vector<std::uint8_t>(3 * kPlane)};
    for (std::size_t pixel = 0; pixel < kPlane; ++pixel) {
      for (std::size_t colour = 0; colour < 3; ++colour) {
        image.rgb[3 * pixel + colour] = planes[colour * kPlane + pixel];
      }
    }
    return image;
  }

 private:
  void add(const fs::path& path) {
    const std::vector<std::uint8_t> bytes = read_bytes(path);
    if (bytes.empty() || bytes.size() % kRecord != 0) {
      throw ConfigError{
          fmt::format("{}: error: {} bytes are no whole number of CIFAR-10's records of {} bytes",
                      path.string(), bytes.size(), kRecord)};
    }
    for (std::size_t at = 0; at < bytes.size(); at += kRecord) {
      if (bytes[at] < classes_.size()) continue;
      throw ConfigError{fmt::format("{}: error: record {} has label {}, but there are {} classes",
                                    path.string(), at / kRecord, bytes[at], classes_.size())};
    }
    records_.insert(records_.end(), bytes.begin(), bytes.end());
  }

  std::string title_{"CIFAR-10"};
  std::vector<std::string> classes_;
  std::vector<std::uint8_t> records_;
};

}  // namespace

bool has_cifar_files(const fs::path& folder) {
  return fs::exists(folder / "data_batch_1.bin") || fs::exists(folder / "test_batch.bin");
}

std::unique_ptr<const Dataset> open_cifar(const fs::path& folder, Split split) {
  return std::make_unique<CifarDataset>(folder, split);
}

}  // namespace papilio
