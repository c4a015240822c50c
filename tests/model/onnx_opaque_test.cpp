// Claims: what hangs on a detector's operation in an ONNX file becomes one opaque layer up to the
// output, with the tensors that it reads, the weights that nothing else has, and the products whose
// sizes the file states; it needs a stated output, and is asked for where other operations are
// unknown; what it reads stays as it is, and nothing computes it; hostile files are refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/import/check.hpp"
#include "models/import/import.hpp"
#include "models/import/onnx.hpp"
#include "models/import/onnx_constants.hpp"
#include "models/networks/network_file.hpp"
#include "models/tensor/network.hpp"
#include "models/tensor/runtime.hpp"
#include "sim/base/error.hpp"
#include "tests/support/onnx_file.hpp"
#include "tests/support/onnx_networks.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::integer;
using testing::ints;
using testing::kinds;
using ::testing::Not;
using testing::OnnxFile;
using testing::read_file;
using testing::refuses_with;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

using Change = std::function<void(onnx::GraphProto&)>;

/// regions.onnx, of tests/support/make_onnx_opaque.py, with a change.
OnnxNetwork regions(const Change& change, const OpaqueRequest& request = {},
                    const std::optional<TensorShape>& input = {}) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(
      read_file(fs::path{PAPILIO_SOURCE_DIR} / "tests/support/networks/regions.onnx")));
  change(*model.mutable_graph());
  const TemporaryFolder folder;
  return import_onnx(folder.write("n.onnx", model.SerializeAsString()), input, "n", request);
}
void nothing(onnx::GraphProto& /*graph*/) {}

/// Says that the file does not state how many boxes it gives.
void any_boxes(onnx::GraphProto& graph) {
  graph.mutable_output(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(0)
      ->set_dim_param("boxes");
}

const Layer& opaque_of(const Graph& graph) {
  return graph.layer(graph.opaque_layers().at(0));
}

std::vector<std::string> operands_of(const Graph& graph, const Layer& layer) {
  std::vector<std::string> names;
  names.reserve(layer.inputs.size());
  for (const LayerId id : layer.inputs) {
    names.push_back(std::string{kind_name(graph.layer(id).op)} + " " + text(graph.layer(id).shape));
  }
  return names;
}

/// A file whose output has these sizes; none: it states nothing.
OnnxNetwork with_output(const OnnxFile& file, const OnnxFile::Dims& sizes,
                        const OpaqueRequest& request = {}) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(file.bytes()));
  auto& type = *model.mutable_graph()->mutable_output(0)->mutable_type()->mutable_tensor_type();
  for (const std::int64_t size : sizes) type.mutable_shape()->add_dim()->set_dim_value(size);
  const TemporaryFolder folder;
  return import_onnx(folder.write("n.onnx", model.SerializeAsString()), std::nullopt, "n", request);
}

// Features 3·9·8 + 8, score 8 + 1, box 8·4 + 4; of eight places of 3 × 3 five classes, 72·5 + 5,
// which the opaque layer alone has, and no threshold. Other sizes of a tensor are no layer. Of
// Gather, Gather, Shape, ConstantOfShape, Flatten, Gemm and Concat there are seven beside
// suppression and alignment.
TEST(OnnxOpaque, ADetectorsEndIsOneLayer) {
  const OnnxNetwork network = regions(nothing);
  const Graph& graph = network.graph;
  EXPECT_THAT(kinds(graph),
              ElementsAre("input", "conv", "relu", "conv", "conv", "transpose", "opaque"));
  const Layer& opaque = opaque_of(graph);
  EXPECT_EQ(opaque.shape, (TensorShape{10, 9})) << "as the file states";
  EXPECT_EQ(std::get<OpaqueOp>(opaque.op).what,
            "NonMaxSuppression, RoiAlign and 7 other operations");
  EXPECT_THAT(operands_of(graph, opaque),
              ::testing::UnorderedElementsAre("transpose 32×32×4", "conv 1×32×32", "relu 8×32×32"));
  EXPECT_EQ(graph.parameters(), 224 + 9 + 36 + 365);
  EXPECT_EQ(opaque.parameters, 365);
  EXPECT_THAT(graph.notes(), Contains(HasSubstr("Opaque: '" + opaque.name)));
  EXPECT_EQ(graph_file(parse_graph(graph_file(graph), "n", "n")), graph_file(graph));
}

// 10 · 72 · 5 where the file states that Gemm gives 10 × 5.
TEST(OnnxOpaque, ProductsCountWhereTheirSizesAreStated) {
  const Graph unknown = regions(nothing).graph;
  EXPECT_EQ(opaque_of(unknown).macs, 0);
  EXPECT_THAT(unknown.notes(),
              Contains(AllOf(HasSubstr("does not say how much they read: Gemm"),
                             HasSubstr("360 weights, each of which is a MAC for every row"))));
  const Graph stated = regions([](onnx::GraphProto& graph) {
                         onnx::ValueInfoProto& classes = *graph.add_value_info();
                         classes.set_name("classes");
                         auto& shape =
                             *classes.mutable_type()->mutable_tensor_type()->mutable_shape();
                         for (const std::int64_t size : {10, 5})
                           shape.add_dim()->set_dim_value(size);
                       }).graph;
  EXPECT_EQ(opaque_of(stated).macs, 3600);
  EXPECT_THAT(stated.notes(), Not(Contains(HasSubstr("does not say how much"))));
}

TEST(OnnxOpaque, NeedsAStatedOutput) {
  EXPECT_THAT([] { regions(any_boxes); }, refuses_with("  NonMaxSuppression (1 time)\n"));
  EXPECT_THAT([] { regions(any_boxes); },
              refuses_with("or say --opaque-output 300x6, with the sizes of its output"));
  const auto said = [](const TensorShape& shape) { return OpaqueRequest{.output = shape}; };
  EXPECT_EQ(opaque_of(regions(any_boxes, said({7, 9})).graph).shape, (TensorShape{7, 9}));
  EXPECT_THAT(
      [&] {
        regions(any_boxes, said({7, 8}));
      },
      refuses_with("has an output that it states to be ?×9, which --opaque-output 7×8 does "
                   "not hold"));
  EXPECT_THAT([&] { regions(nothing, said({9, 9})); }, refuses_with("to be 10×9"));
  EXPECT_EQ(opaque_of(regions(nothing, said({12, 9})).graph).shape, (TensorShape{12, 9}));
  // What it states is of pictures of its own size.
  EXPECT_THAT(
      [] {
        regions(nothing, {}, TensorShape{3, 64, 64});
      },
      refuses_with("or say --opaque-output"));
}

TEST(OnnxOpaque, OtherOperationsAreAskedFor) {
  OnnxFile file{{1, 4, 6, 6}};
  file.node("Relu", {"x"}, "r").node("Own", {"r"}, "o").node("Relu", {"o"}, "y");
  EXPECT_THAT(
      [&] {
        with_output(file, {1, 4, 6, 6});
      },
      refuses_with("  Own (1 time)\nReplace them in the model before it is saved, or add "
                   "them to models/graph (CONTRIBUTING.md); or say --opaque: what hangs"));
  EXPECT_THAT([&] { with_output(file, {}); },
              refuses_with("or say --opaque and --opaque-output 300x6"));
  const Graph graph = with_output(file, {1, 4, 6, 6}, {.any = true}).graph;
  EXPECT_THAT(kinds(graph), ElementsAre("input", "relu", "opaque"));
  EXPECT_EQ(opaque_of(graph).shape, (TensorShape{4, 6, 6})) << "without the batch";
  EXPECT_EQ(std::get<OpaqueOp>(opaque_of(graph).op).what, "Own and 1 other operation");
}

// Else the convolution would take in what is added to it, and TopK read the sum.
TEST(OnnxOpaque, WhatItReadsStaysAsItIs) {
  OnnxFile file{{1, 3, 6, 6}};
  file.weight("w", {4, 3, 1, 1}).weight("offsets", {1, 4, 1, 1}).integers("k", {5});
  file.node("Conv", {"x", "w"}, "c").node("TopK", {"c", "k"}, "best", {integer("axis", 3)});
  file.node("Add", {"c", "offsets"}, "d");
  file.node("Concat", {"best", "d"}, "y", {integer("axis", 3)});
  const Graph graph = with_output(file, {1, 4, 6, 11}).graph;
  EXPECT_THAT(operands_of(graph, opaque_of(graph)), ElementsAre("conv 4×6×6", "batch_norm 4×6×6"));
}

// Likewise where a branch reads it.
TEST(OnnxOpaque, BranchesReadTheirSurroundings) {
  OnnxFile file{{1, 3, 6, 6}};
  file.weight("w", {4, 3, 1, 1}).weight("offsets", {1, 4, 1, 1}).weight("inner", {6, 2});
  const auto branch = [](const std::string& name) {
    return [=](onnx::NodeProto& node) {
      onnx::AttributeProto& attribute = *node.add_attribute();
      attribute.set_name(name);
      attribute.set_type(onnx::AttributeProto::GRAPH);
      onnx::NodeProto& product = *attribute.mutable_g()->add_node();
      product.set_op_type("MatMul");
      product.add_input("c");
      product.add_input("inner");
      product.add_output(name);
      attribute.mutable_g()->add_output()->set_name(name);
    };
  };
  file.node("Conv", {"x", "w"}, "c").node("ReduceMax", {"x"}, "m", {integer("keepdims", 0)});
  file.node("Add", {"c", "offsets"}, "d").node("Relu", {"d"}, "e");
  file.node("If", {"m"}, "i", {branch("then_branch"), branch("else_branch")});
  file.node("Concat", {"i", "e"}, "y", {integer("axis", 3)});
  const Graph graph = with_output(file, {1, 4, 6, 8}, {.any = true}).graph;
  EXPECT_THAT(operands_of(graph, opaque_of(graph)),
              ElementsAre("greatest 1", "conv 4×6×6", "relu 4×6×6"));
  EXPECT_EQ(opaque_of(graph).parameters, 12) << "in two branches, once";
  EXPECT_EQ(opaque_of(graph).macs, 0);
  EXPECT_THAT(graph.notes(), Contains(HasSubstr("MatMul (2 times)")));
}

TEST(OnnxOpaque, IsNotComputedAndWhatItReadsIsChecked) {
  start_tensor_runtime("cpu", 1);
  const OnnxNetwork network = regions(nothing);
  const ImportCheck check = check_onnx("n.onnx", network);
  EXPECT_EQ(check.by, "OpenCV's dnn") << check.why_not;
  EXPECT_EQ(check.of, "what its opaque layer reads");
  OnnxNetwork other = network;
  other.weights.at("box.weight").values.front() += 1;
  EXPECT_THAT([&] { check_onnx("n.onnx", other); },
              ThrowsMessage<ConfigError>(HasSubstr("a random input the layer '")));
  Network computes{network.graph};
  computes.load(network.weights, "n");
  EXPECT_THAT(
      [&] {
        return computes.forward(at::zeros({1, 3, 32, 32}));
      },
      ThrowsMessage<ConfigError>(HasSubstr("is opaque, and nothing here computes it")));
}

// As detectors that norm their picture without a batch, which OpenCV does not run.
TEST(OnnxOpaque, LayersWithWeightsAreCheckedWhereTheRestIsNotRun) {
  start_tensor_runtime("cpu", 1);
  OnnxFile file{{1, 3, 6, 6}};
  file.weight("w", {4, 3, 1, 1}).weight("v", {5, 4, 1, 1}).integers("k", {5});
  file.node("Sigmoid", {"x"}, "s").node("Conv", {"s", "w"}, "c").node("Relu", {"c"}, "r");
  file.node("Conv", {"r", "v"}, "d").node("Exp", {"d"}, "e");
  file.node("TopK", {"e", "k"}, "best", {integer("axis", 3)}).node("Relu", {"best"}, "y");
  OnnxNetwork network = with_output(file, {1, 5, 6, 5});
  ASSERT_EQ(network.weighted.made.size(), 1);
  EXPECT_EQ(network.weighted.made.front().tensor, "d");
  EXPECT_EQ(network.weighted.begin.value().tensor, "s");
  network.whole.model = "none";
  const ImportCheck check = check_onnx("n.onnx", network);
  EXPECT_EQ(check.by, "OpenCV's dnn") << check.why_not;
  EXPECT_EQ(check.of, "what its last layers with weights make of what the first of them reads");
  network.weights.begin()->second.values.front() += 1;
  EXPECT_THAT([&] { check_onnx("n.onnx", network); },
              ThrowsMessage<ConfigError>(HasSubstr("a random input the layer '")));
  // A second way in: nothing between them is all that is read.
  file.weight("u", {5, 3, 1, 1})
      .node("Conv", {"x", "u"}, "f")
      .node("Concat", {"f", "y"}, "z", {integer("axis", 3)});
  EXPECT_THAT(with_output(file, {1, 5, 6, 11}).weighted.made, ::testing::IsEmpty());
}

/// A Loop in a Loop, so deep, around non-maximum suppression of a tensor from outside.
void nested(onnx::NodeProto& node, int depth) {
  onnx::NodeProto* at = &node;
  for (int i = 0; i < depth; ++i) {
    onnx::AttributeProto& body = *at->add_attribute();
    body.set_name("body");
    body.set_type(onnx::AttributeProto::GRAPH);
    at = body.mutable_g()->add_node();
    at->set_op_type(i + 1 < depth ? "Loop" : "NonMaxSuppression");
    at->add_input("r");
    at->add_output("inner");
    body.mutable_g()->add_output()->set_name("inner");
  }
}

TEST(OnnxOpaque, HostileFilesAreRefused) {
  OnnxFile deep{{1, 4, 6, 6}};
  deep.node("Relu", {"x"}, "r").node("Loop", {"r"}, "y", {[](auto& node) { nested(node, 30); }});
  EXPECT_EQ(std::get<OpaqueOp>(opaque_of(with_output(deep, {1, 5}).graph).op).what,
            "NonMaxSuppression, Loop");
  EXPECT_THAT(
      [&] {
        with_output(deep, {1000, 1'000'000});
      },
      refuses_with("has an opaque part with an output of 1000×1000000, where one has at "
                   "most 268435456 numbers"));
  EXPECT_THAT(
      [&] {
        with_output(deep, {1LL << 62, 1LL << 62});
      },
      refuses_with("larger than can be counted"));
  EXPECT_THAT(
      [&] {
        with_output(deep, {1, 1, 1, 1, 1, 1, 1, 1, 1, 5});
      },
      refuses_with("an output of 9 axes"));
  OnnxFile round{{1, 4, 6, 6}};
  round.node("NonZero", {"x"}, "a").node("Concat", {"a", "y"}, "y", {integer("axis", 0)});
  EXPECT_THAT([&] { with_output(round, {5}); }, refuses_with("'y' that is made of itself"));
  OnnxFile behind{{1, 4, 6, 6}};
  behind.node("NonZero", {"x"}, "a").node("Concat", {"a", "c"}, "b").node("Relu", {"b"}, "c");
  behind.node("Identity", {"b"}, "y");
  EXPECT_THAT([&] { with_output(behind, {5}); },
              refuses_with("a tensor 'c' that nothing makes before Concat reads it"));
  OnnxFile several{{3, 4, 6, 6}};
  several.node("NonZero", {"x"}, "y");
  EXPECT_THAT(
      [&] {
        with_output(several, {4, 5});
      },
      refuses_with("or export it with one picture, not 3"));
}

// 2^53 + 1 is no double, and 2^24 + 1 no float.
TEST(OnnxConstants, HaveWholeNumbersToTheLastDigit) {
  onnx::TensorProto tensor;
  tensor.set_data_type(onnx::TensorProto::INT64);
  tensor.add_dims(2);
  for (const auto number : {std::int64_t{9007199254740993}, std::int64_t{16777217}}) {
    tensor.add_int64_data(number);
  }
  const OnnxConstant constant{
      .name = "c", .dims = {2}, .type = onnx::TensorProto::INT64, .data = &tensor};
  EXPECT_THAT(integers_of(constant), ElementsAre(9007199254740993, 16777217));
}

}  // namespace
}  // namespace papilio
