#include "sim/play/fleet/component.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <utility>

#include "sim/play/fleet/request.hpp"
#include "sim/play/fleet/resources.hpp"

namespace papilio {
namespace {

std::vector<std::uint32_t> numbers_below(std::uint32_t count) {
  std::vector<std::uint32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0U);
  return numbers;
}

/// Components that there may be for all of them together to have no more than some millions of rows
/// of the time series.
double most_components(const FleetModel& model) {
  if (model.sample_s <= 0) return std::numeric_limits<double>::infinity();
  constexpr double kMostRows = 2e7;
  const double rows = std::min(
      model.duration_s / model.sample_s * static_cast<double>(resource_copies(model).size()),
      static_cast<double>(model.most_samples));
  return kMostRows / std::max(rows, 1.0);
}

bool can_be_parted(const FleetModel& model) {
  return !model.simgrid_links &&
         std::all_of(model.cells.begin(), model.cells.end(),
                     [](const CellModel& cell) { return cell.wifi_byte_per_s.empty(); }) &&
         std::all_of(model.servers.begin(), model.servers.end(),
                     [](const ServerModel& server) { return server.background.empty(); });
}

/// Copies of cells and servers that serve a mobile together belong together, and so on.
class Connected {
 public:
  explicit Connected(const FleetModel& model) {
    for (const CellModel& cell : model.cells) add(cell.count);
    for (const ServerModel& server : model.servers) add(server.count);
    cells_ = model.cells.size();
  }

  [[nodiscard]] std::uint32_t cell(std::uint32_t cell, std::uint32_t copy) const {
    return first_[cell] + copy;
  }
  [[nodiscard]] std::uint32_t server(std::uint32_t server, std::uint32_t copy) const {
    return first_[cells_ + server] + copy;
  }
  [[nodiscard]] std::size_t copies() const { return parents_.size(); }

  void join(std::uint32_t one, std::uint32_t other) { parents_[root(one)] = root(other); }
  /// The copy that stands for all that belong together with this one.
  std::uint32_t root(std::uint32_t copy) {
    while (parents_[copy] != copy) copy = parents_[copy] = parents_[parents_[copy]];
    return copy;
  }

 private:
  void add(std::uint32_t count) {
    const auto first = static_cast<std::uint32_t>(parents_.size());
    first_.push_back(first);
    parents_.resize(first + count);
    std::iota(parents_.begin() + first, parents_.end(), first);
  }

  std::size_t cells_{0};
  std::vector<std::uint32_t> first_;    // [cells, then servers] their first copies
  std::vector<std::uint32_t> parents_;  // [copies]
};

/// Calls `use` with the number, group and attachment of every mobile.
template <class Use>
void for_each_mobile(const FleetModel& model, const Use& use) {
  const Attachments attachments{model};
  std::uint32_t number = 0;
  for (std::size_t g = 0; g < model.groups.size(); ++g) {
    for (std::uint32_t i = 0; i < model.groups[g].count; ++i) {
      use(number++, model.groups[g], attachments.of(g, i));
    }
  }
}

}  // namespace

Attachments::Attachments(const FleetModel& model) : model_{model} {
  std::vector<std::uint64_t> in_cell(model.cells.size());
  std::vector<std::uint64_t> at_server(model.servers.size());
  for (const GroupModel& group : model.groups) {
    Before before{.cell = in_cell[group.cell], .server = at_server[group.server]};
    in_cell[group.cell] += group.count;
    at_server[group.server] += group.count;
    if (group.edge) {
      before.edge = at_server[*group.edge];
      at_server[*group.edge] += group.count;
    }
    before_.push_back(before);
  }
}

Attachment Attachments::of(std::size_t group, std::uint32_t index) const {
  const GroupModel& of = model_.groups[group];
  const Before& before = before_[group];
  const auto copy = [&](std::uint64_t taken, std::uint32_t count) {
    return static_cast<std::uint32_t>((taken + index) % count);
  };
  return {.cell = copy(before.cell, model_.cells[of.cell].count),
          .server = copy(before.server, model_.servers[of.server].count),
          .edge = of.edge ? copy(before.edge, model_.servers[*of.edge].count) : 0};
}

std::size_t FleetComponent::mobiles_in(std::uint32_t begin, std::uint32_t end) const {
  return static_cast<std::size_t>(std::lower_bound(mobiles.begin(), mobiles.end(), end) -
                                  std::lower_bound(mobiles.begin(), mobiles.end(), begin));
}

FleetComponent whole_fleet(const FleetModel& model) {
  FleetComponent whole{.mobiles = numbers_below(model.mobiles()), .cells = {}, .servers = {}};
  for (const CellModel& cell : model.cells) whole.cells.push_back(numbers_below(cell.count));
  for (const ServerModel& server : model.servers) {
    whole.servers.push_back(numbers_below(server.count));
  }
  return whole;
}

std::vector<FleetComponent> components_of(const FleetModel& model, std::size_t fewest) {
  const double for_samples = std::ceil(model.mobiles() / std::max(most_components(model), 1.0));
  fewest = std::max(fewest, static_cast<std::size_t>(for_samples));
  if (model.mobiles() < 2 * fewest || !can_be_parted(model)) return {whole_fleet(model)};

  Connected copies{model};
  for_each_mobile(model, [&](std::uint32_t, const GroupModel& group, const Attachment& to) {
    const std::uint32_t cell = copies.cell(group.cell, to.cell);
    copies.join(cell, copies.server(group.server, to.server));
    if (group.edge) copies.join(cell, copies.server(*group.edge, to.edge));
  });

  // What is connected, by its first mobile, and how many mobiles that is.
  std::vector<std::uint32_t> place(copies.copies(), kNothing);  // [roots] then all copies
  std::vector<std::size_t> sizes;
  for_each_mobile(model, [&](std::uint32_t, const GroupModel& group, const Attachment& to) {
    std::uint32_t& of = place[copies.root(copies.cell(group.cell, to.cell))];
    if (of == kNothing) {
      of = static_cast<std::uint32_t>(sizes.size());
      sizes.push_back(0);
    }
    ++sizes[of];
  });

  // Joined in that order; what is left in the end joins the last.
  std::vector<std::size_t> component_of(sizes.size());
  std::size_t left = model.mobiles();
  std::size_t component = 0;
  std::size_t mobiles = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    component_of[i] = component;
    mobiles += sizes[i];
    left -= sizes[i];
    if (mobiles >= fewest && left >= fewest) {
      ++component;
      mobiles = 0;
    }
  }
  std::vector<FleetComponent> components(component + 1);
  for (FleetComponent& one : components) {
    one.cells.resize(model.cells.size());
    one.servers.resize(model.servers.size());
  }
  for_each_mobile(model, [&](std::uint32_t number, const GroupModel& group, const Attachment& to) {
    const std::uint32_t root = copies.root(copies.cell(group.cell, to.cell));
    components[component_of[place[root]]].mobiles.push_back(number);
  });
  // A copy that serves nobody is in no component: it does nothing.
  const auto hand_out = [&](std::uint32_t owner, std::uint32_t count, bool cell) {
    for (std::uint32_t copy = 0; copy < count; ++copy) {
      const std::uint32_t one = cell ? copies.cell(owner, copy) : copies.server(owner, copy);
      const std::uint32_t of = place[copies.root(one)];
      if (of == kNothing) continue;
      FleetComponent& to = components[component_of[of]];
      (cell ? to.cells : to.servers)[owner].push_back(copy);
    }
  };
  for (std::uint32_t c = 0; c < model.cells.size(); ++c) {
    hand_out(c, model.cells[c].count, true);
  }
  for (std::uint32_t s = 0; s < model.servers.size(); ++s) {
    hand_out(s, model.servers[s].count, false);
  }
  return components;
}

}  // namespace papilio
