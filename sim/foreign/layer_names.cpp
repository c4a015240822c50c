#include "sim/foreign/layer_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "sim/foreign/plain_text.hpp"

namespace papilio {
namespace {

using NameTokens = std::vector<std::string>;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// The runs of letters and digits in a name, in small letters.
NameTokens tokens_of(std::string_view name) {
  NameTokens tokens;
  bool within = false;
  for (const char c : name) {
    if (!is_letter_or_digit(c)) {
      within = false;
      continue;
    }
    if (!within) tokens.emplace_back();
    within = true;
    tokens.back() += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return tokens;
}

/// Without the scopes that the next one repeats: "/a/a.0/b" is "a.0/b".
std::string without_repeats(std::string_view name) {
  const std::vector<std::string> scopes = split_at(name, {"/"});
  std::string kept;
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    if (i + 1 < scopes.size() && scopes[i + 1].starts_with(scopes[i] + ".")) continue;
    if (!kept.empty()) kept += '/';
    kept += scopes[i];
  }
  return kept;
}

std::string key_of(const NameTokens& tokens) {
  return fmt::format("{}", fmt::join(tokens, "."));
}

bool is_number(const std::string& token) {
  return token.find_first_not_of("0123456789") == std::string::npos;
}

/// Takes what tools put behind names off: "_output_0", "_nchwc", "_token_1", "_myl9_1".
void drop_additions(NameTokens& tokens) {
  while (tokens.size() > 1) {
    if (tokens.back() == "nchwc" || tokens.back() == "output") {
      tokens.pop_back();
      continue;
    }
    const std::string& before = tokens[tokens.size() - 2];
    const bool numbered = before == "output" || before == "token" || before == "nchwc" ||
                          (before.starts_with("myl") && is_number(before.substr(3)));
    if (!numbered || !is_number(tokens.back()) || tokens.size() == 2) return;
    tokens.resize(tokens.size() - 2);
  }
}

/// An operation, as ONNX and TensorFlow name them, and what it may compute of a layer that its name
/// begins with.
struct KnownOperation {
  std::string_view name;  ///< in small letters
  /// Kinds of layers, as `kind_name` has them, that it is all or a part of.
  std::vector<std::string_view> kinds;
  /// Those that it is only a part of where a tool fused them.
  std::vector<std::string_view> fused;
};

const std::vector<KnownOperation>& known_operations() {
  static const std::vector<std::string_view> kConvolutions{"conv", "conv_transpose"};
  static const std::vector<std::string_view> kMeans{"avg_pool", "global_avg_pool"};
  static const std::vector<std::string_view> kNorms{"batch_norm", "scale", "conv",
                                                    "conv_transpose"};
  static const std::vector<std::string_view> kSums{"add", "linear", "scale"};
  static const std::vector<std::string_view> kWeighted{"conv", "conv_transpose", "linear"};
  static const std::vector<KnownOperation> kKnown{
      {"add", kSums},
      {"addv2", kSums},
      {"averagepool", kMeans},
      {"avgpool", kMeans},
      {"batchnormalization", kNorms},
      {"biasadd", kWeighted},
      {"clip", {"relu6"}, kWeighted},
      {"concat", {"concat"}},
      {"conv", kConvolutions},
      {"conv2d", kConvolutions},
      {"convtranspose", kConvolutions},
      {"depthwise", kConvolutions},
      {"elu", {"elu"}},
      {"flatten", {"flatten"}},
      {"fullyconnected", {"linear"}},
      {"fusedbatchnormv3", kNorms},
      {"gelu", {"gelu", "gelu_tanh"}},
      {"gemm", {"linear"}},
      {"globalaveragepool", kMeans},
      {"hardsigmoid", {"hardsigmoid", "hardswish"}},
      {"hardswish", {"hardswish"}},
      {"leakyrelu", {"leaky_relu"}},
      {"lrn", {"local_norm"}},
      {"matmul", {"linear"}},
      {"maxpool", {"max_pool"}},
      {"mean", kMeans},
      {"mish", {"mish"}},
      {"mul", {"multiply", "scale", "silu", "hardswish", "gelu", "gelu_tanh", "mish"}},
      {"relu", {"relu"}, kWeighted},
      {"relu6", {"relu6"}, kWeighted},
      {"reshape", {"flatten"}},
      {"resize", {"resize"}},
      {"selu", {"selu"}},
      {"sigmoid", {"sigmoid", "silu"}},
      {"softmax", {"softmax"}},
      {"softplus", {"softplus", "mish"}},
      {"swish", {"silu"}},
      {"tanh", {"tanh", "gelu_tanh", "mish"}}};
  return kKnown;
}

const KnownOperation* operation_named(std::string_view name) {
  const std::vector<KnownOperation>& known = known_operations();
  const auto it = std::find_if(known.begin(), known.end(),
                               [&](const KnownOperation& each) { return each.name == name; });
  return it == known.end() ? nullptr : &*it;
}

/// Whether an operation may compute a layer of this kind, or a part of it.
bool suits(std::string_view operation, std::string_view kind, bool fused) {
  const KnownOperation* const known = operation_named(operation);
  if (known == nullptr) return false;
  const auto has = [&](const std::vector<std::string_view>& kinds) {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  };
  return has(known->kinds) || (fused && has(known->fused));
}

/// Takes an operation's name off the end.
/// @returns it; empty where there was none
std::string drop_operation(NameTokens& tokens) {
  if (tokens.size() < 2 || operation_named(tokens.back()) == nullptr) return {};
  std::string operation = std::move(tokens.back());
  tokens.pop_back();
  return operation;
}

}  // namespace

LayerNames::LayerNames(const Graph& graph, const std::vector<std::string>& names) {
  kinds_.reserve(graph.layers().size());
  for (const Layer& layer : graph.layers()) kinds_.push_back(kind_name(layer.op));
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    const Layer& layer = graph.layer(id);
    if (std::holds_alternative<InputOp>(layer.op)) continue;
    exact_.emplace(layer.name, id);
    const Tokens tokens = tokens_of(layer.name);
    if (tokens.empty()) continue;
    first_tokens_.insert(tokens.front());
    const auto [it, is_new] = by_tokens_.emplace(key_of(tokens), id);
    if (!is_new) it->second.reset();
  }
  find_shared_scope(names);
  for (const std::string& name : names) {
    for (Meaning& meaning : meanings_of(name)) {
      Tokens& tokens = meaning.tokens;
      if (tokens.size() < 2 || tokens.back() != "1" || has_layer(tokens)) continue;
      tokens.pop_back();
      from_one_.insert(key_of(tokens));
    }
  }
}

bool LayerNames::has_layer(const Tokens& tokens) const {
  return by_tokens_.contains(key_of(tokens));
}

void LayerNames::find_shared_scope(const std::vector<std::string>& names) {
  std::vector<Tokens> sharing;
  sharing.reserve(names.size());
  for (const std::string& name : names) sharing.push_back(tokens_of(without_repeats(name)));
  const std::size_t half = names.size() / 2;
  while (true) {
    const std::size_t depth = scope_.size();
    std::unordered_map<std::string, std::size_t> counts;
    for (const Tokens& tokens : sharing) {
      if (tokens.size() > depth + 1) ++counts[tokens[depth]];
    }
    const auto most =
        std::max_element(counts.begin(), counts.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most == counts.end() || most->second <= half) break;
    if (first_tokens_.contains(most->first)) break;  // here the layers' own names begin
    scope_.push_back(most->first);
    std::erase_if(sharing, [&](const Tokens& tokens) {
      return tokens.size() <= depth + 1 || tokens[depth] != scope_.back();
    });
  }
}

std::vector<LayerNames::Meaning> LayerNames::meanings_of(std::string_view name) const {
  Tokens bare = tokens_of(without_repeats(name));
  std::vector<Meaning> meanings{{tokens_of(name), ""}, {bare, ""}};
  drop_additions(bare);
  meanings.push_back({bare, ""});
  std::string operation = drop_operation(bare);
  if (!operation.empty()) meanings.push_back({std::move(bare), std::move(operation)});
  const std::size_t forms = meanings.size();
  meanings.reserve(2 * forms);
  for (std::size_t i = 0; i < forms; ++i) {
    const Tokens& form = meanings[i].tokens;
    const bool shares = !scope_.empty() && form.size() > scope_.size() &&
                        std::equal(scope_.begin(), scope_.end(), form.begin());
    if (!shares) continue;
    Tokens within{form.begin() + static_cast<std::ptrdiff_t>(scope_.size()), form.end()};
    meanings.push_back({std::move(within), meanings[i].operation});
  }
  return meanings;
}

LayerNames::Tokens LayerNames::renumbered(Tokens tokens) const {
  constexpr std::size_t kMostDigits = 6;
  if (tokens.size() < 2 || !is_number(tokens.back()) || tokens.back().size() > kMostDigits) {
    return tokens;
  }
  Tokens first{tokens.begin(), tokens.end() - 1};
  if (!from_one_.contains(key_of(first)) || !has_layer(first)) return tokens;
  first.push_back(fmt::format("{}", std::stoi(tokens.back()) + 1));
  return first;
}

std::optional<LayerId> LayerNames::find(std::string_view name, bool fused) const {
  if (const auto it = exact_.find(std::string{name}); it != exact_.end()) return it->second;
  for (Meaning& meaning : meanings_of(name)) {
    const auto it = by_tokens_.find(key_of(renumbered(std::move(meaning.tokens))));
    if (it == by_tokens_.end()) continue;
    const bool fits = !it->second || meaning.operation.empty() ||
                      suits(meaning.operation, kinds_[*it->second], fused);
    if (fits) return it->second;
  }
  return std::nullopt;
}

}  // namespace papilio
