"""Depthwise convolution whose gradients are fast on a CPU.

oneDNN computes the gradients of dilated, strided and 5×5 depthwise convolutions many times slower
than the convolution itself, most of all in bfloat16. Fast operations give the same numbers: the
gradient of the input is a convolution of the output's gradient with the flipped kernel (Dumoulin
and Visin, "A guide to convolution arithmetic for deep learning", 2016, chapter 4), and that of the
kernel is assembled from undilated 3×3 ones, or computed in float32. `python -m bench.training`
measures the gain.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional


class DepthwiseConv2d(nn.Conv2d):
    """One square kernel per channel, without bias; [N,C,H,W] to [N,C,H',W'].

    Args:
        channels: C.
        kernel: side of the kernel, odd.
        stride: H' is H / stride, rounded up.
        dilation: dilation of the kernel.
    """

    def __init__(self, channels: int, kernel: int, *, stride: int = 1, dilation: int = 1) -> None:
        super().__init__(
            channels,
            channels,
            kernel,
            stride=stride,
            padding=dilation * (kernel - 1) // 2,
            dilation=dilation,
            groups=channels,
            bias=False,
        )

    def forward(self, features: Tensor) -> Tensor:
        if not self.training or features.device.type != "cpu":
            return super().forward(features)
        out: Tensor = _Depthwise.apply(  # type: ignore[no-untyped-call]
            features, self.weight, self.stride[0], self.dilation[0]
        )
        return out


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, stride: int, dilation: int) -> Tensor:
        ctx.save_for_backward(features, weight)
        ctx.stride, ctx.dilation = stride, dilation
        padding = dilation * (weight.shape[-1] - 1) // 2
        return functional.conv2d(
            features, weight, None, stride, padding, dilation, groups=len(weight)
        )

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        features, weight = ctx.saved_tensors
        of_features, of_weight, *_ = ctx.needs_input_grad
        return (
            _gradient_of_features(gradient, features, weight, ctx.stride, ctx.dilation)
            if of_features
            else None,
            _gradient_of_weight(gradient, features, weight, ctx.stride, ctx.dilation)
            if of_weight
            else None,
            None,
            None,
        )


def _gradient_of_features(
    gradient: Tensor, features: Tensor, weight: Tensor, stride: int, dilation: int
) -> Tensor:
    if stride > 1:
        apart = torch.empty_like(features, memory_format=torch.channels_last).zero_()
        apart[:, :, ::stride, ::stride] = gradient
        gradient = apart
    padding = dilation * (weight.shape[-1] - 1) // 2
    flipped = weight.flip(2, 3).to(gradient.dtype)
    out = functional.conv2d(gradient, flipped, None, 1, padding, dilation, groups=len(weight))
    return out.to(features.dtype)


def _gradient_of_weight(
    gradient: Tensor, features: Tensor, weight: Tensor, stride: int, dilation: int
) -> Tensor:
    if stride == 1 and not any(side % dilation for side in features.shape[2:]):
        # A dilated kernel splits into undilated kernels on dilation² subsampled images.
        gradient, features = _split(gradient, dilation), _split(features, dilation)
        dilation = 1
    kernel = weight.shape[-1]
    if kernel == 5 and stride == dilation == 1:
        return _gradient_of_five(gradient, features).to(weight.dtype)
    dtype = gradient.dtype if kernel == 3 and dilation == 1 else torch.float32
    padding = dilation * (kernel - 1) // 2
    out = _of_kernel(gradient.to(dtype), features.to(dtype), kernel, stride, padding, dilation)
    return out.to(weight.dtype)


def _gradient_of_five(gradient: Tensor, features: Tensor) -> Tensor:
    """Assemble the gradient of a 5×5 kernel [C,1,5,5] from four 3×3 ones that share a middle."""
    height, width = features.shape[2:]
    padded = functional.pad(features, (2, 2, 2, 2))
    out = gradient.new_empty(features.shape[1], 1, 5, 5)
    for top in (0, 2):
        for left in (0, 2):
            moved = padded[:, :, top : top + height + 2, left : left + width + 2]
            out[:, :, top : top + 3, left : left + 3] = _of_kernel(
                gradient, moved.contiguous(memory_format=torch.channels_last), 3, 1, 0, 1
            )
    return out


def _split(images: Tensor, step: int) -> Tensor:
    """Take every `step`-th row and column: [N,C,H,W] to [N step², C, H / step, W / step]."""
    if step == 1:
        return images
    count, channels, height, width = images.shape
    rows, columns = height // step, width // step
    apart = images.permute(0, 2, 3, 1).reshape(count, rows, step, columns, step, channels)
    together = apart.permute(0, 2, 4, 1, 3, 5).reshape(-1, rows, columns, channels)
    return together.permute(0, 3, 1, 2)


def _of_kernel(
    gradient: Tensor, features: Tensor, kernel: int, stride: int, padding: int, dilation: int
) -> Tensor:
    channels = features.shape[1]
    out: Tensor = torch.ops.aten.convolution_backward(
        gradient,
        features,
        features.new_empty(channels, 1, kernel, kernel),
        None,
        [stride, stride],
        [padding, padding],
        [dilation, dilation],
        False,
        [0, 0],
        channels,
        [False, True, False],
    )[1]
    return out
