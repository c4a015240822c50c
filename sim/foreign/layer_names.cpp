#include "sim/foreign/layer_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
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

/// Takes an operation's name, as ONNX and TensorFlow have them, off the end.
void drop_operation(NameTokens& tokens) {
  constexpr std::array<std::string_view, 28> kOperations{"add",
                                                         "addv2",
                                                         "averagepool",
                                                         "avgpool",
                                                         "batchnormalization",
                                                         "biasadd",
                                                         "clip",
                                                         "concat",
                                                         "conv",
                                                         "conv2d",
                                                         "convtranspose",
                                                         "depthwise",
                                                         "flatten",
                                                         "fusedbatchnormv3",
                                                         "gemm",
                                                         "globalaveragepool",
                                                         "hardsigmoid",
                                                         "hardswish",
                                                         "matmul",
                                                         "maxpool",
                                                         "mean",
                                                         "mul",
                                                         "relu",
                                                         "relu6",
                                                         "reshape",
                                                         "sigmoid",
                                                         "softmax",
                                                         "swish"};
  if (tokens.size() < 2) return;
  if (std::find(kOperations.begin(), kOperations.end(), tokens.back()) == kOperations.end()) return;
  tokens.pop_back();
}

/// The forms of a name, the nearest first, with all of its scopes.
std::vector<NameTokens> forms_of(std::string_view name) {
  std::vector<NameTokens> forms{tokens_of(name)};
  NameTokens bare = tokens_of(without_repeats(name));
  forms.push_back(bare);
  drop_additions(bare);
  forms.push_back(bare);
  drop_operation(bare);
  forms.push_back(std::move(bare));
  return forms;
}

}  // namespace

LayerNames::LayerNames(const Graph& graph, const std::vector<std::string>& names) {
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
    for (Tokens& tokens : meanings_of(name)) {
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
    scope_.push_back(most->first);
    std::erase_if(sharing, [&](const Tokens& tokens) {
      return tokens.size() <= depth + 1 || tokens[depth] != scope_.back();
    });
  }
  if (!scope_.empty() && first_tokens_.contains(scope_.front())) scope_.clear();
}

std::vector<LayerNames::Tokens> LayerNames::meanings_of(std::string_view name) const {
  std::vector<Tokens> meanings = forms_of(name);
  const std::size_t forms = meanings.size();
  meanings.reserve(2 * forms);
  for (std::size_t i = 0; i < forms; ++i) {
    const Tokens& form = meanings[i];
    const bool shares = !scope_.empty() && form.size() > scope_.size() &&
                        std::equal(scope_.begin(), scope_.end(), form.begin());
    if (!shares) continue;
    meanings.emplace_back(form.begin() + static_cast<std::ptrdiff_t>(scope_.size()), form.end());
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

std::optional<LayerId> LayerNames::find(std::string_view name) const {
  if (const auto it = exact_.find(std::string{name}); it != exact_.end()) return it->second;
  for (Tokens& tokens : meanings_of(name)) {
    const auto it = by_tokens_.find(key_of(renumbered(std::move(tokens))));
    if (it != by_tokens_.end()) return it->second;
  }
  return std::nullopt;
}

}  // namespace papilio
