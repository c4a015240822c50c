// Claims: who opens a connection and says nothing, or dribbles a request byte by byte, keeps nobody
// else waiting; a request that comes so is answered when it is whole, and one that breaks off is
// counted; neither keeps the server from ending. Where a server is being looked for, a request of a
// mobile that can compute alone fails at once; one of a mobile that cannot waits.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "models/live/client.hpp"
#include "models/live/server.hpp"
#include "papilio_proto/live.pb.h"
#include "sim/base/descriptor.hpp"
#include "tests/support/live.hpp"

namespace papilio {
namespace {

using testing::ask;
using testing::SendingMobile;
using testing::wait_for;

void require_system(bool done) {
  if (!done) throw std::runtime_error{std::strerror(errno)};
}

/// A connection to a server of this machine, of one who writes its bytes by hand.
class ByHand {
 public:
  /// @param address 127.0.0.1:PORT
  explicit ByHand(const std::string& address) {
    require_system(socket_.get() >= 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port =
        htons(static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1))));
    require_system(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) ==
                   0);
    const int at_once = 1;  // each byte is a packet
    require_system(
        ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once) == 0);
  }
  void say(char byte) const { require_system(::send(socket_.get(), &byte, 1, MSG_NOSIGNAL) == 1); }

 private:
  Descriptor socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

/// Where connections are taken by the kernel, and nobody ever says anything.
class Silence {
 public:
  Silence() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* const address = reinterpret_cast<sockaddr*>(&at);
    require_system(::bind(socket_.get(), address, size) == 0);
    require_system(::listen(socket_.get(), 1) == 0);
    require_system(::getsockname(socket_.get(), address, &size) == 0);
    port_ = ntohs(at.sin_port);
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  Descriptor socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::uint16_t port_{0};
};

/// @param bytes of the number, which stands in as many, the greatest first
std::string big_endian(std::size_t number, int bytes) {
  constexpr int kBitsOfByte = 8;
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) {
    text += static_cast<char>(number >> (kBitsOfByte * i) & 0xFFU);
  }
  return text;
}

/// A frame of HTTP/2 (RFC 9113). @param stream 0: of the connection
std::string http_frame(char type, char flags, std::size_t stream, const std::string& payload) {
  return big_endian(payload.size(), 3) + type + flags + big_endian(stream, 4) + payload;
}

/// A header field whose name is in the static table (RFC 7541). @param index below 15
std::string known_header(char index, const std::string& value) {
  return index + big_endian(value.size(), 1) + value;
}

/// All that a client sends on a connection of its own for one request.
std::string connection_with(const live::v1::InferRequest& request) {
  constexpr char kSettings = 4;
  constexpr char kHeaders = 1;
  constexpr char kEndOfHeaders = 4;
  constexpr char kData = 0;
  constexpr char kEndOfStream = 1;
  std::string headers = "\x83\x86";  // POST, http
  headers += known_header(4, "/papilio.live.v1.Split/Infer");
  headers += known_header(1, "127.0.0.1");
  headers += std::string{"\x0f\x10"} + big_endian(16, 1) + "application/grpc";  // content type
  headers += big_endian(0, 1) + big_endian(2, 1) + "te" + big_endian(8, 1) + "trailers";
  const std::string message = request.SerializeAsString();
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + http_frame(kSettings, 0, 0, "") +
         http_frame(kHeaders, kEndOfHeaders, 1, headers) +
         http_frame(kData, kEndOfStream, 1,
                    big_endian(0, 1) + big_endian(message.size(), 4) + message);
}

TEST(LiveSlow, WhoDribblesARequestIsAnsweredInTheEndAndNobodyWaitsForHim) {
  const LiveOffer offer = testing::live_offer();
  testing::AddingCloud cloud;
  LiveServer server{offer, cloud, {}};
  LiveClient other{{.to = server.address()}};
  const ByHand silent{server.address()};
  const auto answers_others = [&] {
    const CloudReply reply = ask(other, offer.parts[0], SendingMobile::frame(1));
    EXPECT_EQ(reply.failure, "");
    EXPECT_EQ(reply.top, SendingMobile::sum(1));
  };
  const auto not_taken_in = [&] {
    return server.counts().refused[static_cast<std::size_t>(Refusal::kNotTakenIn)];
  };
  live::v1::InferRequest request;
  request.set_protocol(kLiveProtocol);
  request.set_part(offer.parts[0].short_fingerprint());
  const ByteBuffer frame = SendingMobile::frame(2);
  request.set_frame(frame.data(), frame.size());
  const std::string bytes = connection_with(request);

  constexpr std::size_t kBetween = 16;
  std::uint64_t others = 0;
  const ByHand slow{server.address()};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % kBetween == 0) {
      answers_others();
      ++others;
    }
    EXPECT_EQ(server.counts().answered, others) << "what is not whole was answered";
    slow.say(bytes[i]);
  }
  EXPECT_TRUE(wait_for([&] { return server.counts().answered == others + 1; }));
  EXPECT_EQ(not_taken_in(), 0U);
  {
    const ByHand breaks_off{server.address()};
    for (const char byte : std::string_view{bytes}.substr(0, bytes.size() - 1)) {
      breaks_off.say(byte);
    }
    answers_others();
  }
  EXPECT_TRUE(wait_for([&] { return not_taken_in() == 1; }));
  server.stop();  // the silent one and the slow one are still there
  EXPECT_EQ(server.counts().answered, others + 2);
}

TEST(LiveSlow, WhoCanComputeAloneDoesNotWaitWhileAServerIsLookedFor) {
  constexpr double kLongS = 1e6;
  const LiveOffer offer = testing::live_offer();
  const Silence silence;
  std::atomic<int> at_once{0};
  std::atomic<int> given_up{0};
  LiveClient client{{.to = silence.address()}};
  const auto send = [&](bool can_compute_alone) {
    client.send({.part = &offer.parts[0],
                 .frame = SendingMobile::frame(1),
                 .deadline_s = kLongS,
                 .connected_only = can_compute_alone},
                [&](const CloudReply& reply) {
                  if (reply.failure == "server not there: no connection") ++at_once;
                  if (reply.failure.starts_with("given up")) ++given_up;
                });
  };
  // The first ones find that nobody has tried to connect, and wait.
  EXPECT_TRUE(wait_for([&] {
    send(true);
    return at_once > 0;
  }));
  const int before = at_once;
  send(false);
  EXPECT_EQ(at_once, before);
  client.cancel();
  EXPECT_TRUE(wait_for([&] { return given_up > 0; }));
}

}  // namespace
}  // namespace papilio
