#include <utility>

#include "models/dataset/dataset.hpp"

namespace papilio {
namespace {

/// Every picture whose position is a multiple of a step, which need not be whole.
class SubsetDataset : public Dataset {
 public:
  SubsetDataset(std::unique_ptr<const Dataset> whole, std::size_t count)
      : whole_{std::move(whole)}, count_{count} {}

  [[nodiscard]] const std::string& title() const override { return whole_->title(); }
  [[nodiscard]] const std::vector<std::string>& classes() const override {
    return whole_->classes();
  }
  [[nodiscard]] std::size_t size() const override { return count_; }
  [[nodiscard]] std::int64_t label(std::size_t index) const override {
    return whole_->label(at(index));
  }
  [[nodiscard]] std::string name(std::size_t index) const override {
    return whole_->name(at(index));
  }
  [[nodiscard]] Image load(std::size_t index) const override { return whole_->load(at(index)); }

 private:
  [[nodiscard]] std::size_t at(std::size_t index) const { return index * whole_->size() / count_; }

  std::unique_ptr<const Dataset> whole_;
  std::size_t count_;
};

}  // namespace

std::shared_ptr<const Dataset> spread_subset(std::unique_ptr<const Dataset> dataset,
                                             std::size_t count) {
  if (count == 0 || count >= dataset->size()) return dataset;
  return std::make_shared<SubsetDataset>(std::move(dataset), count);
}

}  // namespace papilio
