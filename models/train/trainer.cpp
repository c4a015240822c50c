#include "models/train/trainer.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>
#include <torch/serialize/input-archive.h>
#include <torch/serialize/output-archive.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <numbers>
#include <sstream>

#include "models/weights/state_dict.hpp"
#include "sim/base/document/json_text.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kCheckpoint = "checkpoint.pt";

/// Where a training stands, but for the tensors.
struct State {
  std::int64_t epoch{0};
  std::size_t batch{0};
  double loss_sum{0};  // over the pictures of the epoch so far
  std::int64_t right{0};
  std::int64_t seen{0};
  double least_loss{std::numeric_limits<double>::max()};
  std::int64_t without_gain{0};  // epochs
  std::vector<EpochStats> epochs;

  [[nodiscard]] EpochStats so_far() const {
    const auto pictures = static_cast<double>(std::max<std::int64_t>(seen, 1));
    return {loss_sum / pictures, static_cast<double>(right) / pictures};
  }
};

std::string to_text(const State& state) {
  nlohmann::ordered_json epochs = nlohmann::ordered_json::array();
  for (const EpochStats& epoch : state.epochs) {
    epochs.push_back({{"loss", epoch.loss}, {"accuracy", epoch.accuracy}});
  }
  return json_text({{"epoch", state.epoch},
                    {"batch", state.batch},
                    {"loss_sum", state.loss_sum},
                    {"right", state.right},
                    {"seen", state.seen},
                    {"least_loss", state.least_loss},
                    {"without_gain", state.without_gain},
                    {"epochs", epochs}});
}

State state_of(const std::string& text) {
  const auto json = nlohmann::json::parse(text);
  State state{.epoch = json.at("epoch"),
              .batch = json.at("batch"),
              .loss_sum = json.at("loss_sum"),
              .right = json.at("right"),
              .seen = json.at("seen"),
              .least_loss = json.at("least_loss"),
              .without_gain = json.at("without_gain")};
  for (const auto& epoch : json.at("epochs")) {
    state.epochs.push_back({epoch.at("loss"), epoch.at("accuracy")});
  }
  return state;
}

std::unique_ptr<torch::optim::Optimizer> optimizer_of(const TrainingSpec& spec,
                                                      std::vector<at::Tensor> parameters) {
  if (spec.optimizer == Optimizer::kAdam) {
    constexpr double kSecondDecay = 0.999;
    return std::make_unique<torch::optim::Adam>(std::move(parameters),
                                                torch::optim::AdamOptions{spec.learning_rate}
                                                    .betas({spec.momentum, kSecondDecay})
                                                    .weight_decay(spec.weight_decay));
  }
  return std::make_unique<torch::optim::SGD>(std::move(parameters),
                                             torch::optim::SGDOptions{spec.learning_rate}
                                                 .momentum(spec.momentum)
                                                 .weight_decay(spec.weight_decay));
}

/// A network, its optimiser, and their checkpoints: one file, so that it is whole or not there.
class Run {
 public:
  Run(Network& network, const TrainingSpec& spec, fs::path folder)
      : network_{network},
        folder_{std::move(folder)},
        epochs_{spec.epochs},
        patience_{spec.patience} {
    network_.set_training(true);
    optimizer_ = optimizer_of(spec, network_.parameters());
  }

  State& state() { return state_; }

  /// One step on one batch's logits.
  void step(const at::Tensor& logits, const at::Tensor& labels, double rate) {
    const at::Tensor loss = at::cross_entropy_loss(logits, labels);
    const auto value = loss.item<double>();
    if (!std::isfinite(value)) {
      throw SimulationError{
          fmt::format("the training's loss is not finite in epoch {}; lower the learning rate",
                      state_.epoch + 1)};
    }
    for (auto& group : optimizer_->param_groups()) group.options().set_lr(rate);
    optimizer_->zero_grad();
    loss.backward();
    optimizer_->step();
    state_.loss_sum += value * static_cast<double>(labels.numel());
    state_.right += logits.detach().argmax(1).eq(labels).sum().item<std::int64_t>();
    state_.seen += labels.numel();
    ++state_.batch;
  }

  void end_epoch() {
    const EpochStats stats = state_.so_far();
    state_.epochs.push_back(stats);
    state_.without_gain = stats.loss < state_.least_loss ? 0 : state_.without_gain + 1;
    state_.least_loss = std::min(state_.least_loss, stats.loss);
    ++state_.epoch;
    state_.batch = 0;
    state_.loss_sum = 0;
    state_.right = 0;
    state_.seen = 0;
  }

  [[nodiscard]] bool done() const {
    return state_.epoch >= epochs_ || (patience_ > 0 && state_.without_gain >= patience_);
  }

  void save() const {
    c10::Dict<std::string, at::Tensor> weights;
    for (const auto& [name, tensor] : network_.weights()) {
      weights.insert(name, at::tensor(tensor.values, at::kFloat).reshape(tensor.shape));
    }
    torch::serialize::OutputArchive optimizer;
    optimizer_->save(optimizer);
    torch::serialize::OutputArchive archive;
    archive.write("state", c10::IValue{to_text(state_)});
    archive.write("weights", c10::IValue{weights});
    archive.write("optimizer", optimizer);
    std::ostringstream bytes;
    archive.save_to(bytes);
    OutputFolder folder{folder_};
    folder.add(kCheckpoint, bytes.str());
    folder.commit();
  }

  void restore() {
    const fs::path file = folder_ / kCheckpoint;
    if (!fs::exists(file)) return;
    try {
      torch::serialize::InputArchive archive;
      archive.load_from(file.string());
      c10::IValue state;
      c10::IValue stored;
      torch::serialize::InputArchive optimizer;
      archive.read("state", state);
      archive.read("weights", stored);
      archive.read("optimizer", optimizer);
      StateDict weights;
      for (const auto& entry : stored.toGenericDict()) {
        const at::Tensor tensor = entry.value().toTensor().contiguous();
        const float* data = tensor.data_ptr<float>();
        weights.emplace(entry.key().toStringRef(),
                        StoredTensor{tensor.sizes().vec(), {data, data + tensor.numel()}});
      }
      network_.set_training(false);  // what gradients are recorded for cannot be overwritten
      network_.load(weights, file.string());
      network_.set_training(true);
      optimizer_->load(optimizer);
      state_ = state_of(state.toStringRef());
    } catch (const std::exception& error) {  // of LibTorch, nlohmann-json, or ours
      throw ConfigError{
          fmt::format("{}: error: is no checkpoint of this training; remove the folder {}: {}",
                      file.string(), folder_.string(), error.what())};
    }
  }

 private:
  Network& network_;
  fs::path folder_;
  std::int64_t epochs_;
  std::int64_t patience_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  State state_;
};

}  // namespace

double learning_rate(const TrainingSpec& spec, std::int64_t epoch, std::size_t batch,
                     std::size_t batches) {
  const auto epochs = static_cast<double>(spec.epochs);
  const double share =
      (static_cast<double>(epoch) + static_cast<double>(batch) / static_cast<double>(batches)) /
      epochs;
  if (spec.schedule == Schedule::kCosine) {
    return spec.learning_rate * 0.5 * (1.0 + std::cos(std::numbers::pi * share));
  }
  const double epoch_share = static_cast<double>(epoch) / epochs;
  return spec.learning_rate * (epoch_share >= 0.75 ? 0.01 : epoch_share >= 0.5 ? 0.1 : 1.0);
}

std::vector<EpochStats> train(Network& network, const std::optional<QuantizedCut>& quantized,
                              Loader& loader, const TrainingSpec& spec, const fs::path& folder,
                              const std::function<bool(const TrainingProgress&)>& watch) {
  Run run{network, spec, folder};
  run.restore();
  State& state = run.state();
  const std::size_t batches = loader.batches(spec.batch_size);
  Clock::time_point saved = Clock::now();
  while (!run.done()) {
    loader.start({.batch_size = spec.batch_size,
                  .shuffle = true,
                  .seed = spec.seed,
                  .epoch = static_cast<std::uint64_t>(state.epoch),
                  .first_batch = state.batch});
    for (Batch batch = loader.next(); batch.size() > 0; batch = loader.next()) {
      if (batch.size() < 2) continue;  // a picture alone has no statistics for batch norm
      state.batch = batch.place;       // one without a picture that can be read has none
      const double rate = learning_rate(spec, state.epoch, state.batch, batches);
      const at::Tensor labels =
          at::from_blob(batch.labels.data(), {static_cast<std::int64_t>(batch.size())}, at::kLong)
              .to(network.device());
      run.step(forward_through(network, quantized, images_of(batch, network)), labels, rate);
      const bool stop = watch({state.epoch, state.batch, batches, state.so_far()});
      const double since_s = std::chrono::duration<double>(Clock::now() - saved).count();
      if (stop || since_s >= spec.checkpoint_interval_s) {
        run.save();
        saved = Clock::now();
      }
      if (stop) throw Interrupted{};
    }
    if (state.seen == 0) {
      throw ConfigError{fmt::format("{}: error: of its pictures not two can be read in one batch",
                                    loader.dataset().title())};
    }
    run.end_epoch();
    run.save();
    saved = Clock::now();
  }
  network.set_training(false);
  std::error_code ignored;  // what is left behind is looked at by nobody
  fs::remove_all(folder, ignored);
  return state.epochs;
}

}  // namespace papilio
