#include "sim/study/evaluate.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <filesystem>
#include <optional>
#include <span>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/engine/batch.hpp"
#include "sim/engine/simulate.hpp"
#include "sim/engine/simulate_fleet.hpp"
#include "sim/engine/workers.hpp"
#include "sim/report/fleet_report.hpp"
#include "sim/report/summary.hpp"
#include "sim/study/columns.hpp"

namespace papilio {
namespace {

void add_rows(ResultWriter& results, const CellPoint& point, const std::vector<Breakdown>& took) {
  const SharedCells& shared = *point.shared;
  const std::vector<SummaryColumn>& columns = summary_columns();
  for (std::size_t i = 0; i < shared.cells.size(); ++i) {
    const std::size_t base = shared.baseline[i];
    const bool has_base = base < shared.cells.size();
    const SummarySubject subject{.cell = shared.cells[i],
                                 .took = took[i],
                                 .base_cell = has_base ? &shared.cells[base] : nullptr,
                                 .base = has_base ? &took[base] : nullptr,
                                 .delayed = point.conditions.has_delay(),
                                 .edged = point.conditions.has_edge};
    results.begin_row(ResultTable::kSummary, columns.size());
    for (const SummaryColumn& column : columns) results.add(column.get(subject));
  }
}

/// Adds a row of any columns as a row of the table's, the missing ones empty.
void add_row(ResultWriter& results, ResultTable table, const Row& row) {
  const std::vector<Column>& columns = columns_of(table);
  results.begin_row(table, columns.size());
  std::size_t next = 0;
  for (const Column& column : columns) {
    const bool here = next < row.size() && row[next].first == column.name;
    results.add(here ? row[next].second : Value{});
    if (here) ++next;
  }
  PAPILIO_CHECK(next == row.size());
}

}  // namespace

std::string Evaluator::error_text(const std::exception& error) const {
  std::string text = error.what();
  for (const std::string& file : {study_.file, study_.source.file}) {
    boost::replace_all(text, file, std::filesystem::path{file}.filename().string());
  }
  return text;
}

Evaluator::Evaluator(const Study& study) : study_{study}, cells_{study}, fleets_{study} {}

PointHead Evaluator::head_of(const PointTask& task) const {
  return {.number = task.number,
          .hash = {},
          .replicate = task.place.replicate,
          .seed = study_.seed(task.place.replicate).value_or(0),
          .axes = study_.json(task.place),
          .error = {}};
}

std::size_t Evaluator::worlds(const PointTask& task) {
  if (study_.fleet) return 1;
  try {
    return std::max<std::size_t>(1, cells_.at(task.place).cells());
  } catch (const ConfigError&) {
    return 1;
  }
}

std::vector<PointHead> Evaluator::heads(const std::vector<PointTask>& tasks) {
  std::vector<PointHead> heads;
  heads.reserve(tasks.size());
  for (const PointTask& task : tasks) {
    PointHead head = head_of(task);
    try {
      if (study_.fleet) {
        const FleetPoint point = fleets_.at(task.place);
        head.hash = point.hash;
        head.seed = point.fleet.spec.seed;
      } else {
        head.hash = cells_.at(task.place).hash();
      }
    } catch (const ConfigError& error) {
      head.error = error_text(error);
    }
    heads.push_back(std::move(head));
  }
  return heads;
}

std::string Evaluator::evaluate(const std::vector<PointTask>& tasks) {
  if (study_.fleet) return evaluate_fleets(tasks);
  return study_.spec.method == "closed-form" ? evaluate_closed(tasks) : evaluate_simulated(tasks);
}

std::string Evaluator::evaluate_closed(const std::vector<PointTask>& tasks) {
  ResultWriter results;
  std::vector<Breakdown> took;
  for (const PointTask& task : tasks) {
    PointHead head = head_of(task);
    try {
      const CellPoint point = cells_.at(task.place);
      head.hash = point.hash();
      took.clear();
      for (std::size_t i = 0; i < point.cells(); ++i) {
        const World world = point.world(i);
        took.push_back(closed_form(world.plan, world.use));
      }
      results.begin_point(head);
      add_rows(results, point, took);
    } catch (const ConfigError& error) {
      head.error = error_text(error);
      results.begin_point(head);
    }
  }
  return results.take();
}

std::string Evaluator::evaluate_simulated(const std::vector<PointTask>& tasks) {
  struct Ready {
    PointHead head;
    std::optional<CellPoint> point;
    std::size_t first{0};
  };
  std::vector<Ready> ready;
  std::vector<World> worlds;
  for (const PointTask& task : tasks) {
    ready.push_back({.head = head_of(task), .point = {}, .first = worlds.size()});
    Ready& last = ready.back();
    try {
      last.point = cells_.at(task.place);
      last.head.hash = last.point->hash();
      for (std::size_t i = 0; i < last.point->cells(); ++i) {
        worlds.push_back(last.point->world(i));
      }
      check_finite(std::span{worlds}.subspan(last.first));
    } catch (const std::runtime_error& error) {
      last.head.error = error_text(error);
      last.point.reset();
      worlds.resize(last.first);
    }
  }
  const std::vector<PlayedRequest> played = play_batch(worlds);
  ResultWriter results;
  std::vector<Breakdown> took;
  for (Ready& one : ready) {
    if (one.point) {
      const std::size_t cells = one.point->cells();
      try {
        check_agreement(std::span{worlds}.subspan(one.first, cells),
                        std::span{played}.subspan(one.first, cells));
      } catch (const SimulationError& error) {
        one.head.error = error_text(error);
        one.point.reset();
      }
    }
    results.begin_point(one.head);
    if (!one.point) continue;
    took.clear();
    for (std::size_t i = 0; i < one.point->cells(); ++i) {
      took.push_back(played[one.first + i].breakdown);
    }
    add_rows(results, *one.point, took);
  }
  return results.take();
}

std::string Evaluator::evaluate_fleets(const std::vector<PointTask>& tasks) {
  ResultWriter results;
  for (const PointTask& task : tasks) {
    PointHead head = head_of(task);
    try {
      const FleetPoint point = fleets_.at(task.place);
      const FleetScenario& fleet = point.fleet;
      head.hash = point.hash;
      head.seed = fleet.spec.seed;
      const std::vector<FleetResult> runs = simulate_fleet(fleet.model, {});
      const std::vector<Row> rows = fleet_rows(fleet, summarise(fleet, runs));
      results.begin_point(head);
      for (const Row& row : rows) {
        add_row(results, ResultTable::kFleetSummary, row);
      }
      if (study_.spec.records && fleet.model.record_share > 0) {
        each_fleet_record(
            fleet, runs, [&](const Row& row) { add_row(results, ResultTable::kFleetRecord, row); });
      }
    } catch (const WorkerLost&) {
      throw;  // no result of the point
    } catch (const std::runtime_error& error) {
      head.error = error_text(error);
      results.begin_point(head);
    }
  }
  return results.take();
}

}  // namespace papilio
