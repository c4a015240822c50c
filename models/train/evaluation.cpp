#include "models/train/evaluation.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "models/tensor/quantizer.hpp"
#include "sim/base/error.hpp"

namespace papilio {

double Evaluation::accuracy() const {
  if (labels.empty()) return 0;
  std::size_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) right += predictions[i] == labels[i] ? 1U : 0U;
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

double Evaluation::mean_class_accuracy() const {
  if (labels.empty()) return 0;
  const auto classes =
      static_cast<std::size_t>(*std::max_element(labels.begin(), labels.end())) + 1;
  std::vector<double> right(classes);
  std::vector<double> all(classes);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto label = static_cast<std::size_t>(labels[i]);
    all[label] += 1;
    right[label] += predictions[i] == labels[i] ? 1 : 0;
  }
  double sum = 0;
  double present = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    if (all[c] == 0) continue;
    sum += right[c] / all[c];
    present += 1;
  }
  return sum / present;
}

at::Tensor images_of(Batch& batch, const Network& network) {
  const TensorShape& shape = network.graph().layers().front().shape;
  return at::from_blob(batch.images.data(),
                       {static_cast<std::int64_t>(batch.size()), shape.channels(), shape.height(),
                        shape.width()},
                       at::kFloat)
      .to(network.device());
}

at::Tensor forward_through(const Network& network, const std::optional<QuantizedCut>& quantized,
                           const at::Tensor& images) {
  if (!quantized) return network.forward(images);
  const at::Tensor features = network.prefix(images, quantized->cut);
  return network.suffix(quantized_like(features, quantized->bits), quantized->cut);
}

Evaluation evaluate(const Network& network, const std::optional<QuantizedCut>& quantized,
                    Loader& loader, std::size_t batch_size,
                    const std::function<void(std::size_t)>& each) {
  Evaluation result;
  loader.start({.batch_size = batch_size});
  for (Batch batch = loader.next(); batch.size() > 0; batch = loader.next()) {
    const at::Tensor classes = forward_through(network, quantized, images_of(batch, network))
                                   .flatten(1)
                                   .argmax(1)
                                   .to(at::kCPU);
    const std::int64_t* data = classes.data_ptr<std::int64_t>();
    result.predictions.insert(result.predictions.end(), data, data + classes.numel());
    result.labels.insert(result.labels.end(), batch.labels.begin(), batch.labels.end());
    if (each) each(result.labels.size());
  }
  if (result.labels.empty() && loader.left_out() != nullptr) {
    throw ConfigError{none_readable(loader.dataset(), *loader.left_out())};
  }
  return result;
}

}  // namespace papilio
