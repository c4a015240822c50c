#pragma once

#include <string>
#include <vector>

namespace papilio {

/// A verb of papilio-tensor, as both programs list it.
struct TensorVerb {
  std::string name;
  std::string summary;
};

/// In the order in which help lists them.
const std::vector<TensorVerb>& tensor_verbs();

}  // namespace papilio
