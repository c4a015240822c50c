#pragma once

#include <filesystem>
#include <string>

#include "models/graph/graph.hpp"
#include "sim/compare/rows.hpp"

/// What can be compared, each read into a `Comparable`.
namespace papilio {

/// The folder of a run: `summary.csv` or `fleet.csv`, with the effective scenario and the manifest
/// if they are there. Records are left out.
/// @throws ConfigError if it holds none or both of the files, or one that cannot be read
Comparable run_folder(const std::string& name);

/// Whether a file begins as SQLite's do.
bool is_database(const std::filesystem::path& file);

/// A study of a database, the rows read from the disk as they are compared. A database of an older
/// schema is copied into the system's folder of temporary files, and the copy migrated.
/// @param study name or number; empty: the one that was run last
/// @throws ConfigError as `StudyDatabase` does
Comparable stored_study(const std::string& name, const std::string& study);

/// A layer table: a row a layer, one for all of them, and one a batch.
/// @param name as the user gave it
/// @param file "layers/DEVICE/MODEL.yaml"
/// @throws ConfigError if it is none
Comparable layer_table(const std::string& name, const std::filesystem::path& file);

/// The network of a layer table, as its file says.
std::string model_of(const Comparable& table);

/// Adds a row for each block of the network; nothing where the table lacks a layer of it.
void add_blocks(Comparable& table, const Graph& graph);

}  // namespace papilio
