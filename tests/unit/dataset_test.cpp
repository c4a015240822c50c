// Claims: folders of classes and CIFAR-10's binary files are read as their layout says, and refused
// with their place where they are not what it says; the synthetic pictures are balanced and the
// same for ever; some of a dataset's pictures have its classes in its proportions; the real data,
// where they are, are complete.

#include "models/dataset/dataset.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include "sim/base/data/library.hpp"
#include "sim/base/error.hpp"
#include "tests/support/pictures.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using testing::coordinates;
using testing::TemporaryFolder;
using testing::write_png;

/// What opening a dataset is refused with.
std::string split_refusal(const std::string& name, Split split = Split::kTrain) {
  try {
    open_dataset(name, split);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "not refused";
}

std::vector<std::string> names(const Dataset& dataset) {
  std::vector<std::string> all;
  all.reserve(dataset.size());
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    all.push_back(fmt::format("{} {}", dataset.label(i), dataset.name(i)));
  }
  return all;
}

// Folders ----------------------------------------------------------------------------------------

class Folders : public ::testing::Test {
 protected:
  void add(const std::string& name, std::uint8_t blue = 0) {
    write_png(path() / name, coordinates(2, 3, blue));
  }
  [[nodiscard]] const fs::path& path() const { return folder_.path(); }
  [[nodiscard]] std::string text() const { return path().string(); }
  void classes(std::string_view list) { folder_.write("classes.txt", list); }

 private:
  TemporaryFolder folder_;
};

TEST_F(Folders, AreReadByClassAndName) {
  add("train/dog/b.png", 1);
  add("train/dog/a.png", 2);
  add("train/cat/z.PNG", 3);
  add("train/cat/.hidden.png");
  add("train/.hidden/a.png");
  add("test/dog/a.png", 4);
  std::ofstream{path() / "train/cat/notes.txt"} << "no picture";
  const auto train = open_dataset(text(), Split::kTrain);
  EXPECT_EQ(train->title(), path().filename().string());
  EXPECT_EQ(train->classes(), (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(names(*train), (std::vector<std::string>{"0 cat/z.PNG", "1 dog/a.png", "1 dog/b.png"}));
  EXPECT_EQ(train->load(0), coordinates(2, 3, 3));
  EXPECT_EQ(train->load(1), coordinates(2, 3, 2));
  EXPECT_EQ(train->load(2), coordinates(2, 3, 1));
  const auto test = open_dataset(text() + "/", Split::kTest);
  EXPECT_EQ(test->title(), path().filename().string());
  EXPECT_EQ(names(*test), (std::vector<std::string>{"1 dog/a.png"}))
      << "a class without a test picture keeps its label";
}

TEST_F(Folders, MayListTheirClasses) {
  add("train/dog/a.png");
  add("train/cat/a.png");
  classes(
      "\xEF\xBB\xBF"
      "dog\r\nnone yet\r\ncat\r\n");  // as editors of Windows save it
  const auto train = open_dataset(text(), Split::kTrain);
  EXPECT_EQ(train->classes(), (std::vector<std::string>{"dog", "none yet", "cat"}));
  EXPECT_EQ(names(*train), (std::vector<std::string>{"0 dog/a.png", "2 cat/a.png"}));
}

TEST_F(Folders, WithAnUnknownClassAreRefused) {
  add("train/dog/a.png");
  add("test/dogs/a.png");
  EXPECT_EQ(
      split_refusal(text(), Split::kTest),
      fmt::format("{0}/test/dogs: error: class 'dogs' is not in {0}/train; did you mean 'dog'?",
                  text()));
  classes("cat\n");
  EXPECT_EQ(split_refusal(text()),
            fmt::format("{0}/train/dog: error: class 'dog' is not in {0}/classes.txt; one of: cat",
                        text()));
}

TEST_F(Folders, WithAWrongListAreRefused) {
  add("train/dog/a.png");
  classes("cat\n\ndog\n");
  EXPECT_EQ(split_refusal(text()),
            text() + "/classes.txt:2: error: a blank line instead of a class");
  classes("cat\ndog\ncat\n");
  EXPECT_EQ(split_refusal(text()), text() + "/classes.txt:3: error: class 'cat' again");
}

TEST_F(Folders, WithAListWithoutAnEndAreRefused) {
  add("train/dog/a.png");
  fs::create_symlink("/dev/zero", path() / "classes.txt");
  EXPECT_EQ(split_refusal(text()),
            text() + "/classes.txt: error: holds more than 16 MiB; is it the right file?");
}

TEST_F(Folders, WithoutPicturesAreRefused) {
  add("train/dog/a.png");
  EXPECT_EQ(split_refusal(text(), Split::kTest),
            text() + "/test: error: no such folder; a dataset has train and test or val");
  fs::remove(path() / "train/dog/a.png");
  EXPECT_EQ(split_refusal(text()),
            text() + "/train: error: no picture in CLASS/*.jpg, .png or .webp");
  fs::remove_all(path() / "train");
  EXPECT_TRUE(
      split_refusal(text()).starts_with(text() + ": error: no dataset; expected train/CLASS/"));
}

// Sorted names of the classes are the labels, as torchvision's ImageFolder has them.
TEST_F(Folders, OfValidationAloneAreTests) {
  add("val/n02/b.png");
  add("val/n01/a.png");
  EXPECT_EQ(names(*open_dataset(text(), Split::kTest)),
            (std::vector<std::string>{"0 n01/a.png", "1 n02/b.png"}));
  EXPECT_EQ(split_refusal(text()),
            text() + "/train: error: no such folder; a dataset has train and test or val");
  add("test/unlabelled.png");  // as ImageNet's
  EXPECT_EQ(open_dataset(text(), Split::kTest)->name(0), "n01/a.png");
  add("test/n02/c.png");
  EXPECT_EQ(open_dataset(text(), Split::kTest)->name(0), "n02/c.png");
}

TEST_F(Folders, WithoutClassFoldersHaveTheirLabelsInAFile) {
  add("val/a.png");
  add("val/b.png");
  const auto write = [&](const std::string& name, std::string_view labels) {
    std::ofstream{path() / name} << labels;
  };
  const auto found = [&](const std::string& name) {
    const auto dataset = open_dataset(name, Split::kTest);
    return fmt::format("{}; {}", fmt::join(names(*dataset), ", "),
                       fmt::join(dataset->classes(), " "));
  };
  EXPECT_TRUE(split_refusal(text(), Split::kTest)
                  .starts_with(text() + "/val: error: pictures without class folders, and no"));
  // Four files of ImageNet's: ids of the competition, which 3 is n01 of; a solution; Caffe's.
  write("ILSVRC2012_validation_ground_truth.txt", "3\n1\n");
  EXPECT_TRUE(split_refusal(text(), Split::kTest)
                  .find("put the development kit's map_clsloc.txt beside it") != std::string::npos);
  write("map_clsloc.txt", "n03 1 fox\nn02 2 setter\nn01 3 husky\n");
  EXPECT_EQ(found(text()), "0 a.png, 1 b.png; n01 n03");
  write("LOC_val_solution.csv",
        "ImageId,PredictionString\nb,n01 85 1 499 272 n01 1 2 3 4\nabsent,n02 1 2 3 4\na,n03 1 2 3 "
        "4\n");
  EXPECT_EQ(found(text()), "2 a.png, 0 b.png; n01 n02 n03");
  write("val.txt", "b.png 0\r\na.png 2\r\n");
  EXPECT_EQ(found(text()), "2 a.png, 0 b.png; 0 1 2");
  EXPECT_EQ(found(text() + "/val/"), "2 a.png, 0 b.png; 0 1 2") << "the folder itself";
  classes("cat\ndog\nfox\n");
  EXPECT_EQ(found(text()), "2 a.png, 0 b.png; cat dog fox");
  write("val.txt", "b.png dog\na.png cat\n");
  EXPECT_EQ(found(text()), "0 a.png, 1 b.png; cat dog fox");

  const auto refused = [&](std::string_view labels, const std::string& what) {
    write("val.txt", labels);
    EXPECT_EQ(split_refusal(text(), Split::kTest), text() + "/val.txt" + what);
  };
  refused("b.png 3\na.png 0\n", ":1: error: '3' is none of the 3 classes, nor a number below that");
  refused("b.png 0\nb.png 0\n", ":2: error: the picture 'b.png' comes again");
  refused("b.png 0\n", ": error: has no label of the picture 'a.png'");
  refused("0\n",
          ": error: 1 labels in the order of the pictures, which are 2; write the "
          "pictures' names before them");
  refused("0\nb.png 1\n",
          ":2: error: expected a picture and its label, or in all lines a label alone");
  refused("\n", ": error: has no labels");
}

TEST_F(Folders, NameThePictureThatIsDamaged) {
  add("train/dog/a.png");
  std::ofstream{path() / "train/dog/b.jpg"} << "no picture";
  const auto train = open_dataset(text(), Split::kTrain);
  try {
    const Image none = train->load(1);
    FAIL() << "not refused";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string{error.what()},
              text() + "/train/dog/b.jpg: error: neither a JPEG nor a PNG nor a WebP");
  }
}

// CIFAR-10's binary files ------------------------------------------------------------------------

/// A record of a picture of coordinates, plane by plane.
std::string record(int label, std::uint8_t blue) {
  const Image image = coordinates(32, 32, blue);
  std::string bytes(1, static_cast<char>(label));
  for (std::size_t colour = 0; colour < 3; ++colour) {
    for (std::size_t pixel = 0; pixel < 1024; ++pixel) {
      bytes.push_back(static_cast<char>(image.rgb[3 * pixel + colour]));
    }
  }
  return bytes;
}

class Cifar : public ::testing::Test {
 protected:
  Cifar() {
    for (int i = 1; i <= 5; ++i) {
      write(fmt::format("data_batch_{}.bin", i),
            record(i, static_cast<std::uint8_t>(10 * i)) +
                record(9, static_cast<std::uint8_t>(10 * i + 1)));
    }
    write("test_batch.bin", record(0, 200));
  }
  void write(const std::string& name, std::string_view text) { folder_.write(name, text); }
  [[nodiscard]] std::string text() const { return folder_.path().string(); }

 private:
  TemporaryFolder folder_;
};

TEST_F(Cifar, IsReadBack) {
  const auto train = open_dataset(text(), Split::kTrain);
  EXPECT_EQ(train->title(), "CIFAR-10");
  ASSERT_EQ(train->size(), 10U);
  EXPECT_EQ(train->classes().size(), 10U);
  EXPECT_EQ(train->classes()[9], "truck");
  for (std::size_t i = 0; i < 10; ++i) {
    const auto file = static_cast<int>(i / 2) + 1;
    EXPECT_EQ(train->label(i), i % 2 == 0 ? file : 9);
    EXPECT_EQ(train->load(i),
              coordinates(32, 32, static_cast<std::uint8_t>(10 * file + static_cast<int>(i % 2))));
  }
  EXPECT_EQ(train->name(3), "truck/00003");
  const auto test = open_dataset(text(), Split::kTest);
  ASSERT_EQ(test->size(), 1U);
  EXPECT_EQ(test->name(0), "airplane/00000");
  EXPECT_EQ(test->load(0), coordinates(32, 32, 200));
}

TEST_F(Cifar, MayNameItsClasses) {
  write("batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
  EXPECT_EQ(open_dataset(text(), Split::kTest)->name(0), "a/00000");
  write("batches.meta.txt", "a\nb\n");
  EXPECT_EQ(split_refusal(text()),
            text() + "/data_batch_1.bin: error: record 1 has label 9, but there are 2 classes");
  fs::remove(fs::path{text()} / "batches.meta.txt");
  fs::create_symlink("/dev/zero", fs::path{text()} / "batches.meta.txt");
  EXPECT_EQ(split_refusal(text()),
            text() + "/batches.meta.txt: error: holds more than 16 MiB; is it the right file?");
}

TEST_F(Cifar, ThatIsIncompleteIsRefused) {
  write("data_batch_2.bin", record(1, 1).substr(1));
  EXPECT_EQ(split_refusal(text()),
            text() +
                "/data_batch_2.bin: error: 3072 bytes are no whole number of "
                "CIFAR-10's records of 3073 bytes");
  write("data_batch_2.bin", "");
  EXPECT_TRUE(split_refusal(text()).starts_with(text() + "/data_batch_2.bin: error: 0 bytes"));
  fs::remove(fs::path{text()} / "data_batch_2.bin");
  EXPECT_EQ(split_refusal(text()),
            text() +
                "/data_batch_2.bin: error: cannot read the file: No such file or "
                "directory; check the path");
  EXPECT_EQ(split_refusal(text(), Split::kTest), "not refused");
}

// The drawn pictures -----------------------------------------------------------------------------

TEST(Synthetic, IsBalancedAndItsNamesAreUnique) {
  for (const Split split : {Split::kTrain, Split::kTest}) {
    const auto dataset = open_dataset("synthetic", split);
    EXPECT_EQ(dataset->size(), split == Split::kTrain ? 2000U : 500U);
    ASSERT_EQ(dataset->classes().size(), 10U);
    std::map<std::int64_t, std::size_t> counts;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < dataset->size(); ++i) {
      ++counts[dataset->label(i)];
      seen.insert(dataset->name(i));
    }
    EXPECT_EQ(counts.size(), 10U);
    for (const auto& [label, count] : counts) EXPECT_EQ(count, dataset->size() / 10) << label;
    EXPECT_EQ(seen.size(), dataset->size());
  }
}

TEST(Synthetic, TrainsAndTestsOnDifferentPictures) {
  const auto train = open_dataset("synthetic", Split::kTrain);
  const auto test = open_dataset("synthetic", Split::kTest);
  std::set<std::string> seen;
  for (const Dataset* dataset : {train.get(), test.get()}) {
    for (std::size_t i = 0; i < dataset->size(); ++i) {
      const Image image = dataset->load(i);
      seen.emplace(image.rgb.begin(), image.rgb.end());
    }
  }
  EXPECT_EQ(seen.size(), 2500U);
}

// FNV-1a over all samples. A change breaks comparison with every figure computed before it.
TEST(Synthetic, IsTheSameForEver) {
  const auto checksum = [](Split split) {
    const auto dataset = open_dataset("synthetic", split);
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (std::size_t i = 0; i < dataset->size(); ++i) {
      const Image image = dataset->load(i);
      EXPECT_EQ(image.rgb.size(), 3U * 32 * 32);
      for (const std::uint8_t sample : image.rgb) hash = (hash ^ sample) * 0x100000001b3U;
    }
    return hash;
  };
  EXPECT_EQ(checksum(Split::kTrain), 9596532015758930080U);
  EXPECT_EQ(checksum(Split::kTest), 4578954893128037031U);
}

// Some of the pictures ---------------------------------------------------------------------------

std::map<std::int64_t, std::size_t> class_counts(const Dataset& dataset) {
  std::map<std::int64_t, std::size_t> counts;
  for (std::size_t i = 0; i < dataset.size(); ++i) ++counts[dataset.label(i)];
  return counts;
}

// The synthetic classes come in turn, ten of them: of a step of 5 or 10 over the pictures as they
// come, two classes or one would be left.
TEST(Subset, KeepsClassesInProportionWhateverTheirOrder) {
  for (std::size_t count = 1; count < 500; ++count) {
    const auto some = spread_subset(open_dataset("synthetic", Split::kTest), count);
    ASSERT_EQ(some->size(), count);
    ASSERT_EQ(some->classes().size(), 10U);
    const auto counts = class_counts(*some);
    ASSERT_EQ(counts.size(), std::min<std::size_t>(count, 10)) << count;
    for (const auto& [label, pictures] : counts) {
      EXPECT_GE(pictures, count / 10) << count << " pictures, class " << label;
      EXPECT_LE(pictures, (count + 9) / 10) << count << " pictures, class " << label;
    }
    const std::vector<std::string> all = names(*some);
    EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), count);
  }
}

// In a folder classes follow one another; figures computed on some of its pictures hold as long as
// these stay the same.
TEST_F(Folders, OfWhichSomeAreTakenGiveThemEvenlySpaced) {
  for (const char* name : {"ant/a", "ant/b", "bee/a", "bee/b", "bee/c", "bee/d", "cat/a"}) {
    add(fmt::format("train/{}.png", name));
  }
  const auto some = spread_subset(open_dataset(text(), Split::kTrain), 4);
  EXPECT_EQ(names(*some),
            (std::vector<std::string>{"0 ant/a.png", "0 ant/b.png", "1 bee/b.png", "1 bee/d.png"}));
  EXPECT_EQ(spread_subset(open_dataset(text(), Split::kTrain), 0)->size(), 7U);
  EXPECT_EQ(spread_subset(open_dataset(text(), Split::kTrain), 8)->size(), 7U);
}

// Names ------------------------------------------------------------------------------------------

/// Sets `PAPILIO_DATA` until it goes.
class DataFolder {
 public:
  explicit DataFolder(const fs::path& folder) {
    if (const char* before = std::getenv("PAPILIO_DATA")) before_ = before;
    setenv("PAPILIO_DATA", folder.c_str(), 1);
  }
  ~DataFolder() {
    if (before_) {
      setenv("PAPILIO_DATA", before_->c_str(), 1);
    } else {
      unsetenv("PAPILIO_DATA");
    }
  }
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

 private:
  std::optional<std::string> before_;
};

TEST(DatasetNames, ThatAreUnknownAreRefusedWithARemedy) {
  EXPECT_EQ(split_refusal("sinthetic"),
            "unknown dataset 'sinthetic', and no folder of that name; did you mean 'synthetic'?");
  EXPECT_EQ(split_refusal("/no/such/folder"),
            "unknown dataset '/no/such/folder', and no folder of that name; one of: synthetic, "
            "cifar10-jpeg, caltech101");
}

TEST(DatasetNames, ThatAreNotThereSayWhereTheyShouldBe) {
  const TemporaryFolder folder;
  const DataFolder data{folder.path()};
  EXPECT_EQ(split_refusal("caltech101"),
            fmt::format("dataset 'caltech101' is not there: no folder {}/images/caltech101; set "
                        "PAPILIO_DATA to the folder that has images/caltech101",
                        folder.path().string()));
  for (const DatasetEntry& entry : dataset_list()) {
    EXPECT_EQ(entry.present, entry.name == "synthetic") << entry.name;
  }
}

TEST(DatasetNames, AreFoundInTheDataFolder) {
  const TemporaryFolder folder;
  const DataFolder data{folder.path()};
  write_png(folder.path() / "images/cifar10_jpeg/train/cat/a.png", coordinates(1, 1, 1));
  const std::vector<DatasetEntry> list = dataset_list();
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[1].name, "cifar10-jpeg");
  EXPECT_TRUE(list[1].present);
  EXPECT_FALSE(list[2].present);
  const auto dataset = open_dataset("cifar10-jpeg", Split::kTrain);
  EXPECT_EQ(dataset->title(), "CIFAR-10, JPEG q75");
  EXPECT_EQ(dataset->size(), 1U);
}

// Real data --------------------------------------------------------------------------------------

void expect_complete(const std::string& name, const std::string& title, std::size_t classes,
                     std::size_t train_size, std::size_t test_size) {
  const auto train = open_dataset(name, Split::kTrain);
  const auto test = open_dataset(name, Split::kTest);
  EXPECT_EQ(train->title(), title);
  EXPECT_EQ(train->classes().size(), classes);
  EXPECT_EQ(train->classes(), test->classes());
  EXPECT_EQ(train->size(), train_size);
  EXPECT_EQ(test->size(), test_size);
  for (const Dataset* dataset : {train.get(), test.get()}) {
    for (std::size_t i = 0; i < dataset->size(); i += dataset->size() / 20) {
      EXPECT_GT(dataset->load(i).rgb.size(), 0U) << dataset->name(i);
    }
  }
}

TEST(RealData, Cifar10Jpeg) {
  if (!fs::is_directory(data_folder() / "images/cifar10_jpeg")) {
    GTEST_SKIP() << "no images/cifar10_jpeg in " << data_folder();
  }
  expect_complete("cifar10-jpeg", "CIFAR-10, JPEG q75", 10, 10'000, 2'000);
  const auto train = open_dataset("cifar10-jpeg", Split::kTrain);
  EXPECT_EQ(train->classes()[3], "cat") << "labels are the original's";
  EXPECT_EQ(train->load(0).width, 32);
}

TEST(RealData, Caltech101) {
  if (!fs::is_directory(data_folder() / "images/caltech101")) {
    GTEST_SKIP() << "no images/caltech101 in " << data_folder();
  }
  expect_complete("caltech101", "Caltech-101", 101, 4'000, 1'974);
}

}  // namespace
}  // namespace papilio
