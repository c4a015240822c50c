// Claims: arrays of every type and order that NumPy writes are read with their values; what is
// written here is read back; a damaged file is an error that names it.

#include "models/weights/npy.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cstring>

#include "models/weights/state_dict.hpp"
#include "sim/base/error.hpp"
#include "tests/support/data.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::Eq;
using ::testing::HasSubstr;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

TEST(Npy, IsReadAsNumpyWritesIt) {
  const TemporaryFolder temporary;
  const fs::path& folder = temporary.path();
  ASSERT_EQ(run_python("make_weights.py", folder.string()), 0);
  StoredTensor counting{{3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}};
  const auto expect_both_orders = [&](const char* type) {
    for (const char* order : {"c", "fortran"}) {
      EXPECT_EQ(read_npy(folder / fmt::format("{}-{}.npy", order, type)), counting)
          << order << type;
    }
  };
  for (const char* type : {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"}) {
    expect_both_orders(type);
  }
  for (float& value : counting.values) value = value == 0 ? 0 : 1;
  expect_both_orders("b1");
  EXPECT_EQ(read_npy(folder / "scalar.npy"), (StoredTensor{{}, {7}}));
  EXPECT_EQ(read_npy(folder / "empty.npy"), (StoredTensor{{0, 3}, {}}));
  EXPECT_EQ(read_npy(folder / "version-2.npy"), (StoredTensor{{3}, {0, 1, 2}}));

  const auto refuses = [&](const char* name, const char* what) {
    EXPECT_THAT(
        [&] { read_npy(folder / name); },
        ThrowsMessage<ConfigError>(Eq(fmt::format("{}: error: {}; write it anew with numpy.save",
                                                  (folder / name).string(), what))));
  };
  refuses("big-endian.npy",
          "holds numbers of the type '>f4', which is none of the little-endian floats and "
          "integers");
  refuses("objects.npy",
          "holds numbers of the type '|O', which is none of the little-endian floats and integers");
  refuses("records.npy", "has a header that is not of one array of numbers");
}

TEST(Npy, IsReadBackAsWritten) {
  const TemporaryFolder folder;
  for (const StoredTensor& tensor :
       {StoredTensor{{2, 3}, {1, -2, 3.5F, 0, 1e-30F, 6}}, StoredTensor{{2}, {0.1F, 0.2F}},
        StoredTensor{{}, {42}}, StoredTensor{{4, 0}, {}}}) {
    const std::string bytes = npy_file(tensor);
    EXPECT_EQ((bytes.size() - tensor.values.size() * sizeof(float)) % 64, 0U) << "data aligned";
    EXPECT_EQ(read_npy(folder.write("a.npy", bytes)), tensor);
  }
  EXPECT_EQ(npy_file({{1}, {0}}).substr(10, 62),
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }     ");
}

/// A file of version 2 with any header.
std::string file_with(std::string_view header, std::string_view data) {
  const auto length = static_cast<std::uint32_t>(header.size());
  std::string file{"\x93NUMPY\x02\x00", 8};
  file.append(reinterpret_cast<const char*>(&length), sizeof length);
  return file.append(header).append(data);
}

// As a folder's are, so that many files of small numbers do not fill the memory.
TEST(Npy, OfSeveralShareOneBudgetOfNumbers) {
  const TemporaryFolder folder;
  const fs::path file = folder.write("a.npy", npy_file({{2, 3}, {1, 2, 3, 4, 5, 6}}));
  NumberBudget budget;
  budget.take((std::size_t{1} << 30U) - 10);
  EXPECT_EQ(read_npy(file, budget).values.size(), 6U);
  EXPECT_THAT([&] { read_npy(file, budget); },
              ThrowsMessage<ConfigError>(HasSubstr("a.npy: error: holds more than 2^30 numbers")));
}

TEST(Npy, RefusesWhatItsHeaderMakesUp) {
  const TemporaryFolder folder;
  const auto refuses = [&](const std::string& bytes, const char* what) {
    const fs::path path = folder.write("a.npy", bytes);
    EXPECT_THAT([&] { read_npy(path); }, ThrowsMessage<ConfigError>(HasSubstr(what)));
  };
  const auto shaped = [](const std::string& shape) {
    return file_with(
        fmt::format("{{'descr': '<f4', 'fortran_order': True, 'shape': ({}), }}\n", shape), "");
  };
  EXPECT_EQ(read_npy(folder.write("a.npy", shaped("0, 3"))), (StoredTensor{{0, 3}, {}}));
  refuses("", "a.npy: error: is no .npy file; write it anew with numpy.save");
  refuses(npy_file({{2}, {1, 2}}).substr(0, 100), "is truncated");
  refuses(npy_file({{2}, {1, 2}}) + "x", "holds 9 bytes of data, not what its shape [2] says");
  refuses(shaped("4611686018427387904, 4611686018427387904"), "holds 0 bytes of data");
  // Empty, but its strides would not fit.
  refuses(shaped("4611686018427387904, 4611686018427387904, 0"), "holds 0 bytes of data");
  refuses(shaped("99999999999999999999"), "has a header");
  refuses(shaped("-1"), "has a header");
  std::string deep;
  for (int i = 0; i < 1'000'000; ++i) deep += "1,";
  refuses(shaped(deep), "has a header");
  refuses(shaped(std::string(5'000'000, ' ') + "x"), "has a header");
}

TEST(Npy, WithChangedBytesIsReadOrRefused) {
  const TemporaryFolder folder;
  const std::string original = npy_file({{2, 3}, {1, 2, 3, 4, 5, 6}});
  boost::random::mt19937 random{1};
  const auto below = [&](std::size_t limit) {
    return boost::random::uniform_int_distribution<std::size_t>{0, limit - 1}(random);
  };
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = original;
    // Most changes hit what is not padding.
    bytes[below(i % 3 == 0 ? bytes.size() : 70)] = static_cast<char>(below(256));
    if (i % 5 == 0) bytes.resize(below(bytes.size()));
    fs::remove(folder.path() / "a.npy");  // file systems are slow to write over a file
    try {
      read_npy(folder.write("a.npy", bytes));
    } catch (const ConfigError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1500);
}

}  // namespace
}  // namespace papilio
