#include "models/dataset/labels_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <sstream>
#include <string_view>

#include "sim/base/error.hpp"
#include "sim/base/read_file.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostBytes = std::size_t{256} << 20U;
constexpr std::int64_t kMostClasses = 100'000;

/// A line of the file.
struct Line {
  std::size_t number{0};  // from 1
  std::string picture;    // empty where the label stands alone
  std::string label;
};

ConfigError wrong(const fs::path& file, std::size_t line, std::string_view what) {
  return ConfigError{fmt::format("{}:{}: error: {}", file.string(), line, what)};
}

std::string first_word(std::string_view text) {
  std::istringstream words{std::string{text}};
  std::string word;
  words >> word;
  return word;
}

std::vector<Line> read_lines(const fs::path& file) {
  std::istringstream text{read_file(file.string(), kMostBytes)};
  std::vector<Line> lines;
  std::size_t number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    while (line.ends_with('\r') || line.ends_with(' ') || line.ends_with('\t')) line.pop_back();
    if (line.empty()) continue;
    if (const std::size_t comma = line.find(','); comma != std::string::npos) {
      // LOC_val_solution.csv: ILSVRC2012_val_00048981,n03995372 85 1 499 272
      if (number == 1 && line.starts_with("ImageId,")) continue;
      lines.push_back({number, line.substr(0, comma), first_word(line.substr(comma + 1))});
      continue;
    }
    const std::size_t blank = line.find_last_of(" \t");
    if (blank == std::string::npos) {
      lines.push_back({number, "", line});
    } else {
      lines.push_back({number, line.substr(0, line.find_last_not_of(" \t", blank) + 1),
                       line.substr(blank + 1)});
    }
  }
  return lines;
}

std::optional<std::int64_t> number_of(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// Puts names of classes in the place of ILSVRC2012's numbers.
void translate(const fs::path& file, std::vector<Line>& lines) {
  const fs::path map = file.parent_path() / "map_clsloc.txt";
  if (!fs::exists(map)) {
    throw ConfigError{fmt::format(
        "{}: error: its numbers are ILSVRC2012's own, in another order than the classes of "
        "networks; "
        "put the development kit's map_clsloc.txt beside it (n02119789 1 kit_fox), or take "
        "LOC_val_solution.csv",
        file.string())};
  }
  std::map<std::string, std::string> names;
  std::istringstream text{read_file(map.string(), kMostBytes)};
  for (std::string line; std::getline(text, line);) {
    std::istringstream words{line};
    std::string name;
    std::string number;
    if (words >> name >> number) names[number] = name;
  }
  for (Line& line : lines) {
    const auto it = names.find(line.label);
    if (it == names.end()) {
      throw wrong(file, line.number, fmt::format("no line of map_clsloc.txt has '{}'", line.label));
    }
    line.label = it->second;
  }
}

/// The classes that labels are of, where nothing else tells them.
std::vector<std::string> classes_of(const fs::path& file, const std::vector<Line>& lines) {
  std::set<std::string> names;
  std::int64_t most = -1;
  bool numbers = true;
  for (const Line& line : lines) {
    names.insert(line.label);
    const auto number = number_of(line.label);
    numbers = numbers && number;
    if (numbers) most = std::max(most, *number);
    if (numbers && most >= kMostClasses) {
      throw wrong(file, line.number, fmt::format("label {} is too large", most));
    }
  }
  if (!numbers) return {names.begin(), names.end()};
  std::vector<std::string> classes;
  for (std::int64_t i = 0; i <= most; ++i) classes.push_back(std::to_string(i));
  return classes;
}

/// "a.JPEG" of "val/a.JPEG", and "a" of both.
std::string stem_of(const std::string& name) {
  return fs::path{name}.stem().string();
}

}  // namespace

std::optional<fs::path> find_labels_file(const fs::path& folder) {
  const fs::path inside = folder.has_filename() ? folder : folder.parent_path();
  const std::string name = inside.filename().string();
  for (const fs::path& place : {inside, inside / ".."}) {
    for (const std::string& file :
         {std::string{"labels.txt"}, std::string{"labels.csv"}, name + ".txt", name + ".csv",
          std::string{"LOC_val_solution.csv"},
          std::string{"ILSVRC2012_validation_ground_truth.txt"}}) {
      std::error_code failed;
      if (fs::is_regular_file(place / file, failed)) return (place / file).lexically_normal();
    }
  }
  return std::nullopt;
}

PictureLabels read_labels(const fs::path& file, const std::vector<std::string>& pictures,
                          std::vector<std::string> classes) {
  std::vector<Line> lines = read_lines(file);
  if (lines.empty()) throw ConfigError{fmt::format("{}: error: has no labels", file.string())};
  if (file.filename().string().find("ground_truth") != std::string::npos) translate(file, lines);
  if (classes.empty()) classes = classes_of(file, lines);
  std::map<std::string, std::int64_t> place;
  for (const std::string& name : classes) {
    place.emplace(name, static_cast<std::int64_t>(place.size()));
  }
  const bool by_name = std::all_of(lines.begin(), lines.end(),
                                   [&](const Line& line) { return place.contains(line.label); });
  const auto label_of = [&](const Line& line) {
    if (by_name) return place.at(line.label);
    const auto number = number_of(line.label);
    if (!number || *number >= static_cast<std::int64_t>(classes.size())) {
      throw wrong(file, line.number,
                  fmt::format("'{}' is none of the {} classes, nor a number below that", line.label,
                              classes.size()));
    }
    return *number;
  };
  PictureLabels labels{.classes = classes};
  const bool alone = lines.front().picture.empty();
  std::map<std::string, std::int64_t> known;  // of pictures, without ending
  for (const Line& line : lines) {
    if (line.picture.empty() != alone) {
      throw wrong(file, line.number,
                  "expected a picture and its label, or in all lines a label alone");
    }
    const std::int64_t label = label_of(line);
    if (alone) {
      labels.of_pictures.push_back(label);
    } else if (!known.emplace(stem_of(line.picture), label).second) {
      throw wrong(file, line.number, fmt::format("the picture '{}' comes again", line.picture));
    }
  }
  if (alone && labels.of_pictures.size() != pictures.size()) {
    throw ConfigError{
        fmt::format("{}: error: {} labels in the order of the pictures, which are {}; write the "
                    "pictures' names before them",
                    file.string(), labels.of_pictures.size(), pictures.size())};
  }
  if (alone) return labels;
  for (const std::string& picture : pictures) {
    const auto it = known.find(stem_of(picture));
    if (it == known.end()) {
      throw ConfigError{
          fmt::format("{}: error: has no label of the picture '{}'", file.string(), picture)};
    }
    labels.of_pictures.push_back(it->second);
  }
  return labels;
}

}  // namespace papilio
