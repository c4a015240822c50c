#include "sim/report/selections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "sim/report/format.hpp"

namespace papilio {
namespace {

/// The best and the second of some outcomes that may be chosen, or nullptr.
struct Choice {
  const Outcome* best{nullptr};
  const Outcome* runner_up{nullptr};
};

Choice choose(std::vector<const Outcome*> outcomes, Target target) {
  std::erase_if(outcomes,
                [](const Outcome* outcome) { return !outcome->cell.admitted.value_or(true); });
  if (outcomes.empty()) return {};
  std::vector<Breakdown> took;
  took.reserve(outcomes.size());
  for (const Outcome* outcome : outcomes) took.push_back(outcome->simulated);
  const Selection selection = select(took, target);
  return {outcomes[selection.best], selection.runner_up ? outcomes[*selection.runner_up] : nullptr};
}

/// What the limit of accuracy leaves of the cuts, for people.
std::string limit_text(const Scenario& scenario) {
  const AccuracyLimit& limit = scenario.measurements.limit;
  if (!limit.stated()) return "No accuracy limit stated.";
  std::set<std::string> below;
  std::set<std::string> unknown;
  for (const Cell& cell : scenario.cells) {
    if (limit.admits(cell.plan.accuracy, cell.exact)) continue;
    (cell.plan.accuracy ? below : unknown).insert(cell.plan.name);
  }
  std::string text = fmt::format("Of an accuracy of {}: {} partition{} less", limit.text(),
                                 below.empty() ? "no" : fmt::to_string(below.size()),
                                 below.size() == 1 ? " has" : "s have");
  if (!unknown.empty()) {
    text += fmt::format(", and {} of unknown accuracy {} not chosen either", unknown.size(),
                        unknown.size() == 1 ? "is" : "are");
  }
  return text + ".";
}

/// What the other limits leave, for people; empty where there are none.
std::string spending_text(const Scenario& scenario) {
  const Limits spent{.accuracy = {}, .most = scenario.limits.most};
  if (!spent.stated()) return {};
  const auto over =
      std::count_if(scenario.cells.begin(), scenario.cells.end(), [&](const Cell& cell) {
        return !spent.admits({}, cell.exact, spend_of(cell, closed_form(cell.plan, cell.use)));
      });
  return fmt::format(" Of {}: {} of {} rows of the summary spend{} more.", spent.text(), over,
                     scenario.cells.size(), over == 1 ? "s" : "");
}

TableCell value_cell(const Outcome& outcome, Target target) {
  return target == Target::kLatency ? in_ms(outcome.simulated.latency(), "ms")
                                    : in_mj(outcome.simulated.energy(), "mJ");
}

}  // namespace

std::string target_text(const SelectedCut& selected) {
  if (selected.target == Target::kLatency) return "latency";
  return fmt::format("energy, {}", name(selected.reading));
}

std::vector<SelectedCut> selected_cuts(const Scenario& scenario, const Outcomes& outcomes) {
  std::vector<SelectedCut> result;
  const auto add = [&](const std::string& network, Target target, EnergyModel reading) {
    const std::vector<const Outcome*> cuts = outcomes.cuts(network, reading);
    if (cuts.empty()) return;
    const Choice cut = choose(cuts, target);
    result.push_back({network, target, reading, cut.best, cut.runner_up,
                      choose(outcomes.choices(network, reading), target).best});
  };
  for (const Radio& radio : scenario.radios) {
    const std::vector<std::string>& readings = scenario.spec.energy_models;
    add(radio.name, Target::kLatency, energy_model_by_name(readings.front()));
    if (!scenario.mobile_profile.has_energy()) continue;
    for (const std::string& reading : readings) {
      add(radio.name, Target::kEnergy, energy_model_by_name(reading));
    }
  }
  return result;
}

Section selection_section(const Scenario& scenario, const Outcomes& outcomes,
                          const PublishedChoices* published) {
  Section section{.title = "Selected cuts"};
  section.paragraphs = {
      "Selection phase of Algorithm 1: the cut of least latency, or of least mobile energy. " +
      limit_text(scenario) + spending_text(scenario)};
  const bool whole = std::any_of(scenario.cells.begin(), scenario.cells.end(),
                                 [](const Cell& cell) { return cell.cut.empty(); });
  if (whole) {
    section.paragraphs[0] += " The last column also weighs the strategies that do not cut.";
  }
  Table table{
      .columns = {{"network", true}, {"target", true}, {"cut", true}, {"value"}, {"accuracy"}}};
  if (published != nullptr) table.columns.push_back({published->heading, true});
  table.columns.push_back({"second best", true});
  table.columns.push_back({"behind"});
  if (whole) table.columns.push_back({"best of all", true});
  for (const SelectedCut& selected : selected_cuts(scenario, outcomes)) {
    const Outcome* best = selected.best;
    const Outcome* second = best == nullptr ? nullptr : selected.runner_up;
    Table::Row row{
        selected.network, target_text(selected),
        best == nullptr ? "none" : partition_name(best->cell),
        best == nullptr ? none() : value_cell(*best, selected.target),
        best == nullptr ? none() : accuracy_cell(best->cell.plan.accuracy, best->cell.exact)};
    if (published != nullptr) {
      const auto printed = published->block.find(selected.network);
      row.emplace_back(printed != published->block.end() ? printed->second : "");
    }
    row.emplace_back(second == nullptr ? "" : partition_name(second->cell));
    row.push_back(second == nullptr
                      ? none()
                      : in_signed_percent(value(second->simulated, selected.target) /
                                                  value(best->simulated, selected.target) -
                                              1.0,
                                          1));
    if (whole) {
      const Outcome* of_all = selected.best_of_all;
      row.push_back(of_all == nullptr ? TableCell{"none"}
                                      : TableCell::List{partition_name(of_all->cell),
                                                        value_cell(*of_all, selected.target)});
    }
    table.rows.push_back(std::move(row));
  }
  section.table = std::move(table);
  return section;
}

nlohmann::ordered_json selections_json(const Scenario& scenario, const Outcomes& outcomes) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const SelectedCut& selected : selected_cuts(scenario, outcomes)) {
    const auto partition = [](const Outcome* outcome) -> nlohmann::ordered_json {
      if (outcome == nullptr) return nullptr;
      return outcome->cell.plan.name;
    };
    nlohmann::ordered_json one{{"network", selected.network},
                               {"target", std::string{name(selected.target)}}};
    if (selected.target == Target::kEnergy)
      one["energy_model"] = std::string{name(selected.reading)};
    one["cut"] = partition(selected.best);
    one["second_cut"] = partition(selected.runner_up);
    one["best_of_all"] = partition(selected.best_of_all);
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace papilio
