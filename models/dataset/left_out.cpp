#include "models/dataset/left_out.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace papilio {

void LeftOut::note(const Dataset& dataset, std::size_t index, const std::string& error) {
  const std::scoped_lock lock{mutex_};
  errors_.emplace(std::pair{&dataset, index}, error);
}

std::size_t LeftOut::count() const {
  const std::scoped_lock lock{mutex_};
  return errors_.size();
}

std::size_t LeftOut::count(const Dataset& dataset) const {
  const std::scoped_lock lock{mutex_};
  return static_cast<std::size_t>(
      std::count_if(errors_.begin(), errors_.end(),
                    [&](const auto& error) { return error.first.first == &dataset; }));
}

std::vector<std::string> LeftOut::errors() const {
  const std::scoped_lock lock{mutex_};
  std::vector<std::string> errors;
  errors.reserve(errors_.size());
  for (const auto& [picture, error] : errors_) errors.push_back(error);
  std::sort(errors.begin(), errors.end());
  return errors;
}

std::string none_readable(const Dataset& dataset, const LeftOut& left_out) {
  const std::vector<std::string> errors = left_out.errors();
  std::string first = errors.empty() ? "" : errors.front();
  if (dataset.size() == 1 && !first.empty()) return first;
  return fmt::format("{}: error: none of its {} pictures can be read; the first: {}",
                     dataset.title(), dataset.size(), first);
}

}  // namespace papilio
