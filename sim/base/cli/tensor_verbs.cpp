#include "sim/base/cli/tensor_verbs.hpp"

namespace papilio {

const std::vector<TensorVerb>& tensor_verbs() {
  static const std::vector<TensorVerb> kVerbs{
      {"infer", "run real pictures through a network, whole or split"},
      {"train", "train butterfly units end to end, find the fewest channels"},
      {"import", "make a network of a TorchScript archive or an ONNX file"},
      {"profile", "measure what each layer takes on this machine"},
      {"datasets", "list the pictures that networks are trained and tested on"},
      {"codecs", "list the codecs that features are encoded with"},
  };
  return kVerbs;
}

}  // namespace papilio
