#include "models/dataset/loader.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/random/stream.hpp"

namespace papilio {
namespace {

/// The pictures of a pass in their order.
std::vector<std::size_t> order_of(const EpochSpec& epoch, std::size_t pictures) {
  std::vector<std::size_t> order(pictures);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (!epoch.shuffle) return order;
  Stream stream{StreamFamily{epoch.seed, "order of pictures"}, epoch.epoch};
  // Fisher and Yates.
  for (std::size_t left = pictures; left > 1; --left) {
    const auto chosen = static_cast<std::size_t>(static_cast<double>(left) * stream.uniform());
    std::swap(order[left - 1], order[chosen]);
  }
  return order;
}

}  // namespace

struct Loader::State {
  /// A batch that was made ahead, or why it could not be.
  struct Made {
    bool ready{false};
    Batch batch;
    std::exception_ptr error;
  };

  State(std::shared_ptr<const Dataset> pictures, const Transform& how, std::size_t most_bytes,
        std::shared_ptr<LeftOut> unreadable)
      : dataset{std::move(pictures)},
        left_out{std::move(unreadable)},
        transform{how},
        normaliser{how},
        bytes_left{static_cast<std::int64_t>(most_bytes)},
        kept(dataset->size()) {}

  std::shared_ptr<const Dataset> dataset;
  std::shared_ptr<LeftOut> left_out;  // may be none
  Transform transform;
  Normaliser normaliser;

  // A pass has each picture once, and no batch of one pass is made beside one of another: a picture
  // belongs to one worker at a time, so that these need no lock.
  std::atomic<std::int64_t> bytes_left;
  std::vector<Image> kept;  // prepared; without pixels where there is none

  // Written by `start` alone, while no worker is busy.
  EpochSpec epoch;
  std::vector<std::size_t> order;
  std::size_t batches{0};

  std::mutex mutex;
  std::condition_variable work;   // for workers: there may be a batch to make
  std::condition_variable ready;  // for the loader's owner: one is made, or a worker rests
  std::vector<Made> made;         // of batch b at b % size
  std::size_t next_to_make{0};
  std::size_t next_to_hand{0};
  std::size_t busy{0};
  bool closing{false};
  std::atomic<bool> abandon{false};  // the batches that are being made are not wanted
  std::vector<std::thread> threads;

  [[nodiscard]] bool has_work() const {
    return next_to_make < batches && next_to_make < next_to_hand + made.size();
  }

  void run() {
    std::unique_lock lock{mutex};
    while (true) {
      work.wait(lock, [&] { return closing || has_work(); });
      if (closing) return;
      const std::size_t place = next_to_make++;
      ++busy;
      lock.unlock();
      Made one = make(place);
      lock.lock();
      --busy;
      made[place % made.size()] = std::move(one);
      ready.notify_all();
    }
  }

  Made make(std::size_t place) {
    Made one;
    one.ready = true;
    try {
      one.batch = make_batch(place);
    } catch (...) {
      one.error = std::current_exception();
    }
    return one;
  }

  Batch make_batch(std::size_t place) {
    const std::size_t first = place * epoch.batch_size;
    const std::size_t size = std::min(epoch.batch_size, order.size() - first);
    const auto floats = static_cast<std::size_t>(3 * transform.height * transform.width);
    const StreamFamily crops{epoch.seed, "crops and flips"};
    Batch batch{.place = place};
    batch.images.resize(size * floats);
    batch.labels.reserve(size);
    batch.indices.reserve(size);
    for (std::size_t i = 0; i < size && !abandon; ++i) {
      const std::size_t index = order[first + i];
      Stream stream{crops, epoch.epoch, index};
      Image loaded;
      const Image* picture = nullptr;
      try {
        picture = &prepared(index, loaded);
      } catch (const ConfigError& error) {
        if (!left_out) throw;
        left_out->note(*dataset, index, error.what());
        continue;
      }
      const Crop crop = draw_crop(transform, *picture, stream);
      normaliser.write(*picture, crop, batch.images.data() + batch.size() * floats);
      batch.labels.push_back(dataset->label(index));
      batch.indices.push_back(index);
    }
    batch.images.resize(batch.size() * floats);
    return batch;
  }

  /// The prepared picture: one that is kept, else `loaded`, which is then filled.
  const Image& prepared(std::size_t index, Image& loaded) {
    Image& place = kept[index];
    if (!place.rgb.empty()) return place;
    loaded = dataset->load(index);
    try {
      loaded = prepare(transform, loaded);
    } catch (const ConfigError& error) {
      throw ConfigError{dataset->name(index) + ": error: " + error.what()};
    }
    const auto bytes = static_cast<std::int64_t>(loaded.rgb.size());
    if (bytes_left.fetch_sub(bytes) < bytes) {
      bytes_left += bytes;
      return loaded;
    }
    place = std::move(loaded);
    return place;
  }

  /// Waits until no worker makes a batch and lets none begin one.
  void halt(std::unique_lock<std::mutex>& lock) {
    abandon = true;
    next_to_make = batches;
    ready.wait(lock, [&] { return busy == 0; });
    abandon = false;
  }
};

Loader::Loader(std::shared_ptr<const Dataset> dataset, const Transform& transform,
               std::size_t workers, std::size_t kept_bytes, std::shared_ptr<LeftOut> left_out) {
  PAPILIO_CHECK(dataset != nullptr && workers >= 1);
  state_ = std::make_unique<State>(std::move(dataset), transform, kept_bytes, std::move(left_out));
  state_->made.resize(2 * workers);
  state_->threads.reserve(workers);
  for (std::size_t i = 0; i < workers; ++i) {
    state_->threads.emplace_back([state = state_.get()] { state->run(); });
  }
}

Loader::~Loader() {
  {
    const std::lock_guard lock{state_->mutex};
    state_->closing = true;
    state_->abandon = true;
  }
  state_->work.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

const Dataset& Loader::dataset() const {
  return *state_->dataset;
}

const LeftOut* Loader::left_out() const {
  return state_->left_out.get();
}

std::size_t Loader::batches(std::size_t batch_size) const {
  PAPILIO_CHECK(batch_size >= 1);
  return (state_->kept.size() + batch_size - 1) / batch_size;
}

void Loader::start(const EpochSpec& epoch) {
  State& state = *state_;
  const std::size_t count = batches(epoch.batch_size);
  {
    std::unique_lock lock{state.mutex};
    state.halt(lock);
    state.epoch = epoch;
    state.order = order_of(epoch, state.kept.size());
    state.batches = count;
    state.next_to_make = std::min(epoch.first_batch, count);
    state.next_to_hand = state.next_to_make;
    for (State::Made& one : state.made) one = State::Made{};
  }
  state.work.notify_all();
}

Batch Loader::next() {
  State& state = *state_;
  while (true) {
    State::Made one;
    {
      std::unique_lock lock{state.mutex};
      if (state.next_to_hand == state.batches) return {};
      State::Made& place = state.made[state.next_to_hand % state.made.size()];
      state.ready.wait(lock, [&] { return place.ready; });
      one = std::exchange(place, State::Made{});
      ++state.next_to_hand;
    }
    state.work.notify_one();
    if (one.error) std::rethrow_exception(one.error);
    if (one.batch.size() > 0) return std::move(one.batch);
  }
}

}  // namespace papilio
