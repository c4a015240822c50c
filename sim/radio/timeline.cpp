#include "sim/radio/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr double kPacketBytes =
    1500;  // Mahimahi's delivery opportunity (Netravali et al., ATC 2015)
constexpr double kBytesPerMegabit = 1e6 / 8;
constexpr double kMostRate = 1e15;

struct Line {
  double first{0};
  std::optional<double> second;
};

std::optional<double> number(std::string_view& text) {
  const std::size_t begin = text.find_first_not_of(" \t,\r");
  if (begin == std::string_view::npos) return std::nullopt;
  text.remove_prefix(begin);
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || !std::isfinite(value)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

[[noreturn]] void fail(const std::string& path, std::size_t line, const std::string& message) {
  throw ConfigError{fmt::format("{}:{}: error: {}", path, line, message)};
}

std::vector<Line> read_lines(const std::string& path, std::vector<std::size_t>& places) {
  std::ifstream file{path};
  if (!file) throw ConfigError{fmt::format("{}: error: cannot be read; check the path", path)};
  std::vector<Line> lines;
  std::string text;
  for (std::size_t place = 1; std::getline(file, text); ++place) {
    std::string_view rest{text};
    if (rest.find_first_not_of(" \t\r") == std::string_view::npos || rest.starts_with('#'))
      continue;
    const std::optional<double> first = number(rest);
    Line line{first.value_or(-1), number(rest)};
    if (line.first < 0 || line.second.value_or(0) < 0 ||
        rest.find_first_not_of(" \t,\r") != std::string_view::npos) {
      fail(path, place,
           fmt::format("expected milliseconds, or seconds and Mbit/s, got '{}'", text));
    }
    if (!lines.empty() && lines.front().second.has_value() != line.second.has_value()) {
      fail(path, place, "one number where other lines have two, or the reverse");
    }
    lines.push_back(line);
    places.push_back(place);
  }
  if (lines.empty()) throw ConfigError{fmt::format("{}: error: the trace is empty", path)};
  return lines;
}

Trace from_table(const std::string& path, const std::vector<Line>& lines,
                 const std::vector<std::size_t>& places) {
  if (lines.size() < 2) {
    throw ConfigError{fmt::format(
        "{}: error: a table needs two rows at least, for the last lasts as long as the one before",
        path)};
  }
  Trace trace;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const double start = lines[i].first - lines[0].first;
    if (i > 0 && start <= trace.start_s.back()) fail(path, places[i], "the times must increase");
    const double rate = *lines[i].second * kBytesPerMegabit;
    if (rate > kMostRate) fail(path, places[i], "the rate is out of all range");
    trace.start_s.push_back(start);
    trace.rate_byte_per_s.push_back(rate);
  }
  const std::size_t last = trace.start_s.size() - 1;
  trace.length_s = 2 * trace.start_s[last] - trace.start_s[last - 1];
  return trace;
}

Trace from_deliveries(const std::string& path, const std::vector<Line>& lines,
                      const std::vector<std::size_t>& places, double bin_s) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].first != std::floor(lines[i].first)) {
      fail(path, places[i], "a packet-delivery file has whole milliseconds");
    }
    if (i > 0 && lines[i].first < lines[i - 1].first) {
      fail(path, places[i], "the times must not decrease");
    }
  }
  constexpr double kLongest = 1e7;
  const double length_s = lines.back().first / 1e3;
  if (length_s <= 0 || length_s > kLongest) {
    fail(path, places.back(), "the last time must be above 0 and below 1e10 ms");
  }
  // A last bin that is not full is as long as it is, so that no byte is lost or made; and there is
  // none of no length, which the quotient's last digit might ask for.
  constexpr double kShortest = 1e-9;
  auto bins = static_cast<std::size_t>(std::ceil(length_s / bin_s));
  if (bins > 1 && length_s - static_cast<double>(bins - 1) * bin_s <= kShortest * bin_s) --bins;
  std::vector<double> packets(bins, 0.0);
  for (const Line& line : lines) {
    const auto bin = static_cast<std::size_t>(line.first / 1e3 / bin_s);
    packets[std::min(bin, bins - 1)] += 1;
  }
  Trace trace{.length_s = length_s};
  for (std::size_t i = 0; i < bins; ++i) {
    const double begin = static_cast<double>(i) * bin_s;
    const double rate = packets[i] * kPacketBytes / (std::min(begin + bin_s, length_s) - begin);
    if (!trace.start_s.empty() && trace.rate_byte_per_s.back() == rate) continue;
    trace.start_s.push_back(begin);
    trace.rate_byte_per_s.push_back(rate);
  }
  return trace;
}

}  // namespace

BytesPerSecond Trace::mean() const {
  double bytes = 0;
  for (std::size_t i = 0; i < start_s.size(); ++i) {
    const double end = i + 1 < start_s.size() ? start_s[i + 1] : length_s;
    bytes += rate_byte_per_s[i] * (end - start_s[i]);
  }
  return BytesPerSecond{bytes / length_s};
}

Seconds Trace::longest_outage() const {
  double longest = 0;
  for (std::size_t i = 0; i < start_s.size(); ++i) {
    if (rate_byte_per_s[i] > 0) continue;
    const double end = i + 1 < start_s.size() ? start_s[i + 1] : length_s;
    longest = std::max(longest, end - start_s[i]);
  }
  return Seconds{longest};
}

Trace load_trace(const std::string& path, Seconds bin) {
  PAPILIO_CHECK(bin > Seconds{0});
  std::vector<std::size_t> places;
  const std::vector<Line> lines = read_lines(path, places);
  Trace trace = lines.front().second ? from_table(path, lines, places)
                                     : from_deliveries(path, lines, places, bin.value());
  if (trace.mean() <= BytesPerSecond{0}) {
    throw ConfigError{fmt::format("{}: error: the rate is 0 throughout", path)};
  }
  return trace;
}

double RateTimeline::time_in_trace(double date_s) const {
  return std::fmod(date_s + offset_s_, trace_->length_s);
}

const RateTimeline::Outage* RateTimeline::outage_at(double date_s) const {
  for (const Outage& outage : outages_) {
    if (date_s >= outage.from_s && date_s < outage.to_s) return &outage;
  }
  return nullptr;
}

double RateTimeline::rate_byte_per_s(double date_s) const {
  if (outage_at(date_s) != nullptr) return 0;
  if (trace_ == nullptr) return constant_byte_per_s_;
  const std::vector<double>& starts = trace_->start_s;
  const auto next = std::upper_bound(starts.begin(), starts.end(), time_in_trace(date_s));
  return trace_->rate_byte_per_s[static_cast<std::size_t>(next - starts.begin()) - 1];
}

double RateTimeline::next_change(double date_s) const {
  if (const Outage* outage = outage_at(date_s)) return outage->to_s;
  double change = kNever;
  for (const Outage& outage : outages_) {
    if (outage.from_s > date_s) change = std::min(change, outage.from_s);
  }
  if (trace_ == nullptr) return change;
  const double within = time_in_trace(date_s);
  const std::vector<double>& starts = trace_->start_s;
  const auto next = std::upper_bound(starts.begin(), starts.end(), within);
  const double end = next == starts.end() ? trace_->length_s : *next;
  const double piece_end = date_s + (end - within);
  // A piece that ends within the clock's last digit must not stop the clock.
  return std::min(change, std::max(piece_end, std::nextafter(date_s, kNever)));
}

double RateTimeline::finish_s(double begin_s, double bytes, double flows,
                              double cap_byte_per_s) const {
  constexpr double kLoops = 10;
  const double horizon = trace_ == nullptr ? kNever : begin_s + kLoops * trace_->length_s;
  double now = begin_s;
  double left = bytes;
  while (now <= horizon) {
    const double rate = std::min(rate_byte_per_s(now) / flows, cap_byte_per_s);
    const double change = next_change(now);
    const double finish = rate > 0 ? now + left / rate : kNever;
    if (finish <= change) return finish;
    if (change == kNever) return kNever;
    left -= rate * (change - now);
    now = change;
  }
  return kNever;
}

}  // namespace papilio
