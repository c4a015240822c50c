#!/usr/bin/env python3
"""Makes TorchScript archives that act when they are read, and damaged ones, for small_import_tests:
make_hostile.py FOLDER MUTANTS. Needs python3-torch; without it the exit code is 77.

  overwrite.pt  its __setstate__ maps the file 'victim' and fills it
  create.pt     constant propagation maps a new file 'written'
  loop.pt       its __setstate__ never ends
  big.pt        a constant of 16 GiB
  good.pt       a network
  m-*.pt        MUTANTS damages of it, always the same
"""
import io
import os
import random
import sys
import zipfile
from typing import Tuple

try:
    import torch
    import torch.nn as nn
except ImportError:
    sys.exit(77)


class WithState(nn.Module):
    """Runs a __setstate__ of its own as it is read."""
    n: int

    def __init__(self):
        super().__init__()
        self.n = 0

    def forward(self, x):
        return torch.relu(x)

    @torch.jit.export
    def __getstate__(self):
        return (self.n, self.training)


class Overwrite(WithState):
    @torch.jit.export
    def __setstate__(self, state: Tuple[int, bool]):
        y = torch.from_file('victim', True, 20, dtype=torch.uint8)
        y.fill_(65)
        self.n = int(y[0])
        self.training = state[1]


class Loop(WithState):
    @torch.jit.export
    def __setstate__(self, state: Tuple[int, bool]):
        i = 0
        while i >= 0:
            i = (i + 1) % 7
        self.n = i
        self.training = state[1]


class Create(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        y = torch.from_file('written', True, 100)
        return torch.relu(self.c(x) + y[0])


class Big(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        return torch.relu(self.c(x) + torch.ones(1 << 32).sum())


def behind(first):
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), first)


def damage(content, rng):
    content = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 4, 8])):
        i = rng.randrange(len(content))
        how = rng.random()
        if how < 0.5:
            content[i] = rng.randrange(256)
        elif how < 0.75:
            del content[i:i + rng.choice([1, 2, 8, 64])]
        else:
            content[i:i] = content[max(0, i - 16):i]
        if not content:
            break
    return bytes(content)


def mutate(data, rng):
    """Damages one member of the archive, and stores it with right checksums, so that readers get to it."""
    source = zipfile.ZipFile(io.BytesIO(data))
    members = [m for m in source.infolist() if source.read(m)]
    code = [m for m in members if m.filename.endswith(('.py', 'data.pkl', 'constants.pkl'))]
    target = rng.choice(code if rng.random() < 0.7 else members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_STORED) as copy:
        for member in source.infolist():
            content = source.read(member)
            copy.writestr(zipfile.ZipInfo(member.filename), damage(content, rng) if member is target else content)
    return out.getvalue()


os.chdir(sys.argv[1])
rng = random.Random(1)
torch.manual_seed(1)
torch.jit.script(behind(Overwrite()).eval()).save('overwrite.pt')
torch.jit.script(behind(Loop()).eval()).save('loop.pt')
torch.jit.script(Create().eval()).save('create.pt')
torch.jit.script(Big().eval()).save('big.pt')
good = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
torch.jit.script(good.eval()).save('good.pt')
data = open('good.pt', 'rb').read()
for number in range(int(sys.argv[2])):
    open(f'm-{number:02}.pt', 'wb').write(mutate(data, rng))
