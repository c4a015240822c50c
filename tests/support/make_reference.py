"""Writes a torchvision network's weights, one input, and its outputs at some layers into a folder.

Usage: make_reference.py MODEL FOLDER

FOLDER/layers.txt names the layers, as Papilio's graphs do. The weights are random, scaled such that no
layer's outputs die out or explode: an untrained MobileNetV2 ends in zeros, which any network would equal.
"""
import sys

import numpy
import torch
import torchvision
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

name, folder = sys.argv[1:3]
torch.manual_seed(7)
torch.set_num_threads(2)
model = getattr(torchvision.models, name)()
for module in model.modules():
    if hasattr(module, "inplace"):
        module.inplace = False  # else a layer's output is overwritten by the next
    if isinstance(module, torch.nn.Sequential):
        module.__class__ = torch.nn.Sequential  # tracing does not look into torchvision's own kinds


def normalised(module, inputs, output):
    """Scales a layer's weights so that its outputs have a deviation of one."""
    deviation = output.std()
    module.weight.data /= deviation
    module.bias.data /= deviation
    return output / deviation


with torch.no_grad():
    hooks = []
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.uniform_(0.5, 1.5)
            module.bias.uniform_(-0.3, 0.3)
            module.momentum = None  # running statistics are the mean of what was seen
        elif isinstance(module, torch.nn.LayerNorm):
            module.weight.uniform_(0.5, 1.5)
            module.bias.uniform_(-0.3, 0.3)
        elif isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            torch.nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                module.bias.uniform_(-0.1, 0.1)
                hooks.append(module.register_forward_hook(normalised))
    for parameter_name, parameter in model.named_parameters():
        last = parameter_name.rpartition(".")[2]
        if last == "layer_scale":
            parameter.uniform_(0.5, 1.5)
        elif last in ("class_token", "in_proj_bias"):
            parameter.uniform_(-0.3, 0.3)
        elif last == "pos_embedding":
            parameter.uniform_(-1, 1)
    model.train()
    for module in model.modules():
        if isinstance(module, (torch.nn.Dropout, torchvision.ops.StochasticDepth)):
            module.eval()
    model(torch.randn(4, 3, 224, 224))
    for hook in hooks:
        hook.remove()
    model.eval()

    image = torch.randn(1, 3, 224, 224)
    layers = open(f"{folder}/layers.txt").read().split()
    # This torchvision cannot trace vision transformers: their modules' outputs are taken.
    nodes = [] if name.startswith("vit") else get_graph_node_names(model)[1]

    def node_of(layer):
        """The traced name of a layer: a block's one ReLU module is called several times."""
        prefix, _, last = layer.rpartition(".")
        dot = prefix + "." if prefix else ""
        if last in ("relu1", "relu2", "relu3"):
            return dot + {"relu1": "relu", "relu2": "relu_1", "relu3": "relu_2"}[last]
        if last == "concat":
            return dot + "cat"
        if layer == "input":
            return "x"
        if layer == "avgpool" and layer not in nodes:
            return "adaptive_avg_pool2d"
        return layer

    def outputs_of_modules():
        """Outputs of the modules that end with a layer: a sum ends its block, or the stem."""
        modules = dict(model.named_modules())
        outputs = {}
        for layer in layers:
            prefix, _, last = layer.rpartition(".")
            module = prefix if last == "add_1" else "encoder.dropout" if layer == "encoder.add" else layer

            def keep(_, inputs, output, layer=layer):
                outputs[layer] = output

            modules[module].register_forward_hook(keep)
        model(image)
        return outputs

    if nodes:
        outputs = create_feature_extractor(model, {node_of(layer): layer for layer in layers})(image)
    else:
        outputs = outputs_of_modules()
    for layer in layers:
        output = outputs[layer]
        assert 0.1 <= output.abs().max() <= 100, (layer, output.abs().max())
        numpy.save(f"{folder}/{layer}.npy", output.numpy())
    numpy.save(f"{folder}/input.npy", image.numpy())
    # The layers of Papilio's graphs that project queries, keys and values have names of their own.
    weights = {key.replace(".in_proj_", ".in_proj."): value for key, value in model.state_dict().items()}
    torch.save(weights, f"{folder}/weights.pt")
