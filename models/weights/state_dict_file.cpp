// What torch.save writes since PyTorch 1.6: a zip of a pickle and one entry a storage.

#include <fmt/format.h>
#include <zip.h>

#include <cstdint>
#include <string_view>

#include "models/weights/state_dict.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// Writes a dictionary of tensors as Python's pickle protocol 2.
class PickleWriter {
 public:
  PickleWriter() {
    out_ = "\x80\x02";
    global("collections", "OrderedDict");
    out_ += ")R(";
  }

  /// @param key of its storage
  void tensor(const std::string& name, const StoredTensor& tensor, const std::string& key) {
    text(name);
    global("torch._utils", "_rebuild_tensor_v2");
    out_ += "((";
    text("storage");
    global("torch", "FloatStorage");
    text(key);
    text("cpu");
    number(static_cast<std::int64_t>(tensor.values.size()));
    out_ += "tQ";
    number(0);
    out_ += '(';
    for (const std::int64_t size : tensor.shape) number(size);
    out_ += "t(";
    std::int64_t stride = 1;
    std::vector<std::int64_t> strides(tensor.shape.size());
    for (std::size_t d = tensor.shape.size(); d > 0; --d) {
      strides[d - 1] = stride;
      stride *= tensor.shape[d - 1];
    }
    for (const std::int64_t one : strides) number(one);
    out_ += "t\x89";  // needs no gradient
    global("collections", "OrderedDict");
    out_ += ")RtR";  // no hooks
  }

  std::string finish() { return std::move(out_) + "u."; }

 private:
  void global(std::string_view module, std::string_view name) {
    out_ += fmt::format("c{}\n{}\n", module, name);
  }
  void little_endian(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_ += static_cast<char>(value >> (8 * i) & 0xFF);
  }
  void text(std::string_view words) {
    out_ += 'X';
    little_endian(words.size(), 4);
    out_ += words;
  }
  void number(std::int64_t value) {
    out_ += "\x8a\x08";  // a long of eight bytes
    little_endian(static_cast<std::uint64_t>(value), 8);
  }

  std::string out_;
};

/// A zip archive made in memory.
class ArchiveWriter {
 public:
  ArchiveWriter() {
    zip_error_t error{};
    source_ = zip_source_buffer_create(nullptr, 0, 0, &error);
    PAPILIO_CHECK(source_ != nullptr);
    zip_source_keep(source_);  // to read it back after the archive has taken it
    archive_ = zip_open_from_source(source_, ZIP_TRUNCATE, &error);
    PAPILIO_CHECK(archive_ != nullptr);
  }
  ~ArchiveWriter() {
    if (archive_ != nullptr) zip_discard(archive_);
    zip_source_free(source_);
  }
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  /// @param bytes must live until `finish`
  void add(const std::string& name, std::string_view bytes) {
    zip_source_t* content = zip_source_buffer(archive_, bytes.data(), bytes.size(), 0);
    PAPILIO_CHECK(content != nullptr);
    const zip_int64_t index = zip_file_add(archive_, name.c_str(), content, ZIP_FL_ENC_UTF_8);
    PAPILIO_CHECK(index >= 0);
    const auto entry = static_cast<zip_uint64_t>(index);
    PAPILIO_CHECK(zip_set_file_compression(archive_, entry, ZIP_CM_STORE, 0) == 0);
    // The same tensors give the same bytes: 1 January 1980, where zip's calendar begins.
    constexpr zip_uint16_t kFirstDay = (1U << 5U) | 1U;
    PAPILIO_CHECK(zip_file_set_dostime(archive_, entry, 0, kFirstDay, 0) == 0);
  }

  std::string finish() {
    PAPILIO_CHECK(zip_close(archive_) == 0);
    archive_ = nullptr;
    zip_stat_t stat{};
    PAPILIO_CHECK(zip_source_stat(source_, &stat) == 0);
    std::string bytes(static_cast<std::size_t>(stat.size), '\0');
    PAPILIO_CHECK(zip_source_open(source_) == 0);
    const zip_int64_t read = zip_source_read(source_, bytes.data(), bytes.size());
    PAPILIO_CHECK(read == static_cast<zip_int64_t>(bytes.size()));
    zip_source_close(source_);
    return bytes;
  }

 private:
  zip_source_t* source_;
  zip_t* archive_;
};

}  // namespace

std::string state_dict_file(const StateDict& tensors) {
  PickleWriter writer;
  ArchiveWriter archive;
  std::size_t index = 0;
  for (const auto& [name, tensor] : tensors) {
    writer.tensor(name, tensor, std::to_string(index++));
  }
  const std::string pickle = writer.finish();
  archive.add("archive/data.pkl", pickle);
  index = 0;
  for (const auto& [name, tensor] : tensors) {
    archive.add(fmt::format("archive/data/{}", index++),
                {reinterpret_cast<const char*>(tensor.values.data()),
                 tensor.values.size() * sizeof(float)});
  }
  archive.add("archive/version", "3\n");
  return archive.finish();
}

}  // namespace papilio
