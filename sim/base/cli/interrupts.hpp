#pragma once

namespace papilio {

/// From now on Ctrl-C, or a request to end (SIGTERM), stops the work at its next safe point instead
/// of ending the program.
void catch_interrupts();

/// Whether one came. May be asked from any thread.
bool interrupted();

}  // namespace papilio
