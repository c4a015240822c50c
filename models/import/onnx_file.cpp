#include "models/import/onnx_file.hpp"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>

#include <cstdint>
#include <fstream>
#include <limits>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

namespace pb = google::protobuf;

constexpr std::int64_t kMostOverhead = std::int64_t{1} << 29;
constexpr int kMostNodes = 200'000;

/// Adds up what the messages of a file take beyond their bytes once they are read: an empty node is
/// two bytes in the file, and a hundred times as many in memory.
class Overhead {
 public:
  explicit Overhead(std::istream& stream) : stream_{&stream}, in_{&stream_} {
    is_readable_ = add(*onnx::ModelProto::descriptor(), 0);
  }
  /// Whether the file can be one, and takes no more than it may.
  [[nodiscard]] bool is_readable() const { return is_readable_; }
  [[nodiscard]] bool is_bounded() const { return bytes_ <= kMostOverhead; }

 private:
  // NOLINTNEXTLINE(misc-no-recursion): as deep as protobuf's own reader
  bool add(const pb::Descriptor& type, int depth) {
    constexpr int kMostDepth = 100;
    constexpr int kMessage = 256;  // with what points to it
    constexpr int kText = 64;
    constexpr std::int64_t kNumber = 8;
    if (depth > kMostDepth) return false;
    while (const std::uint32_t tag = in_.ReadTag()) {
      if (!is_bounded()) return true;
      enum Wire { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
      const pb::FieldDescriptor* field = type.FindFieldByNumber(static_cast<int>(tag >> 3U));
      std::uint64_t number = 0;
      std::uint32_t size = 0;
      bool is_read = false;
      switch (tag & 7U) {
        case kVarint:
          bytes_ += kNumber;
          is_read = in_.ReadVarint64(&number);
          break;
        case kFixed64:
          is_read = in_.Skip(8);
          break;
        case kFixed32:
          is_read = in_.Skip(4);
          break;
        case kBytes:
          if (!in_.ReadVarint32(&size) || size > std::numeric_limits<std::int32_t>::max()) {
            return false;
          }
          if (field != nullptr && field->type() == pb::FieldDescriptor::TYPE_MESSAGE) {
            bytes_ += kMessage;
            const auto limit = in_.PushLimit(static_cast<int>(size));
            is_read = add(*field->message_type(), depth + 1) && in_.ConsumedEntireMessage();
            in_.PopLimit(limit);
            if (!is_bounded()) return true;
          } else {
            const bool is_list = field != nullptr && field->is_packable();
            bytes_ += is_list && !is_fixed(*field) ? kNumber * size : kText;
            is_read = in_.Skip(static_cast<int>(size));
          }
          break;
        default:
          return false;
      }
      if (!is_read) return false;
    }
    return true;
  }
  /// Whether a list of its numbers takes as many bytes in the file as in memory.
  static bool is_fixed(const pb::FieldDescriptor& field) {
    return field.type() == pb::FieldDescriptor::TYPE_FLOAT ||
           field.type() == pb::FieldDescriptor::TYPE_DOUBLE;
  }

  pb::io::IstreamInputStream stream_;
  pb::io::CodedInputStream in_;
  std::int64_t bytes_{0};
  bool is_readable_{false};
};

}  // namespace

onnx::ModelProto read_onnx(const std::filesystem::path& file) {
  const auto fail = [&](const std::string& what) {
    return ConfigError{fmt::format("{}: error: {}", file.string(), what)};
  };
  std::error_code ignored;
  std::ifstream stream{file, std::ios::binary};
  if (!std::filesystem::is_regular_file(file, ignored) || !stream) {
    throw fail("is no file that can be read; check the path");
  }
  constexpr auto kMostBytes = static_cast<std::uintmax_t>(std::numeric_limits<std::int32_t>::max());
  if (std::filesystem::file_size(file, ignored) > kMostBytes) {
    throw fail("is larger than 2 GiB, which no ONNX file is; save its weights beside it");
  }
  const std::string none =
      "is no ONNX model; write one with torch.onnx.export(model.eval(), picture, FILE)";
  {
    const Overhead overhead{stream};
    if (!overhead.is_bounded()) throw fail("describes more than fits in memory; is it damaged?");
    if (!overhead.is_readable()) throw fail(none);
  }
  stream.clear();
  stream.seekg(0);
  onnx::ModelProto model;
  if (!model.ParseFromIstream(&stream) || model.graph().node_size() == 0) throw fail(none);
  if (model.graph().node_size() > kMostNodes) {
    throw fail(fmt::format("has {} operations, where a network has at most {}",
                           model.graph().node_size(), kMostNodes));
  }
  return model;
}

}  // namespace papilio
