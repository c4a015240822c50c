// Claims: the least squares satisfy the conditions of Karush, Kuhn and Tucker; a device that obeys
// a method's law is predicted exactly by it; a network's own table is never looked at; what was
// predicted from a stranger is told; the tables of this repository are predicted as well as
// docs/models/prediction.md says.

#include "sim/profiles/prediction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "models/zoo/zoo.hpp"
#include "sim/base/error.hpp"
#include "sim/networks/network_file.hpp"
#include "sim/random/stream.hpp"

namespace papilio {
namespace {

using ::testing::DoubleNear;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Graph network(const std::string& name) {
  return *find_model(name);
}

/// A table in which a layer takes what `law` says.
template <class Law>
KnownTable table_by(const std::string& model, const Law& law) {
  KnownTable table{.graph = network(model), .profile = {.device = "d", .model = model}};
  for (LayerId id = 0; id < table.graph.layers().size(); ++id) {
    table.profile.rows.push_back(
        {.layer = table.graph.layer(id).name, .latency_s = law(work_of(table.graph, id))});
  }
  return table;
}

template <class Law>
PredictionBasis basis_by(const std::vector<std::string>& models, const Law& law) {
  PredictionBasis basis;
  for (const std::string& model : models) basis.tables.push_back(table_by(model, law));
  return basis;
}

// Where |Ax − b| is least over x >= 0, its gradient is 0 along what is positive, and points
// outwards along what is 0: no step that is allowed makes it less.
TEST(NonnegativeLeastSquares, SatisfiesKarushKuhnAndTucker) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Stream random{StreamFamily{seed, "test"}};
    const auto n = static_cast<Eigen::Index>(1 + seed % 7);
    const Eigen::Index m = n + static_cast<Eigen::Index>(seed % 5);
    Eigen::MatrixXd a(m, n);
    Eigen::VectorXd b(m);
    for (Eigen::Index i = 0; i < m; ++i) {
      b[i] = 2 * random.uniform() - 1;
      for (Eigen::Index j = 0; j < n; ++j) a(i, j) = 2 * random.uniform() - 1;
    }
    const Eigen::VectorXd x = nonnegative_least_squares(a, b);
    const Eigen::VectorXd gradient = a.transpose() * (a * x - b);
    for (Eigen::Index j = 0; j < n; ++j) {
      EXPECT_GE(x[j], 0) << "seed " << seed;
      if (x[j] > 0) {
        EXPECT_NEAR(gradient[j], 0, 1e-9) << "seed " << seed;
      } else {
        EXPECT_GE(gradient[j], -1e-9) << "seed " << seed;
      }
    }
  }
}

TEST(Regression, PredictsADeviceThatObeysIt) {
  const auto law = [](const LayerWork& work) {
    return work.free ? 1e-7
                     : 2e-6 + 1e-11 * work.operations + 3e-10 * work.inputs + 2e-10 * work.outputs +
                           1e-9 * work.parameters;
  };
  const PredictionBasis basis = basis_by({"resnet18", "resnet34", "resnet50", "resnet101"}, law);
  const CrossValidation validation = cross_validate(basis);
  ASSERT_EQ(validation.networks.size(), 4);
  for (const CrossValidation::Network& one : validation.networks) {
    EXPECT_NEAR(one.error(), 0, 1e-6) << one.model;
  }
}

TEST(Regression, NeverLooksAtTheNetworkItself) {
  const auto law = [](const LayerWork& work) { return 1e-6 + 1e-11 * work.operations; };
  PredictionBasis basis = basis_by({"resnet18", "resnet34", "alexnet"}, law);
  const double before = predict(basis, network("resnet18")).total_s();
  for (LayerProfile::Row& row : basis.tables[0].profile.rows) row.latency_s *= 10;
  EXPECT_EQ(predict(basis, network("resnet18")).total_s(), before);
}

TEST(Regression, TellsTypesThatNobodyMeasured) {
  const auto law = [](const LayerWork& work) { return 1e-6 + 1e-11 * work.operations; };
  const PredictionBasis basis = basis_by({"resnet18", "resnet50"}, law);
  const Graph graph = network("mobilenet_v2");
  std::set<std::string> strange;
  for (const LayerId id : predict(basis, graph).strangers) strange.insert(work_of(graph, id).type);
  EXPECT_THAT(strange, ::testing::ElementsAre("depthwise conv", "relu6"));
  EXPECT_TRUE(predict(basis, network("resnet101")).strangers.empty());
}

TEST(Regression, NeedsAnotherNetwork) {
  const auto law = [](const LayerWork& work) { return work.operations; };
  const PredictionBasis basis = basis_by({"resnet18"}, law);
  EXPECT_THAT([&] { predict(basis, network("resnet18")); },
              ThrowsMessage<ConfigError>(HasSubstr("no table of another network than 'resnet18'")));
}

TEST(Prediction, EnergiesAreAtTheMeanPowerOfTheTables) {
  const auto law = [](const LayerWork& work) { return 1e-11 * work.operations; };
  PredictionBasis basis = basis_by({"resnet18", "resnet34"}, law);
  const Graph graph = network("resnet50");
  EXPECT_FALSE(predict(basis, graph).energy_j.front().has_value());
  for (KnownTable& table : basis.tables) {
    for (LayerProfile::Row& row : table.profile.rows) row.energy_j = 7 * row.latency_s;
  }
  const LayerPrediction prediction = predict(basis, graph);
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    EXPECT_THAT(*prediction.energy_j[id], DoubleNear(7 * prediction.latency_s[id], 1e-12));
  }
}

// A device three times as slow as its data sheet, with 5 us a launch.
TEST(Roofline, OneTotalCalibratesIt) {
  const Roofline sheet{.flop_per_s = 1e12, .byte_per_s = 5e10, .overhead_s = 5e-6};
  Roofline real = sheet;
  real.slowness = 3;
  PredictionBasis basis =
      basis_by({"vgg16", "resnet18"}, [&](const LayerWork& work) { return real.latency(work); });
  basis.method = PredictionMethod::kRoofline;
  basis.roofline = sheet;
  const CrossValidation validation = cross_validate(basis);
  ASSERT_EQ(validation.networks.size(), 2);
  for (const CrossValidation::Network& one : validation.networks) {
    EXPECT_NEAR(one.error(), 0, 1e-9) << one.model;
  }
  EXPECT_FALSE(validation.half_width().has_value()) << "two networks tell no interval";
}

// ... and where no table is, a known total does as well.
TEST(Roofline, AKnownTotalCalibratesIt) {
  const Roofline sheet{.flop_per_s = 1e12, .byte_per_s = 5e10, .overhead_s = 5e-6};
  Roofline real = sheet;
  real.slowness = 3;
  const auto total = [&](const std::string& model) {
    const Graph graph = network(model);
    double sum = 0;
    for (LayerId id = 0; id < graph.layers().size(); ++id) sum += real.latency(work_of(graph, id));
    return sum;
  };
  const PredictionBasis basis{.method = PredictionMethod::kRoofline,
                              .roofline = sheet,
                              .total = KnownTotal{network("alexnet"), total("alexnet")}};
  EXPECT_NEAR(predict(basis, network("resnet18")).total_s() / total("resnet18"), 1, 1e-9);
}

// A 1x1 convolution of 2 channels to 4 over 10x10: 800 MACs, 200 inputs, 400 outputs, 8 weights.
TEST(Roofline, IsTheSlowerOfArithmeticAndMemory) {
  Graph graph{"one", ""};
  graph.add("in", InputOp{{2, 10, 10}}, {});
  graph.add("conv", ConvOp{.out_channels = 4}, {0});
  const LayerWork work = work_of(graph, 1);
  Roofline roofline{.flop_per_s = 1600, .byte_per_s = 1e9, .overhead_s = 0.5};
  EXPECT_DOUBLE_EQ(roofline.latency(work), 0.5 + 1);
  roofline.byte_per_s = 608;
  EXPECT_DOUBLE_EQ(roofline.latency(work), 0.5 + 4);
  roofline.bytes_per_element = 2;
  EXPECT_DOUBLE_EQ(roofline.latency(work), 0.5 + 2);
  EXPECT_FALSE(roofline.energy(work).has_value()) << "no powers";
  roofline.idle_w = 1;
  roofline.peak_w = 11;
  EXPECT_DOUBLE_EQ(*roofline.energy(work), 1 * 2.5 + 10 * 2);
  EXPECT_EQ(roofline.latency(work_of(graph, 0)), 0);
}

TEST(Roofline, AnOverheadLongerThanTheWholeIsTold) {
  PredictionBasis basis = basis_by({"resnet18"}, [](const LayerWork&) { return 1e-6; });
  basis.method = PredictionMethod::kRoofline;
  basis.roofline = Roofline{.flop_per_s = 1e12, .byte_per_s = 1e10, .overhead_s = 1};
  EXPECT_THAT([&] { predict(basis, network("resnet34")); },
              ThrowsMessage<ConfigError>(HasSubstr("check launch_overhead_s of the device")));
}

TEST(Roofline, NamesTheMissingKey) {
  const Device device{.name = "bare"};
  EXPECT_THAT([&] { roofline_of(device, "fp16"); },
              ThrowsMessage<ConfigError>(HasSubstr("needs the key 'peak_fp16_flop_per_s'")));
}

// The measured tables of one core, each predicted from the others.
TEST(Prediction, OfTheShippedTablesIsAsGoodAsTheDocumentationSays) {
  const ProfileLibrary library{{shipped_profiles()}};
  const Bibliography bibliography{library};
  const std::string device = "xeon-1-thread/";
  PredictionBasis basis;
  for (const std::string& name : library.names("layers")) {
    if (!name.starts_with(device)) continue;
    Graph graph = *find_network(library, name.substr(device.size()));
    LayerProfile profile = load_layer_profile(library, bibliography, "xeon-1-thread", graph);
    basis.tables.push_back({std::move(graph), std::move(profile)});
  }
  ASSERT_GE(basis.tables.size(), 12);
  EXPECT_LT(cross_validate(basis).median_error(), 0.10);
}

}  // namespace
}  // namespace papilio
