// Claim: the zoo's language models compute what their papers' equations say, written out here:
// BERT's layer normalises after its sums, GPT-2's before, and in GPT-2 no place sees a later one.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "models/tensor/network.hpp"
#include "models/tensor/runtime.hpp"
#include "models/zoo/zoo.hpp"

namespace papilio {
namespace {

constexpr std::int64_t kPlaces = 128;
constexpr std::int64_t kFeatures = 768;
constexpr std::int64_t kHeads = 12;

/// A network of the zoo whose weights of the names that begin so are drawn, and the others 0.
class Model {
 public:
  Model(const char* name, const std::vector<std::string>& prefixes) : network_{*find_model(name)} {
    start_tensor_runtime("cpu", 2);
    weights_ = network_.weights();
    at::manual_seed(5);
    for (auto& entry : weights_) {
      StoredTensor& tensor = entry.second;
      const bool wanted =
          std::any_of(prefixes.begin(), prefixes.end(),
                      [&](const std::string& prefix) { return entry.first.starts_with(prefix); });
      if (!wanted) continue;
      const auto count = static_cast<std::int64_t>(tensor.values.size());
      const at::Tensor drawn = at::rand({count}) * 0.2 - 0.1;
      tensor.values.assign(drawn.data_ptr<float>(), drawn.data_ptr<float>() + count);
    }
  }

  StoredTensor& stored(const std::string& name) { return weights_.at(name); }
  void load() { network_.load(weights_, "drawn"); }

  /// From the end of one block to that of another.
  [[nodiscard]] at::Tensor run(const at::Tensor& x, const char* from, const char* to) const {
    const Graph& graph = network_.graph();
    return network_.run(x, graph.find_cut(from)->after, graph.find_cut(to)->after);
  }

  /// Takes the trained weights of the same network at another length.
  void take(const Model& other) {
    for (auto& [name, tensor] : weights_) {
      const auto same = other.weights_.find(name);
      if (same != other.weights_.end() && same->second.shape == tensor.shape) tensor = same->second;
    }
  }

  /// From the words to a layer.
  [[nodiscard]] at::Tensor run(const at::Tensor& words, const std::string& to) const {
    return network_.run(words, 0, *network_.graph().find_layer(to));
  }

  [[nodiscard]] at::Tensor weight(const std::string& name) const {
    const StoredTensor& tensor = weights_.at(name);
    return at::tensor(tensor.values).view(tensor.shape);
  }
  [[nodiscard]] at::Tensor linear(const at::Tensor& x, const std::string& name) const {
    return at::linear(x, weight(name + ".weight"), weight(name + ".bias"));
  }
  [[nodiscard]] at::Tensor norm(const at::Tensor& x, const std::string& name,
                                double epsilon) const {
    return at::layer_norm(x, {kFeatures}, weight(name + ".weight"), weight(name + ".bias"),
                          epsilon);
  }

 private:
  Network network_;
  StateDict weights_;
};

/// Vaswani et al. 2017, equation 1, of 12 heads of 64 features each; √64 = 8.
at::Tensor attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                     const at::Tensor& mask) {
  const auto heads = [&](const at::Tensor& x) {
    return x.reshape({x.size(0), kPlaces, kHeads, kFeatures / kHeads});
  };
  const at::Tensor scores = at::einsum("nqhd,nkhd->nhqk", {heads(query), heads(key)}) / 8;
  const at::Tensor shares = at::softmax(scores + mask, 3);
  return at::einsum("nhqk,nkhd->nqhd", {shares, heads(value)}).reshape_as(query);
}

/// 0 where a place (a row) sees another, else a very negative number.
at::Tensor causal_mask() {
  return at::triu(at::full({kPlaces, kPlaces}, -1e9), 1);
}

double relative(const at::Tensor& found, const at::Tensor& expected) {
  EXPECT_EQ(found.sizes(), expected.sizes());
  return ((found - expected).abs().max() / expected.abs().max()).item<double>();
}

TEST(LanguageModels, BertsLayerNormalisesAfterItsSums) {
  const std::string layer = "encoder.layer.0.";
  Model bert{"bert-base", {layer, "embeddings."}};
  bert.load();
  const at::Tensor x = at::randn({2, kPlaces, kFeatures});
  const auto projected = [&](const char* name) {
    return bert.linear(x, layer + "attention.self." + name);
  };
  const at::Tensor taken = attention(projected("query"), projected("key"), projected("value"),
                                     at::zeros({kPlaces, kPlaces}));
  const at::Tensor attended = bert.norm(x + bert.linear(taken, layer + "attention.output.dense"),
                                        layer + "attention.output.LayerNorm", 1e-12);
  const at::Tensor wide = at::gelu(bert.linear(attended, layer + "intermediate.dense"));
  const at::Tensor expected = bert.norm(attended + bert.linear(wide, layer + "output.dense"),
                                        layer + "output.LayerNorm", 1e-12);
  EXPECT_LE(relative(bert.run(x, "stem", "layer1"), expected), 1e-5);

  const at::Tensor words = at::randint(0, 30'522, {2, kPlaces}, at::kLong);
  const at::Tensor rows = at::embedding(bert.weight("embeddings.word_embeddings.weight"), words);
  const at::Tensor sum = rows +
                         bert.weight("embeddings.position_embeddings.weight").slice(0, 0, kPlaces) +
                         bert.weight("embeddings.token_type_embeddings.weight")[0];
  EXPECT_LE(
      relative(bert.run(words, "input", "stem"), bert.norm(sum, "embeddings.LayerNorm", 1e-12)),
      1e-5);
}

TEST(LanguageModels, Gpt2sLayerNormalisesBeforeAndSeesNothingLater) {
  const std::string layer = "h.0.";
  Model gpt2{"gpt2", {layer, "h.1.", "wte", "wpe"}};
  const at::Tensor mask = causal_mask();
  gpt2.stored("h.0.attn.mask")
      .values.assign(mask.data_ptr<float>(), mask.data_ptr<float>() + mask.numel());
  gpt2.load();
  const at::Tensor x = at::randn({2, kPlaces, kFeatures});
  const std::vector<at::Tensor> parts =
      gpt2.linear(gpt2.norm(x, layer + "ln_1", 1e-5), layer + "attn.c_attn").chunk(3, 2);
  const at::Tensor attended =
      x + gpt2.linear(attention(parts[0], parts[1], parts[2], mask), layer + "attn.c_proj");
  const at::Tensor wide =
      at::gelu(gpt2.linear(gpt2.norm(attended, layer + "ln_2", 1e-5), layer + "mlp.c_fc"), "tanh");
  const at::Tensor expected = attended + gpt2.linear(wide, layer + "mlp.c_proj");
  EXPECT_LE(relative(gpt2.run(x, "stem", "layer1"), expected), 1e-5);

  // The second layer has the first's mask.
  at::Tensor other = x.clone();
  constexpr std::int64_t kChanged = 100;
  other.select(1, kChanged).copy_(at::randn({2, kFeatures}));
  const at::Tensor change =
      (gpt2.run(other, "stem", "layer2") - gpt2.run(x, "stem", "layer2")).abs().amax({0, 2});
  EXPECT_LT(change.slice(0, 0, kChanged).max().item<double>(), 1e-6);
  EXPECT_GT(change.slice(0, kChanged).min().item<double>(), 1e-6) << "later places see it";

  const at::Tensor words = at::randint(0, 50'257, {2, kPlaces}, at::kLong);
  EXPECT_LE(relative(gpt2.run(words, "input", "stem"),
                     at::embedding(gpt2.weight("wte.weight"), words) +
                         gpt2.weight("wpe.weight").slice(0, 0, kPlaces)),
            1e-6);
}

// What a decoder answers for a token does not hang on how the tokens before came in: read all at
// once, or all but the last kept from a run before.
TEST(LanguageModels, Gpt2KeepsWhatItHasRead) {
  constexpr std::int64_t kRead = 7;
  const std::vector<std::string> drawn{"h.0.", "h.1.", "wte", "wpe", "ln_f"};
  const auto load = [](Model& model, std::int64_t tokens) {
    const at::Tensor mask = at::triu(at::full({tokens, tokens}, -1e9), 1);
    model.stored("h.0.attn.mask")
        .values.assign(mask.data_ptr<float>(), mask.data_ptr<float>() + mask.numel());
    model.load();
  };
  Model whole{"gpt2@8+0", drawn};
  Model prompt{"gpt2@7+0", {}};
  prompt.take(whole);
  load(whole, kRead + 1);
  load(prompt, kRead);
  Model step{"gpt2@1+7", {}};
  step.take(whole);
  const at::Tensor words = at::randint(0, 50'257, {1, kRead + 1}, at::kLong);
  for (const char* layer : {"h.0.", "h.1."}) {
    for (const char* kept : {"attn.keys_kept", "attn.values_kept"}) {
      const std::string name = std::string{layer} + kept;
      const at::Tensor read = prompt.run(words.slice(1, 0, kRead), name).contiguous();
      EXPECT_GT(read.abs().max().item<double>(), 1e-3);
      step.stored(name + ".kept")
          .values.assign(read.data_ptr<float>(), read.data_ptr<float>() + read.numel());
    }
  }
  step.load();
  const at::Tensor expected = whole.run(words, "lm_head");
  EXPECT_LE(relative(step.run(words.slice(1, kRead), "lm_head"), expected), 1e-5);
  // The test can tell: another token before would have changed the answer.
  at::Tensor other = words.clone();
  other[0][2] = (other[0][2] + 1) % 50'257;
  EXPECT_GT(relative(whole.run(other, "lm_head"), expected), 1e-3);
}

}  // namespace
}  // namespace papilio
