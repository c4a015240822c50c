"""Writes weights in every way PyTorch and NumPy have, and each tensor's values as .npy, into a folder.

Usage: make_weights.py FOLDER
"""
import os
import sys

import numpy
import torch

folder = sys.argv[1]
torch.manual_seed(1)


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3)
        self.bn = torch.nn.BatchNorm2d(4)

    def forward(self, x):
        return self.bn(self.conv(x))


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block()
        self.fc = torch.nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(self.block(x).mean((2, 3)))


def keep(name, tensors):
    """The values that a reader of the file `name` must find."""
    os.makedirs(f"{folder}/{name}.expected")
    for key, tensor in tensors.items():
        numpy.save(f"{folder}/{name}.expected/{key}.npy", tensor.detach().float().numpy())


net = Net()
optimizer = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9)
net(torch.randn(2, 3, 8, 8)).sum().backward()
optimizer.step()
state = net.state_dict()
for name, zipped in (("zip", True), ("legacy", False)):
    torch.save(state, f"{folder}/{name}.pt", _use_new_zipfile_serialization=zipped)
    keep(name, state)
    checkpoint = {
        "epoch": 3, "best_prec1": numpy.float64(0.5), "optimizer": optimizer.state_dict(),
        "state_dict": {f"module.{key}": value for key, value in state.items()}}
    torch.save(checkpoint, f"{folder}/checkpoint-{name}.pt", _use_new_zipfile_serialization=zipped)
    keep(f"checkpoint-{name}", state)
    base = torch.arange(24.0).reshape(4, 6)
    views = {
        "transposed": base.t(), "column": base[:, 2], "part": base[1:3, 2:5], "scalar": base[1, 1],
        "empty": torch.zeros(0, 3), "parameter": torch.nn.Parameter(base[0]),
        "half": torch.randn(5).half(), "bfloat16": torch.randn(5).bfloat16(),
        "double": torch.randn(5).double(), "long": torch.arange(-2, 3),
        "int": torch.arange(-2, 3, dtype=torch.int32), "short": torch.arange(-2, 3, dtype=torch.int16),
        "char": torch.arange(-2, 3, dtype=torch.int8), "byte": torch.arange(5, dtype=torch.uint8),
        "bool": torch.tensor([True, False]),
        "halves": torch.tensor([65504.0, 6e-8, -0.0, 1.0, float("inf")]).half()}
    torch.save(views, f"{folder}/views-{name}.pt", _use_new_zipfile_serialization=zipped)
    keep(f"views-{name}", views)
torch.jit.script(net).save(f"{folder}/script.pt")
keep("script", state)

for dtype in ("<f2", "<f4", "<f8", "<i2", "<i4", "<i8", "<u2", "<u4", "<u8", "|i1", "|u1", "|b1"):
    array = numpy.arange(12).reshape(3, 4).astype(dtype)
    numpy.save(f"{folder}/c-{dtype[1:]}.npy", array)
    numpy.save(f"{folder}/fortran-{dtype[1:]}.npy", numpy.asfortranarray(array))


class Command:
    def __reduce__(self):
        return os.system, (f"touch {folder}/executed",)


class Model(torch.nn.Module):
    pass


for name, zipped in (("zip", True), ("legacy", False)):
    torch.save({"a": torch.zeros(1), "b": Command()}, f"{folder}/command-{name}.pt",
               _use_new_zipfile_serialization=zipped)
    torch.save(torch.nn.Linear(1, 1), f"{folder}/module-{name}.pt",
               _use_new_zipfile_serialization=zipped)
