#include "models/zoo/sequences.hpp"

#include <string>

#include "models/zoo/builder.hpp"

namespace papilio {

Graph acoustic_dnn() {
  constexpr std::int64_t kFrames = 11;
  constexpr std::int64_t kNumbers = 39;  // of a frame
  Builder net{"acoustic-dnn", "An acoustic model of five layers of 2,048", {kFrames * kNumbers}};
  for (int layer = 1; layer <= 5; ++layer) {
    const std::string name = "hidden" + std::to_string(layer);
    net.begin_block(name);
    net.then(name + ".linear", LinearOp{.out_features = 2048});
    net.then(name + ".sigmoid", ActivationOp{ActivationOp::Kind::kSigmoid});
    net.end_block();
  }
  net.begin_block("head");
  net.then("output", LinearOp{.out_features = 1955});
  net.then("softmax", SoftmaxOp{});
  return net.finish();
}

namespace {

Graph deep_speech(const std::string& name, const Sequence& steps) {
  constexpr std::int64_t kFrames = 19;  // seen at each step
  constexpr std::int64_t kNumbers = 160;
  constexpr std::int64_t kUnits = 2048;
  constexpr std::int64_t kCharacters = 29;  // a to z, space, apostrophe, blank
  Builder net{name, "A network after Deep Speech", {steps.tokens, kFrames * kNumbers}};
  const auto dense = [&](const std::string& layer) {
    net.begin_block(layer);
    net.then(layer + ".linear", LinearOp{.out_features = kUnits});
    net.then(layer + ".relu", ClampOp{.least = 0, .most = 20});
    net.end_block();
  };
  for (const char* layer : {"dense1", "dense2", "dense3"}) dense(layer);
  net.begin_block("recurrent");
  const LayerId both = net.then(
      "recurrent.both",
      RecurrentOp{
          .kind = RecurrentOp::Kind::kRnnRelu, .features = kUnits, .layers = 1, .both_ways = true});
  const LayerId forward =
      net.join("recurrent.forward", SliceOp{.axis = 1, .begin = 0, .end = kUnits}, {both});
  const LayerId backward = net.join("recurrent.backward",
                                    SliceOp{.axis = 1, .begin = kUnits, .end = 2 * kUnits}, {both});
  net.join("recurrent.add", AddOp{}, {forward, backward});
  net.end_block();
  dense("dense5");
  net.begin_block("head");
  net.then("output", LinearOp{.out_features = kCharacters});
  net.then("softmax", SoftmaxOp{.axis = 1});
  Graph graph = net.finish();
  graph.add_note("Like Deep Speech (Hannun et al. 2014), not the same: its counts are its own.");
  return graph;
}

Graph senna(const std::string& name, const Sequence& words) {
  constexpr std::int64_t kWords = 130000;
  constexpr std::int64_t kWindow = 5;
  constexpr std::int64_t kTags = 45;
  Builder net{name, "A tagger after SENNA", {words.tokens}, kWords};
  net.begin_block("words");
  net.then("words.table", EmbeddingOp{.entries = kWords, .features = 50});
  net.end_block();
  net.begin_block("window");
  net.then("words.features_first", TransposeOp{{1, 0}});
  net.then("window.conv",
           ConvOp{.out_channels = 300, .kernel = kWindow, .padding = kWindow / 2, .bias = true});
  net.then("window.hardtanh", ClampOp{.least = -1, .most = 1});
  net.end_block();
  net.begin_block("head");
  net.then("window.places_first", TransposeOp{{1, 0}});
  net.then("tags", LinearOp{.out_features = kTags});
  Graph graph = net.finish();
  graph.add_note("Like SENNA (Collobert et al. 2011), not the same: its counts are its own.");
  return graph;
}

}  // namespace

SequenceReader deep_speech_like() {
  return {.usual = 100, .most = 100'000, .build = deep_speech};
}

SequenceReader senna_like() {
  return {.usual = 32, .most = 100'000, .build = senna};
}

}  // namespace papilio
