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
    EXPECT_EQ(read_state_dict(folder / file), read_state_dict(folder / arrays)) << file;
  }
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
