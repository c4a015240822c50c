// Claims of papilio-tensor from outside: its verbs write what scenarios read, tell what is wrong
// with a command, exit 2, and write nothing then.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "tests/support/data.hpp"
#include "tests/support/program.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using testing::Finished;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::read_file;
using testing::run_papilio;
using testing::TemporaryFolder;

TEST(Train, DoesNotMixSettingsInOneFolder) {
  const TemporaryFolder folder;
  std::vector<std::string> words{"train",
                                 "--model",
                                 "resnet20-cifar10",
                                 "--data",
                                 "synthetic",
                                 "--after",
                                 "RB1",
                                 "--channels",
                                 "1",
                                 "--epochs",
                                 "1",
                                 "--train-pictures",
                                 "16",
                                 "--batch",
                                 "8",
                                 "--test-pictures",
                                 "10",
                                 "-q",
                                 "-o",
                                 folder.path().string()};
  ASSERT_EQ(run_papilio(words).exit_code, 0);
  words.insert(words.end(), {"--learning-rate", "0.5"});
  const Finished run = run_papilio(words);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("settings.json: error: the folder's trainings had learning_rate = "
                                 "0.003, not 0.5; choose another folder with -o DIR"));
}

// A training's last digits follow from the kernels that made its sums, so the manifest names them.
TEST(Train, RecordsTheKernelsThatItComputedWith) {
#ifndef __x86_64__
  GTEST_SKIP() << "the kernels named are those of x86-64";
#endif
  const TemporaryFolder folder;
  setenv("OPENBLAS_CORETYPE", "Prescott", 1);
  setenv("DNNL_MAX_CPU_ISA", "SSE41", 1);
  const Finished run =
      run_papilio({"train", "--model", "resnet20-cifar10", "--data", "synthetic", "--after", "none",
                   "--epochs", "1", "--batch", "8", "--train-pictures", "16", "--test-pictures",
                   "10", "-q", "-o", folder.path().string()});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto manifest = nlohmann::json::parse(read_file(folder.path() / "manifest.json"));
  EXPECT_THAT(manifest.at("libraries").at("BLAS").get<std::string>(), HasSubstr(" Prescott "));
  EXPECT_EQ(manifest.at("libraries").at("oneDNN"), "SSE4.1");
}

// How a network gets its first weights where nobody trained it: then units start from those.
TEST(Train, ABaselineAloneIsWhatUnitsCanStartFrom) {
  const TemporaryFolder folder;
  const auto train = [&](const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> words{"train",
                                   "--model",
                                   "resnet20-cifar10",
                                   "--data",
                                   "synthetic",
                                   "--batch",
                                   "8",
                                   "--train-pictures",
                                   fewer("16", "8"),
                                   "--epochs",
                                   "1",
                                   "--test-pictures",
                                   "10",
                                   "-o",
                                   (folder.path() / name).string()};
    words.insert(words.end(), more.begin(), more.end());
    return run_papilio(words);
  };
  const Finished baseline = train("baseline", {"--after", "none"});
  ASSERT_EQ(baseline.exit_code, 0) << baseline.err;
  EXPECT_THAT(baseline.out, HasSubstr("Baseline, without unit"));
  EXPECT_THAT(baseline.out, Not(HasSubstr("by cut")));
  const fs::path weights = folder.path() / "baseline/units/baseline-s1.pt";
  ASSERT_TRUE(fs::exists(weights));
  const Finished units =
      train("units", {"--after", "RB9", "--channels", "4", "--weights", weights.string()});
  EXPECT_EQ(units.exit_code, 0) << units.err;
  EXPECT_THAT(units.out, HasSubstr("from the trained weights"));
}

TEST(Infer, SendsRealFeaturesThroughCodecsAndWritesWhatScenariosRead) {
  const TemporaryFolder folder;
  const Finished run = run_papilio({"infer", "--model", "resnet20-cifar10", "--data", "synthetic",
                                    "--after", "RB2,input", "--codecs", "all,jpeg:50", "--pictures",
                                    "3", "-o", folder.path().string(), "--save-features",
                                    (folder.path() / "features").string()});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string payloads = read_file(folder.path() / "payloads.csv");
  EXPECT_THAT(payloads, HasSubstr("image,cut,channels,bits,codec,body_bytes,frame_bytes,encode_s,"
                                  "decode_s\n"));
  // 16 channels of 32x32, and 3 of the picture, at 8 bits.
  EXPECT_THAT(payloads, HasSubstr("disc/0000,RB2,0,8,raw,16384,30,"));
  EXPECT_THAT(payloads, HasSubstr("disc/0000,input,0,8,raw,3072,0,"));
  EXPECT_THAT(payloads, HasSubstr("disc/0000,input,0,8,jpeg:90:444,"));
  EXPECT_THAT(payloads, Not(HasSubstr(",input,0,8,zstd,")));
  EXPECT_THAT(payloads, Not(HasSubstr(",RB2,0,8,webp:75,")));
  // For three pictures 9 codecs of features, and of pictures that are no files raw, png, webp:75
  // and three of JPEG; and the header.
  EXPECT_EQ(std::count(payloads.begin(), payloads.end(), '\n'), (9 + 6) * 3 + 1);
  const std::string accuracies = read_file(folder.path() / "accuracy.csv");
  const std::string whole = "cut,channels,bits,codec,seed,images,accuracy\n,0,32,raw,1,3,";
  ASSERT_THAT(accuracies, HasSubstr(whole));
  // What loses no pixel loses no answer.
  const std::string right =
      accuracies.substr(whole.size(), accuracies.find('\n', whole.size()) - whole.size());
  EXPECT_THAT(accuracies, HasSubstr("\ninput,0,8,png,1,3," + right + "\n"));
  const auto manifest = nlohmann::json::parse(read_file(folder.path() / "manifest.json"));
  EXPECT_GE(manifest.at("threads"), 1);
  EXPECT_THAT(manifest.at("libraries").at("BLAS"), HasSubstr("OpenBLAS"));
  EXPECT_TRUE(fs::exists(folder.path() / "features/RB2-d0-disc_0000.npy"));
}

// Two pictures of 1x1 (Pillow's bytes of a grey PNG) and one that is none.
TEST(Infer, LeavesOutAPictureThatCannotBeReadAndNamesIt) {
  const TemporaryFolder folder;
  const std::string png{
      "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0:~\x9BU\0\0\0\nIDATx\x9C"
      "c`\0\0\0\2\0\1H\xAF\xA4q\0\0\0\0IEND\xAE"
      "B`\x82",
      67};
  for (const char* name : {"test/a/1.png", "test/b/1.png", "train/a/1.png", "train/b/1.png"}) {
    folder.write(name, png);
  }
  const std::string bad = folder.write("test/a/bad.png", "no picture").string();
  std::vector<std::string> words{"infer",
                                 "--model",
                                 "resnet20-cifar10",
                                 "--data",
                                 folder.path().string(),
                                 "--after",
                                 "RB9,input",
                                 "-o",
                                 (folder.path() / "out").string()};
  const Finished run = run_papilio(words);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.err, bad + ": warning: left out: neither a JPEG nor a PNG nor a WebP\n");
  EXPECT_THAT(run.out, HasSubstr("1 picture could not be read and was left out"));
  EXPECT_THAT(read_file(folder.path() / "out/accuracy.csv"), HasSubstr("\n,0,32,raw,1,2,"));
  const auto manifest = nlohmann::json::parse(read_file(folder.path() / "out/manifest.json"));
  EXPECT_EQ(manifest.at("pictures_left_out"),
            nlohmann::json::array({bad + ": error: neither a JPEG nor a PNG nor a WebP"}));
  words.back() = (folder.path() / "none").string();
  words.emplace_back("--strict");
  const Finished strict = run_papilio(words);
  EXPECT_EQ(strict.exit_code, 2);
  EXPECT_EQ(strict.err, bad + ": error: neither a JPEG nor a PNG nor a WebP\n");
  EXPECT_FALSE(fs::exists(folder.path() / "none"));
}

TEST(TensorVerbs, TellWhatIsWrong) {
  const TemporaryFolder folder;
  const auto refuses = [&](std::vector<std::string> words, const char* text) {
    words.insert(words.end(), {"-o", (folder.path() / "none").string()});
    const Finished run = run_papilio(words);
    EXPECT_EQ(run.exit_code, 2) << text;
    EXPECT_THAT(run.err, HasSubstr(text));
    EXPECT_EQ(run.out, "");
    EXPECT_FALSE(fs::exists(folder.path() / "none"));
  };
  // Each starts LibTorch for seconds: under the sanitizers those of which no other is the like.
  const auto refuses_too = [&](std::vector<std::string> words, const char* text) {
    if (!kSanitized) refuses(std::move(words), text);
  };
  refuses({"train", "--data", "synthetic"}, "papilio train: error: --model is missing");
  refuses_too({"train", "--model", "resnet19", "--data", "synthetic"},
              "papilio train: error: there is no network 'resnet19'; did you mean 'resnet18'?");
  refuses_too({"train", "--model", "resnet20-cifar10", "--data", "synthetic", "--after", "RB10"},
              "papilio train: error: 'resnet20-cifar10' has no cut 'RB10'; did you mean 'RB1'?");
  refuses({"train", "--model", "resnet20-cifar10", "--data", "synthetic", "--channels", "2,1"},
          "papilio train: error: --channels must ascend, as 1,2,4, not '2,1'");
  refuses({"train", "--model", "resnet20-cifar10", "--data", "synthetic", "--weights", "none.pt"},
          "none.pt: error: ");
  refuses_too({"infer", "--model", "resnet20-cifar10"},
              "papilio infer: error: expected pictures, or a dataset with --data");
  refuses_too({"infer", "--model", "resnet20-cifar10", "--data", "synthetic", "--after", "RB1",
               "--channels", "2"},
              "papilio infer: error: --channels names units; say with --units where");
  refuses_too({"infer", "--model", "resnet20-cifar10", "--data", "synthetic", "--after", "RB1",
               "--codecs", "jpg"},
              "papilio infer: error: --codecs: ");
  refuses(
      {"infer", "--model", "resnet20-cifar10", "--data", "synthetic", "--after", "RB1", "--codecs",
       "webp:75"},
      "papilio infer: error: --codecs: 'webp:75' encodes pictures, which cross at the input alone; "
      "add 'input' to --after, or leave it out");
  refuses_too(
      {"infer", "--model", "resnet20-cifar10", "--data", "synthetic", "--after", "input",
       "--codecs", "zstd"},
      "papilio infer: error: --codecs: 'zstd' encodes features, and at the input pictures cross; "
      "take one of raw, file, png, jpeg, webp, or add a cut to --after");
  refuses_too(
      {"infer", "--model", "resnet20-cifar10", "--data", "synthetic", "--after", "input",
       "--codecs", "file"},
      "papilio infer: error: --codecs: 'file' sends pictures' own files, and these pictures are "
      "none; give a folder of pictures, or leave it out");
  refuses({"infer", "--model", "resnet20-cifar10", "--data", "synthetic", "--after", "RB1",
           "--codecs", "jpeg:90:444"},
          "papilio infer: error: --codecs: codec 'jpeg:90:444'");
  refuses_too({"profile"}, "papilio profile: error: --model is missing");
  refuses({"profile", "--model", "resnet20-cifar10", "--name", "../x"},
          "papilio profile: error: --name '../x': expected lower-case letters");
  refuses_too(
      {"profile", "--model", "resnet20-cifar10", "--dtype", "fp16"},
      "papilio profile: error: --dtype fp16 needs a GPU, for LibTorch has no convolutions of "
      "halves on a CPU; add --device cuda, or leave --dtype out");
  refuses_too({"profile", "--model", "resnet20-cifar10", "--dtype", "fp61"},
              "papilio profile: error: unknown --dtype 'fp61'; did you mean 'fp32'?");
  refuses_too({"profile", "--model", "resnet20-cifar10", "--data", "synthetic"},
              "papilio profile: error: weights and pictures are for codecs alone; name some with "
              "--codecs");
  refuses_too(
      {"profile", "--model", "resnet20-cifar10,alexnet", "--codecs", "all", "--weights", "w"},
      "papilio profile: error: --weights is a file of one network; name one with --model");
  refuses_too({"profile", "--model", "resnet20-cifar10", "--codecs", "raw", "--weights", "none.pt"},
              "none.pt: error: ");
  refuses_too({"profile", "--model", "resnet20-cifar10", "--codecs", "jpg"},
              "papilio profile: error: --codecs: ");
  refuses({"profile", "--model", "resnet20-cifar10", "--codecs", "raw", "--after", "RB10"},
          "papilio profile: error: 'resnet20-cifar10' has no cut 'RB10'; did you mean 'RB1'?");
  refuses({"infer", "--model", "resnet20-cifar10", "--data", "synthetic", "--device", "cuda"},
          "--device cuda: this LibTorch has no CUDA");
}

TEST(Profile, WritesTablesThatScenariosRead) {
  const TemporaryFolder folder;
  const std::string profiles = folder.path().string();
  const auto measure = [&](std::vector<std::string> more) {
    // The machine may be busy: what is then refused is agreement_test's claim.
    std::vector<std::string> words{"profile", "--model", "resnet20-cifar10", "--force",
                                   "--limit", "0.1",     "--precision",      "1",
                                   "-o",      profiles};
    words.insert(words.end(), more.begin(), more.end());
    return run_papilio(words);
  };
  const Finished mobile = measure({"--name", "slow", "--power-w", "4", "--batch", "1,2"});
  ASSERT_EQ(mobile.exit_code, 0) << mobile.err;
  EXPECT_THAT(mobile.out, HasSubstr("the layers add up to"));
  EXPECT_THAT(mobile.out, HasSubstr("several pictures at once"));
  EXPECT_THAT(read_file(folder.path() / "layers/slow/resnet20-cifar10.yaml"),
              HasSubstr("{pictures: 2, latency_s: "));
  ASSERT_EQ(measure({}).exit_code, 0);  // no power; the usual name
  const Finished shown = run_papilio(
      {"profiles", "show", "slow/resnet20-cifar10", "--profiles", profiles, "--format", "json"});
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("at 4 W, which was stated, not measured"));
  EXPECT_THAT(shown.out, HasSubstr("LibTorch"));
  EXPECT_THAT(run_papilio({"devices", "show", "slow", "--profiles", profiles}).out,
              HasSubstr("1 thread, fp32"));

  const std::string scenario =
      "model: resnet20-cifar10\nmobile: {device: slow}\n"
      "cloud: {device: cpu-1-thread}\nnetworks: [wifi]\n"
      "strategies: [{strategy: mobile-only}]\n";
  const fs::path file = folder.write("s.yaml", "name: s\n" + scenario);
  const Finished run = run_papilio({"run", file.string(), "--profiles", profiles, "-o",
                                    (folder.path() / "out").string(), "--format", "csv"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  // Energies are the stated power's, so mobile-only costs 4 mJ a millisecond.
  std::istringstream summary{read_file(folder.path() / "out/summary.csv")};
  std::string header;
  std::string row;
  std::getline(summary, header);
  std::getline(summary, row);
  const auto cell = [&](const std::string& column) {
    std::istringstream names{header};
    std::istringstream cells{row};
    std::string name;
    std::string value;
    while (std::getline(names, name, ',') && std::getline(cells, value, ',')) {
      if (name == column) return std::stod(value);
    }
    return 0.0;
  };
  EXPECT_GT(cell("latency_s"), 0);
  EXPECT_NEAR(cell("energy_j"), 4 * cell("latency_s"), 1e-12);
}

TEST(Profile, TimesCodecsForAScenariosPayload) {
  const TemporaryFolder folder;
  const std::string profiles = folder.path().string();
  std::vector<std::string> words{
      "profile",     "--model", "resnet20-cifar10", "--force", "--name", "here",  "--limit", "0.1",
      "--precision", "1",       "--codecs",         "zstd",    "-o",     profiles};
  if (kSanitized) words.insert(words.end(), {"--after", "RB3"});
  const Finished measured = run_papilio(words);
  ASSERT_EQ(measured.exit_code, 0) << measured.err;
  EXPECT_THAT(measured.out, HasSubstr("resnet20-cifar10, codecs at 8 bits"));
  EXPECT_THAT(measured.out, HasSubstr("Random weights: features of a trained network"));

  // The input raw, nine blocks raw and zstd, a picture; or of one block alone.
  std::istringstream rows{
      read_file(folder.path() / "measurements/here/resnet20-cifar10/payloads.csv")};
  std::vector<std::vector<std::string>> cells;
  for (std::string row; std::getline(rows, row);) {
    std::istringstream line{row};
    cells.emplace_back();
    for (std::string cell; std::getline(line, cell, ',');) cells.back().push_back(cell);
  }
  ASSERT_EQ(cells.size(), 1 + fewer(1U + 9 * 2, 2U));
  const std::vector<std::string>* zstd = nullptr;  // after RB3
  for (std::size_t i = 1; i < cells.size(); ++i) {
    EXPECT_EQ(cells[i][0], "random (random weights)");
    EXPECT_GT(std::stod(cells[i][7]), 0);
    EXPECT_GT(std::stod(cells[i][8]), 0);
    if (cells[i][1] != "RB3") continue;
    if (cells[i][4] == "zstd") zstd = &cells[i];
    if (cells[i][4] == "raw") {
      EXPECT_EQ(cells[i][5], "16384");
    }
  }
  ASSERT_NE(zstd, nullptr);

  const fs::path file =
      folder.write("s.yaml",
                   "name: s\nmodel: resnet20-cifar10\nmobile: {device: here}\n"
                   "cloud: {device: here}\nnetworks: [wifi]\n"
                   "payload: {from: here/resnet20-cifar10/payloads.csv, "
                   "encode_power_w: 1}\n"
                   "strategies: [{strategy: split, after: [RB3], codec: zstd}]\n");
  const Finished run = run_papilio(
      {"run", file.string(), "--profiles", profiles, "-o", (folder.path() / "out").string()});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(read_file(folder.path() / "out/summary.csv"),
              HasSubstr("split,wifi,RB3,,8,zstd,stated," + (*zstd)[5] + ","));
}

TEST(Profile, TimesCodecsOnPicturesAndTrainedWeights) {
  const TemporaryFolder folder;
  const std::string trained = (folder.path() / "trained").string();
  ASSERT_EQ(run_papilio({"train", "--model", "resnet20-cifar10", "--data", "synthetic", "--after",
                         "none", "--epochs", "1", "--batch", "32", "--train-pictures", "32",
                         "--test-pictures", "10", "-o", trained})
                .exit_code,
            0);
  const Finished measured = run_papilio({"profile",     "--force",
                                         "--model",     "resnet20-cifar10",
                                         "--name",      "here",
                                         "--limit",     "0.1",
                                         "--precision", "1",
                                         "--codecs",    "raw",
                                         "--after",     "RB1",
                                         "--data",      "synthetic",
                                         "--pictures",  "2",
                                         "--weights",   trained + "/units/baseline-s1.pt",
                                         "-o",          folder.path().string()});
  ASSERT_EQ(measured.exit_code, 0) << measured.err;
  EXPECT_THAT(measured.out, HasSubstr("2 pictures; encode:"));
  EXPECT_THAT(measured.out, Not(HasSubstr("Random weights")));
  const std::string rows =
      read_file(folder.path() / "measurements/here/resnet20-cifar10/payloads.csv");
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 1 + 2);
  EXPECT_THAT(rows, HasSubstr(",RB1,0,8,raw,16384,30,"));
  EXPECT_THAT(rows, Not(HasSubstr("random")));
}

// A real file under the name that torch.hub would give it: its hash is that of the authors.
TEST(Weights, AutoTakesWhatTorchvisionDownloadedIfItIsWhole) {
  PAPILIO_NEEDS_DATA("weights/resnet_cifar10");
  const TemporaryFolder home;
  const fs::path cache = home.path() / "hub/checkpoints";
  fs::create_directories(cache);
  ::setenv("TORCH_HOME", home.path().c_str(), 1);
  const std::vector<std::string> infer{"infer",
                                       "--model",
                                       "resnet20-cifar10",
                                       "--weights",
                                       "auto",
                                       "--data",
                                       "synthetic",
                                       "--pictures",
                                       "2",
                                       "-o",
                                       (home.path() / "out").string()};
  const Finished none = run_papilio(infer);
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("no weights of 'resnet20-cifar10' in " + cache.string()));
  const fs::path file = cache / "resnet20-cifar10-12fca82f.pth";
  fs::copy(data_path("weights/resnet_cifar10/resnet20-12fca82f.th"), file);
  const Finished found = run_papilio(infer);
  ASSERT_EQ(found.exit_code, 0) << found.err;
  EXPECT_THAT(found.out, HasSubstr("Trained weights"));
  fs::rename(file, cache / "resnet20-cifar10-12fca82e.pth");
  const Finished damaged = run_papilio(infer);
  EXPECT_EQ(damaged.exit_code, 2);
  EXPECT_THAT(damaged.err, HasSubstr("its SHA-256 begins with 12fca82f, not with 12fca82e"));
  ::unsetenv("TORCH_HOME");
}

TEST(TensorVerbs, ListCodecsAndDatasets) {
  const Finished codecs = run_papilio({"codecs", "--format", "csv"});
  EXPECT_EQ(codecs.exit_code, 0);
  for (const char* name : {"raw", "zstd", "zlib", "lzma", "bzip2", "png", "jpeg", "hevc", "file",
                           "jpeg:90:444", "webp:75"}) {
    EXPECT_THAT(codecs.out, HasSubstr(name));
  }
  EXPECT_THAT(run_papilio({"datasets"}).out, HasSubstr("| synthetic"));
  EXPECT_THAT(run_papilio({"train", "--help"}).out, HasSubstr("Examples:\n  papilio train"));
  EXPECT_THAT(run_papilio({"infer", "--help"}).out, HasSubstr("Examples:\n  papilio infer"));
}

}  // namespace
}  // namespace papilio
