#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/report/fleet_sections.hpp"
#include "sim/report/format.hpp"

namespace papilio {
namespace {

/// Whether anything went wrong under a strategy, so that ends differ from window to window.
bool faulty(const ReportedFleet& runs, std::size_t strategy) {
  return std::any_of(
      runs.summaries.begin(), runs.summaries.end(), [&](const FleetSummary& summary) {
        const RequestSums& sums = summary.sums;
        return summary.strategy == strategy && sums.failed + sums.dropped + sums.retries > 0;
      });
}

/// Whether requests and energies add up, for people.
std::string balance(const ReportedFleet& runs) {
  std::uint64_t arrived = 0;
  std::uint64_t ended = 0;
  double worst_energy = 0;
  bool known = true;
  for (const FleetResult& result : runs.results) {
    const auto add = [&](const RequestSums& sums) {
      arrived += sums.arrived;
      ended += sums.completed + sums.dropped + sums.failed;
    };
    add(result.warm_up);
    for (const Bucket& bucket : result.buckets) add(bucket.sums);
    double by_mobile = 0;
    for (const EnergyLedger& mobile : result.mobiles) by_mobile += mobile.total();
    const double total = result.energy.total();
    known = known && !std::isnan(total);
    if (total > 0) worst_energy = std::max(worst_energy, std::abs(by_mobile / total - 1));
  }
  constexpr double kRounding = 1e-9;  // the sums are made in different orders
  return fmt::format(
      "{} arrived over all runs, warm-up included; {} completed, were dropped or failed{}. The "
      "mobiles' energies {}.",
      arrived, ended, arrived == ended ? ", which is all of them" : ": SOME ARE MISSING",
      !known ? "are not all known"
      : worst_energy <= kRounding
          ? "add up to what requests were charged and radios drew between them"
          : fmt::format("MISS WHAT REQUESTS WERE CHARGED AND RADIOS DREW by {:.0e}", worst_energy));
}

}  // namespace

Section fleet_ends_section(const ReportedFleet& runs) {
  Section section{.title = "How requests ended"};
  Table table{.columns = {{"strategy", true},
                          {"mobiles", true},
                          {"window", true},
                          {"arrived"},
                          {"completed"},
                          {"late"},
                          {"late, %"},
                          {"dropped"},
                          {"failed"},
                          {"no answer, %"},
                          {"retries"},
                          {"on the mobile at last"},
                          {"per s"}}};
  for (const FleetSummary& summary : runs.summaries) {
    if (!runs.shown(summary) && !(faulty(runs, summary.strategy) && summary.mobiles == "all"))
      continue;
    const RequestSums& sums = summary.sums;
    const auto share = [&](std::uint64_t count) {
      constexpr double kWhole = 100;
      if (sums.arrived == 0) return none();
      return decimals(kWhole * static_cast<double>(count) / static_cast<double>(sums.arrived), 1);
    };
    table.rows.push_back({runs.name_of(summary), summary.mobiles, summary.window, sums.arrived,
                          sums.completed, sums.late, share(sums.late), sums.dropped, sums.failed,
                          share(sums.dropped + sums.failed), sums.retries, sums.fell_back,
                          summary.seconds > 0
                              ? decimals(static_cast<double>(sums.completed) / summary.seconds, 2)
                              : none()});
  }
  section.table = std::move(table);
  section.remarks = {"Shares are of the arrived.", balance(runs)};
  return section;
}

}  // namespace papilio
