"""Writes TorchScript archives and ONNX files of torchvision's networks, with random weights.

make_networks.py FOLDER NAME...: NAME.pt is traced, and NAME.onnx exported; NAME-script.pt scripted.
NAME-folded.onnx has its batch norms in the convolutions, as the exporter makes it.
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
    picture = torch.randn(1, 3, 224, 224)
    if name.endswith("-script"):
        torch.jit.script(network).save(str(folder / f"{name}.pt"))
        continue
    torch.jit.trace(network, picture).save(str(folder / f"{name}.pt"))
    torch.onnx.export(network, picture, str(folder / f"{name}-folded.onnx"), opset_version=14)
    torch.onnx.export(network, picture, str(folder / f"{name}.onnx"), opset_version=14,
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
