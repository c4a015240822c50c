#include "sim/page/training_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/embedded_json.hpp"
#include "sim/base/error.hpp"
#include "sim/base/read_file.hpp"
#include "sim/page/contents.hpp"
#include "sim/page/thin.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

// Epochs that are shown of one training, and rows of all.
constexpr std::size_t kMostEpochs = 100;
constexpr std::size_t kMostEpochRows = 20'000;

/// "RB3-d2-s1" as its cut, channels and seed, of the baseline "" and 0.
struct PointName {
  std::string cut;
  std::string channels{"0"};
  std::string seed;
};

/// @return false if the name is none that `papilio train` gives
bool read_point_name(const std::string& name, PointName& point) {
  const auto is_number = [](const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  };
  const std::size_t seed = name.rfind("-s");
  if (seed == std::string::npos) return false;
  point.seed = name.substr(seed + 2);
  const std::string unit = name.substr(0, seed);
  if (unit == "baseline") return is_number(point.seed);
  const std::size_t channels = unit.rfind("-d");
  if (channels == std::string::npos) return false;
  point.cut = unit.substr(0, channels);
  point.channels = unit.substr(channels + 2);
  return is_number(point.seed) && is_number(point.channels);
}

/// Adds the epochs of a point's file, at most `kMostEpochs`, the last among them.
void add_epochs(const fs::path& file, const PointName& point, PageTable& curves,
                std::size_t& most) {
  const auto result = parsed_json(read_file(file.string(), kMostPageFileBytes));
  const auto bad = [&] {
    refuse_file(file, "is no result of a training; remove the file and train it again");
  };
  if (!result.is_object() || !result.contains("epochs") || !result["epochs"].is_array()) bad();
  const auto& epochs = result["epochs"];
  most = std::max(most, epochs.size());
  const std::size_t step =
      std::max<std::size_t>(1, (epochs.size() + kMostEpochs - 1) / kMostEpochs);
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    if (i % step != 0 && i + 1 != epochs.size()) continue;
    const auto& epoch = epochs[i];
    if (!epoch.is_object() || !epoch.contains("loss") || !epoch["loss"].is_number() ||
        !epoch.contains("accuracy") || !epoch["accuracy"].is_number()) {
      bad();
    }
    curves.rows.push_back({point.cut, point.channels, point.seed, fmt::format("{}", i + 1),
                           fmt::format("{}", epoch["loss"].get<double>()),
                           fmt::format("{}", epoch["accuracy"].get<double>())});
  }
}

/// What each epoch of each training did, which stands in points/.
void add_curves(PageContents& contents) {
  const fs::path points = contents.folder() / "points";
  if (!fs::is_directory(points)) return;
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator{points}) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  PageTable curves{.columns = {"cut", "channels", "seed", "epoch", "loss", "accuracy"}, .rows = {}};
  std::size_t shown = 0;
  std::size_t most = 0;
  for (const fs::path& file : files) {
    PointName point;
    if (!read_point_name(file.stem().string(), point)) continue;
    if (curves.rows.size() >= kMostEpochRows) break;
    add_epochs(file, point, curves, most);
    ++shown;
  }
  if (curves.rows.empty()) return;
  contents.note(fmt::format(
      "Loss and accuracy of the epochs are those of points/, on the training pictures as they "
      "came{}{}.",
      most > kMostEpochs
          ? fmt::format("; of at most {} epochs each, at equal distances", kMostEpochs)
          : "",
      shown < files.size() ? fmt::format("; of {} of {} trainings", shown, files.size()) : ""));
  contents.set_table("curves", std::move(curves));
}

}  // namespace

bool is_training_folder(const fs::path& folder) {
  return fs::exists(folder / "accuracy.csv") && fs::exists(folder / "settings.json") &&
         !fs::exists(folder / "summary.csv") && !fs::exists(folder / "fleet.csv");
}

nlohmann::ordered_json training_page_data(const fs::path& folder) {
  PageContents contents{folder};
  contents.set("kind", "training");
  const fs::path accuracies = folder / "accuracy.csv";
  const PageTable table = read_page_table(accuracies);
  for (const char* column : {"cut", "channels", "seed", "images", "accuracy"}) {
    static_cast<void>(column_of(table, column, accuracies.string()));
  }
  contents.add("accuracy");
  add_curves(contents);
  contents.add_text("report", "tables.md");
  contents.add_object("settings", "settings.json", "is no settings of a training; train again");
  // A training that is not done has no manifest yet; its accuracies would not be there either, but
  // who hands on a folder may leave it out.
  if (fs::exists(folder / "manifest.json")) {
    contents.add_object("manifest", "manifest.json", "is no manifest of a training; train again");
  } else {
    contents.set("manifest", nlohmann::ordered_json::object());
    contents.note("The folder has no manifest.json.");
  }
  return contents.take();
}

}  // namespace papilio
