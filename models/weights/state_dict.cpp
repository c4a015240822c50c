#include "models/weights/state_dict.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "models/weights/file.hpp"
#include "models/weights/numbers.hpp"
#include "models/weights/pickle.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using Data = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

std::optional<NumberType> number_type(std::string_view storage) {
  static constexpr std::array<std::pair<std::string_view, NumberType>, 10> kTypes{{
      {"FloatStorage", NumberType::kFloat32},
      {"DoubleStorage", NumberType::kFloat64},
      {"HalfStorage", NumberType::kFloat16},
      {"BFloat16Storage", NumberType::kBFloat16},
      {"LongStorage", NumberType::kInt64},
      {"IntStorage", NumberType::kInt32},
      {"ShortStorage", NumberType::kInt16},
      {"CharStorage", NumberType::kInt8},
      {"ByteStorage", NumberType::kUint8},
      {"BoolStorage", NumberType::kBool},
  }};
  const auto* it = std::find_if(kTypes.begin(), kTypes.end(),
                                [&](const auto& type) { return type.first == storage; });
  if (it == kTypes.end()) return std::nullopt;
  return it->second;
}

/// The tensors of a pickle's root: a state dict, one inside a checkpoint, or a script module's.
class TensorNames {
 public:
  explicit TensorNames(const PickleNode& root) {
    const PickleNode* dict = &root;
    for (const char* key : {"state_dict", "model_state_dict", "model"}) {
      if (const PickleNode* inner = find(root, key)) {
        dict = inner;
        break;
      }
    }
    visit(*dict, "", 0);
    strip("module.");
  }

  [[nodiscard]] const std::map<std::string, const PickleTensor*>& tensors() const {
    return tensors_;
  }

 private:
  /// What a dictionary of tensors or attributes has under a key.
  static const PickleNode* find(const PickleNode& node, std::string_view key) {
    const auto* dict = node.as<PickleDict>();
    if (dict == nullptr) return nullptr;
    for (const auto& [name, value] : dict->items) {
      const auto* text = name->as<std::string>();
      if (text != nullptr && *text == key && value->as<PickleDict>() != nullptr) return value;
    }
    return nullptr;
  }

  /// Takes the tensors of a dictionary, and those of a script module's attributes and theirs.
  void visit(const PickleNode& node, const std::string& prefix, int depth) {
    constexpr int kMostDepth = 64;
    if (depth > kMostDepth) throw PickleError{"nests its modules deeper than 64 levels"};
    const PickleNode* state = &node;
    if (is_module(node)) state = node.as<PickleObject>()->state;
    const auto* dict = state->as<PickleDict>();
    if (dict == nullptr) return;
    for (const auto& [key, value] : dict->items) {
      const auto* name = key->as<std::string>();
      if (name == nullptr) continue;
      // Values may be shared, so that a small file could stand for endless attributes.
      constexpr std::size_t kMostLetters = 64'000'000;
      constexpr std::size_t kLettersOfAnEntry = 16;  // it takes more memory than its name
      letters_ += kLettersOfAnEntry + prefix.size() + name->size();
      if (letters_ > kMostLetters) throw PickleError{"names its tensors in too many letters"};
      if (const auto* tensor = value->as<PickleTensor>()) {
        tensors_.insert_or_assign(prefix + *name, tensor);
      } else if (is_module(*value)) {
        visit(*value, prefix + *name + ".", depth + 1);
      }
    }
  }

  static bool is_module(const PickleNode& node) {
    const auto* object = node.as<PickleObject>();
    return object != nullptr && object->type.starts_with("__torch__.") && object->state != nullptr;
  }

  /// Takes a prefix away that every name has: DataParallel's.
  void strip(std::string_view prefix) {
    const bool all = std::all_of(tensors_.begin(), tensors_.end(), [&](const auto& tensor) {
      return tensor.first.starts_with(prefix);
    });
    if (!all) return;
    std::map<std::string, const PickleTensor*> shorter;
    for (const auto& [name, tensor] : tensors_) shorter.emplace(name.substr(prefix.size()), tensor);
    tensors_ = std::move(shorter);
  }

  std::map<std::string, const PickleTensor*> tensors_;
  std::size_t letters_{0};
};

/// The last element that a view reads, plus one; nothing if the view makes no sense.
std::optional<std::size_t> end_of(const PickleTensor& tensor, std::size_t limit) {
  if (tensor.shape.size() != tensor.strides.size() || tensor.offset < 0) return std::nullopt;
  if (std::count(tensor.shape.begin(), tensor.shape.end(), 0) > 0) return 0;
  auto last = static_cast<std::size_t>(tensor.offset);
  for (std::size_t d = 0; d < tensor.shape.size(); ++d) {
    if (tensor.shape[d] < 0 || tensor.strides[d] < 0) return std::nullopt;
    const auto steps = static_cast<std::size_t>(tensor.shape[d] - 1);
    const auto stride = static_cast<std::size_t>(tensor.strides[d]);
    if (steps > 0 && stride > limit / steps) return std::nullopt;
    last += steps * stride;
    if (last >= limit) return std::nullopt;
  }
  if (last >= limit) return std::nullopt;
  return last + 1;
}

/// Makes tensors of a pickle's views.
/// @param data_of the bytes of a storage
StateDict read_tensors(const PickleNode& root,
                       const std::function<View(const PickleStorage&)>& data_of,
                       std::size_t file_size) {
  const TensorNames names{root};
  if (names.tensors().empty()) throw PickleError{"holds no tensors by name"};
  // Views may share a storage or repeat a number, but not so often that a small file becomes large.
  constexpr std::size_t kAlwaysLet = 1'000'000;
  std::size_t left = std::max(kAlwaysLet, 4 * file_size);
  StateDict result;
  for (const auto& [name, tensor] : names.tensors()) {
    const auto& storage = std::get<PickleStorage>(tensor->storage->value);
    const std::optional<NumberType> type = number_type(storage.type);
    if (!type) {
      throw PickleError{fmt::format("the tensor '{}' has numbers of the class {}", shown_name(name),
                                    shown_name(storage.type))};
    }
    const View data = data_of(storage);
    const std::optional<std::size_t> end = end_of(*tensor, data.size() / size_of(*type));
    if (!end) {
      throw PickleError{
          fmt::format("the tensor '{}' reaches beyond its storage", shown_name(name))};
    }
    const std::optional<std::size_t> count = element_count(tensor->shape, left);
    if (!count) {
      throw PickleError{
          fmt::format("the tensor '{}' repeats what the file holds too often", shown_name(name))};
    }
    left -= *count;
    StoredTensor& stored = result[name];
    stored.shape = tensor->shape;
    stored.values.reserve(*count);
    const View from =
        data.subspan(*count == 0 ? 0 : static_cast<std::size_t>(tensor->offset) * size_of(*type));
    for_each_offset(tensor->shape, tensor->strides, [&](std::size_t offset) {
      stored.values.push_back(number_at(from, *type, offset));
    });
  }
  return result;
}

/// A zip archive that is read.
class Archive {
 public:
  /// @param size the file's
  Archive(const fs::path& path, std::size_t size) : left_{size} {
    int code = 0;
    archive_ = zip_open(path.c_str(), ZIP_RDONLY, &code);
    if (archive_ == nullptr) throw PickleError{"is a damaged zip archive"};
  }
  ~Archive() { zip_discard(archive_); }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  /// The folder in which "data.pkl" lies, with its slash.
  [[nodiscard]] std::string folder() const {
    constexpr std::string_view kPickle = "data.pkl";
    const zip_int64_t entries = zip_get_num_entries(archive_, 0);
    for (zip_int64_t i = 0; i < entries; ++i) {
      const char* text = zip_get_name(archive_, static_cast<zip_uint64_t>(i), 0);
      const std::string_view name = text == nullptr ? "" : text;
      if (name == kPickle || name.ends_with("/data.pkl")) {
        return std::string{name.substr(0, name.size() - kPickle.size())};
      }
    }
    throw PickleError{"is a zip archive without 'data.pkl'"};
  }

  [[nodiscard]] bool has(const std::string& name) const {
    return zip_name_locate(archive_, name.c_str(), 0) >= 0;
  }

  /// The bytes of an entry, which must be stored as they are; all that are read together have no
  /// more than the file.
  [[nodiscard]] Data read(const std::string& name) {
    zip_stat_t stat{};
    if (zip_stat(archive_, name.c_str(), 0, &stat) != 0) {
      throw PickleError{fmt::format("is a zip archive without '{}'", shown_name(name))};
    }
    if (stat.comp_method != ZIP_CM_STORE) {
      throw PickleError{fmt::format("has the compressed entry '{}'", shown_name(name))};
    }
    if (stat.size > left_) {
      throw PickleError{
          fmt::format("has the entry '{}' that overlaps others or its end", shown_name(name))};
    }
    left_ -= static_cast<std::size_t>(stat.size);
    Data data(static_cast<std::size_t>(stat.size));
    const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file{
        zip_fopen(archive_, name.c_str(), 0), zip_fclose};
    if (!file ||
        zip_fread(file.get(), data.data(), data.size()) != static_cast<zip_int64_t>(data.size())) {
      throw PickleError{fmt::format("has the damaged entry '{}'", shown_name(name))};
    }
    // Reading on to the end is what checks the entry's own checksum.
    std::uint8_t more = 0;
    if (zip_fread(file.get(), &more, 1) != 0) {
      throw PickleError{fmt::format("has the damaged entry '{}'", shown_name(name))};
    }
    return data;
  }

 private:
  zip_t* archive_{nullptr};
  std::size_t left_;
};

StateDict read_zip(const fs::path& path) {
  std::error_code error;
  const auto file_size = static_cast<std::size_t>(fs::file_size(path, error));
  if (error) throw PickleError{"has no size"};
  Archive archive{path, file_size};
  const std::string folder = archive.folder();
  if (archive.has(folder + "byteorder")) {
    const Data order = archive.read(folder + "byteorder");
    if (std::string_view{reinterpret_cast<const char*>(order.data()), order.size()} != "little") {
      throw PickleError{"has numbers that are not little-endian"};
    }
  }
  const Data bytes = archive.read(folder + "data.pkl");
  const Pickle pickle{bytes};
  std::map<std::string_view, Data> storages;
  const auto data_of = [&](const PickleStorage& storage) -> View {
    const auto it = storages.find(storage.key);
    if (it != storages.end()) return it->second;
    const std::string name = fmt::format("{}data/{}", folder, storage.key);
    return storages.emplace(storage.key, archive.read(name)).first->second;
  };
  return read_tensors(pickle.root(), data_of, file_size);
}

/// The format before PyTorch 1.6: five pickles, then each storage's size and data.
StateDict read_legacy(const fs::path& path) {
  const Data bytes = read_whole_file(path);
  View rest{bytes};
  const auto next = [&] {
    auto pickle = std::make_unique<Pickle>(rest);
    rest = rest.subspan(pickle->size());
    return pickle;
  };
  next();  // the magic number, told before
  next();  // the protocol's version
  const auto system = next();
  if (const auto* dict = system->root().as<PickleDict>()) {
    for (const auto& [key, value] : dict->items) {
      const auto* name = key->as<std::string>();
      const bool* little = value->as<bool>();
      if (name != nullptr && *name == "little_endian" && little != nullptr && !*little) {
        throw PickleError{"has numbers that are not little-endian"};
      }
    }
  }
  const auto object = next();
  const auto keys = next();
  // The types of the storages are told where tensors refer to them.
  std::map<std::string_view, const PickleStorage*> storages;
  for (const PickleStorage* storage : object->storages()) storages.emplace(storage->key, storage);
  std::map<std::string_view, View> data;
  const auto* list = keys->root().as<PickleSequence>();
  if (list == nullptr) throw PickleError{"has no list of storages"};
  for (const PickleValue item : list->items) {
    const auto* key = item->as<std::string>();
    const auto it = key == nullptr ? storages.end() : storages.find(*key);
    if (it == storages.end()) throw PickleError{"has a storage that nothing refers to"};
    constexpr std::size_t kCount = 8;
    if (rest.size() < kCount) throw PickleError{"is truncated"};
    std::int64_t elements = 0;
    std::memcpy(&elements, rest.data(), kCount);
    rest = rest.subspan(kCount);
    const std::optional<NumberType> type = number_type(it->second->type);
    if (!type) {
      throw PickleError{fmt::format("has numbers of the class {}", shown_name(it->second->type))};
    }
    if (elements < 0 || static_cast<std::size_t>(elements) > rest.size() / size_of(*type)) {
      throw PickleError{"is truncated"};
    }
    const std::size_t length = static_cast<std::size_t>(elements) * size_of(*type);
    data.emplace(it->first, rest.first(length));
    rest = rest.subspan(length);
  }
  const auto data_of = [&](const PickleStorage& storage) -> View {
    const auto it = data.find(storage.key);
    if (it == data.end()) throw PickleError{"is truncated"};
    return it->second;
  };
  return read_tensors(object->root(), data_of, bytes.size());
}

StateDict read_folder(const fs::path& path) {
  StateDict result;
  std::error_code error;
  for (fs::directory_iterator it{path, error}, end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".npy") {
      result.emplace(it->path().stem().string(), read_npy(it->path()));
    }
  }
  if (error) {
    throw ConfigError{
        fmt::format("{}: error: cannot read the folder: {}", path.string(), error.message())};
  }
  if (result.empty()) {
    throw ConfigError{fmt::format(
        "{}: error: the folder holds no .npy files; name one with a file for each tensor",
        path.string())};
  }
  return result;
}

}  // namespace

StateDict read_state_dict(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return read_folder(path);
  constexpr std::size_t kHead = 32;
  const std::vector<std::uint8_t> bytes = read_head(path, kHead);
  const std::string_view head{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  try {
    if (head.starts_with("PK\x03\x04")) return read_zip(path);
    // The legacy format begins with a pickle of one long number, at a place that depends on the
    // protocol.
    constexpr std::string_view kMagic{"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"};
    if (head.find(kMagic) != std::string_view::npos) return read_legacy(path);
  } catch (const PickleError& error) {
    throw ConfigError{fmt::format(
        "{}: error: {}; save the weights alone, in Python: torch.save(model.state_dict(), FILE)",
        path.string(), error.what())};
  }
  throw ConfigError{fmt::format(
      "{}: error: holds no weights in a known format; a PyTorch state dict, a TorchScript archive "
      "or a folder of .npy files is read",
      path.string())};
}

}  // namespace papilio
