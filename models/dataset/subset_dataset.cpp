#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "models/dataset/dataset.hpp"

namespace papilio {
namespace {

/// Positions spread evenly over the pictures in the order of their classes. Over the dataset's own
/// order a step that is a multiple of the number of classes would meet one class alone where they
/// come in turn.
std::vector<std::size_t> spread_over_classes(const Dataset& dataset, std::size_t count) {
  std::vector<std::size_t> by_class(dataset.size());
  std::iota(by_class.begin(), by_class.end(), std::size_t{0});
  std::stable_sort(by_class.begin(), by_class.end(), [&](std::size_t a, std::size_t b) {
    return dataset.label(a) < dataset.label(b);
  });
  std::vector<std::size_t> chosen;
  chosen.reserve(count);
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(by_class[i * by_class.size() / count]);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

/// Some of a dataset's pictures, in its order.
class SubsetDataset : public Dataset {
 public:
  SubsetDataset(std::unique_ptr<const Dataset> whole, std::vector<std::size_t> chosen)
      : whole_{std::move(whole)}, chosen_{std::move(chosen)} {}

  [[nodiscard]] const std::string& title() const override { return whole_->title(); }
  [[nodiscard]] const std::vector<std::string>& classes() const override {
    return whole_->classes();
  }
  [[nodiscard]] std::size_t size() const override { return chosen_.size(); }
  [[nodiscard]] std::int64_t label(std::size_t index) const override {
    return whole_->label(chosen_.at(index));
  }
  [[nodiscard]] std::string name(std::size_t index) const override {
    return whole_->name(chosen_.at(index));
  }
  [[nodiscard]] Image load(std::size_t index) const override {
    return whole_->load(chosen_.at(index));
  }
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> file(std::size_t index) const override {
    return whole_->file(chosen_.at(index));
  }

 private:
  std::unique_ptr<const Dataset> whole_;
  std::vector<std::size_t> chosen_;
};

}  // namespace

std::shared_ptr<const Dataset> spread_subset(std::unique_ptr<const Dataset> dataset,
                                             std::size_t count) {
  if (count == 0 || count >= dataset->size()) return dataset;
  std::vector<std::size_t> chosen = spread_over_classes(*dataset, count);
  return std::make_shared<SubsetDataset>(std::move(dataset), std::move(chosen));
}

}  // namespace papilio
