// Claims: weights are read as Python reads them, from every format that PyTorch and NumPy write;
// what is written is read back, by Python too; a file can make the reader neither execute nor
// crash.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include "models/weights/file.hpp"
#include "models/weights/state_dict.hpp"
#include "sim/base/error.hpp"
#include "tests/support/data.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

/// One test, for a process that imports torch takes two seconds.
TEST(Weights, AreReadAsPythonReadsThem) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_python("make_weights.py", folder.path().string()), 0);
  for (const char* name : {"zip", "legacy", "checkpoint-zip", "checkpoint-legacy", "views-zip",
                           "views-legacy", "script"}) {
    const StateDict expected = read_state_dict(folder.path() / (std::string{name} + ".expected"));
    const StateDict found = read_state_dict(folder.path() / (std::string{name} + ".pt"));
    ASSERT_EQ(found.size(), expected.size()) << name;
    for (const auto& [key, tensor] : expected) {
      ASSERT_TRUE(found.contains(key)) << name << " " << key;
      EXPECT_EQ(found.at(key), tensor) << name << " " << key;
    }
  }
  EXPECT_EQ(read_state_dict(folder.path() / "views-zip.pt").at("column"),
            (StoredTensor{{4}, {2, 8, 14, 20}}));

  StoredTensor counting{{3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}};
  for (const char* type : {"f2", "f4", "f8", "i2", "i4", "i8", "u2", "u4", "u8", "i1", "u1"}) {
    for (const char* order : {"c", "fortran"}) {
      EXPECT_EQ(read_npy(folder.path() / (std::string{order} + "-" + type + ".npy")), counting)
          << order << type;
    }
  }
  for (float& value : counting.values) value = value == 0 ? 0 : 1;
  EXPECT_EQ(read_npy(folder.path() / "fortran-b1.npy"), counting);

  // Nothing that a file asks for is executed, and a whole module is refused by its class.
  for (const char* name : {"command-zip.pt", "command-legacy.pt"}) {
    EXPECT_THAT([&] { read_state_dict(folder.path() / name); },
                ThrowsMessage<ConfigError>(
                    AllOf(HasSubstr(name), HasSubstr("asks to call 'posix.system', which is not "
                                                     "let through; save the weights alone"))));
  }
  EXPECT_THAT([&] { read_state_dict(folder.path() / "module-zip.pt"); },
              ThrowsMessage<ConfigError>(HasSubstr("'torch.nn.modules.linear.Linear'")));
  EXPECT_FALSE(fs::exists(folder.path() / "executed"));

  // Files with changed bytes: weights or an error, whatever they hold.
  boost::random::mt19937 random{1};
  const auto below = [&](std::size_t limit) {
    return boost::random::uniform_int_distribution<std::size_t>{0, limit - 1}(random);
  };
  int refused = 0;
  for (const char* name :
       {"zip.pt", "legacy.pt", "script.pt", "checkpoint-legacy.pt", "c-f4.npy"}) {
    const std::vector<std::uint8_t> original = read_whole_file(folder.path() / name);
    for (int i = 0; i < 400; ++i) {
      std::vector<std::uint8_t> bytes = original;
      for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
        // Most changes hit the pickles, which lie in front.
        const std::size_t at =
            below(i % 2 == 0 ? std::min<std::size_t>(bytes.size(), 900) : bytes.size());
        bytes[at] = static_cast<std::uint8_t>(below(256));
      }
      if (i % 5 == 0) bytes.resize(below(bytes.size()));
      const fs::path path =
          folder.write("mutated.npy", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      try {
        if (std::string_view{name}.ends_with(".npy")) {
          read_npy(path);
        } else {
          read_state_dict(path);
        }
      } catch (const ConfigError&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 500);
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
  EXPECT_EQ(run_python("check_weights.py", (folder.path() / "weights.pt").string()), 0);

  for (const auto& [name, tensor] : weights) {
    folder.write("npy/" + name + ".npy", npy_file(tensor));
  }
  EXPECT_EQ(read_state_dict(folder.path() / "npy"), weights);
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
  fs::create_directory(folder.path() / "empty");
  EXPECT_THAT([&] { read_state_dict(folder.path() / "empty"); },
              ThrowsMessage<ConfigError>(HasSubstr("holds no .npy files")));
}

}  // namespace
}  // namespace papilio
