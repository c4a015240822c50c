"""Networks whose programs have operations that take an importer several layers, or thought.

Each class is one of make_networks.py's small networks; INPUTS has what it takes, FAST those that are traced
without gradients, as whoever measures them does: PyTorch then makes one operation of a layer of a transformer.
"""

import torch
from torch import nn
from torch.nn import functional as F


class FastEncoder(nn.Module):
    """Two encoder layers, each one operation; normed behind, with ReLU."""

    def __init__(self, **extra):
        super().__init__()
        layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, **extra)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.fc = nn.Linear(16, 5)
        for parameter in self.parameters():  # norms and biases other than they begin
            nn.init.normal_(parameter, 0.1, 0.3)

    def forward(self, x):
        return self.fc(self.layers(x).mean(1))


class FastNormFirst(FastEncoder):
    def __init__(self):
        super().__init__(norm_first=True, activation="gelu")


class FastMasked(FastEncoder):
    """Each place sees those before it."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mask", torch.triu(torch.ones(11, 11, dtype=torch.bool), 1))

    def forward(self, x):
        return self.fc(self.layers(x, self.mask)[:, -1])


class FastPadded(FastEncoder):
    """The last three places are padding."""

    def __init__(self):
        super().__init__()
        self.register_buffer("padding", torch.arange(11)[None] >= 8)

    def forward(self, x):
        return self.fc(self.layers(x, src_key_padding_mask=self.padding)[:, 0])


class FastWords(FastEncoder):
    """Words, of which those that are 0 are padding."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(30, 16)

    def forward(self, ids):
        return self.fc(self.layers(self.words(ids), src_key_padding_mask=ids == 0).amax(1))


class FastAttention(nn.Module):
    """Attention to itself, whose shares are read too."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(16, 4, batch_first=True)
        self.fc = nn.Linear(16, 5)
        nn.init.normal_(self.attention.in_proj_bias)

    def forward(self, x):
        y, shares = self.attention(x, x, x)
        return self.fc(shares.transpose(1, 2) @ y)


class DotProduct(nn.Module):
    """LibTorch's own attention between queries and keys, with a mask of truth values and a causal one."""

    def __init__(self):
        super().__init__()
        self.q = nn.Linear(16, 16)
        self.k = nn.Linear(16, 16)
        self.register_buffer("seen", torch.rand(11, 11) > 0.3)
        self.seen[:, 0] = True

    def forward(self, x):
        def heads(y):
            return y.reshape(y.size(0), 11, 4, 4).transpose(1, 2)
        q, k, v = heads(self.q(x)), heads(self.k(x)), heads(x)
        y = torch._C._nn._scaled_dot_product_attention(q, k, v, self.seen)[0]
        y = torch._C._nn._scaled_dot_product_attention(y, k, v, None, 0.0, False, True)[0]
        return y.transpose(1, 2).flatten(2)


class TiedWords(nn.Module):
    """Words to words: a table that the last layer has too, with a bias of its own."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(20, 8)
        self.decoder = nn.Linear(8, 20)
        self.decoder.weight = self.words.weight

    def forward(self, ids):
        return self.decoder(torch.tanh(self.words(ids)))


class Written(nn.Module):
    """Parts of tensors written over, of a network's and of fresh ones."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3, padding=1)
        self.register_buffer("noise", torch.randn(4, 10))

    def forward(self, x):
        y = self.a(x)
        third = y[:, 3]  # stays what it is when others are written to
        y[:, 0] = 0.5
        y[:, 1:3] = x[:, 0:2] * 2
        y[:, 4] = third
        y[:, 5, 2] += 1
        y[:, 6, :, 0::3] *= 2
        y[:, 7, 4:8, 2:12] = self.noise
        out = torch.zeros(x.size(0), 16, 12, 12)
        out[:, 0::2] = y
        out[:, 1:8:2] = torch.relu(y[:, 4:])
        z = out[:, :, 2]
        out[:, 15, :, 3].zero_()
        turned = torch.zeros(x.size(0), 12, 16)
        turned.transpose(1, 2)[:, 3:5] = out[:, 0:2, 1]
        return out.mean(3) + turned.transpose(1, 2)


class Windows(nn.Module):
    """Padding by a word, transposed convolutions along one and three axes, statistics without a scale."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 4, padding="same", dilation=2)
        self.n = nn.BatchNorm2d(8, affine=False)
        self.i = nn.InstanceNorm2d(8, affine=True, track_running_stats=True)
        self.b = nn.Conv1d(8, 6, 2, padding="same")
        self.up = nn.ConvTranspose1d(6, 4, 5, stride=3, padding=1, output_padding=2, groups=2)
        self.c = nn.ConvTranspose3d(4, 2, (1, 2, 3), stride=(1, 2, 1))
        for norm in (self.n, self.i):
            norm.running_mean.uniform_(-0.5, 0.5)
            norm.running_var.uniform_(0.5, 2)

    def forward(self, x):
        y = self.up(self.b(self.i(torch.relu(self.n(self.a(x)))).mean(3)))
        return self.c(y[:, :, None, None])


class Alone(nn.Module):
    """Pictures and vectors without a batch."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3)
        self.up = nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.fc = nn.Linear(4, 6)
        self.out = nn.Linear(6, 5, bias=False)

    def forward(self, x):
        y = F.max_pool2d(torch.relu(self.a(x[0])), 2)
        y = F.adaptive_max_pool2d(F.avg_pool2d(self.up(y), 2), 3)
        y = F.adaptive_avg_pool2d(y, 1).flatten()
        y = torch.tanh(self.fc(y))
        return (self.out(y) + self.out.weight @ y).unsqueeze(0)


class OneSample(nn.Module):
    """A picture and a vector's worth of answers, none with a batch."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3)
        self.lstm = nn.LSTM(8, 6)
        self.fc = nn.Linear(6, 4)

    def forward(self, x):
        y = F.avg_pool2d(torch.relu(self.a(x)), (14, 2))
        y, _ = self.lstm(y[:, 0].t())
        return F.softmax(self.fc(y[-1]), 0)


class States(nn.Module):
    """The last states of two layers, and an LSTM's cells."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(5, 6, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(12, 7, num_layers=2, batch_first=True)
        self.cells = nn.LSTM(7, 4, batch_first=True)

    def forward(self, x):
        y, (h, c) = self.lstm(x)
        z, states = self.gru(y)
        _, (_, cells) = self.cells(z)
        return torch.cat([h[-1], h[0], c[1], states[-1], cells[0]], 1)


class Cells(nn.Module):
    """Recurrent networks a step at a time."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTMCell(5, 6)
        self.gru = nn.GRUCell(6, 4)
        self.rnn = nn.RNNCell(4, 3, nonlinearity="relu", bias=False)

    def forward(self, x):
        h = torch.zeros(x.size(0), 6)
        c = torch.zeros(x.size(0), 6)
        g = torch.zeros(x.size(0), 4)
        r = torch.ones(x.size(0), 3)
        steps = []
        for i in range(x.size(1)):
            h, c = self.lstm(x[:, i], (h, c))
            g = self.gru(h, g)
            r = self.rnn(g, r)
            steps.append(r)
        return torch.cat([torch.stack(steps, 1).flatten(1), c], 1)


class Compares(nn.Module):
    """Comparisons and what joins them, extremes and their places."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(12, 12)
        self.words = nn.Embedding(12, 4)

    def forward(self, x):
        y = self.fc(x)
        either = ((y >= 0.25) & (x <= 0.5)) | ~(y > x) | (y != y.max(2, keepdim=True)[0])
        neither = torch.logical_not(torch.logical_and(y, x > 0))
        z = torch.where(either, y, x * neither)
        values, places = z.max(1)
        least = z.min(2, keepdim=True)[1]
        rows = self.words(z.argmax(2)) + self.words(places)[:, :5]
        return rows.sum(2) + values[:, :5] + least.squeeze(2) + z.min() + z.argmin()


class Ranks(nn.Module):
    """The greatest and the least, and where they are."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(12, 12)

    def forward(self, x):
        y = self.fc(x)
        values, places = y.topk(3, 2)
        least, rows = y.topk(2, 1, largest=False)
        return torch.cat([values * (places + 1), y.topk(1)[0], (least * rows).sum(1)[:, :5, None]], 2)


class Statistics(nn.Module):
    """Deviations, norms, sums along an axis, and functions that take several layers."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(12, 12)

    def forward(self, x):
        y = self.fc(x)
        z = (y - y.mean(2, keepdim=True)) / (y.std(2, keepdim=True) + 0.1)
        z = z + y.var((1, 2), unbiased=False)[:, None, None] + y.norm() + F.normalize(y, dim=1)
        z = z + y.norm(1, 2, keepdim=True) + torch.linalg.vector_norm(y, float("inf"), 1, True)
        z = z + torch.cumsum(y, 1) + torch.cumsum(y, 2) + torch.logsumexp(y, 2, keepdim=True)
        z = z + torch.log1p(y.abs()) + torch.expm1(y) + F.logsigmoid(y) + torch.sign(y)
        z = z + torch.round(y * 4) + torch.ceil(y) + y // 0.3 + y % 0.3
        return F.glu(z, 2) + F.glu(z.transpose(1, 2), 1).transpose(1, 2)


class Ties(nn.Module):
    """Halves, which are rounded to the even number, and the first of two that are greatest."""

    def forward(self, x):
        y = torch.floor(x * 2) / 2
        return torch.round(y) + y.clamp(-0.5, 0.5).max(1, keepdim=True)[1]


class Places(nn.Module):
    """Places in another order, repeated, turned, shuffled, and larger pictures."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3, padding=1)
        self.register_buffer("order", torch.tensor([3, 0, 0, 7, 5, 1, 2, 6]))
        self.register_buffer("some", torch.tensor([True, False] * 4))

    def forward(self, x):
        y = self.a(x)
        z = y[:, self.order] + y.flip(1, 3) + torch.index_select(y, 2, torch.arange(12) // 2)
        z = z + y[:, self.some].repeat(1, 2, 1, 1) + y[:, :4].repeat_interleave(2, 1)
        z = z + torch.gather(y, 1, self.order.flip(0)[None, :, None, None].expand(1, 8, 12, 12))
        z = z + F.channel_shuffle(y, 4) + y.movedim(1, 3).swapaxes(3, 1).transpose(2, 3)
        big = F.pixel_shuffle(z, 2)
        small = F.pixel_unshuffle(F.interpolate(big, size=(10, 18), mode="bicubic"), 2)
        row = small.flatten(2)
        row = F.interpolate(row, scale_factor=2.0, mode="linear") + F.interpolate(row, size=90)
        return row.tile(2, 1) + F.interpolate(row, size=(90,), mode="linear", align_corners=True).tile(2, 1)


class Letters(nn.Module):
    """Sums over letters, outer products, vectors."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(4, 6, 3))
        self.v = nn.Parameter(torch.randn(5))

    def forward(self, x):
        y = torch.einsum("nti, hij -> nhtj", x.view(x.size(0), 5, 6), self.w)
        scores = torch.einsum("nhtj,nhsj->nhts", y, y)
        z = torch.einsum("nhts,nhsj->nthj", scores.softmax(-1), y)
        z = z * torch.einsum("nhtj,nhtj", y, y) if False else z + torch.einsum("nthj,t->nhj", z, self.v)[:, None]
        u = z.mean((0, 2, 3))
        return z.flatten(2) + torch.outer(u, u)[:, :1] + u @ self.v + (y @ torch.ones(3)).sum()


class Lists(nn.Module):
    """Lists of tensors, put together and taken apart, as scripts do."""

    def __init__(self):
        super().__init__()
        self.a = nn.ModuleList([nn.Linear(6, 6) for _ in range(3)])

    def forward(self, x):
        made = [x]
        for layer in self.a:
            made += [torch.relu(layer(made[-1]))]
        last = made[1:] + [x]
        halves = [y * 0.5 for y in last]
        return torch.stack(halves[::2], 1).sum(1) + halves[-1]


class Doubles(nn.Module):
    """Numbers of 64 bits, which the program asks for."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 6)
        self.double()

    def forward(self, x):
        return self.fc(x.to(torch.float64))


def sequence():
    return (torch.randn(1, 11, 16),)


NETWORKS = {"fast-encoder": FastEncoder, "fast-norm-first": FastNormFirst, "fast-masked": FastMasked,
            "fast-padded": FastPadded, "fast-words": FastWords, "fast-attention": FastAttention, "dot-product": DotProduct,
            "tied-words": TiedWords, "written": Written, "windows": Windows, "alone": Alone, "one-sample": OneSample,
            "states": States, "cells": Cells, "compares": Compares, "ranks": Ranks, "statistics": Statistics, "ties": Ties,
            "places": Places, "letters": Letters, "lists": Lists, "doubles": Doubles}
INPUTS = {**{name: sequence for name in NETWORKS if name.startswith("fast-")}, "dot-product": sequence,
          "fast-words": lambda: (torch.randint(0, 30, (1, 11)),),
          "tied-words": lambda: (torch.randint(0, 20, (1, 7)),),
          "written": lambda: (torch.randn(1, 3, 12, 12),),
          "windows": lambda: (torch.randn(1, 3, 12, 12),),
          "places": lambda: (torch.randn(1, 3, 12, 12),),
          "alone": lambda: (torch.randn(1, 3, 16, 16),),
          "one-sample": lambda: (torch.randn(3, 16, 16),),
          "states": lambda: (torch.randn(1, 7, 5),),
          "cells": lambda: (torch.randn(1, 4, 5),),
          "compares": lambda: (torch.randn(1, 5, 12),),
          "ranks": lambda: (torch.randn(1, 5, 12),),
          "statistics": lambda: (torch.randn(1, 5, 12),),
          "ties": lambda: (torch.randn(1, 30),),
          "letters": lambda: (torch.randn(1, 30),),
          "lists": lambda: (torch.randn(1, 6),),
          "doubles": lambda: (torch.randn(1, 6),)}
FAST = {name for name in NETWORKS if name.startswith("fast-")}
