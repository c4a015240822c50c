#include "models/weights/zip_archive.hpp"

#include <fmt/format.h>
#include <zip.h>

#include <memory>

#include "models/weights/file.hpp"

namespace papilio {

ZipArchive::ZipArchive(const std::filesystem::path& path, std::size_t size) : left_{size} {
  int code = 0;
  archive_ = zip_open(path.c_str(), ZIP_RDONLY, &code);
  if (archive_ == nullptr) throw WeightsError{"is a damaged zip archive"};
}

ZipArchive::~ZipArchive() {
  zip_discard(archive_);
}

std::vector<std::string> ZipArchive::names() const {
  std::vector<std::string> names;
  const zip_int64_t entries = zip_get_num_entries(archive_, 0);
  for (zip_int64_t i = 0; i < entries; ++i) {
    const char* name = zip_get_name(archive_, static_cast<zip_uint64_t>(i), 0);
    names.emplace_back(name == nullptr ? "" : name);
  }
  return names;
}

bool ZipArchive::has(const std::string& name) const {
  return zip_name_locate(archive_, name.c_str(), 0) >= 0;
}

std::vector<std::uint8_t> ZipArchive::read(const std::string& name) {
  zip_stat_t stat{};
  if (zip_stat(archive_, name.c_str(), 0, &stat) != 0) {
    throw WeightsError{fmt::format("is a zip archive without '{}'", shown_name(name))};
  }
  if (stat.comp_method != ZIP_CM_STORE) {
    throw WeightsError{fmt::format("has the compressed entry '{}'", shown_name(name))};
  }
  if (stat.size > left_) {
    throw WeightsError{
        fmt::format("has the entry '{}' that overlaps others or its end", shown_name(name))};
  }
  left_ -= static_cast<std::size_t>(stat.size);
  return bytes_of(static_cast<std::size_t>(stat.index), static_cast<std::size_t>(stat.size), name);
}

std::vector<std::uint8_t> ZipArchive::unpack(std::size_t index, std::size_t most) {
  zip_stat_t stat{};
  if (zip_stat_index(archive_, index, 0, &stat) != 0) {
    throw WeightsError{"is a damaged zip archive"};
  }
  const std::string name = stat.name == nullptr ? "" : stat.name;
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE) {
    throw WeightsError{
        fmt::format("has the entry '{}', neither stored nor deflated", shown_name(name))};
  }
  if (stat.size > most) {
    throw WeightsError{fmt::format(
        "has the entry '{}', which unpacks to more than such a file may hold", shown_name(name))};
  }
  return bytes_of(index, static_cast<std::size_t>(stat.size), name);
}

std::vector<std::uint8_t> ZipArchive::bytes_of(std::size_t index, std::size_t size,
                                               const std::string& name) {
  std::vector<std::uint8_t> data(size);
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file{zip_fopen_index(archive_, index, 0),
                                                               zip_fclose};
  std::uint8_t more = 0;
  // Reading on to the end is what checks the entry's own checksum.
  if (!file ||
      zip_fread(file.get(), data.data(), data.size()) != static_cast<zip_int64_t>(data.size()) ||
      zip_fread(file.get(), &more, 1) != 0) {
    throw WeightsError{fmt::format("has the damaged entry '{}'", shown_name(name))};
  }
  return data;
}

}  // namespace papilio
