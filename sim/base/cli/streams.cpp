#include "sim/base/cli/streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>

#include "sim/base/cli/terminal.hpp"
#include "sim/base/text.hpp"

namespace papilio {

void open_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest number that is free is this one. stdout is opened for reading, for what is printed
    // there must not be taken for printed.
    const int flags = stream == STDERR_FILENO ? O_WRONLY : O_RDONLY;
    if (::open("/dev/null", flags) != stream) std::abort();
  }
}

void tell(std::string_view text) {
  const std::string shown = printable(text);
  static_cast<void>(std::fwrite(shown.data(), 1, shown.size(), stderr));
}

void say(std::string_view text) {
  if (Terminal::of(STDOUT_FILENO).present) {
    say_rendered(printable(text));
  } else {
    say_rendered(text);
  }
}

void say_rendered(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) < text.size()) {
    throw std::system_error{errno, std::generic_category()};
  }
}

}  // namespace papilio
