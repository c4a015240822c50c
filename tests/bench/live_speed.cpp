// How long a request takes beside what it computes, and how many pass in a second, on loopback: a
// server whose network is empty on one core, a mobile on another. Run by hand for
// docs/performance.md: live_speed [BYTES of a frame's body [REQUESTS]]

#include <fmt/format.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "models/codec/payload.hpp"
#include "models/live/client.hpp"
#include "models/live/frame.hpp"
#include "models/live/mobile.hpp"
#include "models/live/server.hpp"
#include "sim/base/stats/estimate.hpp"

namespace papilio {
namespace {

LiveOffer offer_of_size(std::int64_t elements) {
  LivePart part{.cut = "RB1", .fingerprint = std::string(64, 'a'), .shape = {elements, 1, 1}};
  part.max_frame_bytes = most_frame_bytes(part.shape, part.bits, false);
  return {.network = "empty", .parts = {part}};
}

/// Decodes frames and computes nothing.
class EmptyCloud final : public CloudHalf {
 public:
  std::vector<CloudAnswer> compute(const LivePart& part,
                                   std::span<const CloudWork> works) override {
    std::vector<CloudAnswer> answers(works.size());
    for (std::size_t i = 0; i < works.size(); ++i) {
      answers[i].top = decode_frame(part, works[i].frame).levels.front();
    }
    return answers;
  }
};

class EmptyMobile final : public MobileHalf {
 public:
  explicit EmptyMobile(ByteBuffer frame) : frame_{std::move(frame)} {}
  MobileWork prepare(std::size_t /*part*/, std::size_t /*picture*/) override {
    return {.frame = frame_};
  }
  LocalAnswer compute(std::size_t /*picture*/, bool /*scores*/) override { return {}; }

 private:
  ByteBuffer frame_;
};

void pin_to(std::size_t core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  if (::sched_setaffinity(0, sizeof cores, &cores) != 0) fmt::print("not pinned\n");
}

void serve(const LiveOffer& offer, int to_parent) {
  pin_to(0);
  EmptyCloud cloud;
  const LiveServer server{offer, cloud, {.queue = 1024}};
  const std::string& address = server.address();
  if (::write(to_parent, address.data(), address.size()) < 0) std::exit(1);
  ::pause();
}

void measure(const LiveOffer& offer, const std::string& address, std::size_t requests,
             std::size_t overlap) {
  LiveClient client{{.to = address}};
  client.hello(offer);
  QuantizedTensor tensor{
      .shape = offer.parts[0].shape, .bits = 8, .min = 0, .max = 1, .levels = {}};
  tensor.levels.assign(static_cast<std::size_t>(tensor.shape.elements()), 5);
  EmptyMobile half{encode_payload(*make_codec("raw"), tensor).bytes};
  LiveMobile mobile{client, half, offer, {.overlap = overlap}};
  std::vector<double> beside_ms;
  double ended_s = 0;
  std::size_t failed = 0;
  mobile.run(
      std::vector<LiveRequest>(requests), [] { return std::optional<std::size_t>{0}; },
      [&](const LiveRecord& record) {
        failed += record.end == LiveEnd::kCompleted ? 0U : 1U;
        beside_ms.push_back(1e3 * (record.latency_s - record.service_s - record.mobile_s));
        ended_s = std::max(ended_s, record.ended_s);
      });
  fmt::print(
      "{} bytes, {} on their way: {:.0f} requests/s; beside computing median {:.3f} ms, "
      "P99 {:.3f} ms; {} of {} failed\n",
      offer.parts[0].shape.elements(), overlap + 1, static_cast<double>(requests) / ended_s,
      quantile(beside_ms, 0.5), quantile(beside_ms, 0.99), failed, requests);
}

int run(std::int64_t elements, std::size_t requests) {
  const LiveOffer offer = offer_of_size(elements);
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return 1;
  const pid_t child = ::fork();  // before either side has a thread
  if (child == 0) serve(offer, ends[1]);
  pin_to(1);
  std::array<char, 100> address{};
  if (::read(ends[0], address.data(), address.size() - 1) <= 0) return 1;
  for (const std::size_t overlap : {0U, 0U, 15U, 63U}) {
    measure(offer, address.data(), requests, overlap);
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return 0;
}

}  // namespace
}  // namespace papilio

int main(int argc, char** argv) {
  return papilio::run(argc > 1 ? std::strtol(argv[1], nullptr, 10) : 1024,
                      argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 10'000);
}
