#pragma once

#include <onnx/onnx_pb.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <numeric>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace papilio::testing {

/// An ONNX file in the making: nodes one behind the other, of which the last one's output is the
/// network's.
class OnnxFile {
 public:
  using Dims = std::vector<std::int64_t>;
  using Attribute = std::function<void(onnx::NodeProto&)>;

  explicit OnnxFile(const Dims& input, std::int64_t opset = 13) {
    model_.set_ir_version(6);
    model_.add_opset_import()->set_version(opset);
    graph().set_name("g");
    onnx::ValueInfoProto& x = *graph().add_input();
    x.set_name("x");
    x.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
    auto& shape = *x.mutable_type()->mutable_tensor_type()->mutable_shape();
    for (const std::int64_t size : input) shape.add_dim()->set_dim_value(size);
    onnx::ValueInfoProto& y = *graph().add_output();
    y.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  }

  /// Of the input, instead of floats.
  OnnxFile& input_type(int type) {
    graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(type);
    return *this;
  }
  /// Appends a node that is called as its output.
  OnnxFile& node(const std::string& type, std::initializer_list<std::string> inputs,
                 const std::string& output, std::initializer_list<Attribute> attributes = {}) {
    onnx::NodeProto& node = *graph().add_node();
    node.set_op_type(type);
    node.set_name(output);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    for (const Attribute& attribute : attributes) attribute(node);
    if (type == "Conv") state_kernel(node);
    graph().mutable_output(0)->set_name(output);
    return *this;
  }
  /// Adds weights: numbers between -1/2 and 1/2 that follow no pattern.
  OnnxFile& weight(const std::string& name, const Dims& dims) {
    onnx::TensorProto& tensor = this->tensor(name, dims, onnx::TensorProto::FLOAT);
    const auto count =
        std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>{});
    for (std::int64_t i = 0; i < count; ++i) {
      tensor.add_float_data(
          static_cast<float>(std::fmod(0.618034 * static_cast<double>(++drawn_), 1)) - 0.5F);
    }
    return *this;
  }
  OnnxFile& floats(const std::string& name, const Dims& dims, const std::vector<float>& values) {
    onnx::TensorProto& tensor = this->tensor(name, dims, onnx::TensorProto::FLOAT);
    for (const float value : values) tensor.add_float_data(value);
    return *this;
  }
  /// A list of whole numbers.
  OnnxFile& integers(const std::string& name, const Dims& values) {
    return integers(name, {static_cast<std::int64_t>(values.size())}, values);
  }
  OnnxFile& integers(const std::string& name, const Dims& dims, const Dims& values) {
    onnx::TensorProto& tensor = this->tensor(name, dims, onnx::TensorProto::INT64);
    for (const std::int64_t value : values) tensor.add_int64_data(value);
    return *this;
  }

  /// Whole numbers of another type, e.g. onnx::TensorProto::INT8.
  OnnxFile& wholes(const std::string& name, int type, const Dims& dims, const Dims& values) {
    onnx::TensorProto& tensor = this->tensor(name, dims, type);
    for (const std::int64_t value : values) {
      tensor.add_int32_data(static_cast<std::int32_t>(value));
    }
    return *this;
  }

  [[nodiscard]] std::string bytes() const { return model_.SerializeAsString(); }
  [[nodiscard]] std::filesystem::path save(const TemporaryFolder& folder) const {
    return folder.write("n.onnx", bytes());
  }

 private:
  /// As exporters do, though the weight says it, and OpenCV wants it.
  void state_kernel(onnx::NodeProto& node) {
    for (const onnx::AttributeProto& attribute : node.attribute()) {
      if (attribute.name() == "kernel_shape") return;
    }
    for (const onnx::TensorProto& tensor : graph().initializer()) {
      if (tensor.name() != node.input(1)) continue;
      onnx::AttributeProto& attribute = *node.add_attribute();
      attribute.set_name("kernel_shape");
      attribute.set_type(onnx::AttributeProto::INTS);
      for (const int dimension : {2, 3}) attribute.add_ints(tensor.dims(dimension));
    }
  }
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }
  onnx::TensorProto& tensor(const std::string& name, const Dims& dims, int type) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const std::int64_t size : dims) tensor.add_dims(size);
    return tensor;
  }

  onnx::ModelProto model_;
  std::int64_t drawn_{0};
};

inline OnnxFile::Attribute ints(const std::string& name, const OnnxFile::Dims& values) {
  return [=](onnx::NodeProto& node) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) attribute.add_ints(value);
  };
}
inline OnnxFile::Attribute integer(const std::string& name, std::int64_t value) {
  return [=](onnx::NodeProto& node) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
  };
}
inline OnnxFile::Attribute real(const std::string& name, float value) {
  return [=](onnx::NodeProto& node) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::FLOAT);
    attribute.set_f(value);
  };
}
inline OnnxFile::Attribute text(const std::string& name, const std::string& value) {
  return [=](onnx::NodeProto& node) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::STRING);
    attribute.set_s(value);
  };
}

}  // namespace papilio::testing
