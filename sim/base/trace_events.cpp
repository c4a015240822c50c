#include "sim/base/trace_events.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "sim/base/embedded_json.hpp"

namespace papilio {
namespace {

constexpr int kTickBits = 10;
constexpr Tick kTicksOfMicrosecond = Tick{1} << kTickBits;
constexpr std::uint64_t kLastDigits = 9765625;  // of one step: 2^-10 = 0.0009765625

}  // namespace

Tick tick_of(double date_s) {
  constexpr double kTicksOfSecond = 1e6 * static_cast<double>(kTicksOfMicrosecond);
  return std::llround(date_s * kTicksOfSecond);
}

std::string TraceEvents::begin(const TraceArguments& about) {
  std::string text{"{\"displayTimeUnit\":\"ms\",\n\"otherData\":{"};
  for (const TraceArgument& one : about) {
    if (&one != &about.front()) text += ',';
    text += fmt::format("\n\"{}\":{}", one.name, one.value);
  }
  // An event that says nothing, so that each that follows can begin with the comma before it.
  return text + "\n},\n\"traceEvents\":[\n" +
         R"({"ph":"M","ts":0,"pid":0,"tid":0,"name":"process_name","args":{"name":"papilio"}})";
}

std::string TraceEvents::end() {
  return "\n]}\n";
}

void TraceEvents::open(char phase, std::uint32_t process, std::string_view quoted) {
  ++count_;
  fmt::format_to(std::back_inserter(text_),
                 FMT_COMPILE(",\n{{\"ph\":\"{}\",\"pid\":{},\"name\":{}"), phase, process, quoted);
}

void TraceEvents::add(std::string_view key, std::int64_t value) {
  fmt::format_to(std::back_inserter(text_), FMT_COMPILE(",\"{}\":{}"), key, value);
}

void TraceEvents::add_ticks(std::string_view key, Tick ticks) {
  const bool negative = ticks < 0;
  const auto size = static_cast<std::uint64_t>(negative ? -ticks : ticks);
  const std::uint64_t rest = size % kTicksOfMicrosecond;
  fmt::format_to(std::back_inserter(text_), FMT_COMPILE(",\"{}\":{}{}"), key, negative ? "-" : "",
                 size / kTicksOfMicrosecond);
  if (rest == 0) return;
  fmt::format_to(std::back_inserter(text_), FMT_COMPILE(".{:010}"), rest * kLastDigits);
  while (text_.back() == '0') text_.pop_back();
}

void TraceEvents::add_id(std::uint64_t id) {
  fmt::format_to(std::back_inserter(text_), FMT_COMPILE(",\"id\":\"0x{:x}\""), id);
}

void TraceEvents::close() {
  text_ += '}';
}

void TraceEvents::name_process(std::uint32_t process, std::string_view name) {
  open('M', process, "\"process_name\"");
  fmt::format_to(std::back_inserter(text_), ",\"tid\":0,\"ts\":0,\"args\":{{\"name\":{}}}",
                 json_quoted(name));
  close();
  open('M', process, "\"process_sort_index\"");
  fmt::format_to(std::back_inserter(text_), ",\"tid\":0,\"ts\":0,\"args\":{{\"sort_index\":{}}}",
                 process);
  close();
}

void TraceEvents::name_lane(TraceLane lane, std::string_view name) {
  open('M', lane.process, "\"thread_name\"");
  fmt::format_to(std::back_inserter(text_), ",\"tid\":{},\"ts\":0,\"args\":{{\"name\":{}}}",
                 lane.lane, json_quoted(name));
  close();
  open('M', lane.process, "\"thread_sort_index\"");
  fmt::format_to(std::back_inserter(text_), ",\"tid\":{0},\"ts\":0,\"args\":{{\"sort_index\":{0}}}",
                 lane.lane);
  close();
}

void TraceEvents::slice(TraceLane lane, std::string_view quoted, Tick from, Tick to,
                        double length_s, std::string_view more_arguments) {
  open('X', lane.process, quoted);
  add("tid", lane.lane);
  add_ticks("ts", from);
  add_ticks("dur", to - from);
  fmt::format_to(std::back_inserter(text_), FMT_COMPILE(",\"args\":{{\"length_s\":{}{}}}"),
                 length_s, more_arguments);
  close();
}

void TraceEvents::counter(std::uint32_t process, std::string_view quoted, Tick at, double value) {
  open('C', process, quoted);
  add("tid", 0);
  add_ticks("ts", at);
  fmt::format_to(std::back_inserter(text_), FMT_COMPILE(",\"args\":{{\"value\":{}}}"), value);
  close();
}

void TraceEvents::arrow(std::uint64_t id, TraceLane from, Tick begun, TraceLane to, Tick begins) {
  const auto half = [&](char phase, TraceLane lane, Tick at) {
    open(phase, lane.process, "\"next stage\"");
    text_ += ",\"cat\":\"request\"";
    add("tid", lane.lane);
    add_ticks("ts", at);
    add_id(id);
    if (phase == 'f') text_ += ",\"bp\":\"e\"";
    close();
  };
  half('s', from, begun);
  half('f', to, begins);
}

void TraceEvents::begin_span(std::uint32_t process, std::uint64_t id, std::string_view quoted,
                             Tick at, std::string_view arguments) {
  open('b', process, quoted);
  text_ += ",\"cat\":\"request\"";
  add("tid", 0);
  add_ticks("ts", at);
  add_id(id);
  if (!arguments.empty()) {
    fmt::format_to(std::back_inserter(text_), FMT_COMPILE(",\"args\":{{{}}}"), arguments);
  }
  close();
}

void TraceEvents::end_span(std::uint32_t process, std::uint64_t id, std::string_view quoted,
                           Tick at) {
  open('e', process, quoted);
  text_ += ",\"cat\":\"request\"";
  add("tid", 0);
  add_ticks("ts", at);
  add_id(id);
  close();
}

void TraceEvents::remark(std::uint32_t process, std::string_view quoted, Tick at) {
  open('i', process, quoted);
  add("tid", 0);
  add_ticks("ts", at);
  text_ += ",\"s\":\"p\"";
  close();
}

}  // namespace papilio
