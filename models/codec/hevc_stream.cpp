#include "models/codec/hevc_stream.hpp"

#include <algorithm>
#include <cstring>

namespace papilio {

Picture copy_picture(const std::uint8_t* plane, int stride_bytes, const HevcFormat& format) {
  Picture picture{format.width, format.height, {}};
  picture.pixels.resize(static_cast<std::size_t>(picture.width * picture.height));
  auto target = picture.pixels.begin();
  for (std::int64_t y = 0; y < picture.height; ++y) {
    const std::uint8_t* row = plane + y * stride_bytes;
    if (format.depth == 8) {
      std::copy_n(row, picture.width, target);
    } else {
      std::memcpy(&*target, row, static_cast<std::size_t>(picture.width) * sizeof *target);
    }
    target += picture.width;
  }
  return picture;
}

}  // namespace papilio
