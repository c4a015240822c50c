#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "sim/base/units/prefixes.hpp"
#include "sim/report/fleet_sections.hpp"
#include "sim/report/format.hpp"

namespace papilio {
namespace {

/// None where no request or an unknown energy is part of it.
TableCell mean_mj(double energy_j, std::uint64_t requests) {
  return requests == 0 || std::isnan(energy_j)
             ? none()
             : in_mj(Joules{energy_j / static_cast<double>(requests)});
}

/// Says which mobiles' energies are empty, and what to do about it.
void add_unknown(const ReportedFleet& runs, Section& section) {
  std::vector<std::string> unknown;
  for (const GroupModel& group : runs.fleet.model.groups) {
    const bool any = std::any_of(group.partitions.begin(), group.partitions.end(),
                                 [](const FleetPlan& plan) { return !plan.energy_known(); });
    if (any) unknown.push_back(group.name);
  }
  if (unknown.empty()) return;
  section.remarks.push_back(fmt::format(
      "Empty: the layer table of the mobiles {} has no energies; 'papilio profile' measures "
      "them, or takes a power that is stated.",
      fmt::join(unknown, ", ")));
}

EnergyLedger joules_a_mobile(const ReportedFleet& runs, const FleetSummary& summary) {
  const auto replications = static_cast<std::size_t>(runs.fleet.model.replications);
  EnergyLedger sum;
  double mobiles = 0;
  for (std::size_t r = 0; r < replications; ++r) {
    const FleetResult& result = runs.results[summary.strategy * replications + r];
    std::size_t first = 0;
    for (const GroupModel& group : runs.fleet.model.groups) {
      if (summary.mobiles == "all" || summary.mobiles == group.name) {
        for (std::size_t m = first; m < first + group.count; ++m) sum += result.mobiles[m];
        mobiles += group.count;
      }
      first += group.count;
    }
  }
  return sum / mobiles;
}

/// An empty table of energies: the total, its parts, and what else.
Table table_of_parts(std::initializer_list<const char*> more) {
  Table table{.columns = {{"strategy", true},
                          {"mobiles", true},
                          {"total"},
                          {"compute"},
                          {"promotion"},
                          {"transmit"},
                          {"receive"},
                          {"tail"},
                          {"idle"}}};
  for (const char* column : more) table.columns.push_back({column});
  return table;
}

Section request_energies(const ReportedFleet& runs) {
  Section section{.title = "Mobile energy of a request, mJ, and its server time, ms"};
  Table table = table_of_parts({"server ms", "saved ms"});
  for (const FleetSummary& summary : runs.summaries) {
    if (!runs.shown(summary)) continue;
    const RequestSums& sums = summary.sums;
    const std::uint64_t begun = sums.completed + sums.failed;
    Table::Row row{runs.name_of(summary), summary.mobiles};
    row.push_back(mean_mj(sums.energy.total(), begun));
    for (const double part : sums.energy) row.push_back(mean_mj(part, begun));
    row.push_back(begun == 0 ? none() : in_ms(Seconds{sums.server_s / static_cast<double>(begun)}));
    row.push_back(sums.completed == 0
                      ? none()
                      : in_ms(Seconds{sums.saved_s / static_cast<double>(sums.completed)}));
    table.rows.push_back(std::move(row));
  }
  section.table = std::move(table);
  section.remarks = {
      "A request is charged from its start to its end, not for the tail after it. saved is the "
      "GPU time that cloud-only would have taken beyond the server's."};
  add_unknown(runs, section);
  return section;
}

Section whole_energies(const ReportedFleet& runs) {
  Section section{.title = "Mobile energy of the whole run, J a mobile"};
  Table table = table_of_parts({"total but idle"});
  for (const FleetSummary& summary : runs.summaries) {
    if (!runs.shown(summary)) continue;
    const EnergyLedger mean = joules_a_mobile(runs, summary);
    Table::Row row{runs.name_of(summary), summary.mobiles};
    const auto joules = [](double energy_j) {
      return std::isnan(energy_j) ? none() : decimals(energy_j, 3);
    };
    row.push_back(joules(mean.total()));
    for (const double part : mean) row.push_back(joules(part));
    row.push_back(joules(mean.total() - mean[EnergyPart::kIdle]));
    table.rows.push_back(std::move(row));
  }
  section.table = std::move(table);
  section.remarks = {
      "The tails and idle times between requests included. idle is the waiting for radio and "
      "servers and an idle radio's listening for pages."};
  add_unknown(runs, section);
  return section;
}

}  // namespace

std::vector<Section> fleet_energy_sections(const ReportedFleet& runs) {
  return {request_energies(runs), whole_energies(runs)};
}

}  // namespace papilio
