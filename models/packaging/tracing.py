"""A substitute network for the exporter to trace: the same numbers in less time.

The exporter runs a network twice with symbolic sizes, and spends nearly half of its time on those
of batch norms and clamps.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from onnxscript import opset18
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from models.architectures.inverted_residual import ConvNorm, DepthwiseNorm


def traceable(network: nn.Module) -> nn.Module:
    """Return a copy of a network in evaluation mode, with norms of inverted residuals folded into
    the convolutions and each ReLU6 as one operator; the exporter needs :data:`TRANSLATIONS`."""
    copy = deepcopy(network)
    for parent in list(copy.modules()):
        if isinstance(parent, ConvNorm | DepthwiseNorm):
            parent.conv = fuse_conv_bn_eval(parent.conv, parent.norm)
            parent.norm = nn.Identity()  # type: ignore[assignment]
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.ReLU6):
                setattr(parent, name, _ReLU6())
            elif getattr(child, "inplace", False):  # in place takes twice the time
                child.inplace = False  # type: ignore[assignment]
    return copy


@torch.library.custom_op("sonoloop::relu6", mutates_args=())
def _relu6(image: Tensor) -> Tensor:
    return image.clamp(0, 6)


@_relu6.register_fake
def _(image: Tensor) -> Tensor:
    return torch.empty_like(image)


class _ReLU6(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        clipped: Tensor = torch.ops.sonoloop.relu6(image)
        return clipped


def _clip(image: Any) -> Any:
    zero = opset18.Constant(value_float=0.0)
    return opset18.Clip(image, zero, opset18.Constant(value_float=6.0))


TRANSLATIONS: dict[Any, Callable[..., Any]] = {torch.ops.sonoloop.relu6.default: _clip}
"""ONNX operators for PyTorch's custom ones, in the form that `torch.onnx.export` takes."""
