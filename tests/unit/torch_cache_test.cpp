// Claims: PyTorch's cache is looked for where torch.hub does; a network's file is found by
// torchvision's names, and where there is none, or several, the error says what to do.

#include "models/networks/torch_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "sim/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

TEST(TorchCache, LiesWhereTorchHubLooks) {
  ::setenv("HOME", "/home/me", 1);
  ::unsetenv("TORCH_HOME");
  ::unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(torch_checkpoints(), "/home/me/.cache/torch/hub/checkpoints");
  ::setenv("XDG_CACHE_HOME", "/cache", 1);
  EXPECT_EQ(torch_checkpoints(), "/cache/torch/hub/checkpoints");
  ::setenv("TORCH_HOME", "/torch", 1);
  EXPECT_EQ(torch_checkpoints(), "/torch/hub/checkpoints");
}

TEST(TorchCache, HashesAreThoseOfTorchHub) {
  EXPECT_EQ(hash_in_name("a/resnet50-0676ba61.pth"), "0676ba61");
  EXPECT_EQ(hash_in_name("mnasnet1.0_top1_73.512-f206786ef8.pth"), "f206786ef8");
  EXPECT_EQ(hash_in_name("resnet50.pth"), "");
  EXPECT_EQ(hash_in_name("my-resnet50.pth"), "");
  EXPECT_EQ(hash_in_name("resnet-50.pth"), "") << "a number is no hash";
}

TEST(TorchCache, FindsANetworkByTorchvisionsNames) {
  const TemporaryFolder cache;
  for (const char* file : {"resnet50-0676ba61.pth", "resnet101-63fe2227.pth",
                           "alexnet-owt-7be5be79.pth", "mnasnet1.0_top1_73.512-f206786ef8.pth",
                           "efficientnet_b0_rwightman-7f5810bc.pth", "resnet34-b627a593.txt"}) {
    cache.write(file, "");
  }
  const auto name = [&](const char* model) {
    return torch_weights_of(model, cache.path()).filename().string();
  };
  EXPECT_EQ(name("resnet50"), "resnet50-0676ba61.pth");
  EXPECT_EQ(name("alexnet"), "alexnet-owt-7be5be79.pth");
  EXPECT_EQ(name("mnasnet1_0"), "mnasnet1.0_top1_73.512-f206786ef8.pth");
  EXPECT_EQ(name("efficientnet_b0"), "efficientnet_b0_rwightman-7f5810bc.pth");
  EXPECT_THAT([&] { name("resnet34"); },
              ThrowsMessage<ConfigError>(
                  AllOf(HasSubstr("no weights of 'resnet34' in " + cache.path().string()),
                        HasSubstr("m.resnet34(weights='DEFAULT')"), HasSubstr("--weights FILE"))));
  EXPECT_THAT([&] { name("nin"); },
              ThrowsMessage<ConfigError>(Not(HasSubstr("torchvision downloads"))));
  cache.write("resnet50-11ad3fa6.pth", "");
  EXPECT_THAT([&] { name("resnet50"); },
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("several trainings of 'resnet50'"),
                                               HasSubstr("resnet50-0676ba61.pth, "),
                                               HasSubstr("resnet50-11ad3fa6.pth"))));
}

TEST(TorchCache, IsNoneWhereThereIsNoFolder) {
  EXPECT_TRUE(torch_weights("/nowhere").empty());
}

}  // namespace
}  // namespace papilio
