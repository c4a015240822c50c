// Claims: a crossing has the samples of exactly its rows, in an order that is not the file's; empty
// times are 0; means are over the pictures; what is malformed is told with its line.

#include "sim/profiles/measured_payloads.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/zoo/zoo.hpp"
#include "sim/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr const char* kPayloadHeader =
    "image,cut,channels,bits,codec,body_bytes,frame_bytes,encode_s,decode_s\n";

class Payloads : public ::testing::Test {
 protected:
  MeasuredPayloads read(const std::string& rows) {
    return {folder_.write("p.csv", kPayloadHeader + rows).string(), *find_model("resnet50-paper")};
  }
  void fails(const std::string& rows, const std::string& message) {
    EXPECT_THAT([&] { read(rows); }, ThrowsMessage<ConfigError>(HasSubstr(message)));
  }
  testing::TemporaryFolder folder_;
};

TEST_F(Payloads, AreSamplesByPicture) {
  const MeasuredPayloads table = read(
      "b,RB1,1,8,zstd,100,32,0.001,0.002\n"
      "a,RB1,1,8,zstd,201,32,0.003,\n"
      "a,input,0,8,png,90000,0,,\n"
      "c,RB1,1,8,raw,3136,30,,\n");
  EXPECT_THAT(table.images(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(table.in_order(), ElementsAre(1, 0, 2)) << "as the rows name them first";
  const auto* samples = table.find({.cut = "RB1", .channels = 1, .codec = "zstd"});
  ASSERT_NE(samples, nullptr);
  ASSERT_EQ(samples->size(), 2U);
  EXPECT_EQ(samples->at(0).image, 0U);
  EXPECT_EQ(samples->at(0).body_bytes, 201);
  EXPECT_EQ(samples->at(0).decode_s, 0) << "not measured";
  EXPECT_EQ(samples->at(1).image, 1U);
  EXPECT_EQ(samples->at(1).decode_s, 0.002);
  EXPECT_NE(table.find({.codec = "png"}), nullptr);
  EXPECT_EQ(table.find({.cut = "RB1", .channels = 2, .codec = "zstd"}), nullptr);
  EXPECT_EQ(table.find({.cut = "RB1", .codec = "zstd"}), nullptr);

  const MeasuredPayloads::Mean body = MeasuredPayloads::mean(*samples, false);
  EXPECT_DOUBLE_EQ(body.bytes, 150.5);
  EXPECT_DOUBLE_EQ(body.encode_s, 0.002);
  EXPECT_DOUBLE_EQ(body.decode_s, 0.001);
  EXPECT_DOUBLE_EQ(MeasuredPayloads::mean(*samples, true).bytes, 182.5);
}

TEST_F(Payloads, TellWhatIsMalformed) {
  fails(",RB1,1,8,raw,1,0,,\n", "p.csv:2: error: image: expected the name of a picture, got ''");
  fails("a,RB99,1,8,raw,1,0,,\n", "cut: expected a cut of 'resnet50-paper', got 'RB99'");
  fails("a,input,0,,raw,1,0,,\n", "bits: expected a number, got ''");
  fails("a,input,1,8,raw,1,0,,\n", "channels: expected a whole number of 0 to 0, got '1'");
  fails("a,RB1,1,8,raw,0,0,,\n", "body_bytes: expected a whole number of 1 to");
  fails("a,RB1,1,8,raw,1.5,0,,\n", "body_bytes: expected a whole number of 1 to");
  fails("a,RB1,1,8,raw,1,-1,,\n", "frame_bytes: expected a whole number of 0 to");
  fails("a,RB1,1,8,raw,1,0,-1,\n", "encode_s: expected a number of 0 to 1e+06, got '-1'");
  fails("a,RB1,1,8,raw,1,0,,x\n", "decode_s: expected a number, got 'x'");
  fails("a,RB1,1,8,raw,1,0,,\nb,RB1,1,8,raw,1,0,,\na,RB1,1,8,raw,2,0,,\n",
        "p.csv:4: error: image: expected one row a picture of cut RB1, channels 1, bits 8, codec "
        "raw, got 'a'");
}

// Until pictures were sent as pictures, their rows had no cut, and their codecs took the normalised
// tensor for a grey picture: 1,526 bytes as JPEG of quality 90 where the picture's JPEG has 1,057.
TEST_F(Payloads, OfTheOldKindAreRefusedWithTheCommandThatMeasuresAgain) {
  fails(
      "a,RB1,1,8,raw,1,0,,\na,,0,8,jpeg:90,1526,30,,\n",
      "p.csv:3: error: cut: expected a cut, or 'input' where the picture crosses. Rows without one "
      "are of an old kind, whose 'jpeg:90' was of the normalised tensor and not the picture's; "
      "measure again with 'papilio infer --model resnet50-paper --weights FILE --data NAME --after "
      "input --codecs jpeg:90', got ''");
  fails("a,,0,8,raw,3072,30,,\n", "measure again with 'papilio infer --model resnet50-paper");
}

}  // namespace
}  // namespace papilio
