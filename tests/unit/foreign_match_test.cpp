// Claims: a name that another tool gives finds its layer and no other; what cannot be told apart is
// not; a map goes before names, and too little of a network's time makes no table.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/zoo/zoo.hpp"
#include "sim/base/error.hpp"
#include "sim/foreign/foreign_profile.hpp"
#include "sim/foreign/layer_match.hpp"
#include "sim/foreign/layer_names.hpp"
#include "tests/support/foreign_profiles.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using testing::expect_times;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::microseconds;
using testing::node;
using ::testing::Not;
using testing::profile_in;
using testing::profile_of;
using testing::span;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;
using testing::tiny;
using testing::trace_of;
using testing::unmapped;

TEST(LayerNames, ANameFindsItsLayerAndNoOther) {
  const Graph graph = tiny();
  const LayerNames names{graph, {"net/conv1", "net/fc", "net/relu1/Relu", "other"}};
  const auto found = [&](std::string_view name) {
    const std::optional<LayerId> id = names.find(name);
    return id ? graph.layer(*id).name : "none";
  };
  EXPECT_EQ(found("conv1"), "conv1");
  EXPECT_EQ(found("layer1.0.conv"), "layer1.0.conv");
  EXPECT_EQ(found("Layer1/0/Conv"), "layer1.0.conv");
  EXPECT_EQ(found("layer1_0_conv"), "layer1.0.conv");
  EXPECT_EQ(found("/layer1/layer1.0/conv/Conv"), "layer1.0.conv");
  EXPECT_EQ(found("/conv1/Conv_output_0_nchwc"), "conv1");
  EXPECT_EQ(found("/fc/Gemm_myl9_1"), "fc");
  EXPECT_EQ(found("net/conv1/Conv2D"), "conv1") << "three of four names begin with net";
  EXPECT_EQ(found("other/conv1"), "none") << "a scope of its own may be another conv1";
  EXPECT_EQ(found("layer2.0.conv"), "none");
  EXPECT_EQ(found("layer2.conv1"), "none");
  EXPECT_EQ(found("conv"), "none");
  EXPECT_EQ(found("Relu"), "none");
  EXPECT_EQ(found("input"), "none") << "which takes no time";
  EXPECT_EQ(found(""), "none");
  EXPECT_EQ(found("///"), "none");
}

// A module called three times: "relu", "relu_2" and "relu_3" of the network are "relu", "relu_1"
// and "relu_2" of a file that PyTorch's exporter named.
TEST(LayerNames, FurtherCallsMayBeNumberedFromOne) {
  Graph graph{"calls", ""};
  graph.add("in", InputOp{{1, 1, 1}}, {});
  graph.add("a.relu", ReluOp{}, {0});
  graph.add("a.relu_2", ReluOp{}, {1});
  graph.add("a.relu_3", ReluOp{}, {2});
  const LayerNames theirs{graph, {"/a/relu/Relu", "/a/relu_1/Relu", "/a/relu_2/Relu"}};
  EXPECT_EQ(theirs.find("/a/relu/Relu"), LayerId{1});
  EXPECT_EQ(theirs.find("/a/relu_1/Relu"), LayerId{2});
  EXPECT_EQ(theirs.find("/a/relu_2/Relu"), LayerId{3});
  const LayerNames ours{graph, {"/a/relu/Relu", "/a/relu_2/Relu", "/a/relu_3/Relu"}};
  EXPECT_EQ(ours.find("/a/relu_2/Relu"), LayerId{2});
  EXPECT_EQ(ours.find("/a/relu_3/Relu"), LayerId{3});
}

TEST(LayerNames, WhatFitsTwoLayersFitsNone) {
  Graph graph{"two", ""};
  graph.add("in", InputOp{{1, 1, 1}}, {});
  graph.add("a.1", ReluOp{}, {0});
  graph.add("a_1", ReluOp{}, {1});
  const LayerNames names{graph, {}};
  EXPECT_EQ(names.find("a_1"), LayerId{2}) << "its own name is its";
  EXPECT_EQ(names.find("a/1"), std::nullopt);
}

TEST(LayerMatch, AMapGoesBeforeNames) {
  const TemporaryFolder folder;
  const ForeignProfile profile = profile_in("tensorrt.json");
  const Graph graph = tiny();
  const auto match_by = [&](const std::string& rows) {
    return match_layers(
        profile, graph,
        load_entry_map(folder.write("map.csv", "measured,layer\n" + rows).string()));
  };
  // 4 us of copying count at conv1 beside its 50; what is at fc is taken from it.
  const LayerMatch match = match_by(
      "Reformatting CopyNode for Input Tensor 0 to conv1 + relu1,conv1\n"
      "fc_myl9_1,\n"
      "__myl_Cast_myl9_2,flatten\n");
  expect_times(microseconds(match, graph), {{"conv1", 54}, {"layer1.0.conv", 80}, {"flatten", 1}});
  EXPECT_NEAR(match.unmapped_s, 20e-6, 1e-15);
  EXPECT_THAT([&] { match_by("fc_myl9_2,fc\n"); },
              ThrowsMessage<ConfigError>(AllOf(
                  HasSubstr("map.csv:2: error: measured: tensorrt.json has no entry 'fc_myl9_2'"),
                  HasSubstr("did you mean 'fc_myl9_1'?"))));
  EXPECT_THAT([&] { match_by("fc_myl9_1,fd\n"); },
              ThrowsMessage<ConfigError>(HasSubstr(
                  "map.csv:2: error: layer: the network 'tiny' has no layer 'fd'; did you mean "
                  "'fc'?")));
  EXPECT_THAT([&] { match_by("fc_myl9_1,fc\nfc_myl9_1,conv1\n"); },
              ThrowsMessage<ConfigError>(HasSubstr("map.csv:3: error: measured: expected each")));
}

// 3 of 10 us belong to conv1.
TEST(LayerMatch, LessThanHalfOfTheTimeMakesNoTable) {
  const ForeignProfile profile =
      profile_of(fmt::format("[{},{}]", node("conv1", 0, 3), node("mystery", 5, 7)));
  const Graph graph = tiny();
  const LayerMatch match = match_layers(profile, graph, {});
  EXPECT_THAT(
      [&] { require_half(match, profile, graph, "a.json"); },
      ThrowsMessage<ConfigError>(AllOf(
          HasSubstr("a.json: error: of 0.010 ms, 0.003 belong to layers of 'tiny'"),
          HasSubstr("of no layer: 'mystery'; layers without an entry: 'relu1', 'layer1.0.conv'"),
          HasSubstr("--map FILE"))));
  const ForeignProfile even =
      profile_of(fmt::format("[{},{}]", node("conv1", 0, 5), node("mystery", 5, 5)));
  require_half(match_layers(even, graph, {}), even, graph, "a.json");  // half is enough
}

ForeignProfile nodes_of(const std::vector<std::string>& names) {
  std::string events;
  for (const std::string& name : names) {
    events += (events.empty() ? "" : ",") + node(name, static_cast<int>(events.size()), 1);
  }
  return profile_of("[" + events + "]");
}

/// What PyTorch's exporter calls a layer of VGG-16 or AlexNet within a module "model", which it
/// repeats the scopes of.
std::string exported_name(const Layer& layer) {
  const std::string kind{kind_name(layer.op)};
  const std::string operation = kind == "conv"       ? "Conv"
                                : kind == "linear"   ? "Gemm"
                                : kind == "max_pool" ? "MaxPool"
                                : kind == "relu"     ? "Relu"
                                                     : "Flatten";
  const std::size_t dot = layer.name.find('.');
  if (dot == std::string::npos) return fmt::format("/model/{}/{}", layer.name, operation);
  return fmt::format("/model/{}/{}/{}", layer.name.substr(0, dot), layer.name, operation);
}

std::vector<std::string> exported_names(const Graph& graph) {
  std::vector<std::string> names;
  for (LayerId id = 1; id < graph.layers().size(); ++id) {
    names.push_back(exported_name(graph.layer(id)));
  }
  return names;
}

// All names share "model", and most share "features" behind it: but there the layers' names begin.
TEST(LayerNames, ASharedScopeEndsWhereALayersNameBegins) {
  const Graph vgg = find_model("vgg16").value();
  const LayerNames theirs{vgg, exported_names(vgg)};
  EXPECT_EQ(exported_name(vgg.layer(1)), "/model/features/features.0/Conv");
  for (LayerId id = 1; id < vgg.layers().size(); ++id) {
    EXPECT_EQ(theirs.find(exported_name(vgg.layer(id))), id) << vgg.layer(id).name;
  }
  Graph two{"two", ""};
  two.add("in", InputOp{{1, 1, 1}}, {});
  two.add("conv1", ReluOp{}, {0});
  two.add("body.conv1", ReluOp{}, {1});
  two.add("body.conv2", ReluOp{}, {2});
  const LayerNames names{two, {"net/body/conv1", "net/body/conv2"}};
  EXPECT_EQ(names.find("net/body/conv1"), LayerId{2}) << "and not conv1";
}

TEST(LayerNames, AnOperationIsOfALayerOfItsKind) {
  const Graph graph = tiny();
  const LayerNames names{graph, {}};
  const auto found = [&](std::string_view name, bool fused = false) {
    const std::optional<LayerId> id = names.find(name, fused);
    return id ? graph.layer(*id).name : "none";
  };
  for (const char* part : {"conv1/Conv", "conv1/BiasAdd", "conv1/BatchNormalization"}) {
    EXPECT_EQ(found(part), "conv1") << part;
  }
  for (const char* other : {"conv1/MaxPool", "conv1/Gemm", "conv1/Softmax", "conv1/Unknown"}) {
    EXPECT_EQ(found(other), "none") << other;
    EXPECT_EQ(found(other, true), "none") << other;
  }
  EXPECT_EQ(found("conv1/Relu"), "none");
  EXPECT_EQ(found("conv1/Relu", true), "conv1") << "in one kernel with it";
  EXPECT_EQ(found("relu1/Relu"), "relu1");
  EXPECT_EQ(found("relu1/Conv"), "none");
  for (const char* part : {"fc/Gemm", "fc/MatMul", "fc/Add", "fc/FullyConnected"}) {
    EXPECT_EQ(found(part), "fc") << part;
  }
  EXPECT_EQ(found("flatten/Reshape"), "flatten");
}

// The fourth layer of AlexNet's features is a convolution, and of VGG-16's an activation: a file of
// the one is not to be taken for one of the other.
TEST(LayerMatch, AnActivationOfAnotherNetworkIsNoConvolution) {
  const Graph alexnet = find_model("alexnet").value();
  const ForeignProfile profile = nodes_of(exported_names(find_model("vgg16").value()));
  const LayerMatch match = match_layers(profile, alexnet, {});
  for (LayerId id = 1; id < alexnet.layers().size(); ++id) {
    for (const LayerMatch::Source& source : match.sources[id]) {
      EXPECT_EQ(profile.entries[source.entry].name, exported_name(alexnet.layer(id)));
    }
  }
  EXPECT_THAT(match.sources[alexnet.find_layer("features.3").value()], IsEmpty());
  EXPECT_THAT(unmapped(match, profile), Contains("/model/features/features.3/Relu"));
}

// Of two layers that multiply and have no entry, the first is named; a flatten does not count. A
// fused convolution has an entry.
TEST(LayerMatch, LayersThatMultiplyNeedAnEntry) {
  const Graph graph = tiny();
  const LayerMatch one = match_layers(nodes_of({"conv1"}), graph, {});
  EXPECT_THAT([&] { require_priced(one, graph, "a.json"); },
              ThrowsMessage<ConfigError>(
                  AllOf(HasSubstr("a.json: error: 2 of the layers of 'tiny' that multiply have no "
                                  "entry, the first is 'layer1.0.conv'"),
                        HasSubstr("--map FILE"), HasSubstr("--allow-untimed"))));
  const ForeignProfile fused = profile_of(
      R"([{"count":1},{"name":"conv1 + layer1.0.conv","averageMs":1},{"name":"fc","averageMs":1}])");
  const LayerMatch all = match_layers(fused, graph, {});
  EXPECT_TRUE(all.sources[graph.find_layer("layer1.0.conv").value()].front().elsewhere);
  require_priced(all, graph, "a.json");
}

TEST(LayerMatch, AMapIsCheckedBeforeItCounts) {
  const TemporaryFolder folder;
  const Graph graph = tiny();
  // Two convolutions within one annotation.
  const ForeignProfile profile =
      trace_of(span("user_annotation", "both", 0, 50) + span("cpu_op", "aten::conv2d", 1, 7) +
               span("cpu_op", "aten::conv2d", 10, 9));
  const auto match_by = [&](const std::string& rows) {
    return match_layers(
        profile, graph,
        load_entry_map(folder.write("map.csv", "measured,layer\n" + rows).string()));
  };
  const auto expect = [&](const std::string& rows, const std::string& message) {
    EXPECT_THAT([&] { match_by(rows); }, ThrowsMessage<ConfigError>(HasSubstr(message))) << rows;
  };
  // The row of a name wins over that of what it ran within, wherever they stand.
  for (const char* rows : {"both,fc\naten::conv2d#1,conv1\n", "aten::conv2d#1,conv1\nboth,fc\n"}) {
    expect_times(microseconds(match_by(rows), graph), {{"conv1", 7}, {"fc", 9}});
  }
  expect("aten::conv2d#1,conv1\naten::conv2d#2,conv1\nboth,fd\n",
         "map.csv:4: error: layer: the network 'tiny' has no layer 'fd'");
  expect("aten::conv2d#1,input\n", "map.csv:2: error: layer: 'input' is the input");
  const EntryMap twice{.file = "m.csv", .rows = {{"both", "fc", 2}, {"both", "conv1", 3}}};
  EXPECT_THAT([&] { match_layers(profile, graph, twice); },
              ThrowsMessage<ConfigError>(
                  HasSubstr("m.csv:3: error: measured: line 2 says already what 'both' is")));
  // What a stranger's map holds is told in short.
  const std::string much(5000, 'x');
  for (const std::string& rows : {"both," + much + "\n", much + ",fc\n"}) {
    EXPECT_THAT([&] { match_by(rows); },
                ThrowsMessage<ConfigError>(AllOf(HasSubstr("xxx…"), Not(HasSubstr(much)))));
  }
}

}  // namespace
}  // namespace papilio
