#include "models/zoo/transformers.hpp"

#include <cmath>
#include <optional>
#include <string>

#include "models/zoo/builder.hpp"

namespace papilio {
namespace {

constexpr std::int64_t kTransformerLayers = 12;

/// Attention of several heads (Vaswani et al. 2017) over a sequence.
struct Heads {
  std::int64_t places{0};              ///< that look
  std::optional<std::int64_t> cached;  ///< places of earlier runs that they look at too
  std::int64_t count{12};
  std::int64_t features{64};  ///< of each head

  [[nodiscard]] std::int64_t width() const { return count * features; }
  /// Places that are looked at.
  [[nodiscard]] std::int64_t seen() const { return places + cached.value_or(0); }
};

/// What the heads compare and take, each `[heads × places × features]`.
struct Projections {
  LayerId query{0};
  LayerId key{0};
  LayerId value{0};
};

/// Of the last layer, `[places × (count · features)]`: `[count × places × features]`.
LayerId then_heads_first(Builder& net, const std::string& prefix, const Heads& heads,
                         std::int64_t count) {
  net.then(prefix + "heads", ReshapeOp{{heads.places, count, heads.features}});
  return net.then(prefix + "heads_first", TransposeOp{{1, 0, 2}});
}

/// Of the last layer, `[places × 3 width]`, which has queries, keys and values behind each other.
Projections projections_of_one(Builder& net, const std::string& prefix, const Heads& heads) {
  const LayerId all = then_heads_first(net, prefix, heads, 3 * heads.count);
  const auto part = [&](const char* name, std::int64_t index) {
    return net.join(
        prefix + name,
        SliceOp{.axis = 0, .begin = index * heads.count, .end = (index + 1) * heads.count}, {all});
  };
  const LayerId query = part("query", 0);
  const LayerId key = part("key", 1);
  return {query, key, part("value", 2)};
}

/// Adds what each place takes of all, `[places × width]`.
/// @param masked adds a mask to the last layer, of `[heads × places × places seen]`
template <class Masked>
void add_attention(Builder& net, const std::string& prefix, const Heads& heads,
                   const Projections& from, Masked masked) {
  const auto kept = [&](const char* name, LayerId part) {
    if (!heads.cached) return part;
    return net.join(prefix + name, CacheOp{.axis = 1, .places = *heads.cached}, {part});
  };
  const LayerId value = kept("values_kept", from.value);
  const LayerId all_keys = kept("keys_kept", from.key);
  const LayerId key = net.join(prefix + "key_transposed", TransposeOp{{0, 2, 1}}, {all_keys});
  net.join(prefix + "scores", MatMulOp{}, {from.query, key});
  net.then(prefix + "scaled",
           ScaleOp{.factor = 1 / std::sqrt(static_cast<double>(heads.features))});
  masked();
  const LayerId shares = net.then(prefix + "softmax", SoftmaxOp{.axis = 2});
  net.join(prefix + "taken", MatMulOp{}, {shares, value});
  net.then(prefix + "places_first", TransposeOp{{1, 0, 2}});
  net.then(prefix + "joined", ReshapeOp{{heads.places, heads.width()}});
}

/// Adds some rows of a trained table of `[rows × features]` that is stored under this name.
/// @return `[places × features]`
LayerId add_table(Builder& net, const std::string& name, const TensorShape& sizes,
                  std::int64_t first, std::int64_t places) {
  net.join(name, ParameterOp{.shape = sizes, .trained = sizes.elements()}, {});
  return net.then(name + ".rows", SliceOp{.axis = 0, .begin = first, .end = first + places});
}

std::string layer_label(std::int64_t layer) {
  return "layer" + std::to_string(layer + 1);
}

void add_vit_layer(Builder& net, const std::string& prefix, const Heads& heads) {
  const LayerNormOp norm{.epsilon = 1e-6};
  const LayerId input = net.last();
  const std::string attention = prefix + "self_attention.";
  net.then(prefix + "ln_1", norm);
  net.then(attention + "in_proj", LinearOp{.out_features = 3 * heads.width()});
  add_attention(net, attention, heads, projections_of_one(net, attention, heads), [] {});
  net.then(attention + "out_proj", LinearOp{.out_features = heads.width()});
  const LayerId attended = net.join(prefix + "add", AddOp{}, {net.last(), input});
  net.then(prefix + "ln_2", norm);
  net.then(prefix + "mlp.0", LinearOp{.out_features = 4 * heads.width()});
  net.then(prefix + "mlp.1", ActivationOp{ActivationOp::Kind::kGelu});
  net.then(prefix + "mlp.3", LinearOp{.out_features = heads.width()});
  net.join(prefix + "add_1", AddOp{}, {attended, net.last()});
}

void add_bert_layer(Builder& net, const std::string& prefix, const Heads& heads) {
  const LayerNormOp norm{.epsilon = 1e-12};
  const LayerId input = net.last();
  const std::string attention = prefix + "attention.self.";
  const auto projection = [&](const char* name) {
    net.go_back_to(input);
    net.then(attention + name, LinearOp{.out_features = heads.width()});
    return then_heads_first(net, attention + name + ".", heads, heads.count);
  };
  const LayerId query = projection("query");
  const LayerId key = projection("key");
  add_attention(net, attention, heads, {query, key, projection("value")}, [] {});
  net.then(prefix + "attention.output.dense", LinearOp{.out_features = heads.width()});
  net.join(prefix + "attention.output.add", AddOp{}, {net.last(), input});
  const LayerId attended = net.then(prefix + "attention.output.LayerNorm", norm);
  net.then(prefix + "intermediate.dense", LinearOp{.out_features = 4 * heads.width()});
  net.then(prefix + "intermediate.gelu", ActivationOp{ActivationOp::Kind::kGelu});
  net.then(prefix + "output.dense", LinearOp{.out_features = heads.width()});
  net.join(prefix + "output.add", AddOp{}, {net.last(), attended});
  net.then(prefix + "output.LayerNorm", norm);
}

/// @param mask of an earlier layer, which this one has too
/// @return its mask, if it needs one
std::optional<LayerId> add_gpt2_layer(Builder& net, const std::string& prefix, const Heads& heads,
                                      std::optional<LayerId> mask) {
  const LayerId input = net.last();
  const std::string attention = prefix + "attn.";
  net.then(prefix + "ln_1", LayerNormOp{});
  net.then(attention + "c_attn", LinearOp{.out_features = 3 * heads.width()});
  const Projections projections = projections_of_one(net, attention, heads);
  std::optional<LayerId> own_mask;
  add_attention(net, attention, heads, projections, [&] {
    const LayerId scores = net.last();
    if (heads.cached && heads.places == 1) return;  // none of those that it sees comes later
    own_mask = net.join(attention + "mask", ParameterOp{.shape = {1, heads.places, heads.seen()}},
                        {}, mask);
    net.join(attention + "masked", AddOp{}, {scores, *own_mask});
  });
  net.then(attention + "c_proj", LinearOp{.out_features = heads.width()});
  const LayerId attended = net.join(prefix + "add", AddOp{}, {net.last(), input});
  net.then(prefix + "ln_2", LayerNormOp{});
  net.then(prefix + "mlp.c_fc", LinearOp{.out_features = 4 * heads.width()});
  net.then(prefix + "mlp.act", ActivationOp{ActivationOp::Kind::kGeluTanh});
  net.then(prefix + "mlp.c_proj", LinearOp{.out_features = heads.width()});
  net.join(prefix + "add_1", AddOp{}, {attended, net.last()});
  return own_mask;
}

}  // namespace

Graph vit_b_16() {
  constexpr std::int64_t kSide = 224;
  constexpr std::int64_t kPatch = 16;
  constexpr std::int64_t kPatches = (kSide / kPatch) * (kSide / kPatch);
  const Heads heads{.places = kPatches + 1};
  const std::int64_t width = heads.width();
  Builder net{"vit_b_16", "Vision transformer ViT-B/16 as torchvision has it", {3, kSide, kSide}};
  net.then("conv_proj",
           ConvOp{.out_channels = width, .kernel = kPatch, .stride = kPatch, .bias = true});
  net.then("patches", ReshapeOp{{width, kPatches}});
  const LayerId patches = net.then("patches_first", TransposeOp{{1, 0}});
  net.join("class_token", ParameterOp{.shape = {1, 1, width}, .trained = width}, {});
  const LayerId token = net.then("class_token.row", ReshapeOp{{1, width}});
  const LayerId places = net.join("concat", ConcatOp{}, {token, patches});
  net.join("encoder.pos_embedding",
           ParameterOp{.shape = {1, heads.places, width}, .trained = heads.places * width}, {});
  net.then("encoder.pos_embedding.rows", ReshapeOp{{heads.places, width}});
  net.join("encoder.add", AddOp{}, {places, net.last()});
  net.end_block();
  for (std::int64_t layer = 0; layer < kTransformerLayers; ++layer) {
    net.begin_block(layer_label(layer));
    add_vit_layer(net, "encoder.layers.encoder_layer_" + std::to_string(layer) + ".", heads);
    net.end_block();
  }
  net.begin_block("head");
  net.then("encoder.ln", LayerNormOp{.epsilon = 1e-6});
  net.then("class", SliceOp{.axis = 0, .begin = 0, .end = 1});
  net.then("flatten", FlattenOp{});
  net.then("heads.head", LinearOp{.out_features = 1000});
  return net.finish();
}

namespace {

constexpr std::int64_t kBertsPlaces = 512;
constexpr std::int64_t kGpt2sPlaces = 1024;

Graph bert(const std::string& name, const Sequence& pieces) {
  constexpr std::int64_t kWords = 30522;
  const Heads heads{.places = pieces.tokens};
  const std::int64_t width = heads.width();
  Builder net{name, "BERT-base, uncased, without its pooler", {heads.places}, kWords};
  const LayerId words =
      net.then("embeddings.word_embeddings", EmbeddingOp{.entries = kWords, .features = width});
  // One sentence: all pieces have the first type.
  const LayerId type = add_table(net, "embeddings.token_type_embeddings.weight", {2, width}, 0, 1);
  const LayerId typed = net.join("embeddings.add", AddOp{}, {words, type});
  const LayerId places = add_table(net, "embeddings.position_embeddings.weight",
                                   {kBertsPlaces, width}, 0, heads.places);
  net.join("embeddings.add_1", AddOp{}, {typed, places});
  net.then("embeddings.LayerNorm", LayerNormOp{.epsilon = 1e-12});
  net.end_block();
  for (std::int64_t layer = 0; layer < kTransformerLayers; ++layer) {
    net.begin_block(layer_label(layer));
    add_bert_layer(net, "encoder.layer." + std::to_string(layer) + ".", heads);
    net.end_block();
  }
  Graph graph = net.finish();
  graph.add_unused_weights("pooler.dense");
  graph.add_note("All 512 rows of the places' table are counted, of which " +
                 std::to_string(heads.places) + " are read.");
  return graph;
}

Graph gpt2_of(const std::string& name, const Sequence& pieces) {
  constexpr std::int64_t kWords = 50257;
  const Heads heads{.places = pieces.tokens, .cached = pieces.cached};
  const std::int64_t width = heads.width();
  Builder net{name, "GPT-2, the smallest", {heads.places}, kWords};
  const LayerId words = net.then("wte", EmbeddingOp{.entries = kWords, .features = width});
  const LayerId places =
      add_table(net, "wpe.weight", {kGpt2sPlaces, width}, pieces.cached.value_or(0), heads.places);
  net.join("add", AddOp{}, {words, places});
  net.end_block();
  std::optional<LayerId> mask;
  for (std::int64_t layer = 0; layer < kTransformerLayers; ++layer) {
    net.begin_block(layer_label(layer));
    const std::optional<LayerId> own =
        add_gpt2_layer(net, "h." + std::to_string(layer) + ".", heads, mask);
    if (!mask) mask = own;
    net.end_block();
  }
  net.begin_block("head");
  if (pieces.cached) {
    net.then("last", SliceOp{.axis = 0, .begin = heads.places - 1, .end = heads.places});
  }
  const LayerId features = net.then("ln_f", LayerNormOp{});
  net.join("lm_head", LinearOp{.out_features = kWords, .bias = false}, {features}, words);
  Graph graph = net.finish();
  graph.add_note("All 1,024 rows of the places' table are counted, of which " +
                 std::to_string(heads.places) + " are read.");
  graph.add_note(
      mask ? "Weights must hold the constant h.0.attn.mask; Hugging Face's are transposed."
           : "Hugging Face's weights are transposed.");
  graph.add_unused_weights("lm_head");  // the table again
  // Files have masks of another form there.
  for (std::int64_t layer = 0; layer < kTransformerLayers; ++layer) {
    graph.add_unused_weights("h." + std::to_string(layer) + ".attn");
  }
  return graph;
}

}  // namespace

SequenceReader bert_base() {
  return {.usual = 128, .most = kBertsPlaces, .build = bert};
}

SequenceReader gpt2() {
  return {.usual = 128, .most = kGpt2sPlaces, .generates = true, .build = gpt2_of};
}

}  // namespace papilio
