"""Fails unless PyTorch and NumPy find in a folder what tests/unit/weights_test.cpp wrote there.

Usage: check_weights.py FOLDER, with weights.pt and npy/NAME.npy
"""
import sys

import numpy
import torch

folder = sys.argv[1]
found = torch.load(f"{folder}/weights.pt", weights_only=True)
expected = {
    "a.weight": torch.tensor([[1, -2, 3.5], [0, 1e-30, 6]]), "a.bias": torch.tensor([0.1, 0.2]),
    "scalar": torch.tensor(42.0)}
assert found.keys() == expected.keys(), found.keys()
for name, tensor in expected.items():
    assert torch.equal(found[name], tensor), name
    array = numpy.load(f"{folder}/npy/{name}.npy")
    assert array.dtype == numpy.float32 and array.shape == tensor.shape, name
    assert (array == tensor.numpy()).all(), name
