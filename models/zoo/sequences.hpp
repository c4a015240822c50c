#pragma once

#include "models/graph/graph.hpp"
#include "models/zoo/sequence.hpp"

namespace papilio {

/// An acoustic model of speech recognition (Hinton et al. 2012): 11 frames of 39 numbers, five
/// layers of 2,048 sigmoid units, 1,955 states of hidden Markov models. 21,671,843 parameters.
/// Blocks: hidden1 to hidden5.
Graph acoustic_dnn();

/// A network after Deep Speech (Hannun et al. 2014), which it is like and not the same: 100 steps
/// or others, of 19 frames of 160 numbers each; three dense layers of 2,048, a recurrent one both
/// ways, whose halves are added, a dense one, and 29 characters. Activations end at 20, those of
/// the recurrent layer do not; and its two halves have input weights each, and biases of inputs and
/// of states. 35,661,853 parameters. Blocks: dense1 to dense3, recurrent, dense5.
SequenceReader deep_speech_like();

/// A tagger after SENNA (Collobert et al. 2011, the window approach), which it is like and not the
/// same: a sentence of 32 words or others from a table of 130,000, windows of five words, 300
/// hidden units, 45 tags of parts of speech. It has no features beside words, and zeros at the
/// sentence's ends in place of a word for padding. 6,588,845 parameters. Blocks: words, window.
SequenceReader senna_like();

}  // namespace papilio
