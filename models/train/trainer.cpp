#include "models/train/trainer.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/optim/sgd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <numbers>

#include "models/weights/state_dict.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/document/json_text.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kTensors = "checkpoint.pt";
constexpr const char* kState = "checkpoint.json";

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

/// A network, its optimiser, and their checkpoints.
class Run {
 public:
  Run(Network& network, const TrainingSpec& spec, fs::path folder)
      : network_{network}, spec_{spec}, folder_{std::move(folder)} {
    network_.set_training(true);
    parameters_ = network_.parameters();
    optimizer_.emplace(parameters_, torch::optim::SGDOptions{spec.learning_rate}
                                        .momentum(spec.momentum)
                                        .weight_decay(spec.weight_decay));
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
    return state_.epoch >= spec_.epochs ||
           (spec_.patience > 0 && state_.without_gain >= spec_.patience);
  }

  void save() const {
    StateDict tensors;
    for (const auto& [name, tensor] : network_.weights())
      tensors.emplace("network." + name, tensor);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const auto momentum = momentum_of(i);
      if (!momentum.defined()) continue;
      const at::Tensor flat = momentum.to(at::kCPU).contiguous();
      const float* data = flat.data_ptr<float>();
      tensors.emplace(momentum_name(i),
                      StoredTensor{flat.sizes().vec(), {data, data + flat.numel()}});
    }
    nlohmann::ordered_json epochs = nlohmann::ordered_json::array();
    for (const EpochStats& epoch : state_.epochs) {
      epochs.push_back({{"loss", epoch.loss}, {"accuracy", epoch.accuracy}});
    }
    OutputFolder folder{folder_};
    folder.add(kTensors, state_dict_file(tensors));
    folder.add(kState, json_text({{"epoch", state_.epoch},
                                  {"batch", state_.batch},
                                  {"loss_sum", state_.loss_sum},
                                  {"right", state_.right},
                                  {"seen", state_.seen},
                                  {"least_loss", state_.least_loss},
                                  {"without_gain", state_.without_gain},
                                  {"epochs", epochs}}));
    folder.commit();
  }

  void restore() {
    if (!fs::exists(folder_ / kState)) return;
    StateDict tensors = read_state_dict(folder_ / kTensors);
    StateDict weights;
    for (auto& [name, tensor] : tensors) {
      constexpr std::string_view kPrefix = "network.";
      if (name.starts_with(kPrefix)) weights.emplace(name.substr(kPrefix.size()), tensor);
    }
    network_.set_training(false);  // weights that gradients are recorded for cannot be overwritten
    network_.load(weights, (folder_ / kTensors).string());
    network_.set_training(true);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const auto it = tensors.find(momentum_name(i));
      if (it == tensors.end()) continue;
      auto state = std::make_unique<torch::optim::SGDParamState>();
      state->momentum_buffer(at::from_blob(it->second.values.data(), it->second.shape, at::kFloat)
                                 .clone()
                                 .to(parameters_[i].device()));
      optimizer_->state()[key_of(i)] = std::move(state);
    }
    std::ifstream file{folder_ / kState};
    try {
      const auto json = nlohmann::json::parse(file);
      state_ = {.epoch = json.at("epoch"),
                .batch = json.at("batch"),
                .loss_sum = json.at("loss_sum"),
                .right = json.at("right"),
                .seen = json.at("seen"),
                .least_loss = json.at("least_loss"),
                .without_gain = json.at("without_gain")};
      for (const auto& epoch : json.at("epochs")) {
        state_.epochs.push_back({epoch.at("loss"), epoch.at("accuracy")});
      }
    } catch (const nlohmann::json::exception& error) {
      throw ConfigError{fmt::format("{}: error: is no checkpoint: {}; remove the folder {}",
                                    (folder_ / kState).string(), error.what(), folder_.string())};
    }
  }

 private:
  [[nodiscard]] std::string key_of(std::size_t i) const {
    return c10::guts::to_string(parameters_[i].unsafeGetTensorImpl());
  }
  static std::string momentum_name(std::size_t i) { return fmt::format("momentum.{}", i); }
  [[nodiscard]] at::Tensor momentum_of(std::size_t i) const {
    const auto& states = optimizer_->state();
    const auto it = states.find(key_of(i));
    if (it == states.end()) return {};
    return static_cast<const torch::optim::SGDParamState&>(*it->second).momentum_buffer();
  }

  Network& network_;
  const TrainingSpec& spec_;
  fs::path folder_;
  std::vector<at::Tensor> parameters_;
  mutable std::optional<torch::optim::SGD> optimizer_;  // its reading accessors are not const
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

std::vector<EpochStats> train(Network& network, const std::optional<Crossing>& crossing,
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
      if (batch.size() < 2) break;  // a last picture alone has no statistics for batch norm
      const double rate = learning_rate(spec, state.epoch, state.batch, batches);
      const at::Tensor labels =
          at::from_blob(batch.labels.data(), {static_cast<std::int64_t>(batch.size())}, at::kLong)
              .to(network.device());
      run.step(forward_through(network, crossing, images_of(batch, network)), labels, rate);
      const bool stop = watch({state.epoch, state.batch, batches, state.so_far()});
      const double since_s = std::chrono::duration<double>(Clock::now() - saved).count();
      if (stop || since_s >= spec.checkpoint_interval_s) {
        run.save();
        saved = Clock::now();
      }
      if (stop) throw Interrupted{};
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
