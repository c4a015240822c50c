// Claims: levels and values are the formula's; what training sees is what crosses the radio, bit
// for bit; the gradient is the identity's.

#include "models/tensor/quantizer.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

TEST(Quantizer, RoundsToTheNearestOfEvenlySpacedLevels) {
  // min 0, max 3, 2 bits: levels 0, 1, 2, 3 stand for 0, 1, 2, 3.
  const at::Tensor x = at::tensor({0.0F, 0.4F, 0.6F, 1.0F, 2.4F, 2.6F, 3.0F, 1.9F}).view({2, 2, 2});
  const QuantizedTensor tensor = quantize(x, 2);
  EXPECT_EQ(tensor.shape, (FeatureShape{2, 2, 2}));
  EXPECT_EQ(tensor.levels, (std::vector<std::uint16_t>{0, 0, 1, 1, 2, 3, 3, 2}));
  EXPECT_EQ(tensor.min, 0);
  EXPECT_EQ(tensor.max, 3);
  EXPECT_TRUE(at::equal(dequantize(tensor).flatten(),
                        at::tensor({0.0F, 0.0F, 1.0F, 1.0F, 2.0F, 3.0F, 3.0F, 2.0F})));
}

TEST(Quantizer, IsOffByHalfAStepAtMost) {
  at::manual_seed(1);
  for (int bits = 1; bits <= 16; ++bits) {
    const at::Tensor x = at::randn({3, 9, 5});
    const QuantizedTensor tensor = quantize(x, bits);
    const double step = (tensor.max - tensor.min) / static_cast<float>((1 << bits) - 1);
    // Half a step, and the rounding of 32-bit floats.
    EXPECT_LE((dequantize(tensor).squeeze(0) - x).abs().max().item<double>(), step * 0.5 + 1e-6)
        << bits;
  }
}

TEST(Quantizer, OfATensorOfOneValueGivesItBack) {
  const at::Tensor x = at::full({2, 3, 3}, -1.25F);
  EXPECT_TRUE(at::equal(dequantize(quantize(x, 8)).squeeze(0), x));
  EXPECT_TRUE(at::equal(quantized_like(x.unsqueeze(0), 8).squeeze(0), x));
}

TEST(Quantizer, TrainsOnTheBitsThatCross) {
  at::manual_seed(2);
  for (const int bits : {1, 4, 8, 12, 16}) {
    const at::Tensor batch = at::relu(at::randn({6, 5, 7, 7})) * 3.7;
    const at::Tensor seen = quantized_like(batch, bits);
    for (std::int64_t i = 0; i < batch.size(0); ++i) {
      EXPECT_TRUE(at::equal(seen[i], dequantize(quantize(batch[i], bits)).squeeze(0))) << bits;
    }
  }
  const at::Tensor flat = at::randn({2, 20});
  EXPECT_TRUE(at::equal(quantized_like(flat, 8)[1], dequantize(quantize(flat[1], 8), true)[0]));
}

TEST(Quantizer, HasTheGradientOfTheIdentity) {
  at::Tensor x = at::rand({2, 3, 4, 4});
  x.requires_grad_(true);
  const at::Tensor weights = at::rand({2, 3, 4, 4});
  (quantized_like(x, 2) * weights).sum().backward();
  EXPECT_TRUE(at::equal(x.grad(), weights));
}

TEST(Quantizer, RefusesWhatIsNotFinite) {
  for (const double value :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    at::Tensor x = at::rand({1, 2, 2});
    x[0][1][0] = value;
    EXPECT_THROW(quantize(x, 8), SimulationError);
  }
}

}  // namespace
}  // namespace papilio
