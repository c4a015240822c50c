"""Writes one network of each of torchvision's families, as TorchScript archive and as ONNX file, with an input and
what PyTorch answers to it. tests/bench/families reads them: families.py FOLDER [NAME...]

Weights are random, but those that a module leaves at 0 or 1, whose errors would not show, are drawn too.
"""

import csv
import os
import pathlib
import sys
import warnings

# Sums in one order: the scores of untrained detectors are nearly tied.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy
import torch
import torchvision
from torch import nn

warnings.filterwarnings("ignore")
M = torchvision.models


class Out(nn.Module):
    """A segmentation's picture alone, without the dictionary."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x)["out"]


class Boxes(nn.Module):
    """A detector's boxes with their scores and labels, as rows of one tensor."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        found = self.network([x[0]])[0]
        return torch.cat([found["boxes"], found["scores"][:, None], found["labels"][:, None].float()], 1)


def bare(build):
    return lambda: Out(build(weights=None, weights_backbone=None))


def detector(build):
    return lambda: Boxes(build(weights=None, weights_backbone=None, **THRESHOLDS.get(build.__name__, {})))


# Random networks are sure of nothing.
THRESHOLDS = {
    "ssdlite320_mobilenet_v3_large": {"score_thresh": 0.0},
    "fasterrcnn_mobilenet_v3_large_320_fpn": {"box_score_thresh": 0.0},
}
PICTURE = (3, 224, 224)
FAMILIES = {
    "alexnet": (M.alexnet, PICTURE),
    "vgg11_bn": (M.vgg11_bn, PICTURE),
    "squeezenet1_1": (M.squeezenet1_1, PICTURE),
    "resnet50": (M.resnet50, PICTURE),
    "densenet121": (M.densenet121, PICTURE),
    "googlenet": (lambda: M.googlenet(weights=None, init_weights=False), PICTURE),
    "inception_v3": (lambda: M.inception_v3(weights=None, init_weights=False), (3, 299, 299)),
    "mobilenet_v2": (M.mobilenet_v2, PICTURE),
    "mobilenet_v3_small": (M.mobilenet_v3_small, PICTURE),
    "mnasnet1_0": (M.mnasnet1_0, PICTURE),
    "shufflenet_v2_x1_0": (M.shufflenet_v2_x1_0, PICTURE),
    "regnet_y_400mf": (M.regnet_y_400mf, PICTURE),
    "efficientnet_b0": (M.efficientnet_b0, PICTURE),
    "efficientnet_v2_s": (M.efficientnet_v2_s, PICTURE),
    "convnext_tiny": (M.convnext_tiny, PICTURE),
    "vit_b_16": (M.vit_b_16, PICTURE),
    "swin_t": (M.swin_t, PICTURE),
    "maxvit_t": (M.maxvit_t, PICTURE),
    "fcn_resnet50": (bare(M.segmentation.fcn_resnet50), PICTURE),
    "deeplabv3_mobilenet_v3_large": (bare(M.segmentation.deeplabv3_mobilenet_v3_large), PICTURE),
    "lraspp_mobilenet_v3_large": (bare(M.segmentation.lraspp_mobilenet_v3_large), PICTURE),
    "r3d_18": (M.video.r3d_18, (3, 8, 112, 112)),
    "s3d": (M.video.s3d, (3, 16, 224, 224)),
    "ssdlite320_mobilenet_v3_large": (detector(M.detection.ssdlite320_mobilenet_v3_large), (3, 320, 320)),
    "fasterrcnn_mobilenet_v3_large_320_fpn": (
        detector(M.detection.fasterrcnn_mobilenet_v3_large_320_fpn),
        (3, 320, 320),
    ),
}


def drawn(network):
    for module in network.modules():
        if isinstance(module, nn.Linear) and not module.weight.any():
            nn.init.normal_(module.weight, std=0.1)
        if isinstance(module, (nn.BatchNorm2d, nn.BatchNorm3d)):
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.8, 1.2)
    if isinstance(network, Boxes):  # spreads their scores
        for name, module in network.network.named_modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)) and not name.startswith("backbone"):
                nn.init.normal_(module.weight, std=1.4 / module.weight[0].numel() ** 0.5)
    return network


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in sys.argv[2:] or FAMILIES:
        build, shape = FAMILIES[name]
        torch.manual_seed(3)
        network = drawn(build().eval())
        x = torch.randn(1, *shape)
        traced = torch.jit.trace(network, x, check_trace=False)
        with torch.no_grad():
            # Traced, torchvision suppresses boxes of all classes at once, which rounds otherwise.
            answer = traced(x) if isinstance(network, Boxes) else network(x)
        numpy.save(folder / f"{name}-input.npy", x.numpy())
        numpy.save(folder / f"{name}-output.npy", answer.numpy())
        traced.save(str(folder / f"{name}.pt"))
        try:
            # Else the exporter takes batch norms up into convolutions, and their parameters with them.
            torch.onnx.export(network, x, str(folder / f"{name}.onnx"), opset_version=16, do_constant_folding=False,
                              training=torch.onnx.TrainingMode.PRESERVE)
        except Exception as error:  # the exporter's own, which says what it lacks
            (folder / f"{name}.onnx").unlink(missing_ok=True)
            print(f"{name}: not exported to ONNX: {str(error).splitlines()[0]}", file=sys.stderr)
        used = sum(p.numel() for n, p in network.named_parameters() if "aux" not in n.lower())
        rows.append([name, "x".join(map(str, shape)), used])
    with open(folder / "families.csv", "w", newline="") as file:
        csv.writer(file).writerows([["name", "shape", "parameters"], *rows])


main()
