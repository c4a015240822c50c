// Claims: every layer is timed once a pass, in the passes that were asked for; what is not known as
// precisely as was asked says so; a measurement can be stopped.

#include "models/measure/layer_times.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "models/tensor/runtime.hpp"
#include "models/zoo/zoo.hpp"

namespace papilio {
namespace {

struct Measured {
  Network network{*find_model("resnet20-cifar10")};
  at::Tensor picture = at::zeros({1, 3, 32, 32});

  Measured() {
    start_tensor_runtime("cpu", 1);
    network.initialize(1);
  }
};

TEST(LayerTimes, AreOfEveryLayer) {
  const Measured measured;
  std::vector<LayerId> seen;
  static_cast<void>(measured.network.run(measured.picture, 0,
                                         measured.network.graph().layers().size() - 1,
                                         [&](LayerId id) { seen.push_back(id); }));
  ASSERT_EQ(seen.size() + 1, measured.network.graph().layers().size());
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], i + 1);

  std::size_t watched = 0;
  const LayerTimes times =
      measure_layers(measured.network, {{0, measured.picture}},
                     {.precision = 1, .least = 10, .most = 10, .small_share = 1},
                     [&](const MeasureProgress&) { ++watched; });
  EXPECT_EQ(times.passes, 10U);
  EXPECT_GE(watched, 9U);
  ASSERT_EQ(times.layers.size(), measured.network.graph().layers().size());
  EXPECT_EQ(times.layers[0].value, 0);
  double sum = 0;
  for (LayerId id = 1; id < times.layers.size(); ++id) {
    EXPECT_GT(times.layers[id].value, 0) << measured.network.graph().layer(id).name;
    sum += times.layers[id].value;
  }
  EXPECT_DOUBLE_EQ(times.sum(), sum);
  EXPECT_GT(times.whole.value, 0);
}

TEST(LayerTimes, AreOfWhateverTheNetworkTakes) {
  Graph graph{"n", "t"};
  graph.add("words", InputOp{.shape = {40}, .below = 3}, {});
  graph.add("table", EmbeddingOp{.entries = 3, .features = 2}, {0});
  const at::Tensor words = random_inputs(Network{graph}, 2).at(0);
  EXPECT_EQ(words.sizes().vec(), (std::vector<std::int64_t>{2, 40}));
  EXPECT_TRUE(words.equal(words.round()));
  EXPECT_EQ(words.min().item<float>(), 0);
  EXPECT_EQ(words.max().item<float>(), 2);

  Graph sequence{"n", "t"};
  sequence.add("input", InputOp{{5, 7}}, {});
  EXPECT_EQ(random_inputs(Network{sequence}, 1).at(0).sizes().vec(),
            (std::vector<std::int64_t>{1, 5, 7}));
}

TEST(LayerTimes, SayWhenTheyAreNotPrecise) {
  const Measured measured;
  const LayerTimes times =
      measure_layers(measured.network, {{0, measured.picture}},
                     {.precision = 1e-12, .least = 10, .most = 12}, [](const MeasureProgress&) {});
  EXPECT_EQ(times.passes, 12U);
  EXPECT_FALSE(times.precise);
  EXPECT_GT(times.worst, 1e-12);
}

TEST(LayerTimes, EndWhenTheWatcherSaysSo) {
  const Measured measured;
  struct Stop {};
  EXPECT_THROW(measure_layers(measured.network, {{0, measured.picture}}, {},
                              [](const MeasureProgress& at) {
                                if (at.passes == 3) throw Stop{};
                              }),
               Stop);
}

}  // namespace
}  // namespace papilio
