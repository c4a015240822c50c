"""Writes regions.onnx, a detector in small: boxes of a picture, of which non-maximum suppression keeps ten, and a class
for each by what lies in it. Its end hangs on numbers. make_onnx_opaque.py FOLDER
"""

import pathlib
import sys

import numpy
from onnx import TensorProto, helper, numpy_helper, save

BOXES, CLASSES, WINDOW = 10, 5, 3


def main():
    random = numpy.random.RandomState(5)
    tensors = []

    def weight(name, *shape):
        tensors.append(numpy_helper.from_array((random.rand(*shape) - 0.5).astype("float32"), name))

    def number(name, value, kind):
        tensors.append(numpy_helper.from_array(numpy.array(value, kind), name))

    weight("features.weight", 8, 3, 3, 3)
    weight("features.bias", 8)
    weight("score.weight", 1, 8, 1, 1)
    weight("score.bias", 1)
    weight("box.weight", 4, 8, 1, 1)
    weight("box.bias", 4)
    weight("class.weight", CLASSES, 8 * WINDOW * WINDOW)
    weight("class.bias", CLASSES)
    number("scores_shape", [1, 1, -1], "int64")
    number("boxes_shape", [1, -1, 4], "int64")
    number("rows_shape", [-1, 4], "int64")
    number("most", [BOXES], "int64")
    number("overlap", [0.5], "float32")
    number("place", 2, "int64")
    number("first", [0], "int64")

    node = helper.make_node
    nodes = [
        node("Conv", ["x", "features.weight", "features.bias"], ["c"], "features", kernel_shape=[3, 3], pads=[1] * 4),
        node("Relu", ["c"], ["features"]),
        node("Conv", ["features", "score.weight", "score.bias"], ["s"], "score", kernel_shape=[1, 1]),
        node("Conv", ["features", "box.weight", "box.bias"], ["b"], "box", kernel_shape=[1, 1]),
        node("Reshape", ["s", "scores_shape"], ["scores"]),
        node("Transpose", ["b"], ["t"], perm=[0, 2, 3, 1]),
        node("Reshape", ["t", "boxes_shape"], ["boxes"]),
        # From here on, how many rows there are the numbers say.
        node("NonMaxSuppression", ["boxes", "scores", "most", "overlap"], ["kept"]),
        node("Gather", ["kept", "place"], ["places"], axis=1),
        node("Reshape", ["boxes", "rows_shape"], ["rows"]),
        node("Gather", ["rows", "places"], ["regions"]),
        node("Shape", ["places"], ["count"]),
        node("ConstantOfShape", ["count"], ["pictures"],
             value=helper.make_tensor("zero", TensorProto.INT64, [1], [0])),
        node("RoiAlign", ["features", "regions", "pictures"], ["windows"], output_height=WINDOW, output_width=WINDOW),
        node("Flatten", ["windows"], ["w"]),
        node("Gemm", ["w", "class.weight", "class.bias"], ["classes"], "class", transB=1),
        node("Concat", ["regions", "classes"], ["y"], axis=1),
    ]
    graph = helper.make_graph(
        nodes, "regions", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 32, 32])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [BOXES, 4 + CLASSES])], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    save(model, str(pathlib.Path(sys.argv[1]) / "regions.onnx"))


main()
