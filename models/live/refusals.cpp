#include "models/live/refusals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/base/text.hpp"

namespace papilio {
namespace {

/// What somebody sent, in one line of a log.
std::string in_a_line(std::string text) {
  constexpr std::size_t kMostText = 300;
  if (text.size() > kMostText) text.resize(kMostText);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return printable(text);
}

}  // namespace

Refusals::Refusals(std::function<void(const std::string&)> tell, std::uint64_t most)
    : tell_{std::move(tell)}, most_{most} {}

void Refusals::note(Refusal kind, const std::string& peer, const std::string& what) {
  std::uint64_t told = 0;
  {
    const std::lock_guard lock{mutex_};
    ++counts_[static_cast<std::size_t>(kind)];
    if (!tell_ || told_ > most_) return;
    told = told_++;
  }
  // Whoever reads the lines may be slow: nobody waits for the lock meanwhile.
  if (told == most_) {
    tell_(fmt::format("{} refusals told; from now on they are counted alone", most_));
    return;
  }
  tell_(fmt::format("refused {}: {}: {}", in_a_line(peer),
                    kRefusals[static_cast<std::size_t>(kind)], in_a_line(what)));
}

Refusals::Counts Refusals::counts() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

}  // namespace papilio
