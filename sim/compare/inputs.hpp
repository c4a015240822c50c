#pragma once

#include <string>
#include <vector>

#include "sim/base/yaml/node.hpp"
#include "sim/compare/rows.hpp"

namespace papilio {

/// Appends every value of a document under its dotted path, numbers written in one way.
/// @param prefix of the paths, such as "base."; may be empty
void add_inputs(std::vector<Input>& inputs, const std::string& prefix, Node root);

}  // namespace papilio
