#pragma once

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// One error of a file, in parts, for programs that point at it.
struct ErrorPlace {
  std::string file;       ///< as the user named it; "--set" of an override
  std::size_t line{0};    ///< from 1
  std::size_t column{0};  ///< from 1, in characters
  std::string key;        ///< dotted path, "strategies.2.bits"; empty: the document itself
  std::string message;    ///< what is wrong, and the remedy
};

/// Errors that have a place in a file, the first at the front.
class LocatedError : public ConfigError {
 public:
  /// @param what   as of ConfigError
  /// @param places of the errors that it tells, at least one
  LocatedError(const std::string& what, std::vector<ErrorPlace> places)
      : ConfigError{what}, places_{std::move(places)} {}

  [[nodiscard]] const std::vector<ErrorPlace>& places() const { return places_; }

 private:
  std::vector<ErrorPlace> places_;
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

/// Where a process must outlive a defect of Papilio, as an interpreter that holds it as a module
/// does: called with what was found, before anything else; throws, or returns and the process is
/// aborted. A defect found where nothing may be thrown still aborts.
using DefectHandler = void (*)(const std::string& what);
/// @param handler nullptr: none, as it is at the start
void set_defect_handler(DefectHandler handler);

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
