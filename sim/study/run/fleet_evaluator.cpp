#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/process/workers.hpp"
#include "sim/play/engine/simgrid_module.hpp"
#include "sim/play/engine/simulate_fleet.hpp"
#include "sim/report/fleet_report.hpp"
#include "sim/study/run/evaluate.hpp"
#include "sim/study/run/point.hpp"
#include "sim/study/store/columns.hpp"

namespace papilio {
namespace {

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

/// Evaluates each point with workers of its own.
class FleetEvaluator final : public Evaluator {
 public:
  explicit FleetEvaluator(const Study& study) : Evaluator{study}, fleets_{study} {
    simgrid_module();  // which its workers share
  }

  std::string evaluate(const std::vector<PointTask>& tasks) override;

  bool fills(const PointTask& /*task*/, std::size_t /*points*/, std::size_t& /*load*/) override {
    return true;
  }
  /// Two points of a fleet are hardly equal.
  [[nodiscard]] bool looks_up_its_own() const override { return false; }

 protected:
  void complete(PointHead& head, const Place& place) override { complete(head, fleets_.at(place)); }

 private:
  static void complete(PointHead& head, const FleetPoint& point) {
    head.hash = point.hash;
    head.seed = point.fleet.spec.seed;
  }

  FleetPoints fleets_;
};

std::string FleetEvaluator::evaluate(const std::vector<PointTask>& tasks) {
  ResultWriter results;
  for (const PointTask& task : tasks) {
    PointHead head = head_of(task);
    try {
      const FleetPoint point = fleets_.at(task.place);
      const FleetScenario& fleet = point.fleet;
      complete(head, point);
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

}  // namespace

std::unique_ptr<Evaluator> fleet_evaluator(const Study& study) {
  return std::make_unique<FleetEvaluator>(study);
}

}  // namespace papilio
