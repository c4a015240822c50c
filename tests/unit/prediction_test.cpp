// Claims: the least squares satisfy the conditions of Karush, Kuhn and Tucker; a device that obeys
// a method's law is predicted exactly by it; a network's own table is never looked at; what was
// predicted from a stranger is told; the tables of this repository are predicted as well as
// docs/models/prediction.md says.

#include "sim/profiles/prediction.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "models/networks/network_file.hpp"
#include "models/zoo/zoo.hpp"
#include "sim/base/error.hpp"
#include "sim/base/random/stream.hpp"

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
// outwards along what is 0: no step that is allowed makes it less. The squares are convex, so these
// conditions (Karush, Kuhn and Tucker's) are enough, whatever the rank.
void expect_least(const Eigen::MatrixXd& a, const Eigen::VectorXd& b, const std::string& what) {
  const Eigen::VectorXd x = nonnegative_least_squares(a, b);
  const Eigen::VectorXd gradient = a.transpose() * (a * x - b);
  for (Eigen::Index j = 0; j < a.cols(); ++j) {
    const double tolerance = 1e-10 * a.col(j).norm() * b.norm();
    EXPECT_GE(x[j], 0) << what;
    if (x[j] > 0) {
      EXPECT_LE(std::abs(gradient[j]), tolerance) << what;
    } else {
      EXPECT_GE(gradient[j], -tolerance) << what;
    }
  }
}

Eigen::MatrixXd random_matrix(Stream& random, Eigen::Index rows, Eigen::Index columns) {
  Eigen::MatrixXd matrix(rows, columns);
  for (Eigen::Index i = 0; i < rows; ++i) {
    for (Eigen::Index j = 0; j < columns; ++j) matrix(i, j) = 2 * random.uniform() - 1;
  }
  return matrix;
}

TEST(NonnegativeLeastSquares, SatisfiesKarushKuhnAndTucker) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Stream random{StreamFamily{seed, "test"}};
    const auto n = static_cast<Eigen::Index>(1 + seed % 7);
    const Eigen::Index m = n + static_cast<Eigen::Index>(seed % 5);
    const Eigen::MatrixXd a = random_matrix(random, m, n);
    expect_least(a, random_matrix(random, m, 1), fmt::format("seed {}", seed));
  }
}

TEST(NonnegativeLeastSquares, EndsWhereTheRankLacks) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Stream random{StreamFamily{seed, "test"}};
    const auto n = static_cast<Eigen::Index>(3 + seed % 4);
    const auto rank = static_cast<Eigen::Index>(1 + seed % 3);
    const Eigen::MatrixXd left = random_matrix(random, 9, rank);
    const Eigen::MatrixXd a = left * random_matrix(random, rank, n);
    const Eigen::MatrixXd b = random_matrix(random, 9, 1);
    expect_least(a, b, fmt::format("seed {}, rank {} of {}", seed, rank, n));
    // Fewer rows than columns; columns that come again, opposed, all but equal, or zero.
    expect_least(a.topRows(2), b.topRows(2), fmt::format("seed {}, 2 rows", seed));
    Eigen::MatrixXd again = random_matrix(random, 9, n);
    again.col(1) = again.col(0);
    again.col(2) = seed % 2 == 0 ? again.col(0) * (1 + 1e-15) : Eigen::VectorXd{-again.col(0)};
    if (seed % 3 == 0) again.col(n - 1).setZero();
    expect_least(again, b, fmt::format("seed {}, columns again", seed));
    // Degenerate: solutions on the edge of what is allowed, where the gradient is zero as well.
    Eigen::VectorXd edge = Eigen::VectorXd::Zero(n);
    edge[0] = 1;
    expect_least(again, again * edge, fmt::format("seed {}, on the edge", seed));
  }
  const Eigen::MatrixXd zero = Eigen::MatrixXd::Zero(3, 2);
  expect_least(zero, Eigen::VectorXd::Ones(3), "nothing to fit with");
  expect_least(Eigen::MatrixXd::Identity(3, 3), Eigen::VectorXd::Zero(3), "nothing to fit");
}

// Operations and seconds, ten powers of ten apart, of layers of which one took a second by an
// accident of its measurement: what once went on for ever.
TEST(NonnegativeLeastSquares, EndsOnALayerThatIsFarOff) {
  const auto law = [](const LayerWork& work) { return 1e-6 + 1e-11 * work.operations; };
  PredictionBasis basis = basis_by({"alexnet", "vgg16", "resnet18"}, law);
  for (LayerProfile::Row& row : basis.tables[0].profile.rows) {
    if (row.layer == "features.1") row.latency_s = 1;
  }
  EXPECT_GT(predict(basis, network("resnet34")).total_s(), 0);
  EXPECT_EQ(cross_validate(basis).networks.size(), 3);
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

// Of 10 ms and 11 mJ the layers up to pool2 have 1 and 2, so those behind have 9 and 9. Inside a
// part the roofline's shares stay, and powers are the part's: 2 W and 1 W.
TEST(Roofline, MeetsEachPartOfItsOwnTotal) {
  const Graph alexnet = network("alexnet-2012");
  const LayerId pool2 = *alexnet.find_layer("pool2");
  PredictionBasis basis{.method = PredictionMethod::kRoofline,
                        .roofline = Roofline{.flop_per_s = 1e12, .byte_per_s = 5e10},
                        .total = KnownTotal{alexnet, 10e-3, 11e-3, {{pool2, 1e-3, 2e-3}}}};
  const LayerPrediction prediction = predict(basis, alexnet);
  double first_s = 0;
  for (LayerId id = 0; id <= pool2; ++id) first_s += prediction.latency_s[id];
  EXPECT_NEAR(first_s, 1e-3, 1e-12);
  EXPECT_NEAR(prediction.total_s(), 10e-3, 1e-12);
  for (const auto& [layer, watts] : {std::pair{"conv1", 2.0}, {"pool2", 2.0}, {"conv3", 1.0}}) {
    const LayerId id = *alexnet.find_layer(layer);
    EXPECT_NEAR(*prediction.energy_j[id] / prediction.latency_s[id], watts, 1e-9) << layer;
  }
  const auto ratio = [&](const char* one, const char* other) {
    return prediction.latency_s[*alexnet.find_layer(one)] /
           prediction.latency_s[*alexnet.find_layer(other)];
  };
  const auto busy_ratio = [&](const char* one, const char* other) {
    return basis.roofline->busy_s(work_of(alexnet, *alexnet.find_layer(one))) /
           basis.roofline->busy_s(work_of(alexnet, *alexnet.find_layer(other)));
  };
  EXPECT_NEAR(ratio("conv1", "conv2"), busy_ratio("conv1", "conv2"), 1e-9);
  EXPECT_NEAR(ratio("conv3", "fc6"), busy_ratio("conv3", "fc6"), 1e-9);
  // Another network's roofline is made right by the whole, whatever its parts.
  const double by_parts = predict(basis, network("resnet18")).total_s();
  basis.total->parts.clear();
  EXPECT_EQ(predict(basis, network("resnet18")).total_s(), by_parts);
  // What takes no time cannot be made to take some.
  basis.total->parts = {{*alexnet.find_layer("input"), 1e-3, 2e-3}};
  EXPECT_THAT([&] { predict(basis, alexnet); },
              ThrowsMessage<ConfigError>(HasSubstr("up to 'input' take no time by the roofline")));
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
  Device device;
  device.name = "bare";
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
