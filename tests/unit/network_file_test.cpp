// Claims: a network written to a file and read back is the same network; what is malformed, or
// does not fit together, is told with its place.

#include "models/networks/network_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/zoo/zoo.hpp"
#include "sim/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

TEST(NetworkFile, HoldsEveryNetworkOfTheZoo) {
  const TemporaryFolder folder;
  for (const ZooEntry& entry : zoo_entries()) {
    const Graph graph = entry.build();
    const Graph read =
        load_graph(folder.write("models/" + entry.name + ".yaml", graph_file(graph)).string());
    EXPECT_EQ(read.name(), graph.name());
    EXPECT_EQ(read.title(), graph.title());
    ASSERT_EQ(read.layers().size(), graph.layers().size());
    for (LayerId id = 0; id < graph.layers().size(); ++id) {
      const Layer& a = graph.layer(id);
      const Layer& b = read.layer(id);
      EXPECT_EQ(b.name, a.name);
      EXPECT_EQ(b.block, a.block) << a.name;
      EXPECT_EQ(b.inputs, a.inputs) << a.name;
      EXPECT_EQ(b.shape, a.shape) << a.name;
      EXPECT_EQ(b.macs, a.macs) << a.name;
      EXPECT_EQ(b.parameters, a.parameters) << a.name;
      EXPECT_EQ(read.ends_block(id), graph.ends_block(id)) << a.name;
    }
  }
}

TEST(NetworkFile, IsFoundInALibraryBehindTheZoo) {
  const TemporaryFolder folder;
  folder.write("models/mine.yaml",
               "title: mine\nlayers:\n  - {op: input, name: x, channels: 1, height: 2, width: 2}\n"
               "  - {op: flatten, name: f}\n  - {op: linear, name: l, out_features: 3}\n");
  const ProfileLibrary library{{folder.path()}};
  EXPECT_EQ(find_network(library, "mine")->parameters(), 4 * 3 + 3);
  EXPECT_EQ(find_network(library, "resnet50")->name(), "resnet50");
  EXPECT_FALSE(find_network(library, "yours").has_value());
  EXPECT_THAT(network_names(library), Contains("mine"));
  EXPECT_THAT(network_names(library), Contains("vgg16"));
}

TEST(NetworkFile, TellsWhatDoesNotFit) {
  const TemporaryFolder folder;
  const auto expect = [&](const std::string& layers, const std::string& message) {
    const std::string head =
        "title: t\nlayers:\n  - {op: input, name: x, channels: 2, height: 4, width: 4}\n";
    const std::string file = folder.write("n.yaml", head + layers).string();
    EXPECT_THAT([&] { load_graph(file); }, ThrowsMessage<ConfigError>(HasSubstr(message)));
  };
  expect("  - {op: relo, name: r}\n", "n.yaml:4:10: error: layers.1.op: ");
  expect("  - {op: conv, name: c, kernel: 1}\n", "out_channels");
  expect("  - {op: conv, name: c, out_channels: 2, kernel: 9}\n",
         "n.yaml:4:5: error: layers.1: c: the kernel is larger than its padded input");
  expect("  - {op: add, name: a, inputs: [x, y]}\n", "there is no layer 'y' before it");
  expect("  - {op: relu, name: x}\n", "x: the name is taken");
  expect("  - {op: relu, name: r, end_of: other}\n", "the layer belongs to the block 'stem'");
}

}  // namespace
}  // namespace papilio
