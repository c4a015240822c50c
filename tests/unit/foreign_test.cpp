// Claims: the files of four other tools become times of a network's layers, as each tool means its
// numbers; and whatever bytes stand in such a file, reading it ends in times or in one ConfigError
// with its place.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <string>
#include <vector>

#include "sim/base/error.hpp"
#include "sim/foreign/foreign_profile.hpp"
#include "sim/foreign/layer_match.hpp"
#include "tests/support/foreign_profiles.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::ElementsAre;
using testing::expect_times;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kForeignFolder;
using testing::microseconds;
using testing::node;
using testing::profile_in;
using testing::profile_of;
using testing::read_file;
using testing::span;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;
using testing::tiny;
using testing::trace_of;
using testing::unmapped;

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
    const std::string original = read_file(kForeignFolder / file);
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
