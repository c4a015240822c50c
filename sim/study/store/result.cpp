#include "sim/study/store/result.hpp"

#include <cstring>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

enum class PieceKind : std::uint8_t { kPoint = 'P', kRow = 'R' };

}  // namespace

void ResultWriter::put(const void* data, std::size_t size) {
  bytes_.append(static_cast<const char*>(data), size);
}

void ResultWriter::put_text(std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  put(&size, sizeof size);
  put(text.data(), text.size());
  bytes_ += '\0';
}

void ResultWriter::begin_point(const PointHead& head) {
  const PieceKind mark = PieceKind::kPoint;
  put(&mark, sizeof mark);
  put(&head.number, sizeof head.number);
  put(head.hash.data(), head.hash.size());
  put(&head.replicate, sizeof head.replicate);
  put(&head.seed, sizeof head.seed);
  put_text(head.axes);
  put_text(head.error);
}

void ResultWriter::begin_row(ResultTable table, std::size_t values) {
  const PieceKind mark = PieceKind::kRow;
  put(&mark, sizeof mark);
  put(&table, sizeof table);
  const auto count = static_cast<std::uint16_t>(values);
  put(&count, sizeof count);
}

void ResultWriter::add(const Value& value) {
  const auto kind = static_cast<std::uint8_t>(value.index());
  put(&kind, sizeof kind);
  if (const auto* text = std::get_if<std::string>(&value)) {
    put_text(*text);
  } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    put(whole, sizeof *whole);
  } else if (const auto* number = std::get_if<double>(&value)) {
    put(number, sizeof *number);
  }
}

template <class T>
T ResultReader::get() {
  PAPILIO_CHECK(rest_.size() >= sizeof(T));
  T value;
  std::memcpy(&value, rest_.data(), sizeof value);
  rest_.remove_prefix(sizeof value);
  return value;
}

std::string_view ResultReader::get_text() {
  const auto size = get<std::uint32_t>();
  PAPILIO_CHECK(rest_.size() > size);
  const std::string_view text = rest_.substr(0, size);
  rest_.remove_prefix(size + 1U);
  return text;
}

bool ResultReader::next_is_point() {
  return get<PieceKind>() == PieceKind::kPoint;
}

PointHead ResultReader::read_point() {
  PointHead head;
  head.number = get<std::uint64_t>();
  head.hash = get<Hash>();
  head.replicate = get<std::int64_t>();
  head.seed = get<std::int64_t>();
  head.axes = get_text();
  head.error = get_text();
  return head;
}

ResultTable ResultReader::read_row(std::vector<ResultValue>& values) {
  const auto table = get<ResultTable>();
  values.resize(get<std::uint16_t>());
  for (ResultValue& value : values) {
    switch (get<std::uint8_t>()) {
      case 1:
        value = get_text().data();
        break;
      case 2:
        value = get<std::int64_t>();
        break;
      case 3:
        value = get<double>();
        break;
      default:
        value = std::monostate{};
    }
  }
  return table;
}

}  // namespace papilio
