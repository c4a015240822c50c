// Claims: what a server cannot or must not answer it refuses with a status, tells in a line and
// counts; it goes on after that. A request that was accepted is answered though the server is being
// stopped; whatever becomes of the server, every request of a mobile ends, and ends once, with
// phases that sum to its latency.

#include "tests/support/live.hpp"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <thread>

#include "models/live/client.hpp"
#include "models/live/mobile.hpp"
#include "models/live/server.hpp"
#include "papilio_proto/live.grpc.pb.h"
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
using testing::wait_for;

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

void expect_phases_to_sum(const LiveRecord& record) {
  EXPECT_NEAR(record.queue_s + record.mobile_s + record.uplink_s + record.wait_s +
                  record.service_s + record.downlink_s + record.recovery_s,
              record.latency_s, 1e-7)
      << "request " << record.number;
}

/// A frame whose checksum is wrong.
ByteBuffer flipped_frame(std::size_t picture) {
  ByteBuffer frame = SendingMobile::frame(picture);
  frame[40] ^= 1U;
  return frame;
}

class Live : public ::testing::Test {
 protected:
  /// Nothing that waits in a test that failed keeps it from ending.
  void TearDown() override { cloud_.open(); }

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
  [[nodiscard]] std::uint64_t refused(Refusal kind) const {
    return count_of(server_->counts(), kind);
  }
  /// Sends a frame, of whose end `replies` tells.
  void send(LiveClient& client, ByteBuffer frame) {
    constexpr double kLong = 120;
    client.send({.part = &offer_.parts[0], .frame = std::move(frame), .deadline_s = kLong},
                [this](CloudReply reply) {
                  const std::lock_guard lock{mutex_};
                  replies_.push_back(std::move(reply));
                });
  }
  std::vector<CloudReply> replies() {
    const std::lock_guard lock{mutex_};
    return replies_;
  }
  std::vector<LiveRecord> run(const std::vector<LiveRequest>& requests, MobileOptions options,
                              const LiveMobile::Sink& watch = {},
                              const std::function<bool()>& stop = {}) {
    SendingMobile half;
    std::vector<LiveRecord> records;
    LiveMobile mobile{*client_, half, offer_, std::move(options)};
    mobile.run(
        requests, [] { return std::optional<std::size_t>{0}; },
        [&](LiveRecord record) {
          if (watch) watch(record);
          expect_phases_to_sum(record);
          records.push_back(std::move(record));
        },
        stop);
    return records;
  }

  LiveOffer offer_{live_offer()};
  AddingCloud cloud_;
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::vector<CloudReply> replies_;
  std::unique_ptr<LiveServer> server_;
  std::unique_ptr<LiveClient> client_;
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
  EXPECT_THAT(ask(*client_, part, flipped_frame(3)).failure,
              HasSubstr("refused: corrupted payload: CRC-32C"));
  EXPECT_THAT(ask(*client_, part, {good.begin(), good.end() - 1}).failure,
              HasSubstr("a frame that ends after 285 bytes"));
  EXPECT_THAT(ask(*client_, part, {good.begin(), good.begin() + 9}).failure,
              HasSubstr("a frame that ends after 9 bytes"));
  EXPECT_THAT(ask(*client_, part, {}).failure, HasSubstr("an empty frame"));
  EXPECT_THAT(ask(*client_, part, ByteBuffer(part.max_frame_bytes + 1)).failure,
              HasSubstr("refused: a frame of"));
  // What is larger than any message is refused before it is taken in.
  EXPECT_THAT(ask(*client_, part, ByteBuffer(part.max_frame_bytes * 16)).failure,
              StartsWith("not taken: "));
  EXPECT_EQ(ask(*client_, part, good).top, SendingMobile::sum(3));
  EXPECT_TRUE(wait_for([this] { return refused(Refusal::kNotTakenIn) == 1; }));
  const ServerCounts counts = server_->counts();
  EXPECT_EQ(count_of(counts, Refusal::kMalformed), 1U);
  EXPECT_EQ(count_of(counts, Refusal::kTruncated), 3U);
  EXPECT_EQ(count_of(counts, Refusal::kOversized), 1U);
  EXPECT_EQ(counts.answered, 1U);
}

std::shared_ptr<grpc::Channel> channel_to(const std::string& address) {
  return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
}

/// Calls a method with bytes that nobody checked. @return the answer's bytes, or how it failed
std::string raw_call(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& bytes,
                     grpc_compression_algorithm compression = GRPC_COMPRESS_NONE) {
  grpc::GenericStub stub{channel};
  grpc::ClientContext context;
  context.set_compression_algorithm(compression);
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

constexpr const char* kInfer = "/papilio.live.v1.Split/Infer";
constexpr const char* kHello = "/papilio.live.v1.Split/Hello";
constexpr const char* kPing = "/papilio.live.v1.Split/Ping";
constexpr const char* kHealth = "/grpc.health.v1.Health/Check";

TEST_F(Live, RefusesWhatIsNoMessageAndSaysThatItServes) {
  start();
  const auto channel = channel_to(server_->address());
  EXPECT_EQ(raw_call(channel, kInfer, "\xff\xff\xff"), "3 bytes that are no request");
  EXPECT_EQ(raw_call(channel, kHello, "\xff\xff\xff"), "3 bytes that are no hello");
  EXPECT_EQ(raw_call(channel, kPing, "\xff\xff\xff"), "3 bytes that are no ping");
  live::v1::InferRequest request;
  request.set_protocol(kLiveProtocol);
  request.set_part(offer_.parts[0].short_fingerprint());
  request.set_frame(std::string(1000, '\0'));
  // A message that is compressed is none: what it would come to is not found out.
  EXPECT_THAT(raw_call(channel, kInfer, request.SerializeAsString(), GRPC_COMPRESS_GZIP),
              HasSubstr("bytes that are no request"));
  EXPECT_EQ(refused(Refusal::kUnreadable), 4U);
  request.set_protocol(7);
  EXPECT_THAT(raw_call(channel, kInfer, request.SerializeAsString()),
              HasSubstr("the server speaks version 1 of the protocol, the mobile version 7"));
  EXPECT_EQ(refused(Refusal::kMismatch), 1U);
  request.set_protocol(kLiveProtocol);
  request.set_codec(std::string(65, 'x'));
  EXPECT_EQ(raw_call(channel, kInfer, request.SerializeAsString()),
            "a codec's name of 65 bytes, more than 64");
  EXPECT_THAT(client_->ping(0, 65537, 20).failure, HasSubstr("a ping for 65537 bytes"));
  // HealthCheckResponse with status (1) SERVING (1).
  EXPECT_EQ(raw_call(channel, kHealth, ""), "\x08\x01");
}

TEST_F(Live, ServesOthersWhileSomebodyIsSlow) {
  start();
  const auto channel = channel_to(server_->address());
  const auto stub = live::v1::Split::NewStub(channel);
  grpc::ClientContext context;
  live::v1::InferReply reply;
  const auto writer = stub->Infer(&context, &reply);      // and no message comes
  EXPECT_EQ(raw_call(channel, kHealth, ""), "\x08\x01");  // behind it, on its connection
  EXPECT_EQ(ask(*client_, offer_.parts[0], SendingMobile::frame(1)).top, SendingMobile::sum(1));
  EXPECT_EQ(refused(Refusal::kNotTakenIn), 0U);
  context.TryCancel();
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(wait_for([this] { return refused(Refusal::kNotTakenIn) == 1; }));
}

TEST_F(Live, RefusesMoreThanMayWait) {
  start({.queue = 2});
  cloud_.shut();
  send(*client_, SendingMobile::frame(0));
  cloud_.wait_for_batches(1);
  // One is being computed and two may wait: of five more, three come back at once.
  for (std::size_t i = 1; i <= 5; ++i) send(*client_, SendingMobile::frame(i));
  EXPECT_TRUE(wait_for([this] { return refused(Refusal::kBusy) == 3; }));
  cloud_.open();
  client_.reset();  // waits for all
  const std::vector<CloudReply> all = replies();
  EXPECT_EQ(all.size(), 6U);
  EXPECT_EQ(std::count_if(all.begin(), all.end(),
                          [](const CloudReply& reply) {
                            return reply.failure == "not taken: 2 requests wait already";
                          }),
            3);
  EXPECT_EQ(server_->counts().answered, 3U);
}

TEST_F(Live, GivesThePlaceOfWhoGaveUpToAnother) {
  start({.queue = 1});
  cloud_.shut();
  send(*client_, SendingMobile::frame(1));
  cloud_.wait_for_batches(1);
  LiveClient other{{.to = server_->address()}};
  // Of these one waits when the other has been refused.
  for (int i = 0; i < 2; ++i) send(other, SendingMobile::frame(2));
  ASSERT_TRUE(wait_for([this] { return refused(Refusal::kBusy) == 1; }));
  other.cancel();
  EXPECT_TRUE(wait_for([this] { return replies().size() == 2; }));
  // The server hears of it a little later; until then the queue is full.
  EXPECT_TRUE(wait_for([this] {
    const std::size_t before = replies().size();
    send(*client_, SendingMobile::frame(3));
    return wait_for([&] { return refused(Refusal::kGivenUp) == 1 || replies().size() > before; }) &&
           refused(Refusal::kGivenUp) == 1;
  }));
  cloud_.open();
  EXPECT_TRUE(wait_for([this] { return server_->counts().answered == 2; }));
  client_.reset();  // waits for all
  const std::vector<CloudReply> all = replies();
  EXPECT_EQ(
      std::count_if(all.begin(), all.end(),
                    [](const CloudReply& reply) { return reply.top == SendingMobile::sum(3); }),
      1);
}

TEST_F(Live, AnswersTheOthersOfABatchWhateverIsWrongWithOne) {
  // Four make a batch; nobody waits as long as it would for a fourth.
  start({.batch = {.size = 4, .delay_s = 60}});
  LiveClient other{{.to = server_->address()}};
  other.hello(offer_);
  const auto late = [this] { return refused(Refusal::kGivenUp); };
  // The server hears a little later than its mobile that a request was given up: perhaps not before
  // the request's turn comes.
  constexpr int kTries = 200;
  for (int i = 0; i < kTries && late() == 0; ++i) {
    const std::size_t before = replies().size();
    EXPECT_THAT(ask(other, offer_.parts[0], SendingMobile::frame(2), 0.05).failure,
                StartsWith("no answer in time"));
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    send(*client_, SendingMobile::frame(1));
    send(*client_, flipped_frame(1));
    send(*client_, SendingMobile::frame(3));
    ASSERT_TRUE(wait_for([&] { return replies().size() == before + 3; }));
    std::vector<std::int64_t> tops;
    for (const CloudReply& reply : replies()) {
      if (reply.failure.empty()) {
        tops.push_back(reply.top);
      } else {
        EXPECT_THAT(reply.failure, HasSubstr("refused: corrupted payload"));
      }
    }
    EXPECT_EQ(std::count(tops.begin(), tops.end(), SendingMobile::sum(1)), i + 1);
    EXPECT_EQ(std::count(tops.begin(), tops.end(), SendingMobile::sum(3)), i + 1);
  }
  EXPECT_EQ(late(), 1U);
  EXPECT_EQ(cloud_.batches().back(), 3U);
}

TEST_F(Live, AnswersWhatItAcceptedAndRefusesWhatComesAfter) {
  start();
  cloud_.shut();
  CloudReply accepted;
  std::thread asks{[&] { accepted = ask(*client_, offer_.parts[0], SendingMobile::frame(1), 60); }};
  cloud_.wait_for_batches(1);
  std::thread stops{[this] { server_->stop(); }};
  LiveClient other{{.to = server_->address()}};
  EXPECT_TRUE(wait_for([&] {
    EXPECT_NE(ask(other, offer_.parts[1], SendingMobile::frame(2), 1).failure, "");
    return refused(Refusal::kStopping) > 0;
  }));
  EXPECT_THAT(other.ping(0, 0, 20).failure, StartsWith("server not there"));
  // HealthCheckResponse with status (1) NOT_SERVING (2).
  EXPECT_EQ(raw_call(channel_to(server_->address()), kHealth, ""), "\x08\x02");
  cloud_.open();
  stops.join();
  asks.join();
  EXPECT_EQ(accepted.failure, "");
  EXPECT_EQ(accepted.top, SendingMobile::sum(1));
}

TEST_F(Live, EveryRequestEndsThoughTheServerGoesAndComesBack) {
  start();
  client_->hello(offer_);  // as each mobile begins, which connects it
  const std::string address = server_->address();
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
  server_ = std::make_unique<LiveServer>(offer_, cloud_, LiveServerOptions{.listen = address});
  EXPECT_TRUE(wait_for(
      [this] { return ask(*client_, offer_.parts[0], SendingMobile::frame(0)).failure.empty(); }));
  for (const LiveRecord& record : run(in_a_row(3), {})) {
    EXPECT_EQ(record.end, LiveEnd::kCompleted) << record.failure;
  }
}

TEST_F(Live, StopsAtOnceAndKeepsWhatHasEnded) {
  start();
  client_->hello(offer_);
  bool shut = false;
  int told = 0;
  const std::vector<LiveRecord> records = run(
      in_a_row(9), {.deadline_s = 600, .overlap = 1},
      [&](const LiveRecord& /*record*/) {
        // Answers may overtake each other: the second that comes, whichever it is.
        if (++told != 2) return;
        cloud_.shut();
        shut = true;
      },
      // As soon as one that is on its way cannot end.
      [&] { return shut && cloud_.begun() > cloud_.batches().size(); });
  EXPECT_GE(records.size(), 2U);
  EXPECT_LT(records.size(), 9U);
  for (const LiveRecord& record : records) EXPECT_EQ(record.end, LiveEnd::kCompleted);
  // From then on everything is given up.
  EXPECT_THAT(ask(*client_, offer_.parts[0], SendingMobile::frame(0)).failure,
              StartsWith("given up"));
}

TEST_F(Live, FallsBackFromAServerThatDoesNotAnswerInTime) {
  start();
  cloud_.shut();
  const std::vector<LiveRecord> records = run(in_a_row(2), {.deadline_s = 0.05});
  ASSERT_EQ(records.size(), 2U);
  for (const LiveRecord& record : records) {
    EXPECT_EQ(record.end, LiveEnd::kFellBack);
    EXPECT_TRUE(record.late);
    EXPECT_GE(record.recovery_s, 0.049);  // two clocks
    EXPECT_THAT(record.failure, StartsWith("no answer in time"));
  }
}

/// A way to a server by which every answer takes 10 ms and comes from another clock; or that fails.
class MadeLink final : public CloudLink {
 public:
  explicit MadeLink(bool fails) : fails_{fails} {}
  void send(CloudCall /*call*/, std::function<void(CloudReply)> done) override {
    if (fails_) throw std::runtime_error{"no memory"};
    constexpr std::int64_t kTakes = 10'000'000;
    const std::int64_t now_ns = clock_ns();
    done({.queue_s = 0.001, .service_s = 0.002, .sent_ns = now_ns, .arrived_ns = now_ns + kTakes});
  }
  PingReport ping(std::size_t /*bytes*/, std::size_t /*answer_bytes*/,
                  double /*deadline_s*/) override {
    return {};
  }
  void cancel() override {}

 private:
  bool fails_;
};

TEST(LiveMobile, TellsTheWaysApartWhereClocksDoNotCompare) {
  MadeLink link{false};
  SendingMobile half;
  const LiveOffer offer = live_offer();
  LiveMobile mobile{link, half, offer, {.half_round_trip_s = 0.003}};
  std::vector<std::optional<std::size_t>> choices{0U, std::nullopt};
  std::vector<LiveRecord> records;
  mobile.run(
      in_a_row(2), [&] { return choices[records.size()]; },
      [&](LiveRecord record) {
        expect_phases_to_sum(record);
        records.push_back(std::move(record));
      });
  ASSERT_EQ(records.size(), 2U);
  EXPECT_NEAR(records[0].downlink_s, 0.003, 1e-9);
  EXPECT_GE(records[0].uplink_s, 0.004 - 1e-9);
  EXPECT_EQ(records[0].service_s, 0.002);
  // The mobile alone.
  EXPECT_EQ(records[1].part, std::nullopt);
  EXPECT_EQ(records[1].end, LiveEnd::kCompleted);
  EXPECT_EQ(records[1].top, -SendingMobile::sum(1));
  EXPECT_EQ(records[1].mobile_s, records[1].local_s);
  EXPECT_EQ(records[1].batch, 0U);
}

TEST(LiveMobile, EndsWhereNothingCanBeSent) {
  MadeLink link{true};
  SendingMobile half;
  const LiveOffer offer = live_offer();
  LiveMobile mobile{link, half, offer, {}};
  EXPECT_THROW(mobile.run(
                   in_a_row(1), [] { return std::optional<std::size_t>{0}; },
                   [](const LiveRecord& /*record*/) {}),
               std::runtime_error);
}

/// A server's half that cannot compute behind RB1 and tells times that cannot be of the others.
class BrokenCloud final : public CloudHalf {
 public:
  std::vector<CloudAnswer> compute(const LivePart& part,
                                   std::span<const CloudWork> works) override {
    if (part.cut == "RB1") throw std::runtime_error{"no memory"};
    const CloudAnswer answer{.decode_s = std::numeric_limits<double>::quiet_NaN()};
    return std::vector<CloudAnswer>(works.size(), answer);
  }
};

TEST_F(Live, TakesNoAnswerFromABrokenServer) {
  BrokenCloud cloud;
  const LiveServer server{offer_, cloud, {}};
  LiveClient client{{.to = server.address()}};
  EXPECT_EQ(ask(client, offer_.parts[0], SendingMobile::frame(0)).failure, "failed: no memory");
  EXPECT_EQ(count_of(server.counts(), Refusal::kFailed), 1U);
  EXPECT_EQ(ask(client, offer_.parts[1], SendingMobile::frame(0)).failure,
            "failed: the server tells times that cannot be");
}

TEST_F(Live, LetsInWhoeverKnowsTheTokenAlone) {
  start({.keys = {.token = "0123456789abcdef"}});
  EXPECT_THAT(error_of_hello(*client_, offer_), HasSubstr("not let in: the server wants a token"));
  LiveClient wrong{{.to = server_->address(), .keys = {.token = "0123456789abcdeF"}}};
  EXPECT_THAT(error_of_hello(wrong, offer_), HasSubstr("was given another token"));
  EXPECT_THAT(ask(wrong, offer_.parts[0], SendingMobile::frame(0)).failure,
              StartsWith("not let in"));
  EXPECT_THAT(wrong.ping(10, 10, 20).failure, StartsWith("not let in"));
  // Who has none is refused before anything of what he sends is read.
  EXPECT_EQ(raw_call(channel_to(server_->address()), kHello, "\xff\xff\xff"),
            "the server wants a token, and was given none");
  LiveClient right{{.to = server_->address(), .keys = {.token = "0123456789abcdef"}}};
  EXPECT_EQ(error_of_hello(right, offer_), "");
  EXPECT_EQ(right.ping(1000, 10, 20).failure, "");
  EXPECT_EQ(refused(Refusal::kUnauthenticated), 5U);
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
  EXPECT_THAT(hello({server.certificate, server.key, server.certificate, {}}, kSoon),
              HasSubstr("no answer in time"));
  EXPECT_THAT(hello({}, kSoon), HasSubstr("no answer in time"));
  EXPECT_TRUE(wait_for([&] {
    EXPECT_THAT(hello({{}, {}, server.certificate, {}}, kSoon), HasSubstr("no answer in time"));
    return refused(Refusal::kConnection) >= 1;
  }));

  const testing::Identity expired = testing::made_identity(-60);
  LiveServer old{offer_, cloud_, {.keys = {expired.certificate, expired.key, {}, {}}}};
  LiveClient client{
      {.to = old.address(), .keys = {.authority = expired.certificate}, .connect_s = kSoon}};
  EXPECT_TRUE(wait_for([&] {
    EXPECT_THAT(error_of_hello(client, offer_), HasSubstr("no answer in time"));
    return count_of(old.counts(), Refusal::kConnection) >= 1;
  }));
}

}  // namespace
}  // namespace papilio
