// Claims: refusals are told a hundred times and counted always; keys are refused where they would
// not be used; addresses have host and port; a server listens for others only encrypted and where
// it can tell who may ask.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/live/keys.hpp"
#include "models/live/refusals.hpp"
#include "sim/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

TEST(LiveRefusals, AreToldAHundredTimesAndCountedAlways) {
  std::vector<std::string> lines;
  Refusals refusals{[&](const std::string& line) { lines.push_back(line); }};
  for (int i = 0; i < 150; ++i) refusals.note(Refusal::kBusy, "somebody", "a\nb");
  ASSERT_EQ(lines.size(), 101U);
  EXPECT_EQ(lines.front(), "refused somebody: queue full: a b");
  EXPECT_EQ(lines.back(), "100 refusals told; from now on they are counted alone");
  EXPECT_EQ(refusals.counts()[static_cast<std::size_t>(Refusal::kBusy)], 150U);
}

TEST(LiveKeys, AreRefusedWhereTheyWouldNotBeUsed) {
  const testing::TemporaryFolder folder;
  const std::string file = folder.write("some.pem", "some").string();
  EXPECT_THROW(read_keys(LiveSide::kServer, {.certificate = file}), ConfigError);
  EXPECT_THROW(read_keys(LiveSide::kServer, {.authority = file}), ConfigError);
  EXPECT_THROW(read_keys(LiveSide::kMobile, {.certificate = file, .key = file}), ConfigError);
  EXPECT_EQ(read_keys(LiveSide::kMobile, {.authority = file}).authority, "some");
  const std::string token = folder.write("token", "0123456789abcdef\n").string();
  EXPECT_EQ(read_keys(LiveSide::kServer, {.token = token}).token, "0123456789abcdef");
  EXPECT_THROW(read_keys(LiveSide::kServer, {.token = file}), ConfigError) << "too short";
}

TEST(LiveKeys, AddressesHaveHostAndPort) {
  EXPECT_NO_THROW(check_address("serve", "listen", "127.0.0.1:0"));
  EXPECT_NO_THROW(check_address("serve", "listen", "[::1]:65535"));
  for (const char* wrong : {"127.0.0.1", ":5050", "host:", "host:65536", "host:5x", "host:-1"}) {
    EXPECT_THROW(check_address("serve", "listen", wrong), ConfigError) << wrong;
  }
}

TEST(LiveKeys, ListeningForOthersTakesACertificateAndAWayToKnowThem) {
  EXPECT_TRUE(is_loopback("127.0.0.1:0"));
  EXPECT_TRUE(is_loopback("[::1]:80"));
  EXPECT_FALSE(is_loopback("127.example.org:80"));
  EXPECT_FALSE(is_loopback("0.0.0.0:80"));
  EXPECT_THROW(check_listening("0.0.0.0:80", {}), ConfigError);
  EXPECT_THROW(check_listening("0.0.0.0:80", {.certificate = "c", .key = "k"}), ConfigError);
  EXPECT_THROW(check_listening("0.0.0.0:80", {.token = "t"}), ConfigError);
  EXPECT_NO_THROW(check_listening("0.0.0.0:80", {.certificate = "c", .key = "k", .token = "t"}));
  EXPECT_THROW(check_sending("10.0.0.1:80", {.token = "t"}), ConfigError);
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "abcd"));
}

}  // namespace
}  // namespace papilio
