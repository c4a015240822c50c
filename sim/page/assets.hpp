#pragma once

#include <string_view>

namespace papilio {

/// A file of the page, part of the program since it was built (cmake/Embed.cmake).
struct Asset {
  std::string_view text;
  std::string_view sha256;  ///< of `text`, in base64, as a content security policy has it
};

extern const Asset kPageSkeleton;  ///< page.html, in which {{NAME}} marks what is filled in
extern const Asset kPageStyle;     ///< page.css
extern const Asset kPageDrawing;   ///< drawing.js
extern const Asset kPageScript;    ///< page.js
extern const Asset kChartLibrary;  ///< Chart.js, its licence in front

}  // namespace papilio
