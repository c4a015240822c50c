#pragma once

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "models/import/onnx.hpp"
#include "sim/base/error.hpp"
#include "tests/support/onnx_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio::testing {

/// The network of a file that a test writes.
inline Graph imported(const OnnxFile& file) {
  const TemporaryFolder folder;
  return import_onnx(file.save(folder), std::nullopt, "n").graph;
}

/// Matches what throws a ConfigError with this reason in it.
inline auto refuses_with(const std::string& reason) {
  return ::testing::ThrowsMessage<ConfigError>(::testing::HasSubstr(reason));
}

/// The kinds of a network's layers, in order.
inline std::vector<std::string> kinds(const Graph& graph) {
  std::vector<std::string> names;
  for (const Layer& layer : graph.layers()) names.emplace_back(kind_name(layer.op));
  return names;
}

}  // namespace papilio::testing
