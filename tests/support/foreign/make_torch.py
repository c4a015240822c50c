"""Makes torch.json and torch-named.json: /usr/bin/python3 tests/support/foreign/make_torch.py (PyTorch 1.13.1 of Debian 12).

The network is models/tiny.yaml.  torch.json has nine steps of bare operations, torch-named.json four with an
annotation around each layer.  Debian's PyTorch has no Kineto: its traces are a bare list without categories."""

import json
import pathlib

import torch
from torch.profiler import ProfilerActivity, profile, record_function, schedule

torch.manual_seed(1)
torch.set_num_threads(1)


class Body(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(8, 8, 3, stride=2, padding=1)
        self.relu = torch.nn.ReLU()

    def forward(self, x):
        return self.relu(self.conv(x))


class Tiny(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 8, 3, padding=1)
        self.relu1 = torch.nn.ReLU()
        self.layer1 = torch.nn.Sequential(Body())
        self.fc = torch.nn.Linear(8 * 8 * 8, 10)

    def forward(self, x):
        x = self.layer1(self.relu1(self.conv1(x)))
        return self.fc(torch.flatten(x, 1))


def annotated(net):
    """Opens an annotation of the layer's name before each module without modules, closes it behind."""
    for name, module in net.named_modules():
        if list(module.children()):
            continue
        module.register_forward_pre_hook(
            lambda m, _, name=name: setattr(m, "span", record_function(name)) or m.span.__enter__() and None)
        module.register_forward_hook(lambda m, _, out: m.span.__exit__(None, None, None))
    return net


def trace(net, runs, file, **options):
    picture = torch.randn(1, 3, 16, 16)
    with torch.no_grad(), profile(activities=[ProfilerActivity.CPU],
                                  schedule=schedule(wait=0, warmup=3, active=runs, repeat=1),
                                  on_trace_ready=lambda p: p.export_chrome_trace(str(file)), **options) as p:
        for _ in range(3 + runs):
            net(picture)
            p.step()
    file.write_text("[\n" + ",\n".join(map(json.dumps, json.loads(file.read_text()))) + "\n]\n")


here = pathlib.Path(__file__).parent
trace(Tiny().eval(), 9, here / "torch.json")
trace(annotated(Tiny().eval()), 4, here / "torch-named.json")
