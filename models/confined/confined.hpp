#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace papilio {

/// What a confined child may take, at least and at most.
struct ConfinedLimits {
  double seconds{60};             ///< > 0, by the clock on the wall; ends it however it waits
  std::uint64_t memory_bytes{0};  ///< > 0, beyond what this process has when it is started
  std::size_t answer_bytes{std::size_t{32} << 20};  ///< of what it hands back
  std::vector<std::filesystem::path> readable;  ///< beside the system's libraries and /proc/self
  /// Whether it is confined at all. False: as for a file that the user made; the other limits hold.
  bool confined{true};
  std::function<bool()> stop_requested;  ///< polled fifty times a second: true ends the child
};

/// A confined child did not come to an end of its own.
class ConfinedFailure : public std::runtime_error {
 public:
  enum class Kind {
    kTime,     ///< it took longer than it may
    kMemory,   ///< it asked for more memory than it may
    kCrashed,  ///< it died, or handed back what is no answer
    kNoWalls,  ///< this system has nothing to confine it with; the work was not begun
  };
  ConfinedFailure(Kind kind, const std::string& what) : std::runtime_error{what}, kind_{kind} {}
  [[nodiscard]] Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

/// Does work that a stranger's file may come to steer, in a child process that can do nothing but
/// compute: it reads the system's libraries and the files that it is told to, and can write none,
/// make none, map none for writing, reach no network, start no program and no process, signal none
/// but itself, and has bounded time and memory. Its stdin and stdout lead nowhere. What comes back
/// is bytes, to be read as a stranger's.
///
/// What holds it: a list of the system calls that computing takes, all others being refused
/// (seccomp); Landlock's rules, where the kernel has them, for what it may read; no descriptor but
/// its pipes; limits of the process. It dies with this one, and leaves no core.
///
/// The child is a fork: to be called before this process computes with several threads, whose
/// pools do not outlive a fork. Threads may be started inside.
/// @param work runs in the child; returns the answer
/// @return the answer
/// @throws ConfigError with the text of the ConfigError that `work` threw, cut to 4,000 bytes
/// @throws ConfinedFailure if the child came to no answer; `what()` says why in plain words,
/// without
///         a full stop
/// @throws Interrupted if `stop_requested` said so
/// No child outlives the call.
std::string run_confined(const std::function<std::string()>& work, const ConfinedLimits& limits);

/// A confined child that answers one question after another: as `run_confined`, but it keeps what
/// it has read. Bounds of time and of answers are for each question.
class ConfinedWorker {
 public:
  /// Answers a question, in the child.
  using Work = std::function<std::string(std::string_view question)>;

  /// Starts the child; to be called before this process computes with several threads.
  /// @throws ConfigError if no process can be started
  ConfinedWorker(const Work& work, ConfinedLimits limits);
  ~ConfinedWorker();
  ConfinedWorker(const ConfinedWorker&) = delete;
  ConfinedWorker& operator=(const ConfinedWorker&) = delete;

  /// Asks a question, and waits for the answer. One at a time.
  /// @throws what `run_confined` throws; after another failure than a ConfigError the child is gone
  ///         and each further question fails
  std::string ask(std::string_view question);

 private:
  struct Running;
  ConfinedLimits limits_;
  std::unique_ptr<Running> running_;
};

}  // namespace papilio
