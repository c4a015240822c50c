#pragma once

#include "models/graph/graph.hpp"
#include "models/zoo/sequence.hpp"

namespace papilio {

/// The vision transformer ViT-B/16 as torchvision has it (Dosovitskiy et al. 2021), without
/// dropout: 16×16 patches of 224×224 pictures, 12 layers of 768 features. Layer names are
/// torchvision's; where it has `self_attention.in_proj_weight`, the tensor here is
/// `self_attention.in_proj.weight`. 86,567,656 parameters. Blocks: the stem, layer1 to layer12.
Graph vit_b_16();

/// BERT-base (Devlin et al. 2019, uncased: 30,522 word pieces) without its pooler: 128 pieces of
/// one sentence in, or up to 512, all of which are seen, 768 features of each out. Layer names are
/// Hugging Face's `BertModel`. 108,891,648 parameters, of which the places' table has 512 rows, as
/// many of them read as there are pieces. Blocks: the stem, layer1 to layer12.
SequenceReader bert_base();

/// GPT-2 (Radford et al. 2019, the smallest): 128 pieces of text in, or up to 1,024, how well each
/// of 50,257 would follow each of them out, by the rows of the table of pieces. 124,439,808
/// parameters, of which the places' table has 1,024 rows, as many of them read as there are pieces.
/// Blocks: the stem, layer1 to layer12.
///
/// Layer names are Hugging Face's, whose tensors of `c_attn`, `c_proj` and `c_fc` are transposed:
/// inputs first. The tensor `h.0.attn.mask` [1 × n × n] is no trained one: it is added to how much
/// each place (a row) looks at each other, and holds 0, or a very negative number where the other
/// comes later.
///
/// Where it generates, each layer keeps the keys and values of all pieces that it has read, and the
/// last layer answers for the last piece alone; one piece by itself needs no mask.
SequenceReader gpt2();

}  // namespace papilio
