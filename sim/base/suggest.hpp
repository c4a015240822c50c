#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace papilio {

/// The member of `known` nearest to `name` in edit distance (Levenshtein, case ignored), else the
/// first that begins with it, or an empty string when none is near enough to be a plausible typing
/// error (more than a third of the letters differ, with at least two allowed).
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

/// The remedy for an unknown name: "; did you mean 'x'?" or, with no near name, "; one of: a, b,
/// c". Empty when `known` is empty.
std::string suggestion(std::string_view name, const std::vector<std::string>& known);

}  // namespace papilio
