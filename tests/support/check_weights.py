"""Fails unless torch.load finds in FILE what tests/unit/weights_test.cpp wrote there."""
import sys

import torch

found = torch.load(sys.argv[1])
expected = {
    "a.weight": torch.tensor([[1, -2, 3.5], [0, 1e-30, 6]]), "a.bias": torch.tensor([0.1, 0.2]),
    "scalar": torch.tensor(42.0)}
assert found.keys() == expected.keys(), found.keys()
for name, tensor in expected.items():
    assert torch.equal(found[name], tensor), name
