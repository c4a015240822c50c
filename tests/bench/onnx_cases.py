"""Writes the ONNX project's own test models, of one operation each or of a few, with an input and what ONNX answers:
onnx_cases.py FOLDER. tests/bench/onnx_cases reads them. Needs python3-onnx.
"""

import pathlib
import sys
import warnings

import numpy

warnings.filterwarnings("ignore")
# Names that NumPy has dropped since these cases were written.
for name, kind in (("float", float), ("int", int), ("bool", bool), ("object", object)):
    if name not in numpy.__dict__:
        setattr(numpy, name, kind)

from onnx.backend.test.case.model import collect_testcases as of_models  # noqa: E402
from onnx.backend.test.case.node import collect_testcases as of_nodes  # noqa: E402


def tensors(values):
    arrays = [numpy.asarray(value) for value in values]
    return arrays if all(a.dtype.kind in "fiub" and a.size <= 1 << 22 for a in arrays) else None


def main():
    folder = pathlib.Path(sys.argv[1])
    for case in [*of_nodes(None), *of_models()]:
        if case.model is None or not case.data_sets:
            continue
        try:
            inputs, outputs = (tensors(values) for values in case.data_sets[0])
        except Exception:  # sequences, maps and texts are no arrays
            continue
        if inputs is None or outputs is None:
            continue
        own = folder / case.name
        own.mkdir(parents=True, exist_ok=True)
        (own / "model.onnx").write_bytes(case.model.SerializeToString())
        for i, array in enumerate(inputs):
            numpy.save(own / f"input{i}.npy", array.astype(numpy.float32))
        numpy.save(own / "output.npy", outputs[0].astype(numpy.float32))


main()
