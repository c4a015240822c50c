// Claim: a network cut in two over loopback sends the bytes and gives the numbers that the same cut
// gives in one process ('papilio infer'), bit for bit, of features and of pictures; and other
// weights are not taken for the same.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "models/dataset/dataset.hpp"
#include "models/infer/picture_run.hpp"
#include "models/infer/split_run.hpp"
#include "models/live/client.hpp"
#include "models/live/halves/halves.hpp"
#include "models/live/mobile.hpp"
#include "models/live/server.hpp"
#include "models/zoo/zoo.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::size_t kPictures = 3;

Network made_network(std::uint64_t seed) {
  Network network{*find_model("resnet20-cifar10")};
  network.initialize(seed);
  return network;
}

/// The network cut behind a block and at the input.
std::vector<LiveSplit> two_splits(const Network& network, const Transform& transform) {
  const Network ready = network.folded().packed();
  const std::string digest = network_digest(network);
  std::vector<LiveSplit> splits;
  for (const Cut& cut : {*network.graph().find_cut("RB4"), network.graph().cuts().front()}) {
    splits.push_back(live_split(digest, {ready, cut, 8}, cut, 0, transform));
  }
  return splits;
}

std::vector<float> logits_of(const Crossed& crossed) {
  const float* data = crossed.logits.data_ptr<float>();
  return {data, data + crossed.logits.numel()};
}

TEST(LiveHalves, GiveWhatOneProcessGives) {
  const Transform transform{.height = 32, .width = 32, .shorter_side = 32};
  const Network network = made_network(1);
  const std::vector<LiveSplit> splits = two_splits(network, transform);
  const LiveOffer offer = offer_of("resnet20-cifar10", splits);
  const std::vector<PartCodec> codecs{{.features = make_codec("zstd")},
                                      {.picture = make_picture_codec("jpeg:90")}};
  const auto pictures = spread_subset(open_dataset("synthetic", Split::kTest), kPictures);

  TensorCloud cloud{splits, transform, 1};
  const LiveServer server{offer, cloud, {}};
  LiveClient client{{.to = server.address()}};
  client.hello(offer);
  TensorMobile half{splits, codecs, splits[0].split.network, *pictures, transform, nullptr};
  half.warm_up();
  std::vector<LiveRequest> requests(2 * kPictures);
  for (std::size_t i = 0; i < requests.size(); ++i) requests[i].picture = i / 2;
  std::vector<LiveRecord> records;
  std::size_t next = 0;
  LiveMobile mobile{client, half, offer, {.deadline_s = 600, .scores = true}};
  mobile.run(
      requests, [&] { return std::optional<std::size_t>{next++ % 2}; },
      [&](LiveRecord record) { records.push_back(std::move(record)); });

  ASSERT_EQ(records.size(), requests.size());
  const PictureRun whole{splits[1].split, transform};
  for (const LiveRecord& record : records) {
    ASSERT_EQ(record.failure, "");
    const PhonePicture picture = phone_picture(*pictures, record.picture, transform);
    const Crossed crossed =
        *record.part == 0
            ? run_split(splits[0].split, whole.input_of(picture.pixels), {codecs[0].features})[0]
            : whole.run(picture, {codecs[1].picture})[0];
    EXPECT_EQ(record.frame_bytes, crossed.body_bytes + crossed.frame_bytes);
    EXPECT_EQ(record.scores, logits_of(crossed));
    EXPECT_EQ(record.top, crossed.logits.argmax().item<std::int64_t>());
    // The bytes themselves, which no time is part of.
    if (*record.part == 0) {
      const at::Tensor features = features_at(splits[0].split, whole.input_of(picture.pixels));
      EXPECT_EQ(half.prepare(0, record.picture).frame,
                encoded(splits[0].split, features, *codecs[0].features).bytes);
    }
  }

  // Other random weights are another network.
  const LiveOffer other = offer_of("resnet20-cifar10", two_splits(made_network(2), transform));
  EXPECT_THROW(client.hello(other), ConfigError);
}

}  // namespace
}  // namespace papilio
