#pragma once

#include <functional>
#include <stdexcept>
#include <string>

#include "sim/base/process/workers.hpp"
#include "sim/python/packed.hpp"

namespace papilio {

/// A defect of Papilio's, where a program aborts: Python goes on. Also a child that died.
class Defect : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Guards what several threads of Python must not do at once: all work on rooms in this process,
/// and forking, for a child must not inherit a pipe's end that another child is to close. Taken
/// without the interpreter's lock.
class OneAtATime {
 public:
  OneAtATime();
  ~OneAtATime();
  OneAtATime(const OneAtATime&) = delete;
  OneAtATime& operator=(const OneAtATime&) = delete;
};

/// What `in_child` calls in this process, with the interpreter's lock, which it gives up else.
struct ChildOptions {
  std::function<void(const std::string&)> on_part;  ///< with what the work sent; may be empty
  std::function<void()> on_tick;  ///< ten times a second at least; throws where the work is to stop
};

/// Does work in a forked process, for SimGrid keeps its clock for as long as a process lives
/// (ADR 0002), and a crash of it is none of the interpreter. Called with the interpreter's lock.
/// The child ends with this call, however that ends.
/// @throws ConfigError, LocatedError, SimulationError as the work did
/// @throws Defect if the child died
Packed in_child(const std::function<Packed(const Workers::Send&)>& work,
                const ChildOptions& options);

}  // namespace papilio
