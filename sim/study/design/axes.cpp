#include "sim/study/design/axes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <utility>

#include "sim/base/random/stream.hpp"

namespace papilio {
namespace {

/// The values of a range, a function of the position; where it is whole, no two are alike.
struct Range {
  std::size_t size{0};
  std::function<double(std::size_t)> at;
};

/// Takes what is alike after rounding together.
Range rounded(const Range& range) {
  auto values = std::make_shared<std::vector<double>>();
  for (std::size_t i = 0; i < range.size; ++i) {
    const double value = std::round(range.at(i));
    if (values->empty() || values->back() != value) values->push_back(value);
  }
  return {values->size(), [values](std::size_t i) { return (*values)[i]; }};
}

/// The number that a person means by one that rounding left beside it: 0.3, not
/// 0.30000000000000004.
double tidied(double value, int digits = 15) {
  return std::strtod(fmt::format("{:.{}g}", value, digits).c_str(), nullptr);
}

/// With how many digits the values of a logarithmic range are written: nobody needs sixteen, which
/// then stand in every table and file, but neighbours differ by far more than rounding does.
/// @param ratio of the last value to the first
/// @param steps between them
int digits_of_log_range(double ratio, double steps) {
  constexpr int kUsual = 9;
  constexpr int kAll = 17;
  constexpr int kBelowStep = 4;
  const double step = steps > 0 ? std::log(ratio) / steps : 1;
  if (!(step > 0)) return kAll;
  return std::clamp(kBelowStep - static_cast<int>(std::floor(std::log10(step))), kUsual, kAll);
}

Range linear_range(double from, double step, std::size_t size, double to) {
  return {size, [=](std::size_t i) {
            return i + 1 == size && size > 1 ? to : tidied(from + static_cast<double>(i) * step);
          }};
}

class AxisMaker {
 public:
  AxisMaker(const AxisSpec& spec, const Node& root, std::string path, std::uint64_t seed,
            Diagnostics& diagnostics)
      : spec_{spec}, root_{root}, path_{std::move(path)}, seed_{seed}, diagnostics_{diagnostics} {}

  Axis make() {
    Axis axis;
    if (spec_.axis == "list") {
      add_list(axis, spec_.column, path_);
    } else if (spec_.axis == "range") {
      add_range(axis, linear());
    } else if (spec_.axis == "log_range") {
      add_range(axis, logarithmic());
    } else if (spec_.axis == "zip") {
      for (std::size_t i = 0; i < spec_.columns.size(); ++i) {
        add_list(axis, spec_.columns[i], fmt::format("{}.columns.{}", path_, i));
      }
      for (std::size_t i = 1; i < axis.columns.size(); ++i) {
        if (axis.columns[i].size() == axis.columns[0].size()) continue;
        error(fmt::format("columns.{}.values", i),
              fmt::format("has {} values where the first list has {}; a zip takes lists in step",
                          axis.columns[i].size(), axis.columns[0].size()));
      }
    } else if (!spec_.axis.empty()) {
      add_samples(axis);
    }
    axis.size = axis.columns.empty() ? 0 : axis.columns.front().size();
    return failed_ ? Axis{} : axis;
  }

 private:
  void error(const std::string& key, const std::string& message) {
    failed_ = true;
    const std::string path = key.empty() ? path_ : fmt::format("{}.{}", path_, key);
    diagnostics_.error(mark_of(root_, path), path, message);
  }

  void add(Axis& axis, const ColumnSpec& column, const std::string& path, const Range& range,
           bool sampled) {
    axis.columns.emplace_back(column.key, column.name.empty() ? column.key : column.name,
                              mark_of(root_, path + ".key"), range.size, range.at, sampled);
  }

  void add_list(Axis& axis, const ColumnSpec& column, const std::string& path) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < column.values.items.size(); ++i) {
      const Node& value = column.values.items[i];
      if (spec_.axis == "zip" || seen.insert(json_of(value).dump()).second) continue;
      error(fmt::format("values.{}", i), "comes twice; remove one");
    }
    axis.columns.emplace_back(column.key, column.name.empty() ? column.key : column.name,
                              mark_of(root_, path + ".key"), column.values.items);
  }

  bool ordered(const ColumnSpec& column, const std::string& key, bool log) {
    if (column.to < column.from) {
      error(key + "to", fmt::format("must not be below 'from', which is {}", column.from));
    } else if (log && column.from <= 0) {
      error(key + "from", "must be above 0, for logarithms are taken");
    } else {
      return true;
    }
    return false;
  }

  std::optional<Range> linear() {
    const auto& [from, to] = std::pair{spec_.column.from, spec_.column.to};
    if (spec_.step.has_value() == spec_.count.has_value()) {
      error("", "a range needs one of the keys 'step' and 'count'");
      return std::nullopt;
    }
    if (!ordered(spec_.column, "", false)) return std::nullopt;
    if (spec_.step) {
      // A step that does not quite reach the end by rounding still means the end.
      constexpr double kRounding = 1e-9;
      const double steps = std::floor((to - from) / *spec_.step + kRounding);
      constexpr double kMost = 1e9;
      if (steps >= kMost) {
        error("step", "gives more than a billion values; make it larger");
        return std::nullopt;
      }
      const double last = from + steps * *spec_.step;
      const bool reaches = std::abs(to - last) <= kRounding * *spec_.step;
      return linear_range(from, *spec_.step, static_cast<std::size_t>(steps) + 1,
                          reaches ? to : tidied(last));
    }
    const auto count = static_cast<std::size_t>(*spec_.count);
    const double step = count > 1 ? (to - from) / static_cast<double>(count - 1) : 0;
    return linear_range(from, step, count, to);
  }

  std::optional<Range> logarithmic() {
    if (!spec_.count) error("", "missing required key 'count'");
    if (!ordered(spec_.column, "", true) || failed_) return std::nullopt;
    const double from = spec_.column.from;
    const double to = spec_.column.to;
    const auto count = static_cast<std::size_t>(*spec_.count);
    const double last = static_cast<double>(count) - 1;
    const int digits = digits_of_log_range(to / from, last);
    return Range{count, [=](std::size_t i) {
                   if (i == 0) return from;
                   if (i + 1 == count) return to;
                   return tidied(from * std::pow(to / from, static_cast<double>(i) / last), digits);
                 }};
  }

  void add_range(Axis& axis, const std::optional<Range>& range) {
    constexpr std::size_t kMostWhole = 10'000'000;  // those are kept
    if (range && spec_.column.whole && range->size > kMostWhole) {
      error(spec_.step ? "step" : "count", "gives more than 1e7 values to be rounded; take fewer");
      return;
    }
    if (range) add(axis, spec_.column, path_, spec_.column.whole ? rounded(*range) : *range, false);
  }

  /// Samples draw their numbers from streams of the study's seed, the axis and the variable: the
  /// i-th is the same however many there are of a random sample.
  void add_samples(Axis& axis) {
    if (!spec_.count) {
      error("", "missing required key 'count'");
      return;
    }
    const auto count = static_cast<std::size_t>(*spec_.count);
    const bool latin = spec_.axis == "latin-hypercube";
    constexpr std::size_t kMostLatin = 10'000'000;  // four bytes each are kept
    if (latin && count > kMostLatin) {
      error("count", "must be <= 1e7 for a Latin hypercube");
      return;
    }
    const StreamFamily family{seed_, "study " + path_};
    for (std::size_t v = 0; v < spec_.columns.size(); ++v) {
      const ColumnSpec& column = spec_.columns[v];
      const bool log = column.scale == "log";
      if (!ordered(column, fmt::format("variables.{}.", v), log)) continue;
      // Position i has its own stream; of a Latin hypercube, its own of `count` strata as well.
      const std::shared_ptr<const std::vector<std::uint32_t>> strata =
          latin ? shuffled(count, Stream{family, v, kShuffle}) : nullptr;
      const auto at = [=](std::size_t i) {
        Stream stream{family, v, i};
        double share = stream.uniform();
        if (strata) {
          share = (static_cast<double>((*strata)[i]) + share) / static_cast<double>(count);
        }
        const double value = log ? column.from * std::pow(column.to / column.from, share)
                                 : column.from + share * (column.to - column.from);
        return column.whole ? std::round(value) : value;
      };
      add(axis, column, fmt::format("{}.variables.{}", path_, v), {count, at}, true);
    }
  }

  /// Fisher and Yates' shuffle of 0..count-1.
  static std::shared_ptr<const std::vector<std::uint32_t>> shuffled(std::size_t count,
                                                                    Stream stream) {
    auto order = std::make_shared<std::vector<std::uint32_t>>(count);
    std::iota(order->begin(), order->end(), 0U);
    for (std::size_t i = count; i > 1; --i) {
      const auto j = static_cast<std::size_t>(stream.uniform() * static_cast<double>(i));
      std::swap((*order)[i - 1], (*order)[j]);
    }
    return order;
  }

  static constexpr std::uint64_t kShuffle = ~std::uint64_t{0};

  const AxisSpec& spec_;
  const Node& root_;
  std::string path_;
  std::uint64_t seed_;
  Diagnostics& diagnostics_;
  bool failed_{false};
};

/// What is whole is written as such, for keys that are: 3, not 3.0.
std::string number_text(double value) {
  return fmt::to_string(value);
}

}  // namespace

AxisColumn::AxisColumn(std::string key, std::string name, Mark where, std::vector<Node> values)
    : key_{std::move(key)},
      name_{std::move(name)},
      quoted_name_{nlohmann::json(name_).dump()},
      where_{std::move(where)},
      size_{values.size()} {
  for (Node& value : values) {
    const std::optional<double> number = value.number();
    std::string json = json_of(value).dump();
    listed_.push_back({std::move(value), number, std::move(json)});
  }
}

AxisColumn::AxisColumn(std::string key, std::string name, Mark where, std::size_t size,
                       std::function<double(std::size_t)> number, bool sampled)
    : key_{std::move(key)},
      name_{std::move(name)},
      quoted_name_{nlohmann::json(name_).dump()},
      where_{std::move(where)},
      size_{size},
      generated_{std::move(number)},
      sampled_{sampled} {}

Node AxisColumn::value(std::size_t i) const {
  if (!generated_) return listed_[i].node;
  Node node{.kind = Node::Kind::kScalar, .mark = where_};
  node.scalar = number_text(generated_(i));
  return node;
}

std::optional<double> AxisColumn::number(std::size_t i) const {
  return generated_ ? std::optional{generated_(i)} : listed_[i].number;
}

std::string AxisColumn::json(std::size_t i) const {
  return generated_ ? number_text(generated_(i)) : listed_[i].json;
}

Axis make_axis(const AxisSpec& spec, const Node& root, const std::string& path, std::uint64_t seed,
               Diagnostics& diagnostics) {
  return AxisMaker{spec, root, path, seed, diagnostics}.make();
}

}  // namespace papilio
