// Claim: a user's folder comes before the shipped one, and every mistake in a profile is told at
// its place.

#include "sim/base/data/library.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/data/provenance.hpp"
#include "sim/base/error.hpp"
#include "sim/profiles/device.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(ProfileLibrary, ListsAndFindsByKind) {
  const ProfileLibrary library{{shipped_profiles()}};
  EXPECT_EQ(library.names("radios"), (std::vector<std::string>{"3g", "4g", "wifi"}));
  EXPECT_THAT(library.names("layers"), Contains("jetson-tx2/resnet50-paper"));
  EXPECT_THAT(library.names("published"), Contains("butterfly-2019"));
  EXPECT_TRUE(library.find("radios", "5g").empty());
  // Names are looked up, never made into paths.
  for (const char* name : {"", "./3g", "../devices/jetson-tx2", "/etc/passwd"}) {
    EXPECT_TRUE(library.find("radios", name).empty()) << name;
  }
  EXPECT_TRUE(library.find("radios", std::string(300, 'a')).empty());
  EXPECT_THAT([&] { (void)library.path_by_name("radios", "wiffi"); },
              ThrowsMessage<ConfigError>(HasSubstr("unknown radio 'wiffi'; did you mean 'wifi'?")));
}

TEST(ProfileLibrary, TheFirstFolderWins) {
  const testing::TemporaryFolder mine;
  const auto file = mine.write("radios/wifi.yaml", "title: mine\n");
  const ProfileLibrary library{{mine.path(), shipped_profiles()}};
  EXPECT_EQ(library.find("radios", "wifi"), file);
  EXPECT_EQ(library.names("radios").size(), 3U);
}

// The working folder's come last, and a folder stands there once, by whatever path it is named.
TEST(ProfileLibrary, TheWorkingFoldersProfilesComeLast) {
  const testing::TemporaryFolder mine;
  const testing::TemporaryFolder work;
  const std::filesystem::path before = std::filesystem::current_path();
  mine.write("radios/home.yaml", "");
  std::filesystem::current_path(work.path());
  EXPECT_EQ(profile_folders({mine.path()}),
            (std::vector<std::filesystem::path>{mine.path(), shipped_profiles()}));
  work.write("results/profiles/radios/wifi.yaml", "");
  const std::filesystem::path working = std::filesystem::absolute("results/profiles");
  const auto folders = profile_folders({mine.path()});
  EXPECT_EQ(folders,
            (std::vector<std::filesystem::path>{mine.path(), shipped_profiles(), working}));
  EXPECT_EQ(lasting_folders(folders, 1, {"4g"}), (std::vector<std::filesystem::path>{mine.path()}));
  EXPECT_EQ(lasting_folders(folders, 1, {"wifi"}), folders);
  EXPECT_EQ(profile_folders({"results/profiles"}),
            (std::vector<std::filesystem::path>{"results/profiles", shipped_profiles()}));
  EXPECT_EQ(shadowed_profiles(folders, {"wifi"}).size(), 1U);
  EXPECT_EQ(shadowed_profiles(folders, {"4g"}).size(), 0U);
  EXPECT_EQ(shadowed_profiles(profile_folders({"results/profiles"}), {"wifi"}).size(), 0U);
  std::filesystem::current_path(before);
}

TEST(ProfileLibrary, RefusesFoldersWithoutProfiles) {
  const testing::TemporaryFolder empty;
  EXPECT_THAT([&] { ProfileLibrary{{empty.path()}}; },
              ThrowsMessage<ConfigError>(HasSubstr("holds no profiles")));
  EXPECT_THAT([&] { ProfileLibrary{{empty.path() / "x"}}; },
              ThrowsMessage<ConfigError>(HasSubstr("not a folder of profiles")));
}

// What 'papilio profile' writes of a picture's codecs, and what scenarios find by its path, is
// enough.
TEST(ProfileLibrary, TakesFoldersThatHoldOneKindOnly) {
  for (const char* file :
       {"devices/d.yaml", "radios/r.yaml", "layers/d/m.yaml", "models/m.yaml", "published/p/t.csv",
        "measurements/d/m/payloads.csv", "traces/walk.csv"}) {
    const testing::TemporaryFolder mine;
    mine.write(file, "");
    EXPECT_EQ(ProfileLibrary::problem_with(mine.path()), "") << file;
  }
}

TEST(Provenance, AnUnknownSourceIsAnErrorAtItsPlace) {
  const testing::TemporaryFolder mine;
  mine.write("devices/d.yaml",
             "title: D\ngpu: {value: G, kind: published, source: butterfly-2018, at: p. 1}\n");
  const ProfileLibrary library{{mine.path(), shipped_profiles()}};
  const Bibliography bibliography{library};
  EXPECT_THAT([&] { load_device(library, bibliography, "d"); },
              ThrowsMessage<ConfigError>(
                  HasSubstr("d.yaml:2:42: error: gpu.source: source 'butterfly-2018' is not in any "
                            "sources.yaml; did you mean 'butterfly-2019'?")));
}

TEST(Provenance, NoConstantGoesWithoutASource) {
  const testing::TemporaryFolder mine;
  mine.write("devices/d.yaml", "title: D\ngpu: {value: G, kind: published}\n");
  const ProfileLibrary library{{mine.path(), shipped_profiles()}};
  const Bibliography bibliography{library};
  EXPECT_THAT([&] { load_device(library, bibliography, "d"); },
              ThrowsMessage<ConfigError>(HasSubstr("gpu: missing required key 'source'")));
}

TEST(Provenance, WhatIsAssumedNeedsNoSourceAndIsCalledSo) {
  const testing::TemporaryFolder mine;
  mine.write("devices/d.yaml",
             "title: D\ngpu: {value: G, kind: assumed}\n"
             "software: {value: S, kind: assumed, at: my guess}\n");
  const ProfileLibrary library{{mine.path(), shipped_profiles()}};
  const auto device = load_device(library, Bibliography{library}, "d");
  ASSERT_EQ(device.constants.size(), 2U);
  EXPECT_EQ(to_string(device.constants[0].second.provenance), "assumed");
  EXPECT_EQ(to_string(device.constants[1].second.provenance), "assumed: my guess");
}

TEST(Provenance, TotalsOfADeviceAreCheckedAtTheirPlace) {
  const testing::TemporaryFolder mine;
  const auto error = [&](const std::string& keys) {
    mine.write("devices/d.yaml", "title: D\ntotals:\n  - {model: alexnet, latency_s: 0.1, " + keys);
    const ProfileLibrary library{{mine.path(), shipped_profiles()}};
    try {
      load_device(library, Bibliography{library}, "d");
    } catch (const ConfigError& refused) {
      return std::string{refused.what()};
    }
    return std::string{};
  };
  EXPECT_EQ(error("kind: assumed, parts: [{to: pool1, latency_s: 0.04}]}\n"), "");
  EXPECT_THAT(error("kind: published, source: nobody-1999}\n"),
              HasSubstr("totals.0.source: source 'nobody-1999' is not in any sources.yaml"));
  EXPECT_THAT(error("kind: assumed, parts: [{to: pool1, latency_s: 0.1}]}\n"),
              HasSubstr("d.yaml:3:5: error: totals.0: the parts leave nothing of the whole"));
  EXPECT_THAT(error("kind: assumed, energy_j: 1, parts: [{to: pool1, latency_s: 0.04}]}\n"),
              HasSubstr("the part up to 'pool1' and the whole have energies, or neither"));
}

TEST(Provenance, EveryShippedDeviceLoads) {
  const ProfileLibrary library{{shipped_profiles()}};
  const Bibliography bibliography{library};
  for (const std::string& name : library.names("devices")) {
    EXPECT_FALSE(load_device(library, bibliography, name).constants.empty()) << name;
  }
}

}  // namespace
}  // namespace papilio
