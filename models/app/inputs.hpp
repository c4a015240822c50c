#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "models/app/verbs/options.hpp"
#include "models/codec/codec.hpp"
#include "models/codec/picture_codec.hpp"
#include "models/dataset/dataset.hpp"
#include "models/dataset/left_out.hpp"
#include "models/dataset/transform.hpp"
#include "models/graph/graph.hpp"
#include "models/tensor/network.hpp"
#include "models/tensor/runtime.hpp"
#include "sim/base/cli/interrupts.hpp"

namespace papilio {

/// Pictures given one by one, of which no labels are known.
/// @throws ConfigError naming one that is not there
std::shared_ptr<const Dataset> named_pictures(std::vector<std::string> files);

/// The cuts of the option --after; "input" is that at which the picture itself crosses.
/// @param verb names the command in errors
/// @throws ConfigError on a name that the network does not have
std::vector<Cut> cuts_of(const VerbOptions& options, const std::string& verb, const Graph& graph);

/// What a command sends across, each codec once; raw comes first, for the others are compared with
/// it.
struct CrossingCodecs {
  std::vector<std::shared_ptr<const Codec>> features;         ///< at every cut but the input
  std::vector<std::shared_ptr<const PictureCodec>> pictures;  ///< at the input
};

/// The codecs of the option --codecs. One that features or pictures alone go through is used where
/// these cross; at least one of the cuts must use it.
/// @param bits     of the levels that feature codecs must take
/// @param cuts     where something crosses; none: nothing does, and names are checked alone
/// @param pictures those that are sent; none: pictures that are no files
/// @throws ConfigError for a codec that is unknown, that no cut uses, that takes no levels that
///         wide or that sends files where the pictures are none; and for the input of a network
///         that does not take three colours
CrossingCodecs codecs_of(const VerbOptions& options, int bits, const std::vector<Cut>& cuts,
                         const Dataset* pictures);

/// How pictures become a network's input, normalised as the option --normalize says.
/// @throws ConfigError for an unknown normalisation
Transform transform_of(const VerbOptions& options, const Graph& graph);

/// The file of weights that the option --weights names, or the one that came along when the network
/// of --model was imported; empty: random ones, for which the word "random" asks too.
std::string weights_source(const VerbOptions& options);

/// What came along with an imported network that has an opaque layer.
struct OpaqueSource {
  Network::Opaque compute;  ///< computes it
  std::string weights;      ///< of the other layers: a file, or empty
};
/// Both empty for a network without one. To be called before this process computes with several
/// threads.
/// @param stop polled while it computes: true ends it. None: it is computed to its end
OpaqueSource opaque_of(const VerbOptions& options, const Graph& graph, const TensorRuntime& runtime,
                       const std::function<bool()>& stop = interrupted);

/// @throws ConfigError if the network has an opaque layer that nothing computes
void require_computable(const Graph& graph, const Network::Opaque& opaque, const std::string& verb);

/// Says in one line on stderr what a file of weights has that the network has no place for.
/// @param names of these tensors; none: nothing is said
void tell_left_over(const std::string& file, const Graph& graph,
                    const std::vector<std::string>& names);

/// Where pictures that cannot be read are noted; none with --strict, which makes them an error.
std::shared_ptr<LeftOut> left_out_of(const VerbOptions& options);

/// Names on stderr the pictures that were left out, ten at most, and why.
void tell_left_out(const LeftOut* left_out);

/// A sentence on them for a report; empty where there are none.
std::string left_out_text(const LeftOut* left_out);

/// All of them, for a manifest: an array of the errors.
nlohmann::ordered_json left_out_json(const LeftOut* left_out);

}  // namespace papilio
