#include <algorithm>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/play/engine/batch.hpp"
#include "sim/play/engine/simgrid_module.hpp"
#include "sim/play/engine/simulate.hpp"
#include "sim/report/summary.hpp"
#include "sim/study/run/evaluate.hpp"
#include "sim/study/run/point.hpp"

namespace papilio {
namespace {

// One engine plays about this many worlds: a fork costs as much as ten of them.
constexpr std::size_t kWorldsPerBatch = 128;
// Closed forms of a batch: a tenth of a second's work, for each fork makes the database's cache be
// copied as it is written to.
constexpr std::size_t kClosedFormsPerBatch = 16384;

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
                                 .edged = point.conditions.has_edge,
                                 .admitted = admitted(shared.limits, shared.cells[i], took[i])};
    results.begin_row(ResultTable::kSummary, columns.size());
    for (const SummaryColumn& column : columns) results.add(column.get(subject));
  }
}

class CellEvaluator final : public Evaluator {
 public:
  explicit CellEvaluator(const Study& study) : Evaluator{study}, cells_{study} {
    if (!closed()) simgrid_module();  // which its workers share
  }

  std::string evaluate(const std::vector<PointTask>& tasks) override {
    return closed() ? evaluate_closed(tasks) : evaluate_simulated(tasks);
  }

  /// What the engine is to play is priced here: workers inherit it, and the next of them too.
  /// Closed forms are priced where they are computed, but for what all of them refer to.
  bool fills(const PointTask& task, std::size_t points, std::size_t& load) override {
    if (!closed() || points == 1) load += worlds(task);
    return closed() ? points >= kClosedFormsPerBatch : load >= kWorldsPerBatch;
  }
  /// A closed form is computed sooner than looked up.
  [[nodiscard]] bool looks_up_its_own() const override { return !closed(); }

 protected:
  void complete(PointHead& head, const Place& place) override {
    head.hash = cells_.at(place).hash();
  }

 private:
  [[nodiscard]] bool closed() const { return study_.spec.method == "closed-form"; }
  std::size_t worlds(const PointTask& task);
  std::string evaluate_closed(const std::vector<PointTask>& tasks);
  std::string evaluate_simulated(const std::vector<PointTask>& tasks);

  CellPoints cells_;
};

/// Worlds that the point asks the engine for; 1 where it cannot be made a scenario.
std::size_t CellEvaluator::worlds(const PointTask& task) {
  try {
    return std::max<std::size_t>(1, cells_.at(task.place).cells());
  } catch (const ConfigError&) {
    return 1;
  }
}

std::string CellEvaluator::evaluate_closed(const std::vector<PointTask>& tasks) {
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

std::string CellEvaluator::evaluate_simulated(const std::vector<PointTask>& tasks) {
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

}  // namespace

std::unique_ptr<Evaluator> cell_evaluator(const Study& study) {
  return std::make_unique<CellEvaluator>(study);
}

}  // namespace papilio
