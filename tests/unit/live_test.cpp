// Claims: what a server cannot or must not answer it refuses with a status, tells in a line and
// counts; it goes on after that. A request that was accepted is answered though the server is being
// stopped; whatever becomes of the server, every request of a mobile ends, and ends once.

#include "tests/support/live.hpp"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "models/live/client.hpp"
#include "models/live/mobile.hpp"
#include "models/live/server.hpp"
#include "sim/base/error.hpp"
#include "tests/support/identity.hpp"

namespace papilio {
namespace {

using testing::AddingCloud;
using ::testing::AllOf;
using testing::ask;
using ::testing::HasSubstr;
using testing::live_offer;
using testing::live_part;
using testing::SendingMobile;
using ::testing::StartsWith;

std::uint64_t count_of(const ServerCounts& counts, Refusal kind) {
  return counts.refused[static_cast<std::size_t>(kind)];
}

std::string error_of_hello(LiveClient& client, const LiveOffer& offer,
                           std::uint32_t protocol = kLiveProtocol) {
  try {
    client.hello(offer, protocol);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}

/// Requests about pictures from 0 on, in a closed loop.
std::vector<LiveRequest> in_a_row(std::size_t count) {
  std::vector<LiveRequest> requests(count);
  for (std::size_t i = 0; i < count; ++i) requests[i].picture = i;
  return requests;
}

class Live : public ::testing::Test {
 protected:
  void start(LiveServerOptions options = {}) {
    options.tell = [this](const std::string& line) {
      const std::lock_guard lock{mutex_};
      lines_.push_back(line);
    };
    server_ = std::make_unique<LiveServer>(offer_, cloud_, options);
    client_ = std::make_unique<LiveClient>(LiveClientOptions{.to = server_->address()});
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock{mutex_};
    return lines_;
  }
  std::vector<LiveRecord> run(const std::vector<LiveRequest>& requests, MobileOptions options,
                              const LiveMobile::Sink& watch = {}) {
    SendingMobile half;
    std::vector<LiveRecord> records;
    LiveMobile mobile{*client_, half, offer_, std::move(options)};
    mobile.run(
        requests, [] { return std::optional<std::size_t>{0}; },
        [&](LiveRecord record) {
          if (watch) watch(record);
          records.push_back(std::move(record));
        });
    return records;
  }

  LiveOffer offer_{live_offer()};
  AddingCloud cloud_;
  std::unique_ptr<LiveServer> server_;
  std::unique_ptr<LiveClient> client_;
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

TEST_F(Live, AnswersWithTheServersOwnTimes) {
  start();
  client_->hello(offer_);
  for (const LiveRecord& record : run(in_a_row(20), {.scores = true})) {
    EXPECT_EQ(record.end, LiveEnd::kCompleted) << record.failure;
    EXPECT_EQ(record.top, SendingMobile::sum(record.picture));
    EXPECT_EQ(record.scores, (std::vector<float>{-1.5F, 2.25F}));
    EXPECT_EQ(record.batch, 1U);
    EXPECT_GT(record.uplink_s, 0);
    EXPECT_GT(record.downlink_s, 0);
    EXPECT_NEAR(record.queue_s + record.mobile_s + record.uplink_s + record.wait_s +
                    record.service_s + record.downlink_s + record.recovery_s,
                record.latency_s, 1e-7);
  }
  EXPECT_EQ(server_->counts().answered, 20U);
  EXPECT_TRUE(lines().empty());
}

TEST_F(Live, RefusesAnotherVersionNetworkOrWeightsNamingBoth) {
  start();
  EXPECT_THAT(error_of_hello(*client_, offer_, 7),
              HasSubstr("the server speaks version 1 of the protocol, the mobile version 7"));
  LiveOffer other = offer_;
  other.network = "other";
  EXPECT_THAT(error_of_hello(*client_, other),
              HasSubstr("the server runs 'net', the mobile 'other'"));
  other = offer_;
  other.parts = {live_part("RB2", 'c')};
  EXPECT_THAT(error_of_hello(*client_, other),
              AllOf(HasSubstr("behind 'RB2' is bbbbbbbbbbbbbbbb, the mobile's cccccccccccccccc")));
  other.parts = {live_part("RB9", 'a')};
  EXPECT_THAT(error_of_hello(*client_, other), HasSubstr("the mobile wants 'RB9' at 8 bits"));
  // Whoever says no hello is refused likewise.
  const LivePart stranger = live_part("RB1", 'd');
  EXPECT_THAT(ask(*client_, stranger, SendingMobile::frame(0)).failure,
              HasSubstr("mismatch: the server of 'net' has no half dddddddddddddddd"));
  EXPECT_EQ(count_of(server_->counts(), Refusal::kMismatch), 5U);
  EXPECT_EQ(lines().size(), 5U);
}

TEST_F(Live, RefusesFramesThatNoMobileMakesAndGoesOn) {
  start();
  const LivePart& part = offer_.parts[0];
  const ByteBuffer good = SendingMobile::frame(3);
  ByteBuffer flipped = good;
  flipped[40] ^= 1U;
  EXPECT_THAT(ask(*client_, part, flipped).failure,
              HasSubstr("refused: corrupted payload: CRC-32C"));
  EXPECT_THAT(ask(*client_, part, {good.begin(), good.end() - 1}).failure,
              HasSubstr("a frame that ends after 285 bytes"));
  EXPECT_THAT(ask(*client_, part, {good.begin(), good.begin() + 9}).failure,
              HasSubstr("a frame that ends after 9 bytes"));
  EXPECT_THAT(ask(*client_, part, {}).failure, HasSubstr("an empty frame"));
  EXPECT_THAT(ask(*client_, part, ByteBuffer(part.most_bytes + 1)).failure,
              HasSubstr("refused: a frame of"));
  // What is larger than any message is refused before it is taken in.
  EXPECT_THAT(ask(*client_, part, ByteBuffer(part.most_bytes * 16)).failure,
              HasSubstr("not taken: Received message larger than max"));
  EXPECT_EQ(ask(*client_, part, good).top, SendingMobile::sum(3));
  const ServerCounts counts = server_->counts();
  EXPECT_EQ(count_of(counts, Refusal::kMalformed), 1U);
  EXPECT_EQ(count_of(counts, Refusal::kTruncated), 3U);
  EXPECT_EQ(count_of(counts, Refusal::kOversized), 1U);
  EXPECT_EQ(counts.answered, 1U);
}

/// Calls a method with bytes that nobody checked. @return the answer's bytes, or how it failed
std::string raw_call(const std::string& address, const std::string& method,
                     const std::string& bytes) {
  grpc::GenericStub stub{grpc::CreateChannel(address, grpc::InsecureChannelCredentials())};
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const grpc::Slice slice{bytes};
  const auto call = stub.PrepareUnaryCall(&context, method, grpc::ByteBuffer{&slice, 1}, &queue);
  grpc::ByteBuffer reply;
  grpc::Status status;
  call->StartCall();
  call->Finish(&reply, &status, &status);
  void* tag = nullptr;
  bool done = false;
  queue.Next(&tag, &done);
  if (!status.ok()) return status.error_message();
  grpc::Slice whole;
  EXPECT_TRUE(reply.DumpToSingleSlice(&whole).ok());
  return {reinterpret_cast<const char*>(whole.begin()), whole.size()};
}

TEST_F(Live, RefusesWhatIsNoMessageAndSaysThatItServes) {
  start();
  EXPECT_EQ(raw_call(server_->address(), "/papilio.live.v1.Split/Infer", "\xff\xff\xff"),
            "3 bytes that are no request");
  EXPECT_EQ(count_of(server_->counts(), Refusal::kUnreadable), 1U);
  // HealthCheckResponse with status (1) SERVING (1).
  EXPECT_EQ(raw_call(server_->address(), "/grpc.health.v1.Health/Check", ""), "\x08\x01");
}

TEST_F(Live, RefusesMoreThanMayWait) {
  start({.queue = 2});
  cloud_.shut();
  std::mutex mutex;
  std::vector<CloudReply> replies;
  const auto send = [&](std::size_t picture) {
    client_->send({.part = &offer_.parts[0],
                   .id = picture,
                   .frame = SendingMobile::frame(picture),
                   .deadline_s = 60},
                  [&](CloudReply reply) {
                    const std::lock_guard lock{mutex};
                    replies.push_back(std::move(reply));
                  });
  };
  send(0);
  cloud_.wait_for_batches(1);
  // One is being computed and two may wait: of five more, three come back at once.
  for (std::size_t i = 1; i <= 5; ++i) send(i);
  const auto refused = [&] { return count_of(server_->counts(), Refusal::kBusy); };
  while (refused() < 3) std::this_thread::yield();
  cloud_.open();
  client_.reset();  // waits for all
  EXPECT_EQ(replies.size(), 6U);
  EXPECT_EQ(std::count_if(replies.begin(), replies.end(),
                          [](const CloudReply& reply) {
                            return reply.failure == "not taken: 2 requests wait already";
                          }),
            3);
  EXPECT_EQ(server_->counts().answered, 3U);
}

TEST_F(Live, ForgetsWhomNobodyWaitsForAndServesOthers) {
  start();
  LiveClient other{{.to = server_->address()}};
  const auto late = [this] { return count_of(server_->counts(), Refusal::kLate); };
  // The server hears a little later than its mobile that a request was given up: perhaps not before
  // the request's turn comes.
  constexpr int kTries = 200;
  for (int i = 0; i < kTries && late() == 0; ++i) {
    const std::size_t begun = cloud_.batches().size();
    cloud_.shut();
    CloudReply first;
    std::thread asks{[&] { first = ask(*client_, offer_.parts[0], SendingMobile::frame(1), 60); }};
    cloud_.wait_for_batches(begun + 1);
    EXPECT_THAT(ask(other, offer_.parts[0], SendingMobile::frame(2), 0.05).failure,
                StartsWith("no answer in time"));
    cloud_.open();
    asks.join();
    EXPECT_EQ(first.top, SendingMobile::sum(1));
  }
  EXPECT_GE(late(), 1U);
  EXPECT_EQ(ask(*client_, offer_.parts[0], SendingMobile::frame(3)).top, SendingMobile::sum(3));
}

TEST_F(Live, AnswersWhatItAcceptedAndRefusesWhatComesAfter) {
  start();
  cloud_.shut();
  CloudReply accepted;
  std::thread asks{[&] { accepted = ask(*client_, offer_.parts[0], SendingMobile::frame(1), 60); }};
  cloud_.wait_for_batches(1);
  std::thread stops{[this] { server_->stop(); }};
  LiveClient other{{.to = server_->address()}};
  while (count_of(server_->counts(), Refusal::kStopping) == 0) {
    const CloudReply reply = ask(other, offer_.parts[1], SendingMobile::frame(2), 1);
    EXPECT_FALSE(reply.failure.empty());
  }
  cloud_.open();
  stops.join();
  asks.join();
  EXPECT_EQ(accepted.failure, "");
  EXPECT_EQ(accepted.top, SendingMobile::sum(1));
}

TEST_F(Live, EveryRequestEndsThoughTheServerGoesAndComesBack) {
  start();
  const std::vector<LiveRecord> records =
      run(in_a_row(12), {.deadline_s = 20, .overlap = 3}, [this](const LiveRecord& record) {
        if (record.number == 3) server_.reset();
      });
  ASSERT_EQ(records.size(), 12U);
  std::vector<bool> ended(12, false);
  for (const LiveRecord& record : records) {
    EXPECT_FALSE(ended[record.number]) << "twice: " << record.number;
    ended[record.number] = true;
    const bool fell_back = record.end == LiveEnd::kFellBack;
    EXPECT_EQ(record.top, (fell_back ? -1 : 1) * SendingMobile::sum(record.picture));
    EXPECT_EQ(record.failure.empty(), !fell_back);
  }
  EXPECT_EQ(records.back().end, LiveEnd::kFellBack);
  // Without a way to fall back they fail, and that is told too.
  for (const LiveRecord& record : run(in_a_row(2), {.fallback = false})) {
    EXPECT_EQ(record.end, LiveEnd::kFailed);
    EXPECT_THAT(record.failure, StartsWith("server not there: "));
  }
}

TEST_F(Live, FallsBackFromAServerThatDoesNotAnswerInTime) {
  start();
  cloud_.shut();
  const std::vector<LiveRecord> records = run(in_a_row(2), {.deadline_s = 0.05});
  ASSERT_EQ(records.size(), 2U);
  for (const LiveRecord& record : records) {
    EXPECT_EQ(record.end, LiveEnd::kFellBack);
    EXPECT_TRUE(record.late);
    EXPECT_GE(record.recovery_s, 0.05);
    EXPECT_THAT(record.failure, StartsWith("no answer in time"));
  }
  cloud_.open();
}

TEST_F(Live, LetsInWhoeverKnowsTheTokenAlone) {
  start({.keys = {.token = "0123456789abcdef"}});
  EXPECT_THAT(error_of_hello(*client_, offer_), HasSubstr("not let in: the server wants a token"));
  LiveClient wrong{{.to = server_->address(), .keys = {.token = "0123456789abcdeF"}}};
  EXPECT_THAT(error_of_hello(wrong, offer_), HasSubstr("was given another token"));
  EXPECT_THAT(ask(wrong, offer_.parts[0], SendingMobile::frame(0)).failure,
              StartsWith("not let in"));
  EXPECT_THAT(wrong.ping(10, 10, 20).failure, StartsWith("not let in"));
  LiveClient right{{.to = server_->address(), .keys = {.token = "0123456789abcdef"}}};
  EXPECT_EQ(error_of_hello(right, offer_), "");
  EXPECT_EQ(right.ping(1000, 10, 20).failure, "");
  EXPECT_EQ(count_of(server_->counts(), Refusal::kUnauthenticated), 4U);
}

TEST_F(Live, EncryptsAndKnowsCertificates) {
  const testing::Identity server = testing::made_identity(3600);
  const testing::Identity mobile = testing::made_identity(3600);
  const LiveKeys own{
      .certificate = server.certificate, .key = server.key, .authority = mobile.certificate};
  start({.keys = own});
  const auto hello = [&](const LiveKeys& keys, double connect_s) {
    LiveClient client{{.to = server_->address(), .keys = keys, .connect_s = connect_s}};
    return error_of_hello(client, offer_);
  };
  EXPECT_EQ(hello({mobile.certificate, mobile.key, server.certificate, {}}, 60), "");
  constexpr double kSoon = 0.3;  // nothing comes of these, however long they wait
  EXPECT_THAT(hello({{}, {}, server.certificate, {}}, kSoon), HasSubstr("no answer in time"));
  EXPECT_THAT(hello({server.certificate, server.key, server.certificate, {}}, kSoon),
              HasSubstr("no answer in time"));
  EXPECT_THAT(hello({}, kSoon), HasSubstr("no answer in time"));
  EXPECT_GE(count_of(server_->counts(), Refusal::kConnection), 1U);

  const testing::Identity expired = testing::made_identity(-60);
  LiveServer old{offer_, cloud_, {.keys = {expired.certificate, expired.key, {}, {}}}};
  LiveClient client{
      {.to = old.address(), .keys = {.authority = expired.certificate}, .connect_s = kSoon}};
  EXPECT_THAT(error_of_hello(client, offer_), HasSubstr("no answer in time"));
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
