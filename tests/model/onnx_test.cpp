// Claims: what exporters write of constants alone is folded; weights that a file describes are
// counted, and made only where they are few; arithmetic with constants, padding that differs from
// side to side or depends on the size, and axes as inputs are imported and compute what OpenCV's
// dnn does with the file; what a Graph cannot say is told in one error; no bytes end otherwise than
// in a network or an error, nor take much memory.

#include "models/import/onnx.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include "models/import/check.hpp"
#include "models/networks/network_file.hpp"
#include "models/tensor/network.hpp"
#include "models/tensor/runtime.hpp"
#include "sim/base/error.hpp"
#include "tests/support/data.hpp"
#include "tests/support/onnx_file.hpp"
#include "tests/support/onnx_networks.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::imported;
using testing::integer;
using testing::ints;
using testing::kinds;
using testing::OnnxFile;
using testing::real;
using testing::refuses_with;
using testing::TemporaryFolder;
using testing::text;
using ::testing::ThrowsMessage;

const OnnxFile::Dims kPicture{1, 3, 32, 32};

fs::path stored(const std::string& name) {
  return fs::path{PAPILIO_SOURCE_DIR} / "tests/support/networks" / name;
}

/// Imports, and lets OpenCV compute the same.
OnnxNetwork checked(const fs::path& file) {
  start_tensor_runtime("cpu", 1);
  OnnxNetwork network = import_onnx(file, std::nullopt, "n");
  const ImportCheck check = check_onnx(file, network);
  EXPECT_EQ(check.by, "OpenCV's dnn") << check.why_not;
  EXPECT_LT(check.difference, 1e-5);
  return network;
}
OnnxNetwork checked(const OnnxFile& file) {
  const TemporaryFolder folder;
  return checked(file.save(folder));
}

Padding padding_of(const Graph& graph, LayerId id) {
  const LayerOp& op = graph.layer(id).op;
  if (const auto* conv = std::get_if<ConvOp>(&op)) return conv->padding;
  if (const auto* pool = std::get_if<MaxPoolOp>(&op)) return pool->padding;
  return std::get<AvgPoolOp>(op).padding;
}

// Conv 8×3×3×3 without a bias and Gemm 10×8: 216 + 80.
TEST(OnnxConstants, WeightsThatAreDescribedCount) {
  const OnnxNetwork network = checked(stored("constant-weights.onnx"));
  EXPECT_EQ(network.graph.parameters(), 296);
}

// 3 to 8 channels of 3×3 with a bias, a stride of 2 to 16×16, ten classes of all numbers:
// 224 + 8·16·16·10 + 10. A view is exported as a shape that is put together.
TEST(OnnxConstants, ShapesThatExportersWorkOutAreFolded) {
  const auto begin = [] {
    OnnxFile file{kPicture};
    file.weight("w", {8, 3, 3, 3}).weight("b", {8}).weight("fc", {10, 2048}).weight("fb", {10});
    file.integers("zero", {0}).integers("one", {1}).integers("minus", {-1}).integers("0", {}, {0});
    file.integers("four", {4}).integers("last", {std::numeric_limits<std::int64_t>::max()});
    file.node("Conv", {"x", "w", "b"}, "c", {ints("pads", {1, 1, 1, 1}), ints("strides", {2, 2})});
    return file;
  };
  const auto end = [](OnnxFile& file) {
    file.node("Reshape", {"c", "shape"}, "r")
        .node("Gemm", {"r", "fc", "fb"}, "y", {integer("transB", 1)});
  };
  OnnxFile sized = begin();  // x.view(x.size(0), -1)
  sized.node("Shape", {"c"}, "s")
      .node("Gather", {"s", "0"}, "n")
      .node("Unsqueeze", {"n", "zero"}, "u");
  sized.node("Concat", {"u", "minus"}, "shape", {integer("axis", 0)});
  end(sized);
  // 8·16·16 as a product of sizes, over floats and back.
  OnnxFile product = begin();
  product.integers("1", {}, {1}).integers("2", {}, {2}).integers("3", {}, {3});
  product.node("Shape", {"c"}, "s").node("Gather", {"s", "1"}, "a").node("Gather", {"s", "2"}, "h");
  product.node("Gather", {"s", "3"}, "v")
      .node("Mul", {"a", "h"}, "ah")
      .node("Mul", {"ah", "v"}, "all");
  product.node("Cast", {"all"}, "f", {integer("to", onnx::TensorProto::FLOAT)});
  product.node("Cast", {"f"}, "i", {integer("to", onnx::TensorProto::INT64)});
  product.node("Unsqueeze", {"i", "zero"}, "u")
      .node("Concat", {"one", "u"}, "shape", {integer("axis", 0)});
  end(product);
  // The batch alone, backwards: sizes [1, 8, 16, 16] from the last to before the first; the last.
  OnnxFile sliced = begin();
  sliced.integers("before", {std::numeric_limits<std::int64_t>::min()}).integers("three", {3});
  sliced.node("Shape", {"c"}, "s");
  sliced.node("Slice", {"s", "last", "before", "zero", "minus"}, "back");
  sliced.node("Slice", {"back", "three", "last"}, "n");
  sliced.node("Concat", {"n", "minus"}, "shape", {integer("axis", 0)});
  end(sliced);
  for (const OnnxFile& file : {sized, product, sliced}) {
    SCOPED_TRACE(file.bytes().size());
    const Graph graph = imported(file);
    EXPECT_EQ(graph.parameters(), 20'714);
    EXPECT_THAT(kinds(graph), ElementsAre("input", "conv", "flatten", "linear"));
  }
  checked(sized);
}

// Two pads of a row and a column: what PyTorch makes of F.pad, which Conv takes in.
TEST(OnnxConstants, ABorderOfZerosIsTheConvolutions) {
  OnnxFile file{kPicture};
  file.weight("w", {8, 3, 3, 3}).integers("pads", {0, 0, 1, 2, 0, 0, 0, 1});
  file.node("Pad", {"x", "pads"}, "p").node("Conv", {"p", "w"}, "y", {ints("pads", {0, 0, 1, 0})});
  const OnnxNetwork network = checked(file);
  EXPECT_EQ(padding_of(network.graph, 1), (Padding{1, 2, 1, 1}));
  EXPECT_EQ(network.graph.layer(1).shape, (TensorShape{8, 32, 33})) << "32+1+1-2 and 32+2+1-2";
  OnnxFile pool{kPicture};
  pool.integers("pads", {0, 0, 1, 1, 0, 0, 1, 1}).node("Pad", {"x", "pads"}, "p");
  pool.node("MaxPool", {"p"}, "y", {ints("kernel_shape", {3, 3})});
  const Graph pooled = checked(pool).graph;  // whose own padding would never win
  EXPECT_THAT(kinds(pooled), ElementsAre("input", "pad", "pad", "max_pool"));
  EXPECT_EQ(pooled.layers().back().shape, (TensorShape{3, 32, 32})) << "32+1+1-2";
}

// A tensor of 10^15 numbers is 4 PB; 143 million, as VGG-19 has, are weights that nobody trained.
TEST(OnnxConstants, AreNotMadeBeforeTheyAreCounted) {
  OnnxFile huge{kPicture};
  huge.integers("s", {100'000, 100'000, 100'000}).node("ConstantOfShape", {"s"}, "w");
  huge.node("Conv", {"x", "w"}, "y");
  EXPECT_THAT([&] { imported(huge); }, refuses_with("larger than can be counted"));
  OnnxFile computed{kPicture};
  computed.integers("s", {1'000'000})
      .node("ConstantOfShape", {"s"}, "w")
      .node("Add", {"w", "w"}, "v");
  computed.node("Mul", {"x", "v"}, "y");
  EXPECT_THAT([&] { imported(computed); }, refuses_with("1000000 constant numbers"));
  OnnxFile large{kPicture};  // 3·32·32 = 3072 numbers to 20,000: 61 million
  large.integers("s", {20'000, 3072})
      .node("ConstantOfShape", {"s"}, "w")
      .node("Flatten", {"x"}, "f");
  large.node("Gemm", {"f", "w"}, "y", {integer("transB", 1)});
  const TemporaryFolder folder;
  const OnnxNetwork network = import_onnx(large.save(folder), std::nullopt, "n");
  EXPECT_EQ(network.graph.parameters(), 61'440'000);
  EXPECT_TRUE(network.weights.empty());
  EXPECT_THAT(check_onnx(folder.path() / "n.onnx", network).why_not, HasSubstr("61440000"));
}

TEST(OnnxArithmetic, SumIsAnAddition) {
  // 3 to 4 channels, two of 4 to 4, 4 to 5: what the file's weights are, all without a bias.
  EXPECT_THAT(kinds(checked(stored("sum.onnx")).graph),
              ElementsAre("input", "conv", "relu", "conv", "add", "conv", "global_avg_pool",
                          "flatten", "linear"));
  OnnxFile three{kPicture};
  three.node("Relu", {"x"}, "a").node("Sigmoid", {"x"}, "b").node("Sum", {"x", "a", "b"}, "y");
  EXPECT_THAT(kinds(checked(three).graph), ElementsAre("input", "relu", "sigmoid", "add", "add"));
}

// Caffe's batch norm has its scale and shift in a Mul and an Add: four numbers a channel, of which
// two are trained. A bias that is added is the convolution's.
TEST(OnnxArithmetic, NumbersForEachChannelGoIntoTheLayerBefore) {
  OnnxFile file{kPicture};
  file.weight("w", {4, 3, 3, 3})
      .weight("b", {1, 4, 1, 1})
      .weight("scale", {4})
      .weight("shift", {4});
  file.weight("mean", {4})
      .floats("var", {4}, {1, 2, 3, 4})
      .weight("m", {4, 1, 1})
      .weight("a", {4, 1, 1});
  file.node("Conv", {"x", "w"}, "c").node("Add", {"c", "b"}, "d");
  file.node("BatchNormalization", {"d", "scale", "shift", "mean", "var"}, "n");
  file.node("Mul", {"n", "m"}, "nm").node("Add", {"a", "nm"}, "y");
  const Graph graph = checked(file).graph;
  EXPECT_THAT(kinds(graph), ElementsAre("input", "conv", "batch_norm"));
  EXPECT_EQ(graph.parameters(), 4 * 27 + 4 + 2 * 4);
}

// Where another layer reads the tensor, or the layer has no such numbers, they are a batch norm of
// their own: x · m, c - x and x / m of numbers for each channel.
TEST(OnnxArithmetic, ElseTheyAreABatchNorm) {
  OnnxFile file{kPicture};
  file.weight("w", {4, 3, 3, 3}).weight("b", {4, 1, 1}).floats("m", {4, 1, 1}, {1, -2, 3, 4});
  file.node("Conv", {"x", "w"}, "c").node("Add", {"c", "b"}, "d").node("Mul", {"c", "d"}, "e");
  file.node("Mul", {"e", "m"}, "f").node("Relu", {"f"}, "g").node("Div", {"g", "m"}, "h");
  file.node("Sub", {"h", "b"}, "y");
  const Graph graph = checked(file).graph;
  EXPECT_THAT(kinds(graph), ElementsAre("input", "conv", "batch_norm", "multiply", "batch_norm",
                                        "relu", "batch_norm"));
  EXPECT_EQ(graph.parameters(), 4 * 27 + 3 * 2 * 4) << "the difference goes into the quotient's";
}

// By hand: 10 - 1, 20 - 2, 30 - 3.
TEST(OnnxArithmetic, ATensorMayBeTakenFromNumbers) {
  start_tensor_runtime("cpu", 1);
  OnnxFile file{{1, 3, 1, 1}};
  file.floats("c", {1, 3, 1, 1}, {10, 20, 30}).node("Sub", {"c", "x"}, "y");
  const OnnxNetwork imported = checked(file);
  Network network{imported.graph};
  network.load(imported.weights, "n");
  const at::Tensor y = network.forward(at::tensor({1.0F, 2.0F, 3.0F}).reshape({1, 3, 1, 1}));
  EXPECT_TRUE(at::allclose(y.flatten(), at::tensor({9.0F, 18.0F, 27.0F}))) << y;
}

// x · min(max(x + 3, 0), 6) / 6, as exporters write HardSwish before version 14; 1 - x. Of fixed
// numbers there is nothing to train.
TEST(OnnxArithmetic, OneNumberIsAScale) {
  OnnxFile file{kPicture, 10};
  file.floats("3", {}, {3}).floats("6", {}, {6}).floats("2", {1}, {2}).weight("w", {4, 3, 3, 3});
  file.floats("1", {}, {1});
  file.node("Conv", {"x", "w"}, "c")
      .node("Add", {"c", "3"}, "a")
      .node("Clip", {"a"}, "b", {real("min", 0), real("max", 6)});
  file.node("Mul", {"c", "b"}, "d").node("Div", {"d", "6"}, "e").node("Mul", {"e", "2"}, "f");
  checked(file.node("Sub", {"f", "1"}, "y"));
  file.node("Sub", {"1", "y"}, "z");
  const Graph graph = imported(file);
  EXPECT_THAT(kinds(graph), ElementsAre("input", "conv", "scale", "relu6", "multiply", "scale",
                                        "scale", "scale", "scale"));
  EXPECT_EQ(graph.parameters(), 108);
  const auto* last = std::get_if<ScaleOp>(&graph.layers().back().op);
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->factor, -1);
  EXPECT_EQ(last->offset, 1);
  const TemporaryFolder folder;
  const Graph read = load_graph(folder.write("n.yaml", graph_file(graph)).string());
  EXPECT_EQ(graph_file(read), graph_file(graph));
  OnnxFile later{kPicture};  // bounds are inputs since version 11, and none is none
  later.floats("0", {}, {0}).floats("6", {}, {6}).node("Clip", {"x", "0", "6"}, "a");
  later.node("Clip", {"a", "0"}, "b").node("Clip", {"b", "", "6"}, "y");
  EXPECT_THAT(kinds(imported(later)), ElementsAre("input", "relu6", "relu", "clamp"));
}

TEST(OnnxArithmetic, IsRefusedByNameWhereAGraphCannotSayIt) {
  const auto with = [](const std::string& type, std::initializer_list<std::string> inputs) {
    OnnxFile file{kPicture};
    file.floats("0", {}, {0}).floats("inf", {}, {std::numeric_limits<float>::infinity()});
    file.weight("thirds", {11});
    file.node("Relu", {"x"}, "r").node(type, inputs, "y");
    return file;
  };
  EXPECT_THAT([&] { imported(with("Div", {"r", "0"})); }, refuses_with("Div with a division by 0"));
  EXPECT_THAT([&] { imported(with("Mul", {"r", "inf"})); }, refuses_with("that is not finite"));
  EXPECT_THAT(
      [&] {
        imported(with("Mul", {"r", "thirds"}));
      },
      refuses_with("Mul with tensors of the shapes"));
}

// 3×3 windows with a stride of 2 over 32: 16 of them reach 33, so one column is missing, behind
// (SAME_UPPER) or before; over 33 there are 17, which reach 35. A 4×4 window of stride 1 lacks 3.
TEST(OnnxPadding, FollowsFromTheSize) {
  const auto file = [](const std::string& type, const std::string& automatic, std::int64_t kernel,
                       std::int64_t stride) {
    OnnxFile made{{1, 3, 33, 32}};
    made.weight("w", {4, 3, kernel, kernel});
    const auto attributes = {text("auto_pad", automatic), ints("kernel_shape", {kernel, kernel}),
                             ints("strides", {stride, stride})};
    if (type == "Conv") {
      made.node(type, {"x", "w"}, "y", attributes);
    } else {
      made.node(type, {"x"}, "y", attributes);
    }
    return made;
  };
  for (const std::string type : {"Conv", "MaxPool", "AveragePool"}) {
    const Graph upper = imported(file(type, "SAME_UPPER", 3, 2));
    EXPECT_EQ(padding_of(upper, 1), (Padding{1, 0, 1, 1})) << type;
    EXPECT_EQ(upper.layers().back().shape.height(), 17) << type;
    EXPECT_EQ(upper.layers().back().shape.width(), 16) << type;
    EXPECT_EQ(padding_of(imported(file(type, "SAME_LOWER", 3, 2)), 1), (Padding{1, 1, 1, 0}));
    EXPECT_EQ(padding_of(imported(file(type, "SAME_UPPER", 4, 1)), 1), (Padding{1, 1, 2, 2}));
    EXPECT_EQ(padding_of(imported(file(type, "VALID", 3, 2)), 1), Padding{});
    EXPECT_EQ(padding_of(imported(file(type, "NOTSET", 3, 2)), 1), Padding{});
    EXPECT_THAT([&] { imported(file(type, "SAME", 3, 2)); }, refuses_with("with auto_pad 'SAME'"));
  }
  for (const char* type : {"Conv", "MaxPool", "AveragePool"})
    checked(file(type, "SAME_UPPER", 3, 2));
}

// Over 32 with a row and a column more behind: (32+1-3)/2+1 = 16, then (16+1-3)/2+1 = 8; a mean of
// 3×3 around each keeps 8, and leaves the padding out.
TEST(OnnxPadding, DiffersFromSideToSide) {
  const OnnxNetwork network = import_onnx(stored("three-unknowns.onnx"), std::nullopt, "n");
  const Graph& graph = network.graph;
  EXPECT_THAT(check_onnx(stored("three-unknowns.onnx"), network).why_not,
              HasSubstr("its own output is 0 throughout"));
  EXPECT_EQ(graph.layer(2).shape.height(), 16);
  EXPECT_EQ(graph.layer(3).shape.height(), 8);
  EXPECT_EQ(graph.layer(4).shape.height(), 8);
  EXPECT_EQ(padding_of(graph, 3), (Padding{0, 0, 1, 1}));
  const TemporaryFolder folder;
  const Graph read = load_graph(folder.write("n.yaml", graph_file(graph)).string());
  EXPECT_EQ(padding_of(read, 3), (Padding{0, 0, 1, 1}));
  EXPECT_EQ(graph_file(read), graph_file(graph));
}

TEST(OnnxPadding, CutsNothingOff) {
  OnnxFile file{kPicture};
  file.node("MaxPool", {"x"}, "y", {ints("kernel_shape", {3, 3}), ints("pads", {0, 0, -1, 0})});
  EXPECT_THAT([&] { imported(file); }, refuses_with("MaxPool 'y': layer: kernel and stride must be "
                                                    ">= 1, and padding >= 0"));
}

// OpenCV's dnn looks at who wrote the file; the check all the same at what the file says.
TEST(OnnxPadding, CountsInAMeanAsTheFileSays) {
  const auto mean = [](OnnxFile& file, const std::string& from, const std::string& to, int counts) {
    file.node("AveragePool", {from}, to,
              {ints("kernel_shape", {3, 3}), ints("pads", {1, 1, 1, 1}),
               integer("count_include_pad", counts)});
  };
  for (const int counts : {0, 1}) {
    OnnxFile file{kPicture};
    mean(file, "x", "y", counts);
    const Graph graph = checked(file).graph;
    EXPECT_EQ(std::get<AvgPoolOp>(graph.layer(1).op).count_padding, counts == 1);
  }
  OnnxFile both{kPicture};
  mean(both, "x", "a", 0);
  mean(both, "a", "y", 1);
  const TemporaryFolder folder;
  EXPECT_THAT(import_onnx(both.save(folder), std::nullopt, "n").why_not_run,
              HasSubstr("counts padding in all means, or in none"));
}

// Rows 1 2 / 3 4 with a zero row above and two columns behind, windows of 3×3, all by hand. The
// maximum of negative numbers is theirs, not the padding's 0.
TEST(OnnxPadding, IsComputedAsItIsSaid) {
  start_tensor_runtime("cpu", 1);
  const at::Tensor picture = at::tensor({1.0F, 2.0F, 3.0F, 4.0F}).reshape({1, 1, 2, 2});
  const auto answer = [&](const LayerOp& op, const at::Tensor& of) {
    Graph graph{"n", "t"};
    graph.add("input", InputOp{{1, 2, 2}}, {});
    graph.add("y", op, {0});
    const at::Tensor y = Network{graph}.forward(of).flatten();
    return std::vector<float>(y.data_ptr<float>(), y.data_ptr<float>() + y.numel());
  };
  const Padding around{1, 0, 0, 2};  // a 3×4 picture: two windows beside each other
  const AvgPoolOp mean{.kernel = 3, .stride = 1, .padding = around};
  EXPECT_THAT(answer(mean, picture), ElementsAre(10.0F / 9, 6.0F / 9));
  AvgPoolOp without = mean;
  without.count_padding = false;
  EXPECT_THAT(answer(without, picture), ElementsAre(10.0F / 4, 6.0F / 2));
  const MaxPoolOp greatest{.kernel = 3, .stride = 1, .padding = around};
  EXPECT_THAT(answer(greatest, -picture), ElementsAre(-1, -2));
  // Behind two columns of padding the second window of a stride of 2 hangs over the edge by one,
  // and counts; behind none it would begin in the padding, and does not.
  const MaxPoolOp over{.kernel = 3, .stride = 2, .padding = {1, 2, 0, 0}, .ceil = true};
  EXPECT_THAT(answer(over, picture), ElementsAre(3, 4));
  const MaxPoolOp none{.kernel = 3, .stride = 2, .padding = around, .ceil = true};
  EXPECT_THAT(answer(none, picture), ElementsAre(4));
  Graph graph{"n", "t"};
  graph.add("input", InputOp{{1, 2, 2}}, {});
  EXPECT_THROW(graph.add("y", MaxPoolOp{.kernel = 2, .stride = 1, .padding = 2}, {0}),
               std::invalid_argument)
      << "a window of padding alone";
  EXPECT_THROW(graph.add("z", ConvOp{.out_channels = std::int64_t{1} << 62, .padding = 1}, {0}),
               std::invalid_argument)
      << "not counted beyond 64 bits";
}

// Since versions 13 and 18 of the operations, axes are an input.
// OpenCV normalises over channels, and computes activations and kernels that see every second
// pixel.
TEST(OnnxLayers, LocalNormActivationsAndDilationAreWhatOpenCvComputes) {
  OnnxFile file{kPicture};
  file.weight("w", {8, 3, 3, 3});
  file.node("Conv", {"x", "w"}, "a", {ints("pads", {2, 2, 2, 2}), ints("dilations", {2, 2})});
  file.node("LRN", {"a"}, "b",
            {integer("size", 5), real("alpha", 0.5F), real("beta", 0.5F), real("bias", 2)});
  file.node("LeakyRelu", {"b"}, "c", {real("alpha", 0.2F)}).node("Elu", {"c"}, "d");
  file.node("Tanh", {"d"}, "e").node("Softplus", {"e"}, "f").node("Selu", {"f"}, "y");
  const Graph graph = checked(file).graph;
  EXPECT_THAT(kinds(graph), ElementsAre("input", "conv", "local_norm", "leaky_relu", "elu", "tanh",
                                        "softplus", "selu"));
  EXPECT_EQ(graph.layer(1).shape, (TensorShape{8, 32, 32})) << "32 + 2 + 2 - 4";
  OnnxFile even{kPicture};
  even.node("LRN", {"x"}, "y", {integer("size", 4)});
  EXPECT_THAT([&] { imported(even); }, refuses_with("LRN with an even number of channels"));
}

TEST(OnnxLayers, ResizesAreWhatOpenCvComputes) {
  OnnxFile file{kPicture};
  file.weight("w", {8, 3, 3, 3})
      .floats("twice", {4}, {1, 1, 2, 2})
      .integers("size", {1, 8, 48, 40});
  file.node("Conv", {"x", "w"}, "a", {ints("pads", {1, 1, 1, 1})});
  file.node("Resize", {"a", "", "twice"}, "b",
            {text("mode", "nearest"), text("coordinate_transformation_mode", "asymmetric"),
             text("nearest_mode", "floor")});
  file.node("Resize", {"b", "", "", "size"}, "y",
            {text("mode", "linear"), text("coordinate_transformation_mode", "half_pixel")});
  const Graph graph = checked(file).graph;
  EXPECT_THAT(kinds(graph), ElementsAre("input", "conv", "resize", "resize"));
  EXPECT_EQ(graph.layer(2).shape, (TensorShape{8, 64, 64}));
  EXPECT_EQ(graph.layer(3).shape, (TensorShape{8, 48, 40}));
  OnnxFile rounded{kPicture};
  rounded.floats("third", {4}, {1, 1, 0.3F, 0.3F});
  rounded.node("Resize", {"x", "", "third"}, "y",
               {text("coordinate_transformation_mode", "asymmetric")});
  EXPECT_THAT([&] { imported(rounded); }, refuses_with("Resize with a factor of no whole size"));
}

TEST(OnnxAxes, MayBeInputs) {
  OnnxFile file{kPicture, 18};
  file.weight("w", {4, 3, 1, 1}).integers("hw", {-1, 2}).weight("fc", {4, 10});
  file.node("ReduceMean", {"x", "hw"}, "m").node("Conv", {"m", "w"}, "c");
  file.node("Squeeze", {"c", "hw"}, "s").node("MatMul", {"s", "fc"}, "f");
  file.node("Unsqueeze", {"f", "23"}, "u").integers("23", {2, 3});
  file.node("ReduceMean", {"u", "hw"}, "y", {integer("keepdims", 0)});
  const Graph graph = imported(file);
  EXPECT_THAT(kinds(graph), ElementsAre("input", "global_avg_pool", "conv", "flatten", "linear",
                                        "global_avg_pool", "flatten"));
  EXPECT_EQ(graph.parameters(), 12 + 40);
  OnnxFile old{kPicture, 11};
  old.node("Relu", {"x"}, "r").node("ReduceMean", {"r"}, "m", {ints("axes", {2, 3})});
  old.node("Squeeze", {"m"}, "y", {ints("axes", {2, 3})});
  EXPECT_THAT(kinds(checked(old).graph),
              ElementsAre("input", "relu", "global_avg_pool", "flatten"));
}

// What comes behind an unknown operation is looked at too; what only hangs on its sizes is no
// unknown more.
TEST(OnnxUnknown, AreAllCountedInOneError) {
  OnnxFile file{kPicture};
  file.integers("0", {}, {0}).integers("zero", {0}).integers("minus", {-1}).weight("fc", {10, 48});
  file.node("TopK", {"x"}, "a");
  file.node("MaxPool", {"a"}, "b", {ints("kernel_shape", {3, 3}), ints("dilations", {2, 2})});
  file.node("AveragePool", {"b"}, "c", {ints("kernel_shape", {2, 3}), integer("ceil_mode", 1)});
  file.node("Relu", {"c"}, "d").node("TopK", {"d"}, "e");
  file.node("Transpose", {"e"}, "f", {ints("perm", {0, 2, 1, 3})});
  file.node("Shape", {"f"}, "s")
      .node("Gather", {"s", "0"}, "n")
      .node("Unsqueeze", {"n", "zero"}, "u");
  file.node("Concat", {"u", "minus"}, "shape", {integer("axis", 0)})
      .node("Reshape", {"f", "shape"}, "r");
  file.node("Gemm", {"r", "fc"}, "g", {integer("transB", 1), integer("transA", 1)});
  file.node("My\x1b[31mOwn", {"g"}, "y");
  const TemporaryFolder folder;
  const fs::path path = file.save(folder);
  EXPECT_THAT([&] { import_onnx(path, std::nullopt, "n"); },
              ThrowsMessage<ConfigError>(
                  HasSubstr("operations that Papilio does not know:\n"
                            "  AveragePool with windows that hang over the edge (1 time)\n"
                            "  Gemm with a factor, or its input transposed (1 time)\n"
                            "  MaxPool with dilation (1 time)\n"
                            "  My␛[31mOwn (1 time)\n"
                            "  TopK (2 times)\nReplace them")));
}

TEST(OnnxFiles, AnInputOfAnyDimensionsIsTakenButForUnknownSizes) {
  OnnxFile file{{1, 10, 16}};
  file.node("Relu", {"x"}, "y");
  EXPECT_EQ(imported(file).layer(0).shape, (TensorShape{10, 16}));
  OnnxFile unknown{{1, 0, 16}};
  unknown.node("Relu", {"x"}, "y");
  EXPECT_THAT([&] { imported(unknown); },
              refuses_with("an input 'x' of 3 dimensions, not all of which have a size"));
}

// A file without an end, one of 3 GB of nothing, and 100 MB that would be 6 GB as messages.
TEST(OnnxFiles, AreReadWithinBounds) {
  const TemporaryFolder folder;
  fs::create_symlink("/dev/zero", folder.path() / "zero.onnx");
  EXPECT_THAT([&] { import_onnx(folder.path() / "zero.onnx", std::nullopt, "n"); },
              refuses_with("is no file that can be read"));
  const fs::path sparse = folder.write("sparse.onnx", "");
  fs::resize_file(sparse, 3'000'000'000);
  EXPECT_THAT([&] { import_onnx(sparse, std::nullopt, "n"); },
              refuses_with("is larger than 2 GiB"));
  fs::resize_file(sparse, 2'000'000'000);
  EXPECT_THAT([&] { import_onnx(sparse, std::nullopt, "n"); }, refuses_with("is no ONNX model"));
  // The graph (field 7) with empty nodes (field 1): two bytes each.
  constexpr std::size_t kNodes = 3'000'000;
  std::string graph;
  for (std::size_t i = 0; i < kNodes; ++i) graph += std::string{"\x0a\x00", 2};
  std::string size;
  for (std::size_t rest = graph.size(); rest > 0; rest >>= 7U) {
    size += static_cast<char>((rest & 0x7fU) | (rest > 0x7f ? 0x80U : 0U));
  }
  const fs::path nodes = folder.write("nodes.onnx", fmt::format("\x3a{}{}", size, graph));
  EXPECT_THAT([&] { import_onnx(nodes, std::nullopt, "n"); },
              refuses_with("describes more than fits in memory"));
}

// Of 50,000 layers that would be called alike, each has its name at once.
TEST(OnnxFiles, ManyLayersAreNamedInLineWithTheirNumber) {
  OnnxFile file{{1, 1, 1, 1}};
  std::string last = "x";
  constexpr int kLayers = 50'000;
  for (int i = 0; i < kLayers; ++i) {
    const std::string next = fmt::format("t{}", i);
    file.node("Relu", {last}, next);
    last = next;
  }
  const Graph graph = imported(file);
  EXPECT_EQ(graph.layers().back().name, "relu_50000");
}

// Bytes of small files that are changed, cut or repeated by chance.
TEST(OnnxFiles, DamagedOnesEndInAnErrorOrANetwork) {
  const TemporaryFolder folder;
  std::vector<std::string> files;
  for (const char* name : {"constant-weights", "regions", "three-unknowns", "two-outputs"}) {
    std::ifstream stream{stored(fmt::format("{}.onnx", name)), std::ios::binary};
    files.emplace_back(std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{});
  }
  std::mt19937 random{15};
  int imported = 0;
  int refused = 0;
  for (int i = 0; i < 600; ++i) {
    std::string bytes = files[static_cast<std::size_t>(i) % files.size()];
    // Mostly in the description, which is at the start or the end, not in the weights.
    for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
      const std::size_t near = random() % std::min<std::size_t>(bytes.size(), 600);
      const std::size_t at = random() % 2 == 0 ? near : bytes.size() - 1 - near;
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
      if (bytes.empty()) bytes.push_back(8);
    }
    const fs::path file = folder.write("damaged.onnx", bytes);
    try {
      imported += import_onnx(file, std::nullopt, "n").graph.layers().empty() ? 0 : 1;
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr("damaged.onnx: error: "));
      ++refused;
    }
  }
  EXPECT_EQ(imported + refused, 600);
  EXPECT_GT(imported, 10);
  EXPECT_GT(refused, 100);
}

// The reference structures of the ONNX project; parameters and MACs as an independent count of the
// files has them (Conv, Gemm, and two numbers a channel of each batch norm).
TEST(OnnxLight, GoInWithTheirCounts) {
  PAPILIO_NEEDS_DATA("networks/onnx-light");
  struct Known {
    const char* name;
    std::int64_t parameters;
    double gmacs;                 // to three digits
    const char* why_not_checked;  // the biases of the first two layers are in the file: 128 numbers
  };
  for (const Known& known :
       std::initializer_list<Known>{{"squeezenet", 1'235'496, 0.349, ""},
                                    {"resnet50", 25'557'032, 4.089, ""},
                                    {"densenet121", 7'978'856, 2.834, ""},
                                    {"inception_v2", 11'194'984, 2.019, ""},
                                    // As Caffe's GoogLeNet without its further outputs.
                                    {"inception_v1", 6'998'552, 1.432, ""},
                                    // As alexnet-2012; from 54x54, for it has no border.
                                    {"bvlc_alexnet", 60'965'224, 0.655,
                                     "its weights are not in it, but 60965224 times a number"},
                                    // 96*(49*3+1) + 256*(25*96+1) + 512*(9*256+1) + 2*512*(9*512+1)
                                    // + 4096*(36*512+1) + 1024*(4096+1) + 1000*(1024+1)
                                    {"zfnet512", 87'250'536, 1.482,
                                     "its weights are not in it, but 87250536 times a number"},
                                    {"vgg19", 143'667'240, 19.632,
                                     "its weights are not in it, but 143667112 times a number"}}) {
    const fs::path file = data_path(fmt::format("networks/onnx-light/light_{}.onnx", known.name));
    const OnnxNetwork network = import_onnx(file, std::nullopt, "n");
    EXPECT_EQ(network.graph.parameters(), known.parameters) << known.name;
    EXPECT_NEAR(static_cast<double>(network.graph.macs()) / 1e9, known.gmacs, 5e-4) << known.name;
    EXPECT_EQ(network.graph.layers().back().shape.elements(), 1000) << known.name;
    EXPECT_THAT(network.why_not_run, HasSubstr(known.why_not_checked)) << known.name;
  }
}

}  // namespace
}  // namespace papilio
