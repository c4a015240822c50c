#include "sim/page/page.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "sim/base/document/document.hpp"
#include "sim/base/embedded_json.hpp"
#include "sim/base/error.hpp"
#include "sim/page/assets.hpp"

namespace papilio {
namespace {

/// What the page may load and run: the style and the scripts that are in it, by their hashes.
std::string page_policy() {
  return fmt::format(
      "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}' 'sha256-{}' 'sha256-{}'; "
      "img-src data: blob:; base-uri 'none'; form-action 'none'",
      kPageStyle.sha256, kChartLibrary.sha256, kPageDrawing.sha256, kPageScript.sha256);
}

}  // namespace

std::string page_html(const nlohmann::ordered_json& data, std::string_view title) {
  // In the order in which the skeleton has them: what was filled in is not looked at again.
  const std::array<std::pair<std::string_view, std::string>, 7> parts{{
      {"{{policy}}", page_policy()},
      {"{{title}}", html_escaped(std::string{title})},
      {"{{style}}", std::string{kPageStyle.text}},
      {"{{data}}", embedded_json(data)},
      {"{{chart}}", std::string{kChartLibrary.text}},
      {"{{drawing}}", std::string{kPageDrawing.text}},
      {"{{script}}", std::string{kPageScript.text}},
  }};
  std::string page;
  std::string_view rest = kPageSkeleton.text;
  for (const auto& [mark, text] : parts) {
    const std::size_t place = rest.find(mark);
    PAPILIO_CHECK(place != std::string_view::npos);
    page += rest.substr(0, place);
    page += text;
    rest.remove_prefix(place + mark.size());
  }
  page += rest;
  return page;
}

}  // namespace papilio
