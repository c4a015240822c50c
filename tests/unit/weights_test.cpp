// Claims: weights are read as Python reads them, from every format that PyTorch writes; what is
// written is read back, by Python too; a file can make the reader neither execute nor crash, nor
// take time and memory out of proportion to its size.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "models/weights/state_dict.hpp"
#include "sim/base/error.hpp"
#include "tests/support/data.hpp"
#include "tests/support/memory.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using testing::peak_memory_kib;
using testing::read_file;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

constexpr const char* kRemedy =
    "; save the weights alone, in Python: torch.save(model.state_dict(), FILE)";

void expect_read_as(const fs::path& file, const fs::path& arrays) {
  const StateDict expected = read_state_dict(arrays);
  const StateDict found = read_state_dict(file);
  ASSERT_EQ(found.size(), expected.size()) << file;
  for (const auto& [key, tensor] : expected) {
    ASSERT_TRUE(found.contains(key)) << file << " " << key;
    EXPECT_EQ(found.at(key), tensor) << file << " " << key;
  }
}

void expect_refused(const fs::path& file, const std::string& what) {
  EXPECT_THAT(
      [&] { read_state_dict(file); },
      ThrowsMessage<ConfigError>(Eq(fmt::format("{}: error: {}{}", file.string(), what, kRemedy))));
}

/// One test, for a process that imports torch takes two seconds.
TEST(Weights, AreReadAsPythonReadsThem) {
  const TemporaryFolder temporary;
  const fs::path& folder = temporary.path();
  ASSERT_EQ(run_python("make_weights.py", folder.string()), 0);
  for (const char* name : {"zip", "legacy", "checkpoint-zip", "checkpoint-legacy", "views-zip",
                           "views-legacy", "script", "tutorial"}) {
    expect_read_as(folder / fmt::format("{}.pt", name), folder / fmt::format("{}.expected", name));
  }
  for (const char* name : {"protocol-1", "protocol-3", "protocol-4", "protocol-5", "little",
                           "protocol-3-legacy", "protocol-4-legacy", "protocol-5-legacy"}) {
    expect_read_as(folder / fmt::format("{}.pt", name), folder / "zip.expected");
  }
  for (const char* name : {"under-net", "under-model_state", "under-generator"}) {
    expect_read_as(folder / fmt::format("{}.pt", name), folder / "zip.expected");
  }
  expect_refused(folder / "several.pt",
                 "holds several sets of tensors, under 'generator' and 'discriminator'");
  for (const char* name :
       {"arrays-2.pkl", "arrays-3.pkl", "arrays-4.pkl", "arrays-5.pkl", "arrays-zip.pt",
        "arrays-legacy.pt", "arrays-stored.npz", "arrays-deflated.npz"}) {
    expect_read_as(folder / name, folder / "arrays.expected");
  }
  EXPECT_EQ(read_state_dict(folder / "five-c.pkl"),
            (StateDict{{"a", {{2, 3}, {0, 1, 2, 3, 4, 5}}}}));
  EXPECT_EQ(read_state_dict(folder / "five-f.pkl"),
            (StateDict{{"a", {{2, 3}, {0, 2, 4, 1, 3, 5}}}}));
  expect_refused(folder / "five-k.pkl",
                 "the tensor 'a' is a NumPy array with its axes in the order 'K'; pickle "
                 "numpy.ascontiguousarray of it");
  expect_refused(folder / "big-array.pkl",
                 "the tensor 'a' holds numbers of the type '>f4', which is none of the "
                 "little-endian floats and integers");
  // 100 MB of zeros in 100 kB.
  EXPECT_THAT([&] { read_state_dict(folder / "bomb.npz"); },
              ThrowsMessage<ConfigError>(
                  HasSubstr("has the entry 'a.npy', which unpacks to more than such a file")));
  const StateDict views = read_state_dict(folder / "views-zip.pt");
  EXPECT_EQ(views.at("column"), (StoredTensor{{4}, {2, 8, 14, 20}}));
  EXPECT_EQ(views.at("empty_behind"), (StoredTensor{{5, 0}, {}}));
  EXPECT_EQ(views.at("scalar"), (StoredTensor{{}, {7}}));
  EXPECT_TRUE(std::isinf(views.at("double").values[1])) << "too large for 32 bits";

  // Nothing that a file asks for is executed, and a whole module is refused by its class.
  for (const char* name : {"command-zip.pt", "command-legacy.pt"}) {
    expect_refused(folder / name, "asks to call 'posix.system', which is not let through");
  }
  EXPECT_FALSE(fs::exists(folder / "executed"));
  for (const char* name : {"module-zip.pt", "module-legacy.pt"}) {
    expect_refused(folder / name,
                   "asks to call 'torch.nn.modules.linear.Linear', which is not let through");
  }

  expect_refused(folder / "big.pt", "has numbers that are not little-endian");
  expect_refused(folder / "compressed.pt", "has the compressed entry 'zip/data.pkl'");
  expect_refused(folder / "overlapping.pt",
                 "has the entry 'many/data/1' that overlaps others or its end");
  expect_refused(folder / "repeated.pt", "the tensor 'a' repeats what the file holds too often");
  expect_refused(folder / "complex.pt",
                 "the tensor 'a' has numbers of the class ComplexFloatStorage");
  expect_refused(folder / "complex-legacy.pt", "has numbers of the class ComplexFloatStorage");
  expect_refused(folder / "tensor.pt", "holds no tensors by name");
  std::string legacy = read_file(folder / "legacy.pt");
  const std::size_t order = legacy.find("little_endian");
  ASSERT_NE(order, std::string::npos);
  legacy[legacy.find('\x88', order)] = '\x89';  // True to False
  expect_refused(temporary.write("big-legacy.pt", legacy),
                 "has numbers that are not little-endian");
}

/// Random changes of bytes.
class Mutator {
 public:
  std::size_t below(std::size_t limit) {
    return boost::random::uniform_int_distribution<std::size_t>{0, limit - 1}(random_);
  }
  /// Changes some of the bytes from `begin` up to `end`.
  void change(std::string& bytes, std::size_t begin, std::size_t end) {
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
      const std::size_t at = begin + below(end - begin);
      // Opcodes lie near each other, small numbers near 0, sizes near the largest.
      const std::size_t kind = below(4);
      const char old = bytes[at];
      if (kind == 0) bytes[at] = static_cast<char>(below(256));
      if (kind == 1) bytes[at] = static_cast<char>(old ^ 1 << below(8));
      if (kind == 2) bytes[at] = bytes[begin + below(end - begin)];
      if (kind == 3) bytes[at] = below(2) == 0 ? '\xff' : '\x7f';
    }
  }

 private:
  boost::random::mt19937 random_{1};
};

/// The checksum of a zip's entry, as its bytes.
std::string crc_of(std::string_view bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t sum = crc.checksum();
  return {reinterpret_cast<const char*>(&sum), sizeof sum};
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + 1)) {
    text.replace(at, from.size(), to);
  }
}

/// A file of safetensors as its format is described (https://github.com/huggingface/safetensors):
/// the header's length in 8 bytes, little-endian; the header, JSON; the numbers.
std::string safetensors(const std::string& header, const std::string& numbers) {
  const std::uint64_t length = header.size();
  return std::string{reinterpret_cast<const char*>(&length), 8} + header + numbers;
}

TEST(Weights, WithChangedBytesAreReadOrRefused) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_python("make_weights.py", folder.path().string()), 0);
  const long peak_before = peak_memory_kib();
  Mutator mutator;
  int read = 0;
  int refused = 0;
  const auto try_to_read = [&](const std::string& bytes) {
    fs::remove(folder.path() / "mutated.pt");  // file systems are slow to write over a file
    const fs::path path = folder.write("mutated.pt", bytes);
    try {
      read_state_dict(path);
      ++read;
    } catch (const ConfigError&) {
      ++refused;
    }
  };
  for (const char* name : {"zip.pt", "views-legacy.pt", "checkpoint-legacy.pt", "script.pt"}) {
    const std::string original = read_file(folder.path() / name);
    for (int i = 0; i < 2000; ++i) {
      std::string bytes = original;
      mutator.change(bytes, 0, bytes.size());
      if (i % 5 == 0) bytes.resize(mutator.below(bytes.size()));
      try_to_read(bytes);
    }
  }
  // Formats that came later, in fewer changes each: PAPILIO_MUTATIONS asks for more.
  const char* more = std::getenv("PAPILIO_MUTATIONS");  // NOLINT(concurrency-mt-unsafe)
  const int mutations = more == nullptr ? 300 : std::atoi(more);
  folder.write("some.safetensors",
               safetensors(R"({"__metadata__":{"a":"b"},)"
                           R"("a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
                           R"("b":{"dtype":"F16","shape":[4],"data_offsets":[16,24]}})",
                           std::string(24, '\1')));
  for (const char* name : {"some.safetensors", "arrays-stored.npz", "arrays-deflated.npz",
                           "arrays-2.pkl", "arrays-4.pkl", "arrays-5.pkl", "five-c.pkl"}) {
    const std::string original = read_file(folder.path() / name);
    for (int i = 0; i < mutations; ++i) {
      std::string bytes = original;
      mutator.change(bytes, 0, bytes.size());
      if (i % 5 == 0) bytes.resize(mutator.below(bytes.size()));
      try_to_read(bytes);
    }
  }
  // In a zip the checksum guards the pickle from all but those who mean it.
  for (const char* name : {"zip.pt", "views-zip.pt", "checkpoint-zip.pt", "script.pt"}) {
    const std::string original = read_file(folder.path() / name);
    const auto field = [&](std::size_t at, std::size_t width) {
      std::uint32_t value = 0;
      std::memcpy(&value, original.data() + at, width);
      return value;
    };
    // The central directory comes last, and says where the entry's own header is.
    const std::size_t entry = original.rfind("PK\x01\x02", original.rfind("data.pkl"));
    const std::size_t length = field(entry + 24, 4);
    const std::size_t header = field(entry + 42, 4);
    const std::size_t begin = header + 30 + field(header + 26, 2) + field(header + 28, 2);
    const std::string old_crc = crc_of({original.data() + begin, length});
    ASSERT_EQ(old_crc, original.substr(entry + 16, 4)) << name;
    for (int i = 0; i < 2000; ++i) {
      std::string bytes = original;
      mutator.change(bytes, begin, begin + length);
      replace_all(bytes, old_crc, crc_of({bytes.data() + begin, length}));
      try_to_read(bytes);
    }
  }
  EXPECT_GT(refused, 8000);
  EXPECT_GT(read, 1000);
  EXPECT_LT(peak_memory_kib() - peak_before, 400'000 + testing::kQuarantineKib);
}

TEST(Weights, AreReadBackAsWrittenByUsAndByPython) {
  const TemporaryFolder folder;
  StateDict weights;
  weights["a.weight"] = {{2, 3}, {1, -2, 3.5F, 0, 1e-30F, 6}};
  weights["a.bias"] = {{2}, {0.1F, 0.2F}};
  weights["scalar"] = {{}, {42}};
  const std::string bytes = state_dict_file(weights);
  EXPECT_EQ(bytes, state_dict_file(weights));
  folder.write("weights.pt", bytes);
  EXPECT_EQ(read_state_dict(folder.path() / "weights.pt"), weights);
  for (const auto& [name, tensor] : weights) {
    folder.write("npy/" + name + ".npy", npy_file(tensor));
  }
  EXPECT_EQ(read_state_dict(folder.path() / "npy"), weights);
  EXPECT_EQ(run_python("check_weights.py", folder.path().string()), 0);
}

TEST(Weights, OfTheLegacyFormatEqualTheirArrays) {
  PAPILIO_NEEDS_DATA("weights/resnet_cifar10");
  const fs::path folder = data_path("weights/resnet_cifar10");
  for (const auto& [file, arrays] : std::map<std::string, std::string>{
           {"resnet20-12fca82f.th", "npy/resnet20"}, {"resnet56-4bfd9763.th", "npy/resnet56"}}) {
    StateDict named;  // as DataParallel does
    for (auto& [name, tensor] : read_state_dict(folder / arrays)) named["module." + name] = tensor;
    EXPECT_EQ(read_state_dict(folder / file), named) << file;
  }
}

TEST(Weights, OfSafetensorsAreReadAsTheFormatSays) {
  const TemporaryFolder folder;
  const auto bytes = [](auto... numbers) {
    std::string text;
    (text.append(reinterpret_cast<const char*>(&numbers), sizeof numbers), ...);
    return text;
  };
  // Not in the order of the bytes; with what writers put beside tensors; with blanks at the end.
  const std::string header = R"({"__metadata__":{"format":"pt"},)"
                             R"("b":{"dtype":"F32","shape":[2,2],"data_offsets":[8,24]},)"
                             R"("a":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
                             R"("half":{"dtype":"F16","shape":[2],"data_offsets":[24,28]},)"
                             R"("bf":{"dtype":"BF16","shape":[1,2],"data_offsets":[28,32]},)"
                             R"("none":{"dtype":"F32","shape":[0,3],"data_offsets":[32,32]},)"
                             R"("d":{"dtype":"F64","shape":[1],"data_offsets":[32,40]},)"
                             R"("u":{"dtype":"U8","shape":[1],"data_offsets":[40,41]}}   )";
  // 1.5 and -2 are 0x3E00 and 0xC000 as halves (IEEE 754), 0x3FC0 and 0xC000 as bfloat16.
  const std::string numbers =
      bytes(std::int64_t{-7}, 1.0F, 2.0F, 3.0F, 4.0F, std::uint16_t{0x3E00}, std::uint16_t{0xC000},
            std::uint16_t{0x3FC0}, std::uint16_t{0xC000}, 0.25, std::uint8_t{200});
  const StateDict expected{{"a", {{}, {-7}}},           {"b", {{2, 2}, {1, 2, 3, 4}}},
                           {"half", {{2}, {1.5F, -2}}}, {"bf", {{1, 2}, {1.5F, -2}}},
                           {"none", {{0, 3}, {}}},      {"d", {{1}, {0.25F}}},
                           {"u", {{1}, {200}}}};
  EXPECT_EQ(read_state_dict(folder.write("model", safetensors(header, numbers))), expected);
  // Lengths whose first bytes are a pickle's, 80 03 to 80 05.
  for (const std::size_t length : {0x380U, 0x480U, 0x580U}) {
    const std::string padded = header + std::string(length - header.size(), ' ');
    EXPECT_EQ(read_state_dict(folder.write("model", safetensors(padded, numbers))), expected);
  }

  const auto refuses = [&](const std::string& head, std::size_t count, const char* text) {
    const fs::path path =
        folder.write("x.safetensors", safetensors(head, std::string(count, '\0')));
    EXPECT_THAT(
        [&] { read_state_dict(path); },
        ThrowsMessage<ConfigError>(AllOf(HasSubstr("x.safetensors: error: "), HasSubstr(text),
                                         HasSubstr("safetensors.torch.save_file"))));
  };
  const auto one = [](const char* rest) { return fmt::format(R"({{"a":{{{}}}}})", rest); };
  refuses(one(R"("dtype":"F32","shape":[2],"data_offsets":[0,12])"), 12,
          "the tensor 'a' has 12 bytes, not what its shape [2] of F32 says");
  refuses(one(R"("dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,0])"), 0,
          "the tensor 'a' has 0 bytes");
  refuses(one(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])"), 4, "bytes 0 to 8 of 4");
  refuses(one(R"("dtype":"F32","shape":[2],"data_offsets":[8,0])"), 8, "bytes 8 to 0 of 8");
  refuses(one(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])"), 9,
          "has 1 bytes behind its last tensor");
  refuses(one(R"("dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2])"), 2,
          "the tensor 'a' has numbers of the type F8_E4M3");
  for (const char* offsets : {"[-1,8]", "[0.5,8]", "[0,1e3]", "[0,99999999999999999999]", "\"0\"",
                              "null", "[[0,8]]", "{}", "[true,8]"}) {
    refuses(one(fmt::format(R"("dtype":"F32","shape":[2],"data_offsets":{})", offsets).c_str()), 8,
            "the tensor 'a' needs one word as dtype and whole numbers from 0");
  }
  refuses(one(R"("dtype":"F32","shape":[2],"data_offsets":[NaN,8])"), 8, "is no JSON at its byte");
  refuses(one(R"("dtype":"F32","shape":[2])"), 8, "the tensor 'a' needs a dtype, a shape and two");
  refuses(one(R"("dtype":"F32","dtype":"F32")"), 8, "the tensor 'a' has its 'dtype' twice");
  refuses(one(R"("dtype":"F32","size":2)"), 8, "has 'size', which the format does not know");
  const std::string eight = R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  refuses(R"({"a":)" + eight + R"(,"a":)" + eight + "}", 8, "'a' is in the header twice");
  refuses(R"({"a":)" + eight + R"(,"b":)" + eight + "}", 8, "the tensor 'b' overlaps another");
  refuses(R"({"a":)" + eight + R"(,"b":{"dtype":"U8","shape":[1],"data_offsets":[9,10]}})", 10,
          "the tensor 'b' lies behind a gap");
  refuses("[1]", 0, "has a header that does not begin with '{'");
  refuses(" {}", 0, "has a header that does not begin with '{'");
  refuses(R"({"a":1})", 0, "the tensor 'a' needs one word as dtype");
  for (const char* metadata : {R"({"b":1})", R"({"b":{}})", "[]", "1", "null"}) {
    refuses(R"({"a":)" + eight + R"(,"__metadata__":)" + metadata + "}", 8,
            "error: has '__metadata__' that is not of texts");
    refuses(fmt::format(R"({{"__metadata__":{}}})", metadata), 0,
            "error: has '__metadata__' that is not of texts");
  }
  refuses("{}", 0, "holds no tensors");
  refuses(R"({"a":)" + std::string(100'000, '['), 0, "the tensor 'a' needs one word as dtype");
  refuses(std::string(100'000, '['), 0, "has a header that does not begin with '{'");
  refuses("", 0, "has a header that does not begin with '{'");
  const auto refuses_length = [&](std::uint64_t length, const char* text) {
    const fs::path path = folder.write(
        "y.safetensors", std::string{reinterpret_cast<const char*>(&length), 8} + "{}");
    EXPECT_THAT([&] { read_state_dict(path); }, ThrowsMessage<ConfigError>(HasSubstr(text)));
  };
  refuses_length(3, "is truncated in its header");
  refuses_length(~std::uint64_t{0}, "where the format allows 100000000");
}

// 20 MB of names would be 350 MB of tensors. What follows, here no JSON, is not looked at.
TEST(Weights, OfSafetensorsThatAreIncompleteAreRefusedAtTheFirst) {
  const TemporaryFolder folder;
  std::string header = "{";
  constexpr std::size_t kMany = 20'000'000;
  header.reserve(kMany + 100);
  for (int i = 0; header.size() < kMany; ++i) header += fmt::format("\"a{}\":{{}},", i);
  const fs::path path = folder.write("x.safetensors", safetensors(header, ""));
  const long before = peak_memory_kib();
  EXPECT_THAT([&] { read_state_dict(path); },
              ThrowsMessage<ConfigError>(
                  HasSubstr("the tensor 'a0' needs a dtype, a shape and two data_offsets")));
  EXPECT_LT(peak_memory_kib() - before, 60'000 + testing::kQuarantineKib);
}

TEST(Weights, AreReadFromFilesOfBoundedSize) {
  EXPECT_THAT([&] { read_state_dict("/dev/zero"); },
              ThrowsMessage<ConfigError>(HasSubstr("/dev/zero: error: is a pipe or a device")));
  const TemporaryFolder folder;
  const fs::path path = folder.write("huge.pt", "PK\x03\x04");
  fs::resize_file(path, std::uintmax_t{5} << 30U);  // takes no room
  EXPECT_THAT([&] { read_state_dict(path); },
              ThrowsMessage<ConfigError>(HasSubstr("holds more than the 4 GiB")));
  EXPECT_THAT([&] { read_npy(path); }, ThrowsMessage<ConfigError>(HasSubstr("the 4 GiB")));
}

TEST(Weights, OfUnknownFormatsAreRefusedByName) {
  const TemporaryFolder folder;
  const auto refuses = [&](const std::string& bytes, const char* text) {
    folder.write("x.pt", bytes);
    EXPECT_THAT([&] { read_state_dict(folder.path() / "x.pt"); },
                ThrowsMessage<ConfigError>(AllOf(HasSubstr("x.pt: error: "), HasSubstr(text))));
  };
  refuses("", "holds no weights in a known format");
  refuses("hello, world, these are no weights", "holds no weights in a known format");
  refuses("PK\x03\x04 and nothing behind", "is a damaged zip archive");
  EXPECT_THAT([&] { read_state_dict(folder.path() / "absent.pt"); },
              ThrowsMessage<ConfigError>(HasSubstr("cannot read the file")));
  EXPECT_THAT([&] { read_state_dict(fs::path{std::string(5000, 'x')}); },
              ThrowsMessage<ConfigError>(HasSubstr("cannot read the file")));
  fs::create_directory(folder.path() / "empty");
  EXPECT_THAT([&] { read_state_dict(folder.path() / "empty"); },
              ThrowsMessage<ConfigError>(HasSubstr("holds no .npy files")));
}

}  // namespace
}  // namespace papilio
