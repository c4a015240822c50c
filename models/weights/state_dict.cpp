#include "models/weights/state_dict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "models/weights/file.hpp"
#include "models/weights/npy.hpp"
#include "models/weights/npz.hpp"
#include "models/weights/numbers.hpp"
#include "models/weights/pickle.hpp"
#include "models/weights/pickled_array.hpp"
#include "models/weights/safetensors.hpp"
#include "models/weights/zip_archive.hpp"
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

/// The tensors and arrays of a pickle's root: a state dict, one inside a checkpoint, or a script
/// module's.
class TensorNames {
 public:
  explicit TensorNames(const PickleNode& root) { visit(dict_of(root), "", 0); }

  /// Each a PickleTensor, or what `is_pickled_array` holds of.
  [[nodiscard]] const std::map<std::string, const PickleNode*>& tensors() const { return tensors_; }

 private:
  static bool is_tensor(const PickleNode& node) {
    return node.as<PickleTensor>() != nullptr || is_pickled_array(node);
  }

  bool has_tensors(const PickleNode& node) {
    const auto* dict = node.as<PickleDict>();
    if (dict == nullptr) return false;
    // A dictionary may be a value of itself or of many others.
    constexpr std::size_t kMostLooked = 20'000'000;
    looked_ += dict->items.size();
    if (looked_ > kMostLooked) throw PickleError{"has too many dictionaries"};
    return std::any_of(dict->items.begin(), dict->items.end(), [](const auto& item) {
      return item.first->template as<std::string>() != nullptr && is_tensor(*item.second);
    });
  }

  /// The dictionary of weights in a checkpoint: under a usual key, or the only one with tensors.
  /// Within it there may be another.
  const PickleNode& dict_of(const PickleNode& root) {
    const PickleNode* node = &root;
    constexpr int kMostDepth = 8;
    for (int depth = 0; depth < kMostDepth; ++depth) {
      const PickleNode* inner = nullptr;
      for (const char* key : {"state_dict", "model_state_dict", "model_state", "model", "net",
                              "network", "params", "weights"}) {
        if ((inner = find(*node, key)) != nullptr) break;
      }
      if (inner == nullptr && !has_tensors(*node)) inner = only_one(*node);
      if (inner == nullptr) break;
      node = inner;
    }
    return *node;
  }

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

  /// The only dictionary in another that has tensors itself.
  const PickleNode* only_one(const PickleNode& node) {
    const auto* dict = node.as<PickleDict>();
    if (dict == nullptr) return nullptr;
    const PickleNode* found = nullptr;
    std::string keys;
    for (const auto& [name, value] : dict->items) {
      const auto* text = name->as<std::string>();
      if (text == nullptr || !has_tensors(*value)) continue;
      if (found != nullptr) {
        throw PickleError{fmt::format("holds several sets of tensors, under '{}' and '{}'",
                                      shown_name(keys), shown_name(*text))};
      }
      found = value;
      keys = *text;
    }
    return found;
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
      if (is_tensor(*value)) {
        tensors_.insert_or_assign(prefix + *name, value);
      } else if (is_module(*value)) {
        visit(*value, prefix + *name + ".", depth + 1);
      }
    }
  }

  static bool is_module(const PickleNode& node) {
    const auto* object = node.as<PickleObject>();
    return object != nullptr && object->type.starts_with("__torch__.") && object->state != nullptr;
  }

  std::map<std::string, const PickleNode*> tensors_;
  std::size_t letters_{0};
  std::size_t looked_{0};
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

/// The numbers of a pickle's view of a storage.
/// @param data_of the bytes of a storage
/// @param left    numbers that the pickle's tensors may still have together
StoredTensor read_view(const PickleTensor& tensor,
                       const std::function<View(const PickleStorage&)>& data_of, std::size_t left) {
  const auto& storage = std::get<PickleStorage>(tensor.storage->value);
  const std::optional<NumberType> type = number_type(storage.type);
  if (!type) {
    throw PickleError{fmt::format("has numbers of the class {}", shown_name(storage.type))};
  }
  const View data = data_of(storage);
  const std::optional<std::size_t> end = end_of(tensor, data.size() / size_of(*type));
  if (!end) throw PickleError{"reaches beyond its storage"};
  const std::optional<std::size_t> count = element_count(tensor.shape, left);
  if (!count) throw PickleError{"repeats what the file holds too often"};
  StoredTensor stored{.shape = tensor.shape};
  stored.values.reserve(*count);
  const View from =
      data.subspan(*count == 0 ? 0 : static_cast<std::size_t>(tensor.offset) * size_of(*type));
  for_each_offset(tensor.shape, tensor.strides, [&](std::size_t offset) {
    stored.values.push_back(number_at(from, *type, offset));
  });
  return stored;
}

/// Makes tensors of a pickle's views and arrays.
/// @param data_of the bytes of a storage
StateDict read_tensors(const PickleNode& root,
                       const std::function<View(const PickleStorage&)>& data_of,
                       std::size_t file_size) {
  const TensorNames names{root};
  // Views may share a storage or repeat a number, and arrays come again under other names, but not
  // so often that a small file becomes large.
  constexpr std::size_t kAlwaysLet = 1'000'000;
  std::size_t left = std::max(kAlwaysLet, 4 * file_size);
  NumberBudget budget;
  StateDict result;
  for (const auto& [name, node] : names.tensors()) {
    std::optional<StoredTensor> stored;
    try {
      if (const auto* tensor = node->as<PickleTensor>()) {
        stored = read_view(*tensor, data_of, left);
      } else {
        stored = read_pickled_array(*node, left);
      }
      if (!stored) continue;
      budget.take(stored->values.size());
    } catch (const PickleError& error) {
      throw PickleError{fmt::format("the tensor '{}' {}", shown_name(name), error.what())};
    }
    left -= stored->values.size();
    result.emplace(name, *std::move(stored));
  }
  if (result.empty()) throw PickleError{"holds no tensors by name"};
  return result;
}

/// The folder of an archive in which "data.pkl" lies, with its slash; nothing where none does.
std::optional<std::string> folder_of_pickle(const std::vector<std::string>& names) {
  constexpr std::string_view kPickle = "data.pkl";
  for (const std::string& name : names) {
    if (name == kPickle || name.ends_with("/data.pkl")) {
      return name.substr(0, name.size() - kPickle.size());
    }
  }
  return std::nullopt;
}

/// What torch.save writes since PyTorch 1.6, and torch.jit.save.
StateDict read_torch_zip(ZipArchive& archive, const std::string& folder, std::size_t file_size) {
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

/// A pickle alone, as Python's pickle.dump writes it: of a dictionary of NumPy arrays.
StateDict read_plain_pickle(const fs::path& path) {
  const Data bytes = read_whole_file(path);
  const Pickle pickle{bytes};
  const auto none = [](const PickleStorage&) -> View {
    throw PickleError{"has its numbers elsewhere"};
  };
  return read_tensors(pickle.root(), none, bytes.size());
}

StateDict read_folder(const fs::path& path) {
  StateDict result;
  std::error_code error;
  std::size_t left = kMostWeightBytes;
  NumberBudget budget;
  for (fs::directory_iterator it{path, error}, end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".npy") {
      const std::size_t size = checked_size(it->path());
      if (size > left) {
        throw ConfigError{
            fmt::format("{}: error: the folder's .npy files hold more than the {} GiB that are "
                        "read of weights",
                        path.string(), kMostWeightBytes >> 30U)};
      }
      left -= size;
      result.emplace(it->path().stem().string(), read_npy(it->path(), budget));
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

/// Reads a file by what it begins with.
/// @throws WeightsError, which `remedy` has the remedy for
StateDict read_by_content(const fs::path& path, const char*& remedy) {
  constexpr std::size_t kHead = 32;
  constexpr const char* kWriteSafetensors = "write it anew with safetensors.torch.save_file";
  const std::size_t size = checked_size(path);
  const std::vector<std::uint8_t> bytes = read_head(path, kHead);
  const std::string_view head{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  // Before pickles: the length of a header may begin with the same two bytes.
  if (begins_safetensors(head)) {
    remedy = kWriteSafetensors;
    return read_safetensors(path);
  }
  remedy = "save the weights alone, in Python: torch.save(model.state_dict(), FILE)";
  if (head.starts_with("PK\x03\x04")) {
    ZipArchive archive{path, size};
    const std::vector<std::string> names = archive.names();
    if (const std::optional<std::string> folder = folder_of_pickle(names)) {
      return read_torch_zip(archive, *folder, size);
    }
    if (std::none_of(names.begin(), names.end(),
                     [](const std::string& name) { return name.ends_with(".npy"); })) {
      throw WeightsError{"is a zip archive with neither 'data.pkl' nor .npy files"};
    }
    remedy = "write it anew with numpy.savez";
    return read_npz(archive, size);
  }
  // The legacy format begins with a pickle of one long number, at a place that depends on the
  // protocol.
  constexpr std::string_view kLegacyMagic{"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"};
  if (head.find(kLegacyMagic) != std::string_view::npos) return read_legacy(path);
  // A pickle begins with its protocol.
  if (head.size() > 1 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5) {
    return read_plain_pickle(path);
  }
  if (path.extension() == ".safetensors") {  // damaged at its front
    remedy = kWriteSafetensors;
    return read_safetensors(path);
  }
  remedy =
      "a PyTorch state dict, a TorchScript archive, a file of safetensors, an .npz file, a pickled "
      "dictionary of NumPy arrays or a folder of .npy files is read";
  if (head.starts_with("\x93NUMPY")) throw WeightsError{"holds one array, without a name"};
  throw WeightsError{"holds no weights in a known format"};
}

}  // namespace

StateDict read_state_dict(const fs::path& path) {
  const char* remedy = "";
  try {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) return read_folder(path);
    return read_by_content(path, remedy);
  } catch (const WeightsError& error) {
    throw ConfigError{fmt::format("{}: error: {}; {}", path.string(), error.what(), remedy)};
  } catch (const std::bad_alloc&) {
    throw ConfigError{fmt::format("{}: error: there is no memory to read it", path.string())};
  }
}

}  // namespace papilio
