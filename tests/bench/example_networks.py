"""Writes the TorchScript archives that four networks of profiles/models were imported from: lstm-tagger,
command-encoder, picture-and-facts and three-exits. example_networks.py FOLDER
"""

import pathlib
import sys

import torch
from torch import nn


class Tagger(nn.Module):
    """A sentence of words to a tag for each: embeddings, two layers of LSTM both ways, a linear layer."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(20_000, 128)
        self.lstm = nn.LSTM(128, 256, num_layers=2, bidirectional=True, batch_first=True)
        self.tags = nn.Linear(512, 45)

    def forward(self, words):
        hidden, _ = self.lstm(self.words(words))
        return self.tags(hidden)


class Encoder(nn.Module):
    """Frames of sound to one of twelve commands, through four layers of a transformer's encoder."""

    def __init__(self):
        super().__init__()
        self.frames = nn.Linear(80, 192)
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(192, 3, 768, batch_first=True), 4)
        self.command = nn.Linear(192, 12)

    def forward(self, frames):
        return self.command(self.encoder(self.frames(frames)).mean(1))


def halving(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.BatchNorm2d(outputs), nn.ReLU())


class PictureAndFacts(nn.Module):
    """A picture and sixteen numbers beside it, to one of ten classes."""

    def __init__(self):
        super().__init__()
        self.picture = nn.Sequential(halving(3, 32), halving(32, 64), halving(64, 128), halving(128, 256),
                                     nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.facts = nn.Sequential(nn.Linear(16, 256), nn.ReLU())
        self.head = nn.Sequential(nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10))

    def forward(self, picture, facts):
        return self.head(torch.cat([self.picture(picture), self.facts(facts)], 1))


def stage(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2))


def way_out(channels):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 100))


class Exits(nn.Module):
    """Three exits after stages of convolutions, each a classifier; the last one is answered first."""

    def __init__(self):
        super().__init__()
        self.stage1 = stage(3, 64)
        self.stage2 = stage(64, 128)
        self.stage3 = nn.Sequential(stage(128, 256), stage(256, 512))
        self.exit1 = way_out(64)
        self.exit2 = way_out(128)
        self.exit3 = way_out(512)

    def forward(self, x):
        early = self.stage1(x)
        later = self.stage2(early)
        return self.exit3(self.stage3(later)), self.exit1(early), self.exit2(later)


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.manual_seed(1)
    networks = {
        "lstm-tagger": (Tagger(), torch.zeros(1, 40, dtype=torch.long)),
        "command-encoder": (Encoder(), torch.randn(1, 98, 80)),
        "picture-and-facts": (PictureAndFacts(), torch.randn(1, 3, 128, 128), torch.randn(1, 16)),
        "three-exits": (Exits(), torch.randn(1, 3, 64, 64)),
    }
    for name, (network, *inputs) in networks.items():
        torch.jit.trace(network.eval(), inputs, check_trace=False).save(str(folder / f"{name}.pt"))


main()
