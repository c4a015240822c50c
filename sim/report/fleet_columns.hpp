#pragma once

#include <cstddef>
#include <vector>

#include "sim/base/document/column.hpp"
#include "sim/report/fleet_summary.hpp"

namespace papilio {

/// What a row of `fleet.csv` is made of.
struct FleetSubject {
  const FleetScenario& fleet;
  const FleetSummary& summary;
};
using FleetColumn = ColumnOf<FleetSubject>;

/// What a row of a fleet's `records.csv` is made of.
struct FleetRecordSubject {
  const FleetModel& model;
  std::size_t run;  ///< strategy · replications + replication
  const RequestRecord& record;
};
using FleetRecordColumn = ColumnOf<FleetRecordSubject>;

/// An energy of computing, or a sum with it; nothing where it is no number, for a layer table
/// without energies was part of it.
Value known_energy(double energy_j);

/// The columns of `fleet.csv`, and of the table `fleet_summary` of databases, in order.
const std::vector<FleetColumn>& fleet_columns();
/// Those of a fleet's `records.csv`, and of the table `fleet_record`.
const std::vector<FleetRecordColumn>& fleet_record_columns();

}  // namespace papilio
