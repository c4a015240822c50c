#pragma once

#include <cstddef>
#include <string>

namespace papilio {

// What is known of operations by their names alone.

/// Operations that tell of a tensor's form, or make another of it, and read none of its numbers.
bool asks_of_form(const std::string& kind);
/// Operations whose answer's size hangs on the numbers that they read.
bool makes_sizes_of_numbers(const std::string& kind, std::size_t arguments);
/// Operations that take no number of their second tensor, but its form alone.
bool takes_form_of_second(const std::string& kind);
/// How many of an operation's arguments it reads numbers of, from the first on.
std::size_t arguments_read(const std::string& kind, std::size_t arguments);
/// Whether an operation writes its answer over its first operand.
bool is_in_place(const std::string& kind);
/// Operations of detectors that nobody expects in a graph, and that begin an opaque part without
/// being asked for: non-maximum suppression, regions, the best of many.
bool is_of_detectors(const std::string& kind);

}  // namespace papilio
