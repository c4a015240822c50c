"""Writes TorchScript archives of torchvision's networks, with random weights, to a folder.

make_torchscript.py FOLDER NAME...: NAME.pt is traced, NAME-script.pt scripted.
"""

import pathlib
import sys
import warnings

import torch
import torchvision

warnings.filterwarnings("ignore")
folder = pathlib.Path(sys.argv[1])
for name in sys.argv[2:]:
    torch.manual_seed(1)
    build = getattr(torchvision.models, name.removesuffix("-script"))
    extra = {"aux_logits": False, "init_weights": False} if name.startswith("googlenet") else {}
    network = build(weights=None, **extra).eval()
    # Statistics and scales that differ from layer to layer, so that none can stand for another.
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.5, 2)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.1, 0.1)
    if name.endswith("-script"):
        made = torch.jit.script(network)
    else:
        made = torch.jit.trace(network, torch.randn(1, 3, 224, 224))
    made.save(str(folder / f"{name}.pt"))
