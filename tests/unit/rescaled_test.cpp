// Claims: a table at another length is the table's own times by what a law says of the work; where
// a device obeys the law, the rescaled table is what it takes; energies keep their layers' powers.

#include "sim/profiles/rescaled.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/zoo/zoo.hpp"

namespace papilio {
namespace {

/// 1 ns for each operation, and for each number that is read or written: free work takes none.
double law_s(const LayerWork& work) {
  if (work.free) return 0;
  return 1e-9 * (work.operations + work.inputs + work.outputs + work.parameters);
}

/// What a device takes that obeys the law, `slowness` times as long.
KnownTable table_of(const std::string& name, double slowness) {
  KnownTable table{.graph = *find_model(name),
                   .profile = {.device = "d", .model = name, .precision = "fp32"}};
  for (LayerId id = 0; id < table.graph.layers().size(); ++id) {
    const double latency_s = slowness * law_s(work_of(table.graph, id));
    table.profile.rows.push_back(
        {.layer = table.graph.layer(id).name, .latency_s = latency_s, .energy_j = 5 * latency_s});
  }
  return table;
}

TEST(Rescaled, IsWhatADeviceTakesThatObeysTheLaw) {
  const LayerLaw law{law_s, "a law"};
  for (const char* other : {"gpt2@32", "gpt2@1+127", "gpt2@300+0"}) {
    SCOPED_TRACE(other);
    constexpr double kSlowness = 3;
    const KnownTable usual = table_of("gpt2", kSlowness);
    const KnownTable expected = table_of(other, kSlowness);
    const LayerProfile found = rescaled(usual, expected.graph, law);
    ASSERT_EQ(found.rows.size(), expected.profile.rows.size());
    for (std::size_t i = 0; i < found.rows.size(); ++i) {
      const LayerProfile::Row& row = found.rows[i];
      const bool in_table = usual.graph.find_layer(row.layer).has_value();
      // What the table has not is as slow as the law says: no other layer tells of it.
      const double wanted = expected.profile.rows[i].latency_s / (in_table ? 1 : kSlowness);
      EXPECT_NEAR(row.latency_s, wanted, 1e-12 * wanted) << row.layer;
      EXPECT_NEAR(*row.energy_j, 5 * wanted, 1e-11 * wanted) << row.layer;
    }
    EXPECT_EQ(found.model, other);
    EXPECT_EQ(found.provenance.kind, "predicted");
  }
}

// A layer that the table has at some time though its work is free, as a view that still takes a
// call, keeps that time at any length.
TEST(Rescaled, KeepsTheTimeOfFreeWork) {
  KnownTable usual = table_of("bert-base", 1);
  const std::string view = "encoder.layer.0.attention.self.query.heads";
  for (LayerProfile::Row& row : usual.profile.rows) {
    if (row.layer == view) row.latency_s = 7e-6;
  }
  const LayerProfile found =
      rescaled(usual, *find_model("bert-base@512"), LayerLaw{law_s, "a law"});
  for (const LayerProfile::Row& row : found.rows) {
    if (row.layer == view) {
      EXPECT_EQ(row.latency_s, 7e-6);
    }
  }
}

// A roofline's law is at the slowness at which the whole table is right.
TEST(Rescaled, RooflineIsCalibratedByTheTable) {
  const Roofline roofline{.flop_per_s = 1e9, .byte_per_s = 1e9, .overhead_s = 1e-6};
  KnownTable usual{.graph = *find_model("bert-base"), .profile = {}};
  double sum_s = 0;
  for (const Layer& layer : usual.graph.layers()) {
    usual.profile.rows.push_back({.layer = layer.name, .latency_s = 0.25});
    sum_s += 0.25;
  }
  EXPECT_NEAR(whole_s(roofline_law(roofline, usual), usual.graph), sum_s, 1e-9 * sum_s);
}

}  // namespace
}  // namespace papilio
