#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/cli/command_line.hpp"

namespace papilio {

/// Declares and reads the options of papilio-tensor's verbs, with the errors they share.
class VerbOptions {
 public:
  VerbOptions(CommandLine& line, std::string verb);

  void text(const char* name, const std::string& initial, const char* value, const char* about);
  void whole(const char* name, std::int64_t initial, const char* about);
  void real(const char* name, double initial, const char* shown, const char* about);

  [[nodiscard]] std::string text_of(const std::string& name) const;
  /// @throws ConfigError if it is empty
  [[nodiscard]] std::string needed(const std::string& name) const;
  /// @throws ConfigError outside least..most
  [[nodiscard]] std::int64_t whole_of(const std::string& name, std::int64_t least,
                                      std::int64_t most) const;
  /// @throws ConfigError outside least..most
  [[nodiscard]] double real_of(const std::string& name, double least, double most) const;
  /// The words between commas.
  [[nodiscard]] std::vector<std::string> words_of(const std::string& name) const;
  enum class Order { kAscending, kAny };
  /// Whole numbers between commas, at least one.
  /// @throws ConfigError otherwise, or below `least`, or in another order
  [[nodiscard]] std::vector<std::int64_t> numbers_of(const std::string& name, std::int64_t least,
                                                     Order order = Order::kAscending) const;
  [[nodiscard]] const CommandLine& line() const { return line_; }
  [[noreturn]] void fail(const std::string& what) const;

 private:
  CommandLine& line_;
  std::string verb_;
};

/// Declares --strict.
void add_strict_option(CommandLine& line);

}  // namespace papilio
