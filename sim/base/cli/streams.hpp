#pragma once

#include <string_view>

namespace papilio {

/// Opens in the place of each standard stream that is closed one that leads nowhere, so that no
/// file that is opened later takes its number and is written into. What is printed to a closed
/// stdout still fails. To be called before anything else.
void open_standard_streams();

/// Prints to stderr as a terminal may show it. Where stderr is closed or full nobody is told, and
/// that is no failure of its own.
void tell(std::string_view text);

/// Prints to stdout; to a terminal, as it may show it.
/// @throws std::system_error if it cannot be printed
void say(std::string_view text);

/// Prints to stdout as it stands what `to_terminal` made, whose escapes are its own.
/// @throws std::system_error if it cannot be printed
void say_rendered(std::string_view text);

}  // namespace papilio
