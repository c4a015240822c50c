#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace papilio {

/// A value of a JSON file, of which lists and objects are not kept.
struct JsonValue {
  enum class Kind { kText, kNumber, kOther };
  Kind kind{Kind::kOther};
  std::string text;                    ///< of a text, as people may read it: `plain_line`
  double number{0};                    ///< of a number
  std::optional<std::uint64_t> whole;  ///< of a number that is whole and not negative
};

/// One object of a list in a JSON file, which errors name by its number.
class JsonObject {
 public:
  using Fields = std::map<std::string, JsonValue, std::less<>>;

  /// @param path of the file; must outlive the object
  /// @param what a member of the list is called: "event"; must outlive the object
  JsonObject(const std::string& path, std::string_view what) : path_{path}, what_{what} {}

  /// Begins the next object of the list, without fields.
  void begin();
  /// Sets what is at a key, in the object or in the object at its key "args".
  void set(const std::string& key, bool in_args, JsonValue value);

  [[nodiscard]] bool has(std::string_view key) const { return fields_.contains(key); }
  /// The text at a key; empty if there is no such key.
  /// @throws ConfigError if something else is there
  [[nodiscard]] std::string text(std::string_view key) const;
  /// The number at a key.
  /// @throws ConfigError if it is missing, no number, or not in least..most
  [[nodiscard]] double number(std::string_view key, double least, double most) const;
  /// The whole number at a key, or nothing if none is there.
  [[nodiscard]] std::optional<std::uint64_t> whole(std::string_view key) const;
  /// The text at a key of "args"; empty if none is there.
  [[nodiscard]] std::string argument_text(std::string_view key) const;
  /// The whole number at a key of "args", or nothing if none is there.
  [[nodiscard]] std::optional<std::uint64_t> argument_whole(std::string_view key) const;
  /// How many objects were begun.
  [[nodiscard]] std::size_t count() const { return number_; }

 private:
  [[noreturn]] void fail(std::string_view key, std::string_view expected) const;

  const std::string& path_;
  std::string_view what_;
  std::size_t number_{0};
  Fields fields_;
  Fields arguments_;
};

/// Hands over one object after another of a list in a JSON text, and keeps none: memory for the
/// largest, time for the text, however deep it is nested.
/// @param list key of the list in the object that the text is; empty: the text is the list
/// @param what as `JsonObject` has it
/// @throws ConfigError with line and column if the text is no JSON
void for_each_object(const std::string& text, const std::string& path, std::string_view list,
                     std::string_view what, const std::function<void(const JsonObject&)>& take);

}  // namespace papilio
