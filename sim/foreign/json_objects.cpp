#include "sim/foreign/json_objects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <new>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/foreign/foreign_profile.hpp"
#include "sim/foreign/plain_text.hpp"

namespace papilio {
namespace {

constexpr std::string_view kArguments{"args"};

/// "FILE:LINE:COLUMN: error: …".
/// @param position bytes of the text that were read
[[noreturn]] void refuse_json(const std::string& text, const std::string& path,
                              std::size_t position, std::string_view problem) {
  const std::size_t at = std::min(position == 0 ? 0 : position - 1, text.size());
  const std::string_view before = std::string_view{text}.substr(0, at);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t newline = before.rfind('\n');
  const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  throw ConfigError{fmt::format("{}:{}:{}: error: {}", path, lines + 1, at - start + 1, problem)};
}

/// Listens to the parser, and hands over the objects of the list.
class ListOfObjects : public nlohmann::json_sax<nlohmann::json> {
 public:
  ListOfObjects(const std::string& text, const std::string& path, std::string_view list,
                std::string_view what, const std::function<void(const JsonObject&)>& take)
      : text_{text}, path_{path}, list_{list}, object_{path, what}, take_{take} {}

  bool null() override { return keep({}); }
  bool boolean(bool) override { return keep({}); }
  bool number_integer(number_integer_t value) override {
    return keep({.kind = JsonValue::Kind::kNumber, .number = static_cast<double>(value)});
  }
  bool number_unsigned(number_unsigned_t value) override {
    return keep(
        {.kind = JsonValue::Kind::kNumber, .number = static_cast<double>(value), .whole = value});
  }
  bool number_float(number_float_t value, const string_t&) override {
    return keep({.kind = JsonValue::Kind::kNumber, .number = value});
  }
  bool string(string_t& value) override {
    if (!keeps()) return true;
    return keep({.kind = JsonValue::Kind::kText, .text = plain_line(value)});
  }
  bool binary(binary_t&) override { return true; }
  bool key(string_t& value) override {
    if (depth_ == 1) root_key_ = value;
    if (within_object_) key_ = value;
    return true;
  }
  bool start_array(std::size_t) override {
    keep({});
    in_list_ = in_list_ || (depth_ == depth_of_list() && (list_.empty() || root_key_ == list_));
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    if (depth_ == depth_of_list()) in_list_ = false;
    return true;
  }
  bool start_object(std::size_t) override {
    keep({});
    if (in_list_ && depth_ == depth_of_list() + 1) {
      within_object_ = true;
      object_.begin();
    }
    if (within_object_ && depth_ == depth_of_list() + 2) within_arguments_ = key_ == kArguments;
    ++depth_;
    return true;
  }
  bool end_object() override {
    --depth_;
    if (depth_ == depth_of_list() + 2) within_arguments_ = false;
    if (within_object_ && depth_ == depth_of_list() + 1) {
      within_object_ = false;
      take_(object_);
    }
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    constexpr int kOutOfRange = 406;
    refuse_json(text_, path_, position,
                error.id == kOutOfRange   ? "a number beyond all bounds; is the file damaged?"
                : position > text_.size() ? "the JSON ends too early; was its writing cut off?"
                                          : "this is no JSON; is it the file that the tool wrote?");
  }

 private:
  [[nodiscard]] std::size_t depth_of_list() const { return list_.empty() ? 0 : 1; }
  [[nodiscard]] bool keeps() const {
    if (!within_object_) return false;
    return depth_ == depth_of_list() + 2 || (within_arguments_ && depth_ == depth_of_list() + 3);
  }
  bool keep(JsonValue value) {
    if (keeps()) object_.set(key_, depth_ > depth_of_list() + 2, std::move(value));
    return true;
  }

  const std::string& text_;
  const std::string& path_;
  std::string_view list_;
  JsonObject object_;
  const std::function<void(const JsonObject&)>& take_;
  std::size_t depth_{0};  // lists and objects that are open
  std::string root_key_;
  std::string key_;
  bool in_list_{false};
  bool within_object_{false};
  bool within_arguments_{false};
};

}  // namespace

void JsonObject::begin() {
  ++number_;
  fields_.clear();
  arguments_.clear();
}

void JsonObject::set(const std::string& key, bool in_args, JsonValue value) {
  (in_args ? arguments_ : fields_).insert_or_assign(key, std::move(value));
}

std::string JsonObject::text(std::string_view key) const {
  const auto it = fields_.find(key);
  if (it == fields_.end()) return {};
  if (it->second.kind != JsonValue::Kind::kText) fail(key, "a text");
  if (it->second.text.size() > kMostForeignNameBytes) {
    fail(key, fmt::format("a text of at most {} bytes", kMostForeignNameBytes));
  }
  return it->second.text;
}

double JsonObject::number(std::string_view key, double least, double most) const {
  const auto it = fields_.find(key);
  const bool found = it != fields_.end() && it->second.kind == JsonValue::Kind::kNumber;
  if (!found || !(it->second.number >= least && it->second.number <= most)) {
    fail(key, fmt::format("a number of {:g} to {:g}", least, most));
  }
  return it->second.number;
}

std::optional<std::uint64_t> JsonObject::whole(std::string_view key) const {
  const auto it = fields_.find(key);
  return it == fields_.end() ? std::nullopt : it->second.whole;
}

std::string JsonObject::argument_text(std::string_view key) const {
  const auto it = arguments_.find(key);
  return it == arguments_.end() ? std::string{} : it->second.text;
}

std::optional<std::uint64_t> JsonObject::argument_whole(std::string_view key) const {
  const auto it = arguments_.find(key);
  return it == arguments_.end() ? std::nullopt : it->second.whole;
}

void JsonObject::fail(std::string_view key, std::string_view expected) const {
  std::string got = "nothing";
  if (const auto it = fields_.find(key); it != fields_.end()) {
    switch (it->second.kind) {
      case JsonValue::Kind::kText:
        got = fmt::format("'{}'", shortened(it->second.text));
        break;
      case JsonValue::Kind::kNumber:
        got = fmt::format("{}", it->second.number);
        break;
      case JsonValue::Kind::kOther:
        got = "something else";
    }
  }
  throw ConfigError{fmt::format("{}: error: {} {}: {}: expected {}, got {}", path_, what_, number_,
                                key, expected, got)};
}

void for_each_object(const std::string& text, const std::string& path, std::string_view list,
                     std::string_view what, const std::function<void(const JsonObject&)>& take) {
  try {
    ListOfObjects listener{text, path, list, what, take};
    nlohmann::json::sax_parse(text, &listener);
  } catch (const std::bad_alloc&) {
    throw ConfigError{fmt::format("{}: error: there is no memory to read it", path)};
  }
}

}  // namespace papilio
