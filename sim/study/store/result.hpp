#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/base/document/rows.hpp"
#include "sim/study/store/digest.hpp"

/// What workers hand back of their points: bytes that are written and read in one pass, since a
/// hundred thousand points a second go through.
namespace papilio {

/// The tables that rows of results go to.
enum class ResultTable : std::uint8_t { kSummary, kFleetSummary, kFleetRecord };

/// What is stored of a point beside its rows.
struct PointHead {
  std::uint64_t number{0};
  Hash hash{};
  std::int64_t replicate{0};
  std::int64_t seed{0};
  std::string axes;   ///< as JSON
  std::string error;  ///< empty: it succeeded
};

/// Appends points, each followed by its rows.
class ResultWriter {
 public:
  void begin_point(const PointHead& head);
  void begin_row(ResultTable table, std::size_t values);
  void add(const Value& value);

  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  void put(const void* data, std::size_t size);
  void put_text(std::string_view text);
  std::string bytes_;
};

/// A value that points into the bytes that it was read from; texts end with a NUL there.
using ResultValue = std::variant<std::monostate, const char*, std::int64_t, double>;

/// Reads what a `ResultWriter` wrote.
class ResultReader {
 public:
  /// @param bytes must outlive the reader and what it hands out
  explicit ResultReader(std::string_view bytes) : rest_{bytes} {}

  /// @param on_point called with each point
  /// @param on_row   called after it with each of its rows
  template <class OnPoint, class OnRow>
  void each(const OnPoint& on_point, const OnRow& on_row) {
    std::vector<ResultValue> values;
    while (!rest_.empty()) {
      if (next_is_point()) {
        on_point(read_point());
      } else {
        const ResultTable table = read_row(values);
        on_row(table, values);
      }
    }
  }

 private:
  bool next_is_point();
  PointHead read_point();
  ResultTable read_row(std::vector<ResultValue>& values);
  template <class T>
  T get();
  std::string_view get_text();

  std::string_view rest_;
};

}  // namespace papilio
