#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/base/document/column.hpp"
#include "sim/base/document/document.hpp"

namespace papilio {

/// Results on their way to Python: what is told in words, and the arrays of columns behind it.
struct Packed {
  /// JSON: "tables", by name a list of columns {name, unit, doc, type, rows, at, missing}, where
  /// `at` is where the column's array begins in `arrays` and `missing` where its mask does; of
  /// texts "categories" too. Beside them what else there is to tell.
  std::string header;
  /// Arrays one after another, each from a multiple of 8 bytes on: of real columns 64-bit floating
  /// point, NaN where there is no value; of integer ones 64-bit integers, 0 there; of texts 32-bit
  /// positions in the categories, -1 there; of masks a byte each, 1 where there is no value.
  std::string arrays;
};

/// Packs tables, whose columns become typed.
class Packer {
 public:
  /// What is told beside the tables.
  nlohmann::ordered_json about = nlohmann::ordered_json::object();

  /// @param declared what is known of its columns, by their names; those that it lacks are ignored.
  ///        A column that is not declared is of the type that its values have
  void add(const std::string& name, const Table& table, const std::vector<Column>& declared);

  Packed take();

 private:
  /// Where an array begins that is added to the others.
  std::size_t append(const void* data, std::size_t bytes);

  nlohmann::ordered_json tables_ = nlohmann::ordered_json::object();
  std::string arrays_;
};

/// The declared columns of results of either kind, for tables of which only the names are known.
std::vector<Column> known_columns();

/// The same as one text, as it goes through a pipe.
std::string joined(const Packed& packed);
/// @return whether the text was one that `joined` made
bool split(const std::string& bytes, Packed& packed);

}  // namespace papilio
