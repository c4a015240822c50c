#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace papilio {

/// Exit codes of the programs: the three kinds of error are told apart by them, and from a
/// comparison that found a difference.
enum class ExitCode {
  kSuccess = 0,
  kDiffers = 1,          ///< Differs: what was compared is not equal
  kUserError = 2,        ///< ConfigError: the input or the command line is wrong
  kSimulationError = 3,  ///< SimulationError: the simulated system could not go on
  kInterrupted = 130,    ///< Ctrl-C, as a shell reports SIGINT
};

/// The user's input is wrong. `what()` is complete and ready to print: it names the file, line,
/// column and key where there are any, and the remedy. May hold several errors, one after another.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// @throws ConfigError that names the file or folder and says what is wrong with it as a whole
[[noreturn]] void refuse_file(const std::filesystem::path& file, std::string_view problem);

/// A simulation could not be carried to its end, for example by a deadlock of its actors.
class SimulationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Ctrl-C reached a long operation, which stopped clean. `what()` says what is left of it.
class Interrupted : public std::runtime_error {
 public:
  explicit Interrupted(const std::string& what = "nothing was written")
      : std::runtime_error{what} {}
};

/// A comparison went well, found differences and has printed them: no error, but an exit code of
/// its own, for scripts.
class Differs : public std::runtime_error {
 public:
  Differs() : std::runtime_error{"what was compared differs"} {}
};

namespace detail {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
/// Aborts because of an exception that nothing should have let through.
[[noreturn]] void unexpected(const char* what);
}  // namespace detail

/// Aborts with the place when `condition` is false: a defect of Papilio, never reachable from
/// input.
#define PAPILIO_CHECK(condition) \
  ((condition) ? void(0) : ::papilio::detail::check_failed(#condition, __FILE__, __LINE__))

}  // namespace papilio
