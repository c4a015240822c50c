#include "sim/plan/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <variant>

namespace papilio {
namespace {

void calibrate_layers(Compute& layers, const Calibration::Computing& computing) {
  const Seconds time{calibrated_s(layers.time.value(), computing)};
  if (layers.time > Seconds{0}) layers.energy = layers.energy * (time / layers.time);
  layers.time = time;
}

/// Whole bytes, for a message has no others.
Bytes calibrated_size(Bytes size, const Calibration::Messages& messages) {
  const double bytes = size.value() * messages.factor + messages.message_bytes;
  // 1.037 × 1,000 is 1,037, whatever the last digit of the product says.
  constexpr double kLastDigits = 1e-12;
  return Bytes{std::ceil(bytes * (1 - kLastDigits))};
}

void calibrate_message(Transfer& transfer, const Calibration::Messages& messages) {
  if (messages.factor != 1 || messages.message_bytes != 0) {
    transfer.size = calibrated_size(transfer.size, messages);
  }
  transfer.handling = Seconds{messages.message_s};
}

}  // namespace

double calibrated_s(double time_s, const Calibration::Computing& computing) {
  return std::max(0.0, time_s * computing.factor + computing.fixed_s);
}

void calibrate(std::span<Stage> stages, const Calibration& calibration) {
  if (calibration.neutral()) return;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (auto* layers = std::get_if<Compute>(&stages[i])) {
      Calibration::Computing computing =
          layers->at == Tier::kMobile ? calibration.mobile : calibration.server;
      const bool sends = i + 1 < stages.size() && is_upload(stages[i + 1]);
      if (layers->at == Tier::kMobile && !sends) computing.fixed_s = 0;
      calibrate_layers(*layers, computing);
    } else if (auto* transfer = std::get_if<Transfer>(&stages[i])) {
      if (transfer->from == Tier::kMobile) calibrate_message(*transfer, calibration.upload);
      if (transfer->to == Tier::kMobile) calibrate_message(*transfer, calibration.download);
    }
  }
}

Plan calibrated(Plan plan, const Calibration& calibration) {
  calibrate({plan.stages.data(), plan.stages.size()}, calibration);
  return plan;
}

}  // namespace papilio
