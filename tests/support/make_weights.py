"""Writes weights in every way PyTorch and NumPy have, and each tensor's values as .npy, into a folder.

Usage: make_weights.py FOLDER
"""
import argparse
import copy
import os
import pickle
import sys
import zipfile

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
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [30, 60])
state = net.state_dict()
for name, zipped in (("zip", True), ("legacy", False)):
    torch.save(state, f"{folder}/{name}.pt", _use_new_zipfile_serialization=zipped)
    keep(name, state)
    checkpoint = {
        "epoch": 3, "best_prec1": numpy.float64(0.5), "best_acc1": torch.tensor(0.5),
        "args": argparse.Namespace(arch="net", weight=torch.ones(1)), "losses": numpy.ones(3),
        "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(),
        "state_dict": {f"module.{key}": value for key, value in state.items()}}
    torch.save(checkpoint, f"{folder}/checkpoint-{name}.pt", _use_new_zipfile_serialization=zipped)
    keep(f"checkpoint-{name}", checkpoint["state_dict"])
    base = torch.arange(24.0).reshape(4, 6)
    views = {
        "transposed": base.t(), "column": base[:, 2], "part": base[1:3, 2:5], "scalar": base[1, 1],
        "empty": torch.zeros(0, 3), "empty_behind": torch.zeros(5, 0), "offset": base[3, 4:],
        "expanded": torch.ones(1).expand(3, 4), "tied": base, "parameter": torch.nn.Parameter(base[0]),
        "half": torch.randn(5).half(), "bfloat16": torch.randn(5).bfloat16(),
        "double": torch.tensor([0.1, 1e300, -1e-300, 1 / 3], dtype=torch.float64), "long": torch.tensor([-2, 0, 16777217, -2**63]),
        "int": torch.arange(-2, 3, dtype=torch.int32), "short": torch.arange(-2, 3, dtype=torch.int16),
        "char": torch.arange(-2, 3, dtype=torch.int8), "byte": torch.arange(5, dtype=torch.uint8),
        "bool": torch.tensor([True, False]),
        "halves": torch.tensor([65504.0, 6e-8, -0.0, 1.0, float("inf")]).half()}
    torch.save(views, f"{folder}/views-{name}.pt", _use_new_zipfile_serialization=zipped)
    keep(f"views-{name}", views)
for protocol in (1, 3, 4, 5):
    torch.save(state, f"{folder}/protocol-{protocol}.pt", pickle_protocol=protocol)
    if protocol > 2:
        torch.save(state, f"{folder}/protocol-{protocol}-legacy.pt", pickle_protocol=protocol,
                   _use_new_zipfile_serialization=False)
torch.save({"epoch": 1, "model_state_dict": state}, f"{folder}/tutorial.pt")
keep("tutorial", state)
# What else checkpoints call their weights; the last by a name of their own, where there is no other.
for key in ("net", "model_state", "generator"):
    torch.save({"epoch": 1, key: {"state_dict": state} if key == "net" else state,
                "optimizer": optimizer.state_dict()}, f"{folder}/under-{key}.pt")
torch.save({"generator": state, "discriminator": state}, f"{folder}/several.pt")

# Arrays of NumPy, of several orders and types, with what is no number beside them.
arrays = {key: tensor.numpy() for key, tensor in state.items()}
arrays["fortran"] = numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3))
arrays["half"] = numpy.array([1.5, -65504, 6e-8], dtype=numpy.float16)
arrays["small"] = numpy.arange(-3, 3, dtype=numpy.int8)
arrays["strided"] = numpy.arange(12, dtype=numpy.float32)[::3]
arrays["none"] = numpy.zeros((0, 3), dtype=numpy.float32)
keep("arrays", {key: torch.tensor(array) for key, array in arrays.items()})
mixed = dict(arrays, names=numpy.array(["a", "b"]), objects=numpy.array([None], dtype=object))
for protocol in (2, 3, 4, 5):
    with open(f"{folder}/arrays-{protocol}.pkl", "wb") as file:
        pickle.dump(mixed, file, protocol=protocol)
torch.save({"net": mixed}, f"{folder}/arrays-zip.pt")
torch.save(mixed, f"{folder}/arrays-legacy.pt", _use_new_zipfile_serialization=False)
numpy.savez(f"{folder}/arrays-stored.npz", **mixed)
numpy.savez_compressed(f"{folder}/arrays-deflated.npz", **mixed)
numpy.savez_compressed(f"{folder}/bomb.npz", a=numpy.zeros(100_000_000, dtype=numpy.uint8))


class Buffer:
    """An array as NumPy 2.3 pickles it: with the order of its axes, None unless the order is K."""

    def __init__(self, order, axes):
        array = numpy.arange(6, dtype=numpy.float32)
        self.function = array.__reduce_ex__(5)[0]
        self.arguments = (array.tobytes(), array.dtype, (2, 3), order, axes)

    def __reduce__(self):
        return self.function, self.arguments


for name, order, axes in (("c", "C", None), ("f", "F", None), ("k", "K", (1, 0))):
    with open(f"{folder}/five-{name}.pkl", "wb") as file:
        pickle.dump({"a": Buffer(order, axes)}, file, protocol=4)
with open(f"{folder}/big-array.pkl", "wb") as file:
    pickle.dump({"a": numpy.zeros(3, dtype=">f4")}, file)
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
torch.save({"a": torch.zeros(1, dtype=torch.complex64)}, f"{folder}/complex.pt")
torch.save({"a": torch.zeros(1, dtype=torch.complex64)}, f"{folder}/complex-legacy.pt",
           _use_new_zipfile_serialization=False)
torch.save(torch.zeros(1), f"{folder}/tensor.pt")
torch.save({"a": torch.zeros(1).expand(10000, 10000)}, f"{folder}/repeated.pt")


def zip_again(source, target, compression=zipfile.ZIP_STORED, more=()):
    """Copies an archive entry by entry, and adds others."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", compression) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        for name, text in more:
            new.writestr(name, text)


zip_again(f"{folder}/zip.pt", f"{folder}/compressed.pt", zipfile.ZIP_DEFLATED)
for order in ("little", "big"):
    zip_again(f"{folder}/zip.pt", f"{folder}/{order}.pt", more=[("zip/byteorder", order)])

# An archive whose entries are all the same bytes of the file: small, and large once it is read.
torch.save({str(i): torch.full((10000,), 1.0) for i in range(50)}, f"{folder}/many.pt")
with zipfile.ZipFile(f"{folder}/many.pt") as old, \
        zipfile.ZipFile(f"{folder}/overlapping.pt", "w") as new:
    new.writestr("many/data.pkl", old.read("many/data.pkl"))
    new.writestr("many/data/0", old.read("many/data/0"))
    for i in range(1, 50):
        entry = copy.copy(new.getinfo("many/data/0"))
        entry.filename = f"many/data/{i}"
        new.filelist.append(entry)

numpy.save(f"{folder}/big-endian.npy", numpy.zeros(3, dtype=">f4"))
numpy.save(f"{folder}/objects.npy", numpy.array([None], dtype=object))
numpy.save(f"{folder}/records.npy", numpy.zeros(3, dtype=[("a", "<f4")]))
numpy.save(f"{folder}/scalar.npy", numpy.float32(7))
numpy.save(f"{folder}/empty.npy", numpy.zeros((0, 3), dtype=numpy.float32))
numpy.lib.format.write_array(open(f"{folder}/version-2.npy", "wb"),
                             numpy.arange(3, dtype=numpy.float32), version=(2, 0))
