#include "models/dataset/synthetic_dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "sim/base/error.hpp"
#include "sim/base/random/stream.hpp"

namespace papilio {
namespace {

constexpr int kSide = 32;
constexpr std::size_t kTrainPictures = 2000;
constexpr std::size_t kTestPictures = 500;
constexpr std::uint64_t kSeed = 1;
constexpr int kFull = 256;  // all foreground

using Colour = std::array<int, 3>;

/// A whole number in least..most, each as likely.
int draw(Stream& stream, int least, int most) {
  return least + static_cast<int>((most - least + 1) * stream.uniform());
}

Colour draw_colour(Stream& stream) {
  Colour colour{};
  for (int& level : colour) level = draw(stream, 0, 255);
  return colour;
}

/// What a shape or texture varies in. Lengths are in half pixels, so that centres may lie between
/// pixels.
struct Figure {
  int x;       // centre
  int y;       // centre
  int radius;  // half the extent
  int line;    // half the width of a ring's or cross's line
  int period;  // of a texture, in pixels
  int phase_x;
  int phase_y;
  bool reversed;  // upside down, or from right to left
  int slope;      // of a gradient: its share along y, in 0..8
};

Figure draw_figure(Stream& stream) {
  Figure figure{};
  figure.radius = draw(stream, 14, 26);
  figure.x = draw(stream, figure.radius, 2 * kSide - figure.radius);
  figure.y = draw(stream, figure.radius, 2 * kSide - figure.radius);
  figure.line = draw(stream, 4, figure.radius / 3);
  figure.period = draw(stream, 5, 10);
  figure.phase_x = draw(stream, 0, figure.period - 1);
  figure.phase_y = draw(stream, 0, figure.period - 1);
  figure.reversed = draw(stream, 0, 1) == 1;
  figure.slope = draw(stream, 0, 8);
  return figure;
}

/// From the centre to the middle of a pixel.
int across(const Figure& figure, int x) {
  return 2 * x + 1 - figure.x;
}
int down(const Figure& figure, int y) {
  return 2 * y + 1 - figure.y;
}
int extent(const Figure& figure, int x, int y) {
  return std::max(std::abs(across(figure, x)), std::abs(down(figure, y)));
}
int square_of_distance(const Figure& figure, int x, int y) {
  return across(figure, x) * across(figure, x) + down(figure, y) * down(figure, y);
}
int full_if(bool inside) {
  return inside ? kFull : 0;
}

int disc(const Figure& figure, int x, int y) {
  return full_if(square_of_distance(figure, x, y) <= figure.radius * figure.radius);
}

int ring(const Figure& figure, int x, int y) {
  const int inner = figure.radius - 2 * figure.line;
  return full_if(disc(figure, x, y) == kFull && square_of_distance(figure, x, y) > inner * inner);
}

int square(const Figure& figure, int x, int y) {
  return full_if(extent(figure, x, y) <= figure.radius - 1);
}

int triangle(const Figure& figure, int x, int y) {
  const int from_tip = figure.radius + (figure.reversed ? -down(figure, y) : down(figure, y));
  return full_if(extent(figure, x, y) <= figure.radius &&
                 2 * std::abs(across(figure, x)) <= from_tip);
}

int cross(const Figure& figure, int x, int y) {
  const int thin = std::min(std::abs(across(figure, x)), std::abs(down(figure, y)));
  return full_if(extent(figure, x, y) <= figure.radius && thin <= figure.line);
}

int horizontal_stripes(const Figure& figure, int /*x*/, int y) {
  return full_if((y + figure.phase_y) % figure.period < figure.period / 2);
}

int vertical_stripes(const Figure& figure, int x, int /*y*/) {
  return full_if((x + figure.phase_x) % figure.period < figure.period / 2);
}

int checkers(const Figure& figure, int x, int y) {
  return horizontal_stripes(figure, x, y) == vertical_stripes(figure, x, y) ? kFull : 0;
}

int dots(const Figure& figure, int x, int y) {
  const int right = 2 * ((x + figure.phase_x) % figure.period) + 1 - figure.period;
  const int below = 2 * ((y + figure.phase_y) % figure.period) + 1 - figure.period;
  return full_if(4 * (right * right + below * below) <= figure.period * figure.period);
}

int gradient(const Figure& figure, int x, int y) {
  const int along = figure.reversed ? kSide - 1 - x : x;
  return ((8 - figure.slope) * along + figure.slope * y) * kFull / (8 * (kSide - 1));
}

/// How much foreground a class has at a pixel, in 0..kFull.
struct Class {
  const char* name;
  int (*foreground)(const Figure&, int x, int y);
};
constexpr std::array<Class, 10> kClasses{{{"disc", disc},
                                          {"ring", ring},
                                          {"square", square},
                                          {"triangle", triangle},
                                          {"cross", cross},
                                          {"horizontal stripes", horizontal_stripes},
                                          {"vertical stripes", vertical_stripes},
                                          {"checkers", checkers},
                                          {"dots", dots},
                                          {"gradient", gradient}}};

int contrast(const Colour& a, const Colour& b) {
  return std::abs(a[0] - b[0]) + std::abs(a[1] - b[1]) + std::abs(a[2] - b[2]);
}

Image draw_picture(const Class& of_class, Stream& stream) {
  constexpr int kLeastContrast = 100;
  const Figure figure = draw_figure(stream);
  const Colour background = draw_colour(stream);
  Colour foreground = draw_colour(stream);
  while (contrast(foreground, background) < kLeastContrast) foreground = draw_colour(stream);
  const int noise = draw(stream, 10, 100);
  Image image{.height = kSide, .width = kSide, .rgb = {}};
  image.rgb.reserve(std::size_t{3} * kSide * kSide);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const int share = of_class.foreground(figure, x, y);
      for (std::size_t i = 0; i < 3; ++i) {
        const int level = (background[i] * (kFull - share) + foreground[i] * share) / kFull;
        const int noisy = level + draw(stream, -noise, noise);
        image.rgb.push_back(static_cast<std::uint8_t>(std::clamp(noisy, 0, 255)));
      }
    }
  }
  return image;
}

class SyntheticDataset final : public Dataset {
 public:
  explicit SyntheticDataset(Split split)
      : size_{split == Split::kTrain ? kTrainPictures : kTestPictures},
        family_{kSeed, split == Split::kTrain ? "synthetic train" : "synthetic test"} {
    classes_.reserve(kClasses.size());
    for (const Class& one : kClasses) classes_.emplace_back(one.name);
  }

  [[nodiscard]] const std::string& title() const override { return title_; }
  [[nodiscard]] const std::vector<std::string>& classes() const override { return classes_; }
  [[nodiscard]] std::size_t size() const override { return size_; }
  [[nodiscard]] std::int64_t label(std::size_t index) const override {
    return static_cast<std::int64_t>(index % kClasses.size());
  }
  [[nodiscard]] std::string name(std::size_t index) const override {
    return fmt::format("{}/{:04}", kClasses[index % kClasses.size()].name, index / kClasses.size());
  }
  [[nodiscard]] Image load(std::size_t index) const override {
    PAPILIO_CHECK(index < size_);
    Stream stream{family_, index};
    return draw_picture(kClasses[index % kClasses.size()], stream);
  }

 private:
  std::string title_{"synthetic shapes and textures"};
  std::vector<std::string> classes_;
  std::size_t size_;
  StreamFamily family_;
};

}  // namespace

std::unique_ptr<const Dataset> make_synthetic(Split split) {
  return std::make_unique<SyntheticDataset>(split);
}

}  // namespace papilio
