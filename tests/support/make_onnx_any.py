"""Writes ONNX files of networks other than of one picture, and what PyTorch computes with them.

make_onnx_any.py FOLDER: NAME.onnx, and NAME.npz with the inputs "0", "1", ... and the output "y". Prints
each name with how many parameters PyTorch counts. Each network does what other exporters' do not.
"""

import pathlib
import sys
import warnings

import numpy
import torch
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")


class Of(nn.Module):
    """A function of named modules and inputs."""

    def __init__(self, function, **modules):
        super().__init__()
        self.function = function
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, *inputs):
        return self.function(self, *inputs)


class Encoder(nn.TransformerEncoderLayer):
    """Without the one operation that replaces it in evaluation, which is not exported."""

    def forward(self, x):
        x = self.norm1(x + self._sa_block(x, None, None))
        return self.norm2(x + self._ff_block(x))


class Words(nn.Module):
    """Of words, which of them count, and which sentence they are of, as BERT takes them."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(50, 8)
        self.sentences = nn.Embedding(2, 8)
        self.places = nn.Parameter(torch.randn(1, 6, 8))
        self.query, self.key, self.value = (nn.Linear(8, 8) for _ in range(3))
        self.norm = nn.LayerNorm(8)
        self.fc = nn.Linear(8, 3)

    def heads(self, x):
        return x.view(1, 6, 2, 4).permute(0, 2, 1, 3)

    def forward(self, words, mask, sentences):
        x = self.norm(self.words(words) + self.sentences(sentences) + self.places)
        hidden = (1.0 - mask[:, None, None, :].float()) * -10000.0
        scores = self.heads(self.query(x)) @ self.heads(self.key(x)).transpose(-1, -2) / 2.0 + hidden
        y = (scores.softmax(-1) @ self.heads(self.value(x))).permute(0, 2, 1, 3).reshape(1, 6, 8)
        return self.fc(y[:, 0])


class Predictor(nn.Module):
    """Of the next word, as GPT: none looks ahead, by a stored mask."""

    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(20, 8), nn.Embedding(16, 8)
        self.norm, self.all, self.out = nn.LayerNorm(8), nn.Linear(8, 24), nn.Linear(8, 20, bias=False)
        self.register_buffer("mask", torch.tril(torch.ones(16, 16)).view(1, 1, 16, 16))

    def forward(self, words):
        n = words.size(1)
        x = self.words(words) + self.places(torch.arange(n).unsqueeze(0))
        q, k, v = (part.view(1, n, 2, 4).transpose(1, 2) for part in self.all(self.norm(x)).split(8, 2))
        scores = (q @ k.transpose(-2, -1)).masked_fill(self.mask[:, :, :n, :n] == 0, float("-inf"))
        return self.out(x + (F.softmax(scores, -1) @ v).transpose(1, 2).reshape(1, n, 8))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 8, 3, padding=1)
        self.up = nn.ConvTranspose2d(8, 4, 2, 2)
        self.down = nn.Conv2d(4, 4, 3, 2, 1)
        self.up_again = nn.ConvTranspose2d(4, 4, 3, 2, 1, output_padding=1, groups=2)
        self.out = nn.Conv2d(8, 2, (3, 1), padding=(1, 0))

    def forward(self, x):
        a = F.relu(self.a(x))
        b = F.relu(self.b(F.max_pool2d(a, 2)))
        return self.out(torch.cat([a, self.up(b)], 1)) + self.up_again(self.down(a))[:, :2]


def elements(_, x):
    y = x * x + 1
    y = torch.where(x > 0.1, torch.exp(x.clamp(-1, 0.7)), x.abs().add(1).log()) + torch.sin(x) * torch.cos(x)
    y = y + x.floor() - (-x).pow(2) + (x * x + 1).sqrt() + (x * x + 1).reciprocal() + torch.erf(x)
    y = y + torch.minimum(x, x * 2) + torch.maximum(x, x * x) + x / (x * x + 1) + 2.0 / (x * x + 1)
    return y + (x >= 0.5).float() + (x == x).float() * F.gelu(x)


def views(_, x):
    a = x[:, :, 1:4, ::2].transpose(1, 2).reshape(1, 9, -1).unsqueeze(2).squeeze(2)
    b = x.chunk(2, 3)[1].permute(0, 3, 2, 1)[:, :, :3, 0:1].expand(-1, -1, -1, 3).reshape(1, 9, -1)
    x = F.pad(F.pad(x, (1, 2, 0, 1), mode="reflect"), (1, 0, 2, 0), mode="replicate")
    x = F.pixel_shuffle(torch.cat([F.pad(x, (1, 1, 1, 1), value=2.5), x.new_ones(1, 1, 10, 12)], 1), 2)
    return torch.cat([torch.cat([a, b], -1).mean(1), x.mean((1, 2)), x.sum((1, 3)), x.amax((2, 3)), x[:, 0, :, 3]], 1)


def networks():
    """By name: the network, its inputs, and the version of the operations."""
    words = torch.randint(0, 20, (1, 6))
    mask = torch.tensor([[1, 1, 1, 1, 0, 0]])
    norms = nn.Sequential(
        *(nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 8), nn.InstanceNorm2d(8)),
        *(nn.InstanceNorm2d(8, affine=True), nn.PReLU(), nn.LogSoftmax(1)),
    )
    both = dict(num_layers=2, bidirectional=True, batch_first=True)
    return {
        "lstm": (
            Of(lambda s, x: s.fc(s.r(x)[0][:, -1]), r=nn.LSTM(5, 7, **both), fc=nn.Linear(14, 3)),
            [(1, 6, 5)],
            13,
        ),
        "lstm-last": (Of(lambda s, x: s.r(x)[1][0], r=nn.LSTM(5, 7, bidirectional=True)), [(6, 1, 5)], 13),
        "gru": (Of(lambda s, x: s.r(x)[0], r=nn.GRU(5, 7, **both)), [(1, 6, 5)], 11),
        "rnn": (Of(lambda s, x: s.r(x)[0], r=nn.RNN(5, 7, nonlinearity="relu", bias=False)), [(6, 1, 5)], 13),
        "encoder": (Encoder(16, 4, 32, batch_first=True, activation="gelu"), [(1, 9, 16)], 13),
        "encoder-17": (Encoder(16, 4, 32, batch_first=True), [(1, 9, 16)], 17),
        "decoder": (nn.TransformerDecoderLayer(16, 4, 32, batch_first=True), [(1, 5, 16), (1, 7, 16)], 13),
        "words": (Words(), [words, mask, torch.tensor([[0, 0, 0, 1, 1, 1]])], 13),
        "predictor": (Predictor(), [words], 14),
        "two-inputs": (
            Of(
                lambda s, a, b: s.fc(torch.cat([s.a(a).flatten(1), F.relu(s.b(b))], 1)),
                a=nn.Conv2d(3, 2, 3),
                b=nn.Linear(5, 4),
                fc=nn.Linear(40, 2),
            ),
            [(1, 3, 5, 8), (1, 5)],
            13,
        ),
        "sequence": (
            nn.Sequential(
                *(nn.Conv1d(3, 8, 5, stride=2, padding=2), nn.BatchNorm1d(8), nn.PReLU(8), nn.MaxPool1d(2)),
                *(nn.Conv1d(8, 4, 3, dilation=2, groups=2), nn.ConvTranspose1d(4, 2, 4, 3, 1)),
                *(nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(2, 2)),
            ),
            [(1, 3, 32)],
            13,
        ),
        "video": (
            nn.Sequential(
                *(nn.Conv3d(2, 4, (1, 3, 5), stride=(1, 2, 1), padding=(0, 1, 2)), nn.BatchNorm3d(4), nn.ReLU()),
                *(nn.MaxPool3d((1, 2, 2)), nn.AvgPool3d((2, 1, 1)), nn.Conv3d(4, 3, 2), nn.AdaptiveMaxPool3d(1)),
                *(nn.Flatten(), nn.Linear(3, 2)),
            ),
            [(1, 2, 4, 16, 8)],
            13,
        ),
        "unet": (UNet(), [(1, 3, 16, 12)], 13),
        "norms": (norms, [(1, 3, 8, 9)], 13),
        "norms-unfolded": (norms, [(1, 3, 8, 9)], 13),
        "gru-unfolded": (Of(lambda s, x: s.r(x)[0], r=nn.GRU(5, 7, **both)), [(1, 6, 5)], 13),
        "elements": (Of(elements), [(1, 3, 4, 5)], 13),
        "views": (Of(views), [(1, 3, 5, 6)], 13),
        "equation": (Of(lambda _, a, b: torch.einsum("bhid,bjhd->bihj", a, b)), [(1, 2, 3, 4), (1, 5, 2, 4)], 13),
        "twice": (Of(lambda s, x: s.fc(F.relu(s.fc(x))), fc=nn.Linear(6, 6)), [(1, 3, 6)], 13),
    }


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.manual_seed(16)
    for name, (network, inputs, version) in networks().items():
        network.eval()
        with torch.no_grad():
            for tensor in network.parameters():  # what all networks begin with tells nothing
                tensor.add_(0.1 * torch.randn(tensor.shape))
            for key, tensor in network.named_buffers():
                if "running" in key:
                    tensor.uniform_(0.5, 1.5)
        inputs = tuple(torch.randn(one) if isinstance(one, tuple) else one for one in inputs)
        with torch.no_grad():
            output = network(*inputs)
        options = dict(opset_version=version, training=torch.onnx.TrainingMode.PRESERVE)
        torch.onnx.export(
            network, inputs, folder / f"{name}.onnx", do_constant_folding=not name.endswith("-unfolded"), **options
        )
        arrays = {str(i): one.numpy().astype("float32") for i, one in enumerate(inputs)}
        numpy.savez_compressed(folder / f"{name}.npz", y=output.numpy(), **arrays)
        print(name, sum(tensor.numel() for tensor in network.parameters()))


if __name__ == "__main__":
    main()
