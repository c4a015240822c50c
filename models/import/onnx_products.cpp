#include "models/import/onnx_products.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "models/import/onnx_node.hpp"

namespace papilio {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The axes of two tensors and of their product, a letter each.
struct Equation {
  std::string first;
  std::string second;
  std::string product;

  explicit Equation(const std::string& text) {
    std::string* part = &first;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == ' ') continue;
      if (c == ',' && part == &first) {
        part = &second;
      } else if (c == '-' && part == &second && i + 1 < text.size() && text[i + 1] == '>') {
        part = &product;
        ++i;
      } else if (is_letter(c) && part->find(c) == std::string::npos) {
        *part += c;
      } else {
        throw Unsupported{"an equation other than of two tensors, with a letter an axis"};
      }
    }
    if (part != &product) throw Unsupported{"an equation without a product"};
  }
};

bool has(const std::string& letters, char letter) {
  return letters.find(letter) != std::string::npos;
}

/// Letters of the first list that are, or are not, in the second, and likewise in the third.
std::string letters_of(const std::string& of, const std::string& other, bool in_other,
                       const std::string& product, bool in_product) {
  std::string letters;
  for (const char letter : of) {
    if (has(other, letter) == in_other && has(product, letter) == in_product) letters += letter;
  }
  return letters;
}

/// Where the letters are among others.
std::vector<std::int64_t> order_of(const std::string& letters, const std::string& among) {
  std::vector<std::int64_t> order;
  for (const char letter : letters) order.push_back(static_cast<std::int64_t>(among.find(letter)));
  return order;
}

}  // namespace

void OnnxProducts::gemm(const Node& node) {
  const OnnxConstant& matrix = weight(node, 1, 2);
  if (number_of(node, "transA", 0) != 0 || real_of(node, "alpha", 1) != 1 ||
      real_of(node, "beta", 1) != 1) {
    throw Unsupported{"a factor, or its input transposed"};
  }
  const bool transposed = number_of(node, "transB", 0) != 0;
  const Tensor from = operand(node);
  if (from.layer != kNoLayer && from.rank() != kFlatRank) {
    throw Unsupported{"a tensor that is not flat"};
  }
  const LinearOp op{.out_features = matrix.dims[transposed ? 0 : 1],
                    .bias = has_input(node, 2),
                    .weight_bits = matrix.weight_bits()};
  // One number for each row would be as many, where there are as many rows.
  if (op.bias &&
      (weight(node, 2).dims.empty() ? 1 : weight(node, 2).dims.back()) != op.out_features) {
    throw Unsupported{"a bias that is not one number for each output"};
  }
  linear(node, op, from, matrix.dims[transposed ? 1 : 0], {"weight", "bias"}, !transposed);
}

void OnnxProducts::linear(const Node& node, const LinearOp& op, const Tensor& from,
                          std::int64_t features, const std::vector<std::string>& names,
                          bool transposed) {
  if (from.layer == kNoLayer) {
    add_weighted(node, op, kNoLayer, names, transposed);
    return;
  }
  if (is_whole_type(from.type)) throw Unsupported{"whole numbers"};
  if (from.rank() == 0) throw Unsupported{"a single number"};
  const TensorShape in = shape(from);
  const bool flat =
      is_flat(in) && in.channels() == from.dims.back() && in.channels() == count_of(from.dims);
  const bool by_last = in.rank() >= 2 && !is_flat(in) && in[in.rank() - 1] == features;
  LayerId layer = from.layer;
  if (from.dims.back() == features && !flat && !by_last) {
    const std::int64_t rows = count_of(from.dims) / std::max<std::int64_t>(features, 1);
    layer = rows == 1 ? layer_as(from, {features}) : layer_as(from, {rows, features});
  }
  const bool alone = names.size() == 1 && from.rank() != kFlatRank;
  const OnnxConstant* bias = alone ? bias_behind(node, op.out_features) : nullptr;
  const LayerId id = bias != nullptr ? biased_linear(node, op, layer, *bias)
                                     : add_weighted(node, op, layer, names, transposed);
  OnnxDims dims = from.dims;
  dims.back() = op.out_features;
  make(node.output(0), {id, dims, {}, from.type});
}

LayerId OnnxProducts::biased_linear(const Node& node, LinearOp op, LayerId from,
                                    const OnnxConstant& bias) {
  const OnnxConstant& matrix = weight(node, 1, 2);
  op.bias = true;
  const LayerId id =
      add_computed(op, from, module_of(node, matrix.name),
                   fmt::format("linear {} {} {}", matrix.source, matrix.transposed, bias.source));
  if (matrix.count() + bias.count() != layers_.parameters(id)) {
    throw Unsupported{"weights that do not fit its input"};
  }
  keep_weight(id, "weight", matrix, true);
  keep_weight(id, "bias", bias);
  return id;
}

void OnnxProducts::matrix_product(const Node& node) {
  const OnnxConstant* matrix = find_constant(node, 1);
  const bool known = !has_input(node, 0) || find_constant(node, 0) != nullptr;
  if (!known && matrix != nullptr && matrix->dims.size() == 2) {
    const LinearOp op{
        .out_features = matrix->dims[1], .bias = false, .weight_bits = matrix->weight_bits()};
    return linear(node, op, operand(node), matrix->dims[0], {"weight"}, true);
  }
  make(node.output(0), product(any_operand(node, 0), any_operand(node, 1)));
}

OnnxTensor OnnxProducts::product(const OnnxOperand& a, const OnnxOperand& b) {
  if (std::min(a.rank(), b.rank()) < 2) throw Unsupported{"a vector"};
  const std::size_t rank = std::max(a.rank(), b.rank());
  const std::ptrdiff_t matrices = 2;
  OnnxDims dims = broadcast({a.dims.begin(), a.dims.end() - matrices},
                            {b.dims.begin(), b.dims.end() - matrices});
  dims.push_back(a.dims[a.rank() - 2]);
  dims.push_back(b.dims.back());
  const OnnxAligned sample = align({a, b}, {rank - 2, rank - 1});
  return {push(MatMulOp{}, sample.layers), dims};
}

// Axes that both have and the product too come first, those of one alone behind them, and what is
// summed over stands where a product of matrices has it.
void OnnxProducts::einsum(const Node& node) {
  const Equation of{text_of(node, "equation", "")};
  const Tensor first = real_operand(node, 0);
  const Tensor second = real_operand(node, 1);
  if (first.layer == kNoLayer || second.layer == kNoLayer) throw FollowsUnknown{};
  if (node.input_size() != 2 || of.first.size() != first.rank() ||
      of.second.size() != second.rank()) {
    throw Unsupported{"an equation of other dimensions"};
  }
  std::map<char, std::int64_t> sizes;
  for (std::size_t i = 0; i < of.first.size(); ++i) sizes[of.first[i]] = first.dims[i];
  for (std::size_t i = 0; i < of.second.size(); ++i) {
    if (sizes.emplace(of.second[i], second.dims[i]).first->second != second.dims[i]) {
      throw Unsupported{"an axis of two sizes"};
    }
  }
  const std::string both = letters_of(of.first, of.second, true, of.product, true);
  const std::string summed = letters_of(of.first, of.second, true, of.product, false);
  const std::string rows = letters_of(of.first, of.second, false, of.product, true);
  const std::string columns = letters_of(of.second, of.first, false, of.product, true);
  const std::string made = both + rows + columns;
  if (both.size() + summed.size() + rows.size() != of.first.size() ||
      both.size() + summed.size() + columns.size() != of.second.size() ||
      made.size() != of.product.size()) {
    throw Unsupported{"an axis that one tensor alone is summed over"};
  }
  const auto dims_of_letters = [&](const std::string& letters) {
    OnnxDims dims;
    for (const char letter : letters) dims.push_back(sizes.at(letter));
    return dims;
  };
  const auto matrix = [&](const Tensor& from, const std::string& letters, const std::string& high,
                          const std::string& wide) {
    Tensor turned = transposed(from, order_of(both + high + wide, letters));
    turned.dims = dims_of_letters(both);
    turned.dims.push_back(count_of(dims_of_letters(high)));
    turned.dims.push_back(count_of(dims_of_letters(wide)));
    return OnnxOperand{turned, nullptr, turned.dims};
  };
  Tensor result =
      product(matrix(first, of.first, rows, summed), matrix(second, of.second, summed, columns));
  result.dims = dims_of_letters(made);
  make(node.output(0), transposed(result, order_of(of.product, made)));
}

}  // namespace papilio
