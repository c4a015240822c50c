// Claim: dates of a timeline are exact, and names stay text.

#include "sim/base/trace_events.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sim/base/embedded_json.hpp"

namespace papilio {
namespace {

/// The events of a file, without the first, which says nothing.
nlohmann::json events_of(const TraceEvents& events) {
  nlohmann::json file =
      nlohmann::json::parse(TraceEvents::begin({}) + events.text() + TraceEvents::end());
  nlohmann::json all = file["traceEvents"];
  all.erase(0);
  return all;
}

TEST(TraceEvents, WritesDatesThatAddUpExactly) {
  // 0.1 s and 0.3 s are no multiples of 2^-10 µs: 102,400,000 and 307,200,000 steps are.
  EXPECT_EQ(tick_of(0.1), 102400000);
  EXPECT_EQ(tick_of(-0.1), -102400000);
  EXPECT_EQ(tick_of(1e-9), 1) << "1 ns is 1.024 steps";
  TraceEvents events;
  Tick from = tick_of(1.0 / 3);
  for (int i = 1; i <= 100; ++i) {
    const Tick to = tick_of(1.0 / 3 + i * 0.0123456789);
    events.slice({1, 1}, "\"x\"", from, to, 0.0123456789);
    from = to;
  }
  const nlohmann::json all = events_of(events);
  ASSERT_EQ(all.size(), 100U);
  for (std::size_t i = 1; i < all.size(); ++i) {
    EXPECT_EQ(all[i - 1]["ts"].get<double>() + all[i - 1]["dur"].get<double>(),
              all[i]["ts"].get<double>());
  }
}

TEST(TraceEvents, KeepsNamesText) {
  const std::string hostile = "</script><script>alert(\"1\")</script>\n\\ 網路 é";
  TraceEvents events;
  events.name_process(7, hostile);
  events.slice({7, 1}, json_quoted(hostile), 0, 1024, 1e-6);
  EXPECT_EQ(events.text().find('<'), std::string::npos) << "a page may hold the file";
  const nlohmann::json all = events_of(events);
  EXPECT_EQ(all[0]["args"]["name"], hostile);
  EXPECT_EQ(all[2]["name"], hostile);
  EXPECT_EQ(all[2]["dur"], 1);
  EXPECT_EQ(nlohmann::json::parse(json_quoted("a\xff")), "a\xef\xbf\xbd") << "no UTF-8";
}

}  // namespace
}  // namespace papilio
