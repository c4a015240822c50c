// Claims: ONNX files of sequences, videos, words and several inputs make networks that compute what
// PyTorch does with them, with PyTorch's numbers of parameters; what exporters spell out is one
// layer again; what would be computed otherwise is refused; damaged files end in an error or a
// network. The files and PyTorch's answers are of tests/support/make_onnx_any.py.

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <vector>

#include "models/import/check.hpp"
#include "models/import/onnx.hpp"
#include "models/networks/network_file.hpp"
#include "models/tensor/network.hpp"
#include "models/tensor/runtime.hpp"
#include "models/weights/state_dict.hpp"
#include "sim/base/error.hpp"
#include "tests/support/onnx_file.hpp"
#include "tests/support/onnx_networks.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using testing::imported;
using testing::integer;
using testing::ints;
using testing::kinds;
using testing::OnnxFile;
using testing::refuses_with;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

fs::path stored_any(const std::string& name) {
  return fs::path{PAPILIO_SOURCE_DIR} / "tests/support/networks/any" / name;
}
OnnxNetwork any_network(const std::string& name) {
  return import_onnx(stored_any(name + ".onnx"), std::nullopt, "n");
}

at::Tensor tensor_of(const StoredTensor& stored, const std::vector<std::int64_t>& sizes) {
  return at::tensor(stored.values).reshape(sizes);
}

struct Computed {
  const char* name;
  std::int64_t parameters;
};
void PrintTo(const Computed& computed, std::ostream* out) {
  *out << computed.name;
}

class OnnxAny : public ::testing::TestWithParam<Computed> {};

TEST_P(OnnxAny, ComputesWhatPyTorchDoes) {
  start_tensor_runtime("cpu", 1);
  const OnnxNetwork file = any_network(GetParam().name);
  const Graph& graph = file.graph;
  EXPECT_EQ(graph.parameters(), GetParam().parameters);
  const StateDict known = read_state_dict(stored_any(fmt::format("{}.npz", GetParam().name)));
  Network network{graph};
  network.load(file.weights, GetParam().name);
  std::map<LayerId, at::Tensor> inputs;
  for (const LayerId id : graph.inputs()) {
    std::vector<std::int64_t> sizes{1};
    sizes.insert(sizes.end(), graph.layer(id).shape.begin(), graph.layer(id).shape.end());
    inputs[id] = tensor_of(known.at(std::to_string(inputs.size())), sizes);
  }
  EXPECT_EQ(inputs.size() + 1, known.size()) << "all inputs are read";
  const at::Tensor found = network.run(inputs, graph.layers().size() - 1).flatten();
  const at::Tensor expected = tensor_of(known.at("y"), {-1});
  ASSERT_EQ(found.numel(), expected.numel());
  EXPECT_LE((found - expected).abs().max().item<double>(),
            1e-5 * expected.abs().max().item<double>());
  EXPECT_EQ(graph_file(parse_graph(graph_file(graph), "n", "n")), graph_file(graph));
}

INSTANTIATE_TEST_SUITE_P(
    Networks, OnnxAny,
    ::testing::Values(
        // 2·(28·(5+7) + 2·28) + 2·(28·(14+7) + 2·28) + 14·3+3, without the second layer and the end
        // 784
        Computed{"lstm", 2117}, Computed{"lstm-last", 784},
        // 2·(21·12 + 42) + 2·(21·21 + 42); 7·12
        Computed{"gru", 1554}, Computed{"rnn", 84},
        // attention 4·(16·16+16), between layers 16·32+32 + 32·16+16, two norms of 2·16; the
        // decoder has two attentions and three norms
        Computed{"encoder", 2224}, Computed{"encoder-17", 2224}, Computed{"decoder", 3344},
        // tables (50+2+6)·8, three of 8·8+8, a norm of 16, 8·3+3
        Computed{"words", 723},
        // tables (20+16)·8, a norm of 16, 8·24+24, 8·20; the mask is a constant
        Computed{"predictor", 680},
        // 3·9·2+2, 5·4+4, 40·2+2
        Computed{"two-inputs", 162},
        // 3·5·8+8, 2·8, 8, 4·3·4+4, 4·4·2+2, 2·2+2; 2·15·4+4, 2·4, 4·8·3+3, 3·2+2
        Computed{"sequence", 244}, Computed{"video", 239},
        // 3·9·4+4, 4·9·8+8, 8·4·4+4, 4·9·4+4, 4·9·2+4, 8·3·2+2; 3·9·8+8, two norms of 2·8, a slope
        Computed{"unet", 814}, Computed{"norms", 257}, Computed{"norms-unfolded", 257},
        Computed{"gru-unfolded", 1554}, Computed{"elements", 0}, Computed{"views", 0},
        Computed{"equation", 0},
        // 6·6+6 once, though it is computed with twice
        Computed{"twice", 42}),
    [](const auto& test) {
      std::string name = test.param.name;
      std::erase(name, '-');
      return name;
    });

// Of mean, difference, square, mean, sum, root, quotient, product and sum one norm, before version
// 17 of the operations; of quotient, error function, sum and two products one GELU.
TEST(OnnxPatterns, AreTheLayersThatTheyAre) {
  for (const char* name : {"encoder", "encoder-17"}) {
    const std::vector<std::string> layers = kinds(any_network(name).graph);
    EXPECT_THAT(layers, Contains("layer_norm").Times(2)) << name;
    EXPECT_THAT(layers, Contains("mean").Times(0)) << name;
  }
  EXPECT_THAT(kinds(any_network("encoder").graph), Contains("gelu").Times(1));
}

TEST(OnnxInputs, OfWholeNumbersAreBelowTheRowsOfTheirTable) {
  const OnnxNetwork network = any_network("words");
  std::vector<std::int64_t> below;
  for (const LayerId id : network.graph.inputs()) {
    below.push_back(std::get<InputOp>(network.graph.layer(id).op).below);
  }
  EXPECT_THAT(below, ::testing::ElementsAre(50, 2, 2)) << "words, a mask, two sentences";
  EXPECT_THAT(network.why_not_run, HasSubstr("is not asked about inputs other than one picture"));
  EXPECT_THAT(to_string(check_onnx(stored_any("words.onnx"), network)), HasSubstr("Not checked"));
}

// Dimensions that come and go between two nodes make no layer: [1, 6, 8] as [6, 1, 8] and as
// [1, 6, 8, 1] are the same numbers in the same order, [1, 8, 6] are not.
TEST(OnnxDimensions, OfOneMakeNoLayer) {
  OnnxFile file{{1, 6, 8}};
  file.integers("3", {3});
  file.node("Transpose", {"x"}, "a", {ints("perm", {1, 0, 2})}).node("Relu", {"a"}, "b");
  file.node("Transpose", {"b"}, "c", {ints("perm", {1, 0, 2})});
  file.node("Unsqueeze", {"c", "3"}, "d").node("Sigmoid", {"d"}, "e");
  file.node("Squeeze", {"e", "3"}, "f").node("Transpose", {"f"}, "y", {ints("perm", {0, 2, 1})});
  const Graph graph = imported(file);
  EXPECT_THAT(kinds(graph), ::testing::ElementsAre("input", "relu", "sigmoid", "transpose"));
  EXPECT_EQ(graph.layers().back().shape, (TensorShape{8, 6}));
}

// A constant that two nodes read is one in the weights.
TEST(OnnxConstants, OfAnyShapeAreStoredOnce) {
  OnnxFile file{{1, 6, 8}};
  file.weight("places", {1, 6, 8}).node("Add", {"x", "places"}, "a");
  file.node("Relu", {"a"}, "b").node("Mul", {"b", "places"}, "y");
  const TemporaryFolder folder;
  const OnnxNetwork network = import_onnx(file.save(folder), std::nullopt, "n");
  EXPECT_EQ(network.graph.parameters(), 48);
  EXPECT_EQ(network.weights.size(), 1);
  EXPECT_EQ(network.weights.at("places").shape, (std::vector<std::int64_t>{6, 8}));
}

// A constant that is called as another layer's weight would be has another name.
TEST(OnnxConstants, OfAnyShapeAreNoOtherLayersWeights) {
  OnnxFile file{{1, 6, 8}};
  file.weight("a.weight", {8}).weight("m", {8, 4});
  file.node("Mul", {"x", "a.weight"}, "p").node("MatMul", {"p", "m"}, "/a/MatMul");
  const TemporaryFolder folder;
  const OnnxNetwork network = import_onnx(file.save(folder), std::nullopt, "n");
  EXPECT_EQ(network.weights.at("a.weight").shape, (std::vector<std::int64_t>{4, 8}));
  EXPECT_EQ(network.weights.at("a_constant.weight").shape, (std::vector<std::int64_t>{1, 8}));
  EXPECT_EQ(network.graph.parameters(), 8 + 32);
}

TEST(OnnxRefused, IsWhatWouldBeComputedOtherwise) {
  const auto recurrent = [](std::int64_t before, std::int64_t batch) {
    OnnxFile file{{6, batch, 5}};
    file.weight("w", {1, 21, 5}).weight("r", {1, 21, 7}).weight("b", {1, 42});
    file.node("GRU", {"x", "w", "r", "b"}, "y",
              {integer("hidden_size", 7), integer("linear_before_reset", before)});
    return file;
  };
  EXPECT_NO_THROW(imported(recurrent(1, 1)));
  EXPECT_THAT([&] { imported(recurrent(0, 1)); }, refuses_with("GRU with a reset before"));
  EXPECT_THAT([&] { imported(recurrent(1, 2)); }, refuses_with("GRU with a batch of several"));
  // Four pictures in the file, and in its shapes: of one, they are others.
  OnnxFile batch{{4, 3, 8, 8}};
  batch.integers("shape", {4, -1}).node("Reshape", {"x", "shape"}, "y");
  EXPECT_THAT([&] { imported(batch); }, refuses_with("Reshape with a batch of 4 in its shapes"));
  OnnxFile frames{{1, 4, 3, 8, 8}};
  frames.integers("shape", {4, 3, 8, 8}).weight("w", {2, 3, 3, 3});
  frames.node("Reshape", {"x", "shape"}, "f").node("Conv", {"f", "w"}, "y");
  EXPECT_THAT([&] { imported(frames); }, refuses_with("Conv with a batch of 4"));
  OnnxFile back{{1, 3, 8}};
  back.integers("-1", {-1}).integers("-9", {-9}).integers("2", {2});
  back.node("Slice", {"x", "-1", "-9", "2", "-1"}, "y");
  EXPECT_THAT([&] { imported(back); }, refuses_with("Slice with steps backwards"));
  OnnxFile list{{1, 3, 8}};
  list.integers("places", {2, 0, 1}).node("Gather", {"x", "places"}, "y", {integer("axis", 2)});
  EXPECT_THAT([&] { imported(list); }, refuses_with("Gather with an index that is no range"));
}

// Windows of 3 with a stride of 2 over 7 end with it; over 8 the last hangs over.
TEST(OnnxPools, OfMeansMayBeRoundedUpWhereNoneHangsOver) {
  const auto pool = [](std::int64_t size) {
    OnnxFile file{{1, 3, size, 7}};
    file.node("AveragePool", {"x"}, "y",
              {ints("kernel_shape", {3, 3}), ints("strides", {2, 2}), integer("ceil_mode", 1)});
    return file;
  };
  EXPECT_EQ(imported(pool(7)).layers().back().shape, (TensorShape{3, 3, 3}));
  EXPECT_THAT([&] { imported(pool(8)); }, refuses_with("windows that hang over the edge"));
}

// Nine axes and the batch, sizes whose product is 2⁶⁰, and parts of nothing are no shapes.
TEST(OnnxRefused, AreShapesThatNoTensorHas) {
  const auto shaped = [](const OnnxFile::Dims& shape, const char* type) {
    OnnxFile file{{1, 512}};
    file.integers("shape", shape).node(type, {"x", "shape"}, "r").node("Relu", {"r"}, "y");
    return file;
  };
  EXPECT_NO_THROW(imported(shaped({1, 2, 2, 2, 2, 2, 2, 2, 4}, "Reshape")));
  EXPECT_THAT([&] { imported(shaped(OnnxFile::Dims(9, 2), "Reshape")); },
              refuses_with("a tensor of 9 axes"));
  EXPECT_THAT(
      [&] {
        imported(shaped({1, 2, 2, 2, 2, 2, 2, 2, 2, 2}, "Reshape"));
      },
      refuses_with("a tensor of 10 dimensions"));
  EXPECT_THAT(
      [&] {
        imported(shaped({1 << 20, 1 << 20, 1, 512}, "Expand"));
      },
      refuses_with("larger than can be counted"));
  OnnxFile nothing{{1, 512}};
  nothing.integers("5", {5}).integers("1", {1}).node("Slice", {"x", "5", "5", "1"}, "y");
  EXPECT_THAT([&] { imported(nothing); }, refuses_with("Slice with a part without a number"));
}

// Bytes that are changed, cut or repeated by chance, in all the files.
TEST(OnnxAnyFiles, DamagedOnesEndInAnErrorOrANetwork) {
  const TemporaryFolder folder;
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator{stored_any("")}) {
    if (entry.path().extension() != ".onnx") continue;
    std::ifstream stream{entry.path(), std::ios::binary};
    files.emplace_back(std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{});
  }
  ASSERT_GT(files.size(), 10);
  std::sort(files.begin(), files.end());  // folders have no order
  std::mt19937 random{17};
  int imported = 0;
  int refused = 0;
  constexpr int kMutants = 600;
  for (int i = 0; i < kMutants; ++i) {
    std::string bytes = files[static_cast<std::size_t>(i) % files.size()];
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes.erase(at, 1 + random() % 3);
          break;
        case 1:
          bytes.insert(at, bytes.substr(at, random() % 40));
          break;
        default:
          bytes[at] = static_cast<char>(random() % 256);
      }
    }
    const fs::path file = folder.write("damaged.onnx", bytes);
    try {
      imported += import_onnx(file, std::nullopt, "n").graph.layers().empty() ? 0 : 1;
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr("damaged.onnx: error: "));
      ++refused;
    }
  }
  EXPECT_EQ(imported + refused, kMutants);
  EXPECT_GT(imported, kMutants / 10);
  EXPECT_GT(refused, kMutants / 10);
}

// A graph computes one sample. Where the file states a batch of three, what mixes its samples, or
// treats them differently, is no graph: it was once read as if there were one, with other numbers.
TEST(AnyOnnx, ReadsABatchOfSeveralOnlyWhereItsSamplesAreApart) {
  const auto file_of = [](const std::string& type, std::initializer_list<std::string> inputs,
                          std::initializer_list<OnnxFile::Attribute> attributes) {
    OnnxFile file{{3, 4, 5, 6}};
    file.integers("0", {0}).integers("1", {1}).integers("flat", {1, -1}).integers("rows", {0, -1});
    file.integers("pads", {1, 0, 0, 0, 0, 0, 0, 0}).integers("wide", {0, 0, 1, 1, 0, 0, 1, 1});
    file.weight("each", {3, 1, 1, 1}).weight("all", {1, 4, 1, 1}).weight("row", {6});
    file.node(type, inputs, "y", attributes);
    return file;
  };
  const std::vector<OnnxFile> mixed{file_of("Softmax", {"x"}, {integer("axis", 0)}),
                                    file_of("LogSoftmax", {"x"}, {integer("axis", -4)}),
                                    file_of("Concat", {"x", "x"}, {integer("axis", 0)}),
                                    file_of("Slice", {"x", "0", "1", "0"}, {}),
                                    file_of("Gather", {"x", "0"}, {integer("axis", 0)}),
                                    file_of("Pad", {"x", "pads"}, {}),
                                    file_of("ReduceMax", {"x"}, {ints("axes", {0})}),
                                    file_of("ReduceMean", {"x"}, {ints("axes", {-4, 2, 3})}),
                                    file_of("ReduceMean", {"x"}, {}),
                                    file_of("Mul", {"x", "each"}, {}),
                                    file_of("Add", {"each", "x"}, {}),
                                    file_of("Reshape", {"x", "flat"}, {}),
                                    file_of("Flatten", {"x"}, {integer("axis", 0)}),
                                    file_of("Transpose", {"x"}, {ints("perm", {1, 0, 2, 3})})};
  for (const OnnxFile& file : mixed) {
    EXPECT_THAT([&] { imported(file); }, refuses_with("a batch of 3; export it with one picture"));
  }
  const std::vector<OnnxFile> apart{file_of("Softmax", {"x"}, {integer("axis", 1)}),
                                    file_of("Concat", {"x", "x"}, {integer("axis", -3)}),
                                    file_of("Slice", {"x", "0", "1", "1"}, {}),
                                    file_of("Pad", {"x", "wide"}, {}),
                                    file_of("ReduceMean", {"x"}, {ints("axes", {1, -1})}),
                                    file_of("Mul", {"x", "all"}, {}),
                                    file_of("Add", {"x", "row"}, {}),
                                    file_of("Reshape", {"x", "rows"}, {}),
                                    file_of("Flatten", {"x"}, {integer("axis", 1)}),
                                    file_of("Transpose", {"x"}, {ints("perm", {0, 2, 3, 1})})};
  for (const OnnxFile& file : apart) EXPECT_NO_THROW(imported(file));
}

}  // namespace
}  // namespace papilio
