"""Writes TorchScript archives and ONNX files of networks, with random weights.

make_networks.py FOLDER NAME...: of torchvision, NAME.pt is traced, and NAME.onnx exported; NAME-script.pt
scripted; NAME-answer.pt holds an input, x, and the answer, y. NAME-folded.onnx has its batch norms in the convolutions, as the exporter makes it. Of the small
networks below, which do what importers fall over, NAME.pt and NAME.onnx or NAME-script.pt likewise. Without
torchvision the exit code is 77.
"""

import os
import pathlib
import sys
import warnings
from typing import List

# Which of two boxes with almost one score comes first hangs on the order in which sums are added.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

try:
    import torch
    import torchvision
except ImportError:
    sys.exit(77)
from torch import nn
from torch.nn import functional as F

import traced_networks

warnings.filterwarnings("ignore")


class Small(nn.Module):
    """Three colours of 32 × 32 to ten classes."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3, padding=1)
        self.b = nn.Conv2d(8, 8, 3, padding=1)
        self.fc = nn.Linear(8, 10)

    def head(self, x):
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class InPlace(Small):
    def forward(self, x):
        y = self.a(x)
        y.relu_()
        z = self.b(y)
        z += y
        z.relu_()
        return self.head(z)


class Activated(Small):
    """Every activation of an element at a time, and a kernel that sees every second pixel."""

    def __init__(self):
        super().__init__()
        self.d = nn.Conv2d(8, 8, 3, padding=2, dilation=2)

    def forward(self, x):
        x = torch.tanh(F.leaky_relu(self.a(x), 0.2))
        x = F.elu(self.b(x), 0.7) + F.selu(x) + F.mish(x) + F.softplus(x)
        x = F.gelu(self.d(x)) + F.gelu(x, approximate="tanh")
        return self.head(x)


class Resized(Small):
    """A picture made smaller and larger again, in each way."""

    def forward(self, x):
        x = self.a(x)
        small = F.max_pool2d(x, 2)
        x = x + F.interpolate(small, scale_factor=2, mode="nearest")
        x = x * F.interpolate(small, size=(32, 32), mode="bilinear", align_corners=False)
        y = F.interpolate(small, size=(13, 9), mode="bilinear", align_corners=True)
        return self.head(self.b(x)) + self.fc(torch.flatten(F.adaptive_avg_pool2d(y, 1), 1))


class Recurrent(nn.Module):
    """Words to a class: a bidirectional LSTM of two layers, its last place."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(50, 8)
        self.lstm = nn.LSTM(8, 6, num_layers=2, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(12, 4)

    def forward(self, ids):
        y, _ = self.lstm(self.words(ids))
        return self.fc(y[:, -1])


class LastState(nn.Module):
    """A GRU's last states of both ways, with the batch second."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(5, 7, bidirectional=True)
        self.fc = nn.Linear(14, 3)

    def forward(self, x):
        _, states = self.gru(x)
        return self.fc(torch.cat([states[0], states[1]], 1))


class Encoder(nn.Module):
    """Two encoder layers of a transformer, with the batch second."""

    def __init__(self):
        super().__init__()
        self.layers = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 32), 2)
        self.fc = nn.Linear(16, 5)

    def forward(self, x):
        return self.fc(self.layers(x).mean(0))


class Masked(nn.Module):
    """A decoder's attention: each place sees those before it."""

    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(16, 4, 32)
        self.fc = nn.Linear(16, 5)
        self.register_buffer("mask", torch.triu(torch.full((11, 11), float("-inf")), 1))

    def forward(self, x):
        return self.fc(self.layer(x, self.mask)[-1])


class Attention(nn.Module):
    """Attention by hand, with a trained mask, a class token and places, over the channels of a picture."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 8, stride=8)
        self.token = nn.Parameter(torch.randn(1, 1, 16))
        self.places = nn.Parameter(torch.randn(1, 17, 16))
        self.bias = nn.Parameter(torch.randn(4, 17, 17))
        self.norm = nn.LayerNorm(16)
        self.qkv = nn.Linear(16, 48)
        self.out = nn.Linear(16, 16)
        self.fc = nn.Linear(16, 10)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
        b, l, e = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(b, l, 3, 4, e // 4).permute(2, 0, 3, 1, 4)
        shares = torch.softmax(q @ k.transpose(-2, -1) / 2 + self.bias, -1)
        x = x + self.out((shares @ v).transpose(1, 2).reshape(b, l, e))
        return self.fc(x[:, 0])


class TwoInputs(nn.Module):
    """A picture and facts, which weigh its channels."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3)
        self.b = nn.Linear(10, 8)
        self.fc = nn.Linear(8, 4)

    def forward(self, image, facts):
        return self.fc(self.a(image).mean((2, 3)) * torch.relu(self.b(facts)))


class UNet(nn.Module):
    """Down and up again with a way across, groups normalised."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3, padding=1)
        self.down = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.norm = nn.GroupNorm(4, 16)
        self.up = nn.ConvTranspose2d(16, 8, 4, stride=2, padding=1)
        self.b = nn.Conv2d(16, 2, (1, 3), padding=(0, 1))
        self.slope = nn.PReLU(8)

    def forward(self, x):
        a = self.slope(self.a(x))
        return self.b(torch.cat([a, self.up(F.gelu(self.norm(self.down(a))))], 1))


class Video(nn.Module):
    """Three dimensions."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv3d(3, 8, (3, 5, 5), stride=(1, 2, 2), padding=(1, 2, 2))
        self.n = nn.BatchNorm3d(8)
        self.fc = nn.Linear(8, 4)

    def forward(self, x):
        x = F.max_pool3d(F.relu(self.n(self.a(x))), 2)
        return self.fc(F.adaptive_avg_pool3d(x, 1).flatten(1))


class Sound(nn.Module):
    """One dimension."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv1d(4, 8, 5, stride=2, dilation=2)
        self.b = nn.Conv1d(8, 6, 3, padding=1, groups=2)

    def forward(self, x):
        x = F.avg_pool1d(F.max_pool1d(torch.tanh(self.a(x)), 2), 3, stride=2)
        return F.log_softmax(self.b(F.pad(x, (1, 2), mode="reflect")), 1)


class Shuffled(Small):
    """Channels split, shuffled, rolled and repeated; a loop over what the sizes say."""

    def forward(self, x):
        first, second = self.a(x).chunk(2, 1)
        x = torch.stack([first, second], 2).flatten(1, 2)
        x = torch.roll(x, (2, -3), (2, 3))
        for i in range(x.size(1) // 4):
            x = torch.where(x > 0, x, x * 0.5 * (i + 1))
        return self.head(self.b(x))


class Accumulator(Small):
    """A constant that is added to, and a mask that is written to after it was read."""

    def forward(self, x):
        x = self.a(x)
        sum = torch.zeros(1, 8, 32)
        for i in range(3):
            sum += x[:, :, i]
        mask = torch.zeros(32, 32)
        y = x + mask
        mask.fill_(-1.0)
        return self.head(y * 2 + mask + sum[:, :, None])


class SizeOfNumbers(Small):
    """A factor that hangs on how many numbers are large."""

    def forward(self, x):
        x = self.a(x)
        return self.head(x * (2 + x[x > 1000].numel()))


class Constrained(Small):
    """A weight that the program scales before it is used."""

    def forward(self, x):
        with torch.no_grad():
            self.a.weight.div_(2.0)
        return self.head(self.a(x))


class MeanAlone(Small):
    """A mean of everything, which has no axes."""

    def forward(self, x):
        x = self.a(x)
        return self.head(x / (x.abs().mean() + 1))


class FirstOfTwo(nn.Module):
    """Two inputs and two outputs, each of its own."""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 3)
        self.b = nn.Linear(5, 2)

    def forward(self, x, y):
        return self.a(x), self.b(y)


class Renamed(Small):
    """Two names for one tensor, which changes after one of them was taken."""

    def forward(self, x):
        y = self.a(x)
        before = y
        F.relu(y, inplace=True)
        return self.head(self.b(y) + before)


class ThroughAView(Small):
    """A view is written to, and read."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8 * 32 * 32, 10)

    def forward(self, x):
        y = self.a(x)
        return self.fc(torch.flatten(y, 1).relu_())


class UnderAView(Small):
    """A tensor is written to, and a view of it read that was taken before: it changes too."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8 * 32 * 32, 10)

    def forward(self, x):
        y = self.a(x)
        flat = torch.flatten(y, 1)
        y.relu_()
        return self.fc(flat)


class Sliced(Small):
    def forward(self, x):
        y = self.a(x)
        y[:, 0] = 0.0
        return self.head(self.b(y))


class Shared(Small):
    def __init__(self):
        super().__init__()
        self.n = nn.BatchNorm2d(8)

    def forward(self, x):
        y = torch.relu(self.n(self.a(x)))
        y = torch.relu(self.n(self.b(y)))
        return self.head(torch.relu(self.n(self.b(y))))


class Tied(Small):
    """Two modules with one weight and one bias."""

    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(8, 8, 3, padding=1)
        self.c.weight = self.b.weight
        self.c.bias = self.b.bias

    def forward(self, x):
        return self.head(torch.relu(self.c(torch.relu(self.b(self.a(x))))))


class HalfTied(Small):
    """Two modules with one weight, and a bias each."""

    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(8, 8, 3, padding=1)
        self.c.weight = self.b.weight

    def forward(self, x):
        return self.head(torch.relu(self.c(torch.relu(self.b(self.a(x))))))


class Collides(Small):
    """Modules called as what has no name would be called: an operation, the input, a second call."""

    def __init__(self):
        super().__init__()
        self.relu = nn.Conv2d(8, 8, 1)
        self.input = nn.Conv2d(8, 8, 1)
        self.b_2 = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        y = torch.relu(self.b(torch.relu(self.a(x))))
        return self.head(self.b_2(self.input(self.relu(torch.relu(self.b(y))))))


class TwoOutputs(Small):
    """An early exit, with an operation that Papilio does not know."""

    def __init__(self):
        super().__init__()
        self.exit = nn.Linear(8, 10)

    def forward(self, x):
        y = torch.relu(self.a(x))
        return self.head(self.b(y)), self.exit(torch.sort(y.mean((2, 3)), 1)[0])


class SameTwice(Small):
    def forward(self, x):
        y = self.head(self.a(x))
        return y, y


class Aside(Small):
    """Layers that nothing depends on."""

    def __init__(self):
        super().__init__()
        self.aside = nn.Conv2d(8, 64, 3)

    def forward(self, x):
        y = torch.relu(self.a(x))
        self.aside(y)
        return self.head(self.b(y))


class Half(Small):
    """Numbers of another format in the file."""

    def __init__(self):
        super().__init__()
        self.double()

    def forward(self, x):
        return self.head(torch.relu(self.a(x)))


class Branches(Small):
    """What it does depends on the size of its input, and on its being trained."""

    def forward(self, x):
        y = self.a(x)
        if self.training:
            y = y * 2
        if x.size(2) > 16:
            y = torch.relu(y)
        return self.head(y)


class ByNumbers(Small):
    def forward(self, x):
        y = self.a(x)
        if float(y.sum()) > 0:
            y = torch.relu(y)
        return self.head(y)


class Plus(Small):
    def forward(self, x):
        return self.head(self.a(x) + 1)


class Cast(Small):
    def forward(self, x):
        return self.head(torch.relu(self.a(x)).double().float())


class Computed(Small):
    """Weights that are computed from others."""

    def forward(self, x):
        return self.head(F.conv2d(x, self.a.weight * 2, self.a.bias, padding=1))


class Dropped(Small):
    """Traced while it is trained."""

    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.head(self.drop(self.a(x)))


class Normed(Small):
    """Normed by the statistics of the batch, trained or not."""

    def __init__(self):
        super().__init__()
        self.n = nn.BatchNorm2d(8, track_running_stats=False)

    def forward(self, x):
        return self.head(self.n(self.a(x)))


class Flat(Small):
    """Residual blocks whose modules have nothing in common but the top."""

    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(8, 8, 3, padding=1)
        self.d = nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, x):
        y = torch.relu(self.a(x))
        y = torch.relu(self.c(torch.relu(self.b(y))) + y)
        return self.head(torch.relu(self.d(torch.relu(self.c(y))) + y))


class Padded(Small):
    """A mean that leaves the padding out."""

    def forward(self, x):
        return self.head(F.avg_pool2d(self.a(x), 3, 1, 1, count_include_pad=False))


class Constants(Small):
    """Colours that are normed by constants, a border of its own, arithmetic, and a view."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.4, 0.5, 0.6]).reshape(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.2, 0.3, 0.4]).reshape(1, 3, 1, 1))

    def forward(self, x):
        y = self.a(F.pad((x - self.mean) / self.std, (1, 0, 2, 0)))
        y = F.adaptive_avg_pool2d(torch.relu(y * 2 + 1) / 3, 1)
        return self.fc(y.view(y.size(0), -1))


class Regions(nn.Module):
    """The best ten of 64 boxes that do not overlap much, and what is seen in each."""

    def __init__(self):
        super().__init__()
        self.features = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.score = nn.Conv2d(8, 1, 2, stride=2)
        self.box = nn.Conv2d(8, 4, 2, stride=2)
        self.fc = nn.Linear(72, 5)

    def forward(self, x):
        f = torch.relu(self.features(x))
        scores = self.score(f).flatten()
        corner = self.box(f)[0].flatten(1).t() * 20
        boxes = torch.cat([corner[:, :2], corner[:, :2] + 4 + torch.abs(corner[:, 2:])], 1)
        best, order = scores.topk(40)
        boxes = boxes[order]
        keep = torchvision.ops.nms(boxes, best, 0.3)[:10]
        boxes = boxes[keep]
        seen = torchvision.ops.roi_align(f, [boxes], (3, 3), spatial_scale=0.5, sampling_ratio=2)
        return torch.cat([boxes, self.fc(seen.flatten(1)), best[keep][:, None]], 1)


class RegionsAlone(Small):
    """Regions of a picture as they are, with as many samples as there are pixels."""

    def forward(self, x):
        boxes = torch.tensor([[0.0, 0.0, 9.0, 7.0], [-3.0, 2.5, 40.0, 30.0], [5.0, 5.0, 5.2, 5.1]])
        outer = torchvision.ops.roi_align(x, [boxes], (2, 4), aligned=True)
        inner = torchvision.ops.roi_align(x, [boxes + 1], (2, 4), spatial_scale=0.7, aligned=False)
        return outer + inner


class Positive(nn.Module):
    """Those of twelve numbers that are above 0: nobody knows how many."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(12, 12, bias=False)
        nn.init.eye_(self.fc.weight)

    def forward(self, x):
        y = self.fc(x)[0]
        return y[torch.nonzero(y > 0)[:, 0]]


class Way(nn.Module):
    """Two ways that hang on the numbers, of which one reads what the other does not."""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = nn.Linear(4, 3)

    def forward(self, x):
        y = self.a(x)
        z = torch.tanh(y)
        if float(x.sum()) > 0:
            y = torch.relu(y) * 2
        elif float(x.sum()) < -100:
            y = z
        return self.b(y)


class WrittenInPart(Small):
    """Some channels of a picture written over, as detectors do with their boxes."""

    def forward(self, x):
        y = torch.sigmoid(self.a(x))
        y[:, 0:2] = torch.sort(y[:, 0:2], 1).values * 2 - 0.5
        return y.mean((2, 3))


class Batches(Small):
    """Pictures by a list, copied into a batch."""

    def forward(self, pictures: List[torch.Tensor]):
        batch = pictures[0].new_full([len(pictures), 3, 32, 32], 0)
        for i in range(len(pictures)):
            batch[i, :, :, :].copy_(pictures[i])
        return self.head(torch.relu(self.a(batch)))


class Answer(nn.Module):
    """An input, and what PyTorch and torchvision answer."""

    def __init__(self, network, inputs):
        super().__init__()
        self.register_buffer("x", inputs[0])
        self.register_buffer("y", network(*inputs).detach())

    def forward(self):
        return self.y


SMALL = {"regions": Regions, "regions-alone": RegionsAlone, "positive": Positive, "way": Way,
         "written-in-part": WrittenInPart, "batches": Batches, "inplace": InPlace, "renamed": Renamed, "through-a-view": ThroughAView,
         "under-a-view": UnderAView, "sliced": Sliced, "shared": Shared, "tied": Tied,
         "half-tied": HalfTied, "collides": Collides, "two-outputs": TwoOutputs,
         "same-twice": SameTwice, "aside": Aside, "double": Half, "branches": Branches,
         "by-numbers": ByNumbers, "plus": Plus, "cast": Cast, "computed": Computed,
         "dropped": Dropped, "normed": Normed, "flat": Flat,
         "padded": Padded, "activated": Activated, "resized": Resized, "constants": Constants,
         "recurrent": Recurrent, "last-state": LastState, "encoder": Encoder, "masked": Masked, "attention": Attention,
         "accumulator": Accumulator, "size-of-numbers": SizeOfNumbers, "constrained": Constrained,
         "mean-alone": MeanAlone, "first-of-two": FirstOfTwo, "two-inputs": TwoInputs, "u-net": UNet, "video": Video, "sound": Sound, "shuffled": Shuffled}
# What others than pictures take.
INPUTS = {"positive": lambda: (torch.tensor([[1.0, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6]]),),
          "way": lambda: (torch.randn(1, 4),),
          "recurrent": lambda: (torch.randint(0, 50, (1, 12)),),
          "last-state": lambda: (torch.randn(9, 1, 5),),
          "masked": lambda: (torch.randn(11, 1, 16),),
          "encoder": lambda: (torch.randn(11, 1, 16),),
          "first-of-two": lambda: (torch.randn(1, 4), torch.randn(1, 5)),
          "two-inputs": lambda: (torch.randn(1, 3, 32, 32), torch.randn(1, 10)),
          "video": lambda: (torch.randn(1, 3, 4, 16, 16),),
          "sound": lambda: (torch.randn(1, 4, 50),)}
SMALL.update(traced_networks.NETWORKS)
INPUTS.update(traced_networks.INPUTS)
TRAINED = {"dropped"}
WITHOUT_ONNX = {"regions", "regions-alone", "written-in-part", "accumulator", "size-of-numbers", "constrained", "mean-alone", "attention", "u-net", "shuffled", *INPUTS, "activated", "resized", "sliced", "double", "by-numbers", "plus", "cast", "computed",
                "dropped", "normed", "under-a-view", "through-a-view", "half-tied",
                "vit_b_16", "swin_t", "convnext_tiny", "shufflenet_v2_x1_0", "deeplabv3_mobilenet_v3_large", "lraspp_mobilenet_v3_large"}


class Segmentation(nn.Module):
    """The class of each pixel, which torchvision's networks give by name."""

    def __init__(self, build):
        super().__init__()
        self.m = build(weights=None, weights_backbone=None)

    def forward(self, x):
        return self.m(x)["out"]


class Detector(nn.Module):
    """The boxes of one picture, their scores and classes, row by row."""

    def __init__(self, build):
        super().__init__()
        # Untrained scores are all low.
        low = "score_thresh" if "ssd" in build.__name__ else "box_score_thresh"
        self.m = build(weights=None, weights_backbone=None, **{low: 0.0})
        # They are also all alike, and their order would hang on rounding.
        for name, module in self.m.named_modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)) and not name.startswith("backbone"):
                nn.init.normal_(module.weight, std=1.4 / module.weight[0].numel() ** 0.5)

    def forward(self, x):
        found = self.m([x[0]])[0]
        return torch.cat([found["boxes"], found["scores"][:, None], found["labels"][:, None].float()], 1)


def torchvision_network(name):
    if hasattr(torchvision.models.detection, name):
        return Detector(getattr(torchvision.models.detection, name))
    if hasattr(torchvision.models.segmentation, name):
        return Segmentation(getattr(torchvision.models.segmentation, name))
    build = getattr(torchvision.models, name)
    extra = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    return build(weights=None, **extra)


folder = pathlib.Path(sys.argv[1])
for name in sys.argv[2:]:
    torch.manual_seed(1)
    plain = name.removesuffix("-script").removesuffix("-answer")
    small = plain in SMALL
    network = SMALL[plain]() if small else torchvision_network(plain)
    network.train(plain in TRAINED)
    # Statistics and scales that differ from layer to layer, so that none can stand for another.
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and module.track_running_stats:
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.5, 2)
            if module.affine:
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.uniform_(module.bias, -0.1, 0.1)
        # A vision transformer's head begins with zeros, and so would its answers.
        if isinstance(module, nn.Linear) and not module.weight.any():
            nn.init.normal_(module.weight, std=0.1)
    detects = isinstance(network, Detector)
    size = 32 if small else 320 if detects else 224
    picture = torch.randn(1, 3, size, size, dtype=next(network.parameters(), torch.zeros(1)).dtype)
    inputs = INPUTS[plain]() if plain in INPUTS else (picture,)
    if name.endswith("-answer"):
        if detects:  # traced, torchvision suppresses all classes at once, which rounds otherwise
            network = torch.jit.trace(network, inputs, check_trace=False)
        torch.jit.script(Answer(network.eval(), inputs)).save(str(folder / f"{name}.pt"))
        continue
    if name.endswith("-script"):
        network = network.m if detects else network
        torch.jit.script(network).save(str(folder / f"{name}.pt"))
        continue
    with torch.set_grad_enabled(plain not in traced_networks.FAST):
        torch.jit.trace(network, inputs, check_trace=False).save(str(folder / f"{name}.pt"))
    if plain in WITHOUT_ONNX or detects:
        continue
    if not small:
        torch.onnx.export(network, picture, str(folder / f"{name}-folded.onnx"), opset_version=14)
    torch.onnx.export(network, picture, str(folder / f"{name}.onnx"), opset_version=14,
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
