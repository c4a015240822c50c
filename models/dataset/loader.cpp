#include "models/dataset/loader.hpp"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/random/stream.hpp"

namespace papilio {
namespace {

constexpr std::size_t kColours = 3;

/// The picture in the size from which crops are taken.
Image scaled(Image image, const Transform& transform) {
  double scale = 1;
  if (transform.shorter_side > 0) {
    scale = static_cast<double>(transform.shorter_side) /
            static_cast<double>(std::min(image.height, image.width));
  }
  const auto size = [&](std::int64_t from, std::int64_t crop) {
    const auto to = static_cast<std::int64_t>(std::lround(static_cast<double>(from) * scale));
    return std::max(to, crop - 2 * transform.padding);
  };
  const std::int64_t height = size(image.height, transform.height);
  const std::int64_t width = size(image.width, transform.width);
  if (height == image.height && width == image.width) return image;
  return resize(image, height, width);
}

/// Where a crop begins, and whether it is mirrored.
struct Crop {
  std::int64_t top{0};  ///< may lie in the padding, below 0
  std::int64_t left{0};
  bool mirrored{false};
};

Crop choose_crop(const Image& image, const Transform& transform, const StreamFamily& family,
                 std::uint64_t epoch, std::size_t index) {
  const std::int64_t rows = image.height + 2 * transform.padding - transform.height;
  const std::int64_t columns = image.width + 2 * transform.padding - transform.width;
  if (!transform.augment) {
    return {.top = rows / 2 - transform.padding, .left = columns / 2 - transform.padding};
  }
  Stream stream{family, epoch, index};
  const auto below = [&](std::int64_t limit) {
    return static_cast<std::int64_t>(stream.uniform() * static_cast<double>(limit));
  };
  Crop crop;
  crop.top = below(rows + 1) - transform.padding;
  crop.left = below(columns + 1) - transform.padding;
  crop.mirrored = stream.uniform() < 0.5;
  return crop;
}

/// Writes a crop of a picture as `[3 × height × width]`.
void write_crop(const Image& image, const Transform& transform, const Crop& crop, float* to) {
  for (std::size_t plane = 0; plane < kColours; ++plane) {
    const std::size_t colour = transform.bgr ? kColours - 1 - plane : plane;
    const float mean = transform.mean[colour];
    const float deviation = transform.deviation[colour];
    for (std::int64_t y = 0; y < transform.height; ++y) {
      const std::int64_t row = crop.top + y;
      for (std::int64_t x = 0; x < transform.width; ++x) {
        const std::int64_t column = crop.left + (crop.mirrored ? transform.width - 1 - x : x);
        const bool inside = row >= 0 && row < image.height && column >= 0 && column < image.width;
        const float value =
            inside ? static_cast<float>(
                         image.rgb[static_cast<std::size_t>(row * image.width + column) * kColours +
                                   colour])
                   : 0.0F;  // black
        *to++ = (value * transform.scale - mean) / deviation;
      }
    }
  }
}

std::vector<std::size_t> order_of(std::size_t size, const EpochSpec& epoch) {
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (!epoch.shuffle) return order;
  const StreamFamily family{epoch.seed, "order of pictures"};
  Stream stream{family, epoch.epoch};
  for (std::size_t i = size; i > 1; --i) {  // Fisher and Yates
    const auto j = static_cast<std::size_t>(stream.uniform() * static_cast<double>(i));
    std::swap(order[i - 1], order[j]);
  }
  return order;
}

}  // namespace

/// What the caller and the workers share.
struct Loader::State {
  std::shared_ptr<const Dataset> dataset;
  Transform transform;
  std::vector<Image> cache;  // scaled pictures; empty until first used
  std::vector<std::thread> workers;

  // One pass; the workers make its batches in turn.
  EpochSpec epoch;
  std::vector<std::size_t> order;
  std::size_t count{0};      // batches of the pass
  std::size_t next_made{0};  // the batch that the next free worker makes
  std::size_t next_used{0};
  std::map<std::size_t, Batch> ready;
  std::exception_ptr failure;
  bool stopping{false};
  std::mutex mutex;
  std::condition_variable changed;

  Batch make(std::size_t number) {
    const std::size_t first = number * epoch.batch_size;
    const std::size_t last = std::min(first + epoch.batch_size, order.size());
    const StreamFamily family{epoch.seed, "crops and flips"};
    const auto pixels = kColours * static_cast<std::size_t>(transform.height * transform.width);
    Batch batch;
    batch.images.resize((last - first) * pixels);
    for (std::size_t i = first; i < last; ++i) {
      const std::size_t index = order[i];
      // A picture is in one batch of a pass, so no two workers meet at it.
      Image& image = cache[index];
      if (image.rgb.empty()) image = scaled(dataset->load(index), transform);
      write_crop(image, transform, choose_crop(image, transform, family, epoch.epoch, index),
                 batch.images.data() + (i - first) * pixels);
      batch.labels.push_back(dataset->label(index));
      batch.indices.push_back(index);
    }
    return batch;
  }

  void work() {
    std::unique_lock lock{mutex};
    while (!stopping && !failure && next_made < count) {
      const std::size_t ahead = 2 * workers.size() + 1;
      if (next_made >= next_used + ahead) {
        changed.wait(lock);
        continue;
      }
      const std::size_t number = next_made++;
      lock.unlock();
      Batch batch;
      std::exception_ptr error;
      try {
        batch = make(number);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      if (error) {
        failure = error;
      } else {
        ready.emplace(number, std::move(batch));
      }
      changed.notify_all();
    }
  }

  void stop() {
    {
      const std::scoped_lock lock{mutex};
      stopping = true;
    }
    changed.notify_all();
    for (std::thread& worker : workers) {
      if (worker.joinable()) worker.join();
    }
  }
};

Loader::Loader(std::shared_ptr<const Dataset> dataset, const Transform& transform,
               std::size_t workers)
    : state_{std::make_unique<State>()} {
  PAPILIO_CHECK(workers >= 1);
  state_->cache.resize(dataset->size());
  state_->dataset = std::move(dataset);
  state_->transform = transform;
  state_->workers.resize(workers);
}

Loader::~Loader() {
  state_->stop();
}

const Dataset& Loader::dataset() const {
  return *state_->dataset;
}

std::size_t Loader::batches(std::size_t batch_size) const {
  return (state_->dataset->size() + batch_size - 1) / batch_size;
}

void Loader::start(const EpochSpec& epoch) {
  State& state = *state_;
  state.stop();
  state.epoch = epoch;
  state.order = order_of(state.dataset->size(), epoch);
  state.count = batches(epoch.batch_size);
  state.next_made = epoch.first_batch;
  state.next_used = epoch.first_batch;
  state.ready.clear();
  state.failure = nullptr;
  state.stopping = false;
  for (std::thread& worker : state.workers) worker = std::thread{[&state] { state.work(); }};
}

Batch Loader::next() {
  State& state = *state_;
  std::unique_lock lock{state.mutex};
  if (state.next_used >= state.count) return {};
  state.changed.wait(lock, [&] { return state.failure || state.ready.contains(state.next_used); });
  if (state.failure) std::rethrow_exception(state.failure);
  auto node = state.ready.extract(state.next_used++);
  state.changed.notify_all();
  return std::move(node.mapped());
}

}  // namespace papilio
