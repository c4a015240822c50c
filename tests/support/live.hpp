#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "models/codec/codec.hpp"
#include "models/codec/payload.hpp"
#include "models/live/client.hpp"
#include "models/live/frame.hpp"
#include "models/live/mobile.hpp"
#include "models/live/server.hpp"
#include "tests/support/tensors.hpp"

namespace papilio::testing {

/// What is waited for comes at once; this is for saying that it does not come at all.
inline constexpr std::chrono::seconds kWaitAtMost{60};

/// Waits until something holds, a minute at most. @return whether it does
template <class Predicate>
bool wait_for(const Predicate& holds) {
  const auto end = std::chrono::steady_clock::now() + kWaitAtMost;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

/// A part that features of 4 × 8 × 8 cross. @param digit of its fingerprint
inline LivePart live_part(const std::string& cut, char digit) {
  LivePart part{.cut = cut, .fingerprint = std::string(64, digit), .shape = {4, 8, 8}};
  part.max_frame_bytes = most_frame_bytes(part.shape, part.bits, false);
  return part;
}

inline LiveOffer live_offer() {
  return {.network = "net", .parts = {live_part("RB1", 'a'), live_part("RB2", 'b')}};
}

/// A server's half that adds up a frame's levels. It waits in `compute` while its gate is shut, a
/// minute at most.
class AddingCloud final : public CloudHalf {
 public:
  std::vector<CloudAnswer> compute(const LivePart& part,
                                   std::span<const CloudWork> works) override {
    {
      std::unique_lock lock{mutex_};
      ++entered_;
      changed_.notify_all();
      changed_.wait_for(lock, kWaitAtMost, [this] { return open_; });
      batches_.push_back(works.size());
    }
    std::vector<CloudAnswer> answers(works.size());
    for (std::size_t i = 0; i < works.size(); ++i) {
      try {
        const QuantizedTensor tensor = decode_frame(part, works[i].frame);
        answers[i].top =
            std::accumulate(tensor.levels.begin(), tensor.levels.end(), std::int64_t{0});
        answers[i].scores = {tensor.min, tensor.max};
      } catch (const PayloadError& error) {
        answers[i].defect = error.what();
      }
    }
    return answers;
  }

  void shut() {
    const std::lock_guard lock{mutex_};
    open_ = false;
  }
  void open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }
  /// Waits until so many batches have been begun.
  void wait_for_batches(std::size_t count) {
    std::unique_lock lock{mutex_};
    EXPECT_TRUE(changed_.wait_for(lock, kWaitAtMost, [&] { return entered_ >= count; }))
        << entered_ << " batches instead of " << count;
  }
  /// Batches that have been begun.
  std::size_t begun() {
    const std::lock_guard lock{mutex_};
    return entered_;
  }
  /// Requests of each batch that has ended.
  std::vector<std::size_t> batches() {
    const std::lock_guard lock{mutex_};
    return batches_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_{true};
  std::size_t entered_{0};
  std::vector<std::size_t> batches_;
};

/// A mobile's half that sends random levels, other ones of each picture.
class SendingMobile final : public MobileHalf {
 public:
  static ByteBuffer frame(std::size_t picture) {
    return encode_payload(*make_codec("raw"), random_tensor({4, 8, 8}, 8, picture + 1)).bytes;
  }
  static std::int64_t sum(std::size_t picture) {
    const QuantizedTensor tensor = random_tensor({4, 8, 8}, 8, picture + 1);
    return std::accumulate(tensor.levels.begin(), tensor.levels.end(), std::int64_t{0});
  }
  MobileWork prepare(std::size_t /*part*/, std::size_t picture) override {
    return {.frame = frame(picture)};
  }
  LocalAnswer compute(std::size_t picture, bool /*scores*/) override {
    return {.top = -sum(picture)};
  }
};

/// Sends one frame and waits for what comes of it, which its deadline sees to.
inline CloudReply ask(CloudLink& link, const LivePart& part, ByteBuffer frame,
                      double deadline_s = 20) {
  std::mutex mutex;
  std::condition_variable came;
  bool done = false;
  CloudReply result;
  link.send({.part = &part, .id = 7, .frame = std::move(frame), .deadline_s = deadline_s},
            [&](CloudReply reply) {
              const std::lock_guard lock{mutex};
              result = std::move(reply);
              done = true;
              came.notify_one();
            });
  std::unique_lock lock{mutex};
  came.wait(lock, [&] { return done; });
  return result;
}

}  // namespace papilio::testing
