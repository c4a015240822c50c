#include "sim/base/cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace papilio {
namespace {

/// A variable of the environment; empty where it is not set.
std::string_view variable(const char* name) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody changes it
  return text == nullptr ? "" : text;
}

std::size_t width_of(int stream) {
  constexpr std::size_t kWidest = 10'000;
  const std::string_view text = variable("COLUMNS");
  std::size_t columns = 0;
  const auto [stop, status] = std::from_chars(text.data(), text.data() + text.size(), columns);
  const bool whole = status == std::errc{} && stop == text.data() + text.size();
  if (whole && columns > 0 && columns <= kWidest) return columns;
  struct winsize size {};
  const bool known = ::ioctl(stream, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  constexpr std::size_t kUsual = 80;
  return known ? size.ws_col : kUsual;
}

}  // namespace

Terminal Terminal::of(int stream) {
  if (::isatty(stream) != 1) return {};
  const std::string_view kind = variable("TERM");
  return {.present = true,
          .width = width_of(stream),
          .colour = variable("NO_COLOR").empty() && !kind.empty() && kind != "dumb"};
}

}  // namespace papilio
