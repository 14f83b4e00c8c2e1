"""The networks in PyTorch: EfficientNet-Lite0, and the linear head on its features.

B pictures, C channels, H x W pixels. A picture comes as uint8 RGB values 0..255 in float32, channel last, as a camera
gives it; the normalisation is the network's own first step, so that nobody can forget it.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from trivium.vision.backbone import efficientnet
from trivium.vision.backbone.efficientnet import MEAN, SCALE, Conv, same_padding


class Convolution(nn.Module):
    """A convolution with TensorFlow's padding, and ReLU6 where the layer has one."""

    def __init__(self, layer: Conv) -> None:
        super().__init__()
        self.layer = layer
        self.conv = nn.Conv2d(layer.inputs, layer.outputs, layer.kernel, layer.stride, groups=layer.groups)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (B, C, H, W)
        height, width = (same_padding(size, self.layer.kernel, self.layer.stride) for size in x.shape[2:])
        if any((*height, *width)):
            x = F.pad(x, (*width, *height))
        x = self.conv(x)
        return F.relu6(x) if self.layer.relu else x


class Backbone(nn.Module):
    """EfficientNet-Lite0 without its classifier: pictures in, 1,280 features each out."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Convolution(layer) for layer in efficientnet.layers())

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        x = (pictures.permute(0, 3, 1, 2) - MEAN) / SCALE  # (B, 3, H, W)
        return self.pooled(self.run(x, 0, len(self.layers)))

    def run(self, x: torch.Tensor, first: int, last: int) -> torch.Tensor:
        """Layers first..last-1; `first` must be where a block begins."""
        block_input = x
        for module in self.layers[first:last]:
            assert isinstance(module, Convolution)
            if module.layer.begins_block:
                block_input = x
            x = module(x)
            if module.layer.adds_input:
                x = x + block_input
        return x

    def pooled(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3))  # (B, 1280)


def load_backbone(network: Backbone, weights: dict[str, efficientnet.Floats]) -> Backbone:
    """Fill the network with folded weights by name."""
    with torch.no_grad():
        for module in network.layers:
            assert isinstance(module, Convolution) and module.conv.bias is not None
            module.conv.weight.copy_(torch.from_numpy(weights[f"{module.layer.name}.weight"]))
            module.conv.bias.copy_(torch.from_numpy(weights[f"{module.layer.name}.bias"]))
    return network


def pretrained_backbone() -> Backbone:
    """The backbone as it comes."""
    return load_backbone(Backbone(), efficientnet.pretrained()).eval()
