"""Writes TorchScript archives of quantised networks, with random weights, and what they compute.

make_quantised.py FOLDER NAME...: of the networks below, or of torchvision.models.quantization, NAME.pt is traced.
NAME-by-channel.pt has a scale for each channel of its weights. With each goes NAME.npz: the arrays "input" and
"output", of one sample.
"""

import pathlib
import sys
import warnings

import numpy
import torch
import torchvision
from torch import nn
from torch.nn import functional as F
from torch.ao import quantization
from torch.ao.nn.quantized import FloatFunctional

warnings.filterwarnings("ignore")
torch.set_num_threads(1)


class Kernels(nn.Module):
    """Three colours of 32 × 32 to ten classes, through most quantised kernels."""

    def __init__(self):
        super().__init__()
        self.quant = quantization.QuantStub()
        self.a = nn.Conv2d(3, 8, 3, padding=1)
        self.a_norm = nn.BatchNorm2d(8)
        self.a_relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.b = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.sum = FloatFunctional()
        self.c = nn.Conv2d(8, 12, 1, stride=2)
        self.swish = nn.Hardswish()
        self.d = nn.Conv2d(8, 4, 3, stride=2, padding=2, dilation=2)
        self.leaky = nn.LeakyReLU(0.1)
        self.join = FloatFunctional()
        self.norm = nn.BatchNorm2d(16)
        self.mean = nn.AvgPool2d(2)
        self.gate = nn.Conv2d(16, 16, 1)
        self.sigmoid = nn.Sigmoid()
        self.scale = FloatFunctional()
        self.whole = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(16, 20)
        self.fc_relu = nn.ReLU()
        self.last = nn.Linear(20, 10)
        self.dequant = quantization.DeQuantStub()

    def forward(self, x):
        x = self.pool(self.a_relu(self.a_norm(self.a(self.quant(x)))))
        x = self.sum.add_relu(self.b(x), x)
        x = self.join.cat([self.swish(self.c(x)), self.leaky(self.d(x))], 1)
        x = self.mean(self.norm(x))
        x = self.scale.mul(x, self.sigmoid(self.gate(self.whole(x))))
        x = torch.flatten(self.whole(x), 1)
        return self.dequant(self.last(self.fc_relu(self.fc(x))))


class Scaled(nn.Module):
    """Three colours of 8 × 8 made larger, shifted and scaled by numbers, and turned about."""

    def __init__(self):
        super().__init__()
        self.quant = quantization.QuantStub()
        self.up = nn.ConvTranspose2d(3, 6, 4, stride=2, padding=1)
        self.shift = FloatFunctional()
        self.scale = FloatFunctional()
        self.join = FloatFunctional()
        self.dequant = quantization.DeQuantStub()

    def forward(self, x):
        x = self.scale.mul_scalar(self.shift.add_scalar(self.up(self.quant(x)), 0.7), 0.5)
        a, b = torch.chunk(x, 2, 1)
        x = F.interpolate(self.join.cat([b, a], 1), scale_factor=0.5, mode="nearest")
        return self.dequant(x.permute(0, 2, 3, 1).reshape(1, -1))


class Table(nn.Module):
    """Six of 20 words as rows of 8 numbers, and a linear layer of reals."""

    def __init__(self):
        super().__init__()
        self.rows = nn.Embedding(20, 8)
        self.last = nn.Linear(8, 3)

    def forward(self, ids):
        return self.last(self.rows(ids))


class Sound(nn.Module):
    """Four channels of 40 samples, through kernels of one dimension; the answer is quantised."""

    def __init__(self):
        super().__init__()
        self.quant = quantization.QuantStub()
        self.a = nn.Conv1d(4, 6, 5, stride=2, padding=2)
        self.b = nn.Conv1d(6, 3, 3)

    def forward(self, x):
        return self.b(self.a(self.quant(x)))


class Dynamic(nn.Module):
    """A linear layer, a function, and another, whose inputs are quantised by their own range."""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(24, 40)
        self.b = nn.Linear(40, 6)

    def forward(self, x):
        return self.b(torch.tanh(self.a(x)))


OWN = {"kernels": (Kernels, (3, 32, 32)), "sound": (Sound, (4, 40)), "dynamic": (Dynamic, (24,)), "scaled": (Scaled, (3, 8, 8)),
       "table": (Table, (6,))}
FUSED = {"kernels": [["a", "a_norm", "a_relu"], ["fc", "fc_relu"]]}


def random_norms(network):
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.1, 0.1)


def made(plain, by_channel):
    if plain in OWN:
        build, shape = OWN[plain]
        network = build().eval()
    else:
        size = 299 if plain == "inception_v3" else 224
        shape = (3, size, size)
        extra = {"aux_logits": False} if plain in ("googlenet", "inception_v3") else {}
        network = getattr(torchvision.models.quantization, plain)(weights=None, quantize=False, **extra).eval()
    random_norms(network)
    # QNNPACK takes no notice of reduce_range, which dynamic kernels ask for.
    torch.backends.quantized.engine = "onednn" if plain == "dynamic" else "qnnpack"
    if plain == "dynamic":
        return quantization.quantize_dynamic(network, {nn.Linear}, torch.qint8), torch.randn(1, *shape)
    if plain == "table":
        network.rows.qconfig = quantization.float_qparams_weight_only_qconfig
        quantization.prepare(network, inplace=True)
        quantization.convert(network, inplace=True)
        return network, torch.randint(0, 20, (1, *shape))
    if plain in FUSED:
        quantization.fuse_modules(network, FUSED[plain], inplace=True)
    elif plain not in OWN:
        network.fuse_model()
    network.qconfig = quantization.get_default_qconfig("fbgemm" if by_channel else "qnnpack")
    quantization.prepare(network, inplace=True)
    with torch.no_grad():
        for _ in range(2):
            network(torch.randn(4 if plain in OWN else 1, *shape))
    quantization.convert(network, inplace=True)
    return network, torch.randn(1, *shape)


folder = pathlib.Path(sys.argv[1])
for name in sys.argv[2:]:
    torch.manual_seed(1)
    plain = name.removesuffix("-by-channel")
    network, sample = made(plain, plain != name)
    with torch.no_grad():
        output = network(sample)
        torch.jit.trace(network, (sample,), check_trace=False).save(str(folder / f"{name}.pt"))
    numpy.savez(folder / f"{name}.npz", input=sample.numpy(),
                output=(output.dequantize() if output.is_quantized else output).numpy())
