// Claims: the files of four other tools become times of a network's layers, as each tool means its
// numbers; a name finds its layer and no other; what cannot be told apart is not; and whatever
// bytes stand in such a file, reading it ends in times or in one ConfigError with its place.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <filesystem>
#include <functional>
#include <map>

#include "models/networks/network_file.hpp"
#include "models/zoo/zoo.hpp"
#include "sim/base/error.hpp"
#include "sim/foreign/foreign_profile.hpp"
#include "sim/foreign/layer_match.hpp"
#include "sim/foreign/layer_names.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::read_file;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

const fs::path kFolder = fs::path{PAPILIO_SOURCE_DIR} / "tests/support/foreign";

ForeignProfile profile_in(const char* file, std::optional<ForeignTool> tool = {}) {
  return read_foreign_profile((kFolder / file).string(), tool);
}

ForeignProfile profile_of(const std::string& text) {
  const TemporaryFolder folder;
  return read_foreign_profile(folder.write("profile", text).string(), {});
}

Graph tiny() {
  return load_graph((kFolder / "models/tiny.yaml").string());
}

/// Microseconds of each layer that has an entry, without the parts of fused entries.
std::map<std::string, double> microseconds(const LayerMatch& match, const Graph& graph) {
  std::map<std::string, double> times;
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    if (match.sources[id].empty() || match.sources[id].front().elsewhere) continue;
    times[graph.layer(id).name] = match.latencies[id].value * 1e6;
  }
  return times;
}

std::vector<std::string> unmapped(const LayerMatch& match, const ForeignProfile& profile) {
  std::vector<std::string> names;
  for (const std::size_t entry : match.unmapped) names.push_back(profile.entries[entry].name);
  return names;
}

void expect_times(const std::map<std::string, double>& found,
                  const std::map<std::string, double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [layer, us] : expected) {
    ASSERT_TRUE(found.contains(layer)) << layer;
    EXPECT_NEAR(found.at(layer), us, 1e-9) << layer;
  }
}

// Eight runs of seven nodes. The first, of 900 us at conv1, is warm-up. Of conv1 the others have
// 96, 98, 100, 101, 102, 104 and 110 us: the median is the fourth. Of seven values the interval
// goes from the first to the last, for fewer than one of seven throws is tails with 1/128 = 0.8 %,
// fewer than two with 8/128 = 6 %: half of it is 7 us. The second convolution: 190, 195, 199, 200,
// …, 220.
TEST(OnnxRuntime, NodesHaveTheirMediansWithoutTheFirstRun) {
  const ForeignProfile profile = profile_in("ort.json");
  EXPECT_EQ(profile.tool, ForeignTool::kOnnxRuntime);
  EXPECT_EQ(profile.statistic, "medians over 7 runs, the first of 8 left out as warm-up");
  ASSERT_EQ(profile.entries.size(), 7U) << "fences are no nodes";
  EXPECT_EQ(profile.entries[0].name, "fused /conv1/Conv");
  EXPECT_NEAR(profile.entries[0].latency.value, 101e-6, 1e-15);
  EXPECT_NEAR(profile.entries[0].latency.half_width.value(), 7e-6, 1e-15);
  EXPECT_NEAR(profile.entries[2].latency.half_width.value(), 15e-6, 1e-15);
  // 101 + 10 + 200 + 8 + 0 + 40 + 20, and each run 21 us beside its nodes, whose sums are 378, 391,
  // 380, 377, 366, 406 and 378: the median is 378.
  EXPECT_NEAR(profile.total_s(), 379e-6, 1e-15);
  EXPECT_NEAR(profile.whole.value().value, 399e-6, 1e-15);
  const Graph graph = tiny();
  const LayerMatch match = match_layers(profile, graph, {});
  expect_times(microseconds(match, graph), {{"conv1", 101},
                                            {"relu1", 10},
                                            {"layer1.0.conv", 200},
                                            {"layer1.0.relu", 8},
                                            {"flatten", 0},
                                            {"fc", 40}});
  EXPECT_THAT(unmapped(match, profile), ElementsAre("Transpose_token_1"));
  EXPECT_NEAR(match.unmapped_s, 20e-6, 1e-15);
  EXPECT_THAT(match.untimed(graph), IsEmpty());
}

std::string node(const std::string& name, int ts, int dur, const std::string& provider = "CPU") {
  return fmt::format(
      R"({{"cat":"Node","name":"{}_kernel_time","ts":{},"dur":{},"args":{{"provider":"{}ExecutionProvider"}}}})",
      name, ts, dur, provider);
}

// Without marks of runs, the second time a node comes is the second run: of 4 and 6 us the median
// is 5.
TEST(OnnxRuntime, WithoutMarksANodeComesOnceARun) {
  const ForeignProfile profile =
      profile_of(fmt::format("[{},{},{},{}]", node("a", 0, 4), node("b", 5, 1),
                             node("a", 10, 6, "CUDA"), node("b", 20, 1)));
  EXPECT_EQ(profile.statistic, "medians over 2 runs");
  ASSERT_EQ(profile.entries.size(), 2U);
  EXPECT_NEAR(profile.entries[0].latency.value, 5e-6, 1e-15);
  EXPECT_FALSE(profile.entries[0].latency.half_width) << "two runs make no interval";
  EXPECT_FALSE(profile.whole);
  EXPECT_THAT(profile.cautions, ElementsAre(HasSubstr("CUDAExecutionProvider")));
}

// Of a node that one of the four runs has that count, the median is 0.
TEST(OnnxRuntime, ANodeOfFewRunsTakesNoTimeInMost) {
  std::string events;
  for (int run = 0; run < 5; ++run) {
    events += fmt::format(R"({{"cat":"Session","name":"model_run","ts":{},"dur":50}},)", run * 100);
    events += node("a", run * 100 + 1, 4) + ",";
    if (run == 1) events += node("rare", run * 100 + 10, 9) + ",";
  }
  events.pop_back();
  const ForeignProfile profile = profile_of("[" + events + "]");
  ASSERT_EQ(profile.entries.size(), 2U);
  EXPECT_NEAR(profile.entries[0].latency.value, 4e-6, 1e-15);
  EXPECT_EQ(profile.entries[1].latency.value, 0);
}

// Medians of the tool: 50 + 80 + 20 us of layers, 4 + 0 + 1 of copies and casts.
TEST(TensorRt, FusedLayersCountAtTheFirstThatMultiplies) {
  const ForeignProfile profile = profile_in("tensorrt.json");
  EXPECT_EQ(profile.tool, ForeignTool::kTensorRt);
  EXPECT_EQ(profile.statistic, "the tool's medians over 625 runs");
  EXPECT_THAT(profile.entries[2].parts,
              ElementsAre("/layer1/layer1.0/conv/Conv", "/layer1/layer1.0/sigmoid/Sigmoid",
                          "/layer1/layer1.0/relu/Relu"));
  const Graph graph = tiny();
  const LayerMatch match = match_layers(profile, graph, {});
  expect_times(microseconds(match, graph), {{"conv1", 50}, {"layer1.0.conv", 80}, {"fc", 20}});
  const LayerId relu = graph.find_layer("relu1").value();
  ASSERT_EQ(match.sources[relu].size(), 1U);
  EXPECT_TRUE(match.sources[relu].front().elsewhere);
  EXPECT_EQ(match.latencies[relu].value, 0);
  EXPECT_THAT(unmapped(match, profile),
              ElementsAre("Reformatting CopyNode for Input Tensor 0 to conv1 + relu1",
                          "Reformatting CopyNode for Input Tensor 0 to fc", "__myl_Cast_myl9_2"));
  EXPECT_NEAR(match.unmapped_s, 5e-6, 1e-15);
  EXPECT_THAT(match.untimed(graph), ElementsAre(graph.find_layer("flatten").value()));
}

TEST(TensorRt, OlderFilesHaveAverages) {
  const ForeignProfile profile = profile_in("tensorrt-old.json");
  EXPECT_EQ(profile.statistic, "the tool's averages over 100 runs");
  const Graph graph = tiny();
  expect_times(microseconds(match_layers(profile, graph, {}), graph),
               {{"conv1", 51}, {"layer1.0.conv", 83}, {"fc", 21}});
}

// The operations' averages: 90, 180, 1, 40 and 9 us. What the initialisation took is no run.
TEST(TfLite, OperationsAreTheTensorsThatTheyMake) {
  const ForeignProfile profile = profile_in("tflite-old.csv");
  EXPECT_EQ(profile.tool, ForeignTool::kTfLite);
  EXPECT_NEAR(profile.total_s(), 320e-6, 1e-15);
  const Graph graph = tiny();
  const LayerMatch match = match_layers(profile, graph, {});
  expect_times(microseconds(match, graph),
               {{"conv1", 90}, {"layer1.0.conv", 180}, {"flatten", 1}, {"fc", 40}});
  EXPECT_THAT(unmapped(match, profile), ElementsAre("[StatefulPartitionedCall:0]:4"));
}

// The newer header has no start. The second convolution is called twice a run, 90 us each; it makes
// two tensors, whose names have a comma between them. What the delegate took is of no layer, though
// its tensor has a layer's name, and what is within it is not counted again.
TEST(TfLite, ADelegateIsNoLayer) {
  const ForeignProfile profile = profile_in("tflite.csv");
  ASSERT_EQ(profile.entries.size(), 4U);
  EXPECT_NEAR(profile.total_s(), 311e-6, 1e-15);
  const Graph graph = tiny();
  const LayerMatch match = match_layers(profile, graph, {});
  expect_times(microseconds(match, graph), {{"conv1", 90}, {"layer1.0.conv", 180}, {"flatten", 1}});
  EXPECT_THAT(unmapped(match, profile), ElementsAre("[tiny/fc/MatMul]:5"));
  EXPECT_THAT(profile.cautions, ElementsAre(HasSubstr("--use_xnnpack=false")));
}

/// An event of a trace on the thread 1.
std::string span(const std::string& category, const std::string& name, int ts, int dur,
                 const std::string& args = "") {
  return fmt::format(
      R"({{"ph":"X","cat":"{}","name":"{}","pid":1,"tid":1,"ts":{},"dur":{},"args":{{{}}}}},)",
      category, name, ts, dur, args);
}

ForeignProfile trace_of(std::string events) {
  events.pop_back();
  return profile_of(R"({"schemaVersion":1,"deviceProperties":[{"id":0}],"traceEvents":[)" + events +
                    "]}");
}

// A real trace: nine steps, of which the first is warm-up. Of the others the first convolution took
// 11, 11, 11, 11, 12, 12, 12 and 15 us, the second 9 four times and 10 four times, the linear layer
// 4 each time. Of eight values the interval goes from the first to the last, for fewer than two of
// eight throws are tails with 9/256 = 3.5 %.
TEST(Torch, ARealTraceOfBareOperations) {
  const ForeignProfile profile = profile_in("torch.json");
  EXPECT_EQ(profile.tool, ForeignTool::kTorch);
  EXPECT_EQ(profile.statistic, "medians over 8 runs, the first of 9 left out as warm-up");
  // Steps of 44, 44, 45, 45, 46, 46, 49 and 54 us.
  EXPECT_NEAR(profile.whole.value().value, 45.5e-6, 1e-15);
  const Graph graph = tiny();
  const LayerMatch match = match_layers(profile, graph, {});
  expect_times(microseconds(match, graph), {{"conv1", 11.5},
                                            {"relu1", 0},
                                            {"layer1.0.conv", 9.5},
                                            {"layer1.0.relu", 0},
                                            {"flatten", 0},
                                            {"fc", 4}});
  EXPECT_NEAR(match.latencies[1].half_width.value(), 2e-6, 1e-15);
  EXPECT_EQ(match.sources[1].front().by, MatchBy::kOrder);
}

// A real one with an annotation around each layer: of three steps that count, the convolutions took
// 8, 8 and 10 us and 10 each time, the activations 1, 1, 1 and 0, 1, 1, the linear layer 4.
TEST(Torch, ARealTraceWithAnnotations) {
  const ForeignProfile profile = profile_in("torch-named.json");
  const Graph graph = tiny();
  const LayerMatch match = match_layers(profile, graph, {});
  expect_times(microseconds(match, graph), {{"conv1", 8},
                                            {"relu1", 1},
                                            {"layer1.0.conv", 10},
                                            {"layer1.0.relu", 1},
                                            {"flatten", 0},
                                            {"fc", 4}});
  EXPECT_EQ(match.sources[1].front().by, MatchBy::kName);
}

// Two steps as a PyTorch with Kineto has them: means of 100 and 104.5, 10 and 12, 200 and 206, 6
// and 6, 2 and 2, 40 and 42 us; argmax is of no layer. The linear layer has an annotation, the
// first convolution a module around it, which says nothing of layers.
TEST(Torch, CategoriesTellOperationsFromWhatIsAroundThem) {
  const ForeignProfile profile = profile_in("torch-kineto.json");
  EXPECT_EQ(profile.statistic, "medians over 2 runs");
  EXPECT_EQ(profile.entries[0].scope, "nn.Module: Conv2d_0");
  EXPECT_NEAR(profile.whole.value().value, 510e-6, 1e-15);
  const Graph graph = tiny();
  const LayerMatch match = match_layers(profile, graph, {});
  expect_times(microseconds(match, graph), {{"conv1", 102.25},
                                            {"relu1", 11},
                                            {"layer1.0.conv", 203},
                                            {"layer1.0.relu", 6},
                                            {"flatten", 2},
                                            {"fc", 41}});
  EXPECT_EQ(match.sources[6].front().by, MatchBy::kName);
  EXPECT_THAT(unmapped(match, profile), ElementsAre("aten::argmax#1"));
}

TEST(Torch, WithoutKinetoAGpuIsRefused) {
  EXPECT_THAT(
      [] {
        profile_of(
            R"([{"name":"aten::relu","ph":"X","ts":1,"dur":2,"tid":1,"pid":"CPU functions"},)"
            R"({"name":"k","ph":"X","ts":1,"dur":2,"tid":1,"pid":"CUDA functions"}])");
      },
      ThrowsMessage<ConfigError>(HasSubstr("by a PyTorch without Kineto")));
}

// An operation within another is part of its time; one that begins when another ends is not in it.
TEST(Torch, OutermostOperationsCount) {
  const ForeignProfile profile =
      trace_of(span("cpu_op", "aten::convolution", 2, 6) + span("cpu_op", "aten::conv2d", 1, 9) +
               span("cpu_op", "aten::relu", 10, 3) + span("cpu_op", "aten::conv2d", 13, 5) +
               span("cuda_runtime", "cudaLaunchKernel", 14, 1));
  std::vector<std::string> names;
  for (const MeasuredEntry& entry : profile.entries) names.push_back(entry.name);
  EXPECT_THAT(names, ElementsAre("aten::conv2d#1", "aten::relu#1", "aten::conv2d#2"));
  EXPECT_NEAR(profile.entries[0].latency.value, 9e-6, 1e-15);
  EXPECT_EQ(profile.entries[0].kind, "conv");
  EXPECT_EQ(profile.statistic, "of one run");
}

// What begins in the microsecond in which an operation of no length ended is not in it: its number
// is higher. With clocks of whole microseconds that happens.
TEST(Torch, AnOperationOfNoLengthHoldsNothing) {
  const ForeignProfile profile =
      trace_of(span("cpu_op", "aten::linear", 5, 4, R"("External id":8)") +
               span("cpu_op", "aten::flatten", 5, 0, R"("External id":7)"));
  ASSERT_EQ(profile.entries.size(), 2U);
  EXPECT_EQ(profile.entries[0].name, "aten::flatten#1");
}

// On a GPU, kernels take the time: 30 + 12 us of the first convolution, started by an operation
// within it, 5 us of the other; its operations return at once.
TEST(Torch, KernelsCountAtTheOperationThatStartedThem) {
  const ForeignProfile profile = trace_of(
      span("cpu_op", "aten::conv2d", 0, 9, R"("External id":1)") +
      span("cpu_op", "aten::cudnn_convolution", 2, 6, R"("External id":2)") +
      span("cpu_op", "aten::conv2d", 10, 9, R"("External id":3)") +
      span("kernel", "gemm", 100, 30, R"("External id":2)") +
      span("kernel", "bias", 130, 12, R"("External id":1)") +
      span("kernel", "gemm", 142, 5, R"("external id":3)") + span("kernel", "stray", 150, 2));
  ASSERT_EQ(profile.entries.size(), 3U);
  EXPECT_NEAR(profile.entries[0].latency.value, 42e-6, 1e-15);
  EXPECT_NEAR(profile.entries[1].latency.value, 5e-6, 1e-15);
  EXPECT_EQ(profile.entries[2].name, "stray#1");
  EXPECT_THAT(profile.cautions,
              ElementsAre(HasSubstr("GPU's kernels"), HasSubstr("marks no steps")));
}

// Three steps: the first, of 50 us, is warm-up; of 3 and 5 us the median is 4.
TEST(Torch, StepsAreRuns) {
  std::string events = span("cpu_op", "aten::relu", 1, 2);  // before any step
  for (const auto& [start, dur] : {std::pair{100, 50}, {200, 3}, {300, 5}}) {
    events += span("user_annotation", fmt::format("ProfilerStep#{}", start / 100), start, 90);
    events += span("user_annotation", "relu1", start + 1, 60);
    events += span("cpu_op", "aten::relu", start + 2, dur);
  }
  const ForeignProfile profile = trace_of(events);
  ASSERT_EQ(profile.entries.size(), 1U);
  EXPECT_EQ(profile.statistic, "medians over 2 runs, the first of 3 left out as warm-up");
  EXPECT_NEAR(profile.entries[0].latency.value, 4e-6, 1e-15);
  EXPECT_EQ(profile.entries[0].scope, "relu1");
  EXPECT_NEAR(profile.whole.value().value, 90e-6, 1e-15);
}

// Two convolutions and two layers of this kind: the first is the first. Three activations for two
// layers tell nothing.
TEST(Torch, OrderTellsOnlyWhereCountsAgree) {
  const ForeignProfile profile =
      trace_of(span("cpu_op", "aten::conv2d", 0, 7) + span("cpu_op", "aten::relu", 10, 1) +
               span("cpu_op", "aten::relu_", 20, 1) + span("cpu_op", "aten::conv2d", 30, 9) +
               span("cpu_op", "aten::relu", 40, 1));
  const Graph graph = tiny();
  const LayerMatch match = match_layers(profile, graph, {});
  expect_times(microseconds(match, graph), {{"conv1", 7}, {"layer1.0.conv", 9}});
  EXPECT_EQ(match.sources[1].front().by, MatchBy::kOrder);
  EXPECT_EQ(match.unmapped.size(), 3U);
}

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

TEST(ForeignProfile, MalformedFilesAreToldWithTheirPlace) {
  const auto expect = [](const std::string& text, const std::string& message) {
    EXPECT_THAT([&] { profile_of(text); }, ThrowsMessage<ConfigError>(HasSubstr(message))) << text;
  };
  expect("", "profile: error: is of none of the tools");
  expect("hello", "ort (ONNX Runtime, profiling JSON), tensorrt (");
  expect("{\"a\": 1}", "is of none of the tools");
  expect("[]", "is of none of the tools");
  expect("[{\"cat\": \"Node\",\n \"dur\": }]", "profile:2:9: error: this is no JSON");
  expect("[{\"cat\": \"Node\"", "error: the JSON ends too early");
  expect("[{\"cat\": \"Node\"}]", "has no event of category 'Node' whose name ends in");
  expect("[{\"cat\": 3}]", "error: event 1: cat: expected a text, got 3");
  expect("[" + node("a", 1, 1) + ",{\"cat\":\"Node\",\"name\":\"b_kernel_time\",\"ts\":1}]",
         "error: event 2: dur: expected a number of 0 to 1e+12, got nothing");
  expect("[" + node("a", 1, -1) + "]", "event 1: dur: expected a number of 0 to 1e+12, got -1");
  expect("[{\"cat\":\"Node\",\"ts\":1e999}]", "a number beyond all bounds");
  expect("[{\"count\": 0}]", "object 1: count: expected a number of 1 to");
  expect("[{\"count\": 1}]", "has no object with a 'name' and a time");
  expect("[{\"count\": 1}, {\"name\": \"a\", \"averageMs\": \"b\"}]",
         "object 2: averageMs: expected a number of 0 to 1e+09, got 'b'");
  expect("{\"traceEvents\": []}", "has no operation");
  expect("{\"traceEvents\": [{\"ph\":\"X\",\"cat\":\"cpu_op\",\"name\":\"a\",\"dur\":1}]}",
         "event 1: ts: expected a number");
  const std::string run_order =
      "= Run Order =\nnode type, first, avg_ms, %, cdf%, mem KB, times called, name\n";
  expect("node type, first\n", "has no section 'Run Order'");
  expect("= Run Order =\nnode type, avg_ms, %, name\n",
         "profile:2: error: expected a column 'times");
  expect(run_order, "profile:2: error: the section 'Run Order' has no operations");
  expect(run_order + "CONV_2D, 0.1, x, 10%, 10%, 0, 1, [a]:0\n",
         "profile:3: error: expected 8 cells with numbers in avg_ms");
  expect(run_order + "CONV_2D, 0.1, 0.1, 10%\n", "profile:3: error: expected 8 cells");
  EXPECT_THAT([] { profile_in("tensorrt.json", ForeignTool::kTfLite); },
              ThrowsMessage<ConfigError>(HasSubstr("tensorrt.json:2: error: a double quote")));
  EXPECT_THAT([] { foreign_tool_by_name("onnx"); },
              ThrowsMessage<ConfigError>(HasSubstr("unknown --format 'onnx'")));
}

// What a terminal would obey, and a line's end, is not in any name.
TEST(ForeignProfile, NamesCanBePrinted) {
  const ForeignProfile profile = profile_of("[" + node("a\\u001b[2J\\nb", 0, 1) + "]");
  EXPECT_EQ(profile.entries.front().name, "a␛[2J b");
}

// Nested as deep as memory allows, and no stack.
TEST(ForeignProfile, DepthDoesNotMatter) {
  std::string deep = "[{\"cat\":\"Node\",\"args\":";
  for (int i = 0; i < 200'000; ++i) deep += "[";
  EXPECT_THAT([&] { profile_of(deep); },
              ThrowsMessage<ConfigError>(HasSubstr("the JSON ends too early")));
  for (int i = 0; i < 200'000; ++i) deep += "]";
  EXPECT_THAT([&] { profile_of(deep + "}]"); },
              ThrowsMessage<ConfigError>(HasSubstr("has no event of category 'Node'")));
}

/// Cuts a text off, or changes one to four of its bytes.
std::string mutant_of(std::string text, boost::random::mt19937_64& generator) {
  const auto draw = [&](std::size_t most) {
    return boost::random::uniform_int_distribution<std::size_t>{0, most}(generator);
  };
  if (draw(3) == 0) return text.substr(0, draw(text.size() - 1));
  for (std::size_t times = draw(3) + 1; times > 0; --times) {
    const std::size_t at = draw(text.size() - 1);
    const auto bit = static_cast<unsigned>(draw(7));
    text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << bit));
  }
  return text;
}

TEST(ForeignProfile, MutantsAreReadOrRefused) {
  const TemporaryFolder folder;
  const Graph graph = tiny();
  std::uint64_t seed = 1;
  for (const char* file : {"ort.json", "tensorrt.json", "tensorrt-old.json", "tflite.csv",
                           "tflite-old.csv", "torch.json", "torch-kineto.json"}) {
    boost::random::mt19937_64 generator{seed++};
    const std::string original = read_file(kFolder / file);
    constexpr int kMutants = 100;
    int refused = 0;
    for (int i = 0; i < kMutants; ++i) {
      const std::string path = folder.write("mutant", mutant_of(original, generator)).string();
      try {
        const ForeignProfile profile = read_foreign_profile(path, {});
        const LayerMatch match = match_layers(profile, graph, {});
        EXPECT_NEAR(match.mapped_s + match.unmapped_s, profile.total_s(), 1e-9 * profile.total_s());
        require_half(match, profile, graph, path);
      } catch (const ConfigError& error) {
        ++refused;
        EXPECT_THAT(error.what(), HasSubstr("error: "));
      } catch (const std::exception& error) {
        ADD_FAILURE() << "mutant " << i << " of " << file << ": " << error.what();
      }
    }
    EXPECT_GT(refused, 0) << file;
    EXPECT_LT(refused, kMutants) << file;
  }
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

// 4096 bytes are enough for a name, and 4097 are not.
TEST(ForeignProfile, LongNamesAreRefused) {
  const auto of = [](std::size_t bytes) {
    return fmt::format(R"([{{"count":1}},{{"name":"{}","averageMs":1}}])", std::string(bytes, 'x'));
  };
  EXPECT_EQ(profile_of(of(4096)).entries.front().name.size(), 4096U);
  EXPECT_THAT([&] { profile_of(of(4097)); },
              ThrowsMessage<ConfigError>(
                  HasSubstr("object 2: name: expected a text of at most 4096 bytes, got 'xxx")));
  EXPECT_THAT(
      [] {
        profile_of(
            "= Run Order =\nnode type, first, avg_ms, %, cdf%, mem KB, times called, name\n"
            "CONV_2D, 0.1, 0.1, 10%, 10%, 0, 1, [" +
            std::string(4097, 'x') + "]:0\n");
      },
      ThrowsMessage<ConfigError>(HasSubstr("error: entry 1: name: expected at most 4096 bytes")));
}

}  // namespace
}  // namespace papilio
