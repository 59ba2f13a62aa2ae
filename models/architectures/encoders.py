"""Encoders by name."""

from __future__ import annotations

from functools import partial
from typing import Protocol

from models.architectures.efficientnet_lite import (
    SCALES,
    EfficientNetLite,
    load_imagenet_weights,
)
from models.architectures.encoder import Encoder
from models.architectures.mobilenet_v2 import MobileNetV2
from models.architectures.resnet import LAYOUTS, ResNet
from models.architectures.timm_encoder import TimmEncoder

TIMM_PREFIX = "timm:"


class _Build(Protocol):
    def __call__(self, *, output_stride: int, width: float) -> Encoder: ...


ENCODERS: dict[str, _Build] = {
    **{f"efficientnet-lite{n}": partial(EfficientNetLite, n) for n in range(len(SCALES))},
    "mobilenetv2": MobileNetV2,
    **{f"resnet{depth}": partial(ResNet, depth) for depth in LAYOUTS},
}
"""Builders of encoders with random weights, by name."""

PRETRAINED = frozenset(f"efficientnet-lite{n}" for n in range(len(SCALES)))
"""Encoders whose ImageNet weights install from the package index."""


def is_encoder(name: str) -> bool:
    """Return whether :func:`build_encoder` knows the name; timm's own names are not checked."""
    return name in ENCODERS or (name.startswith(TIMM_PREFIX) and len(name) > len(TIMM_PREFIX))


def build_encoder(name: str, output_stride: int = 16, width: float = 1.0) -> Encoder:
    """Return an encoder with random weights.

    Args:
        name: a key of ENCODERS, or `timm:NAME`.
        output_stride: 8, 16 or 32.
        width: scales the channels; 1 for those of timm.

    Raises:
        ValueError: the name is unknown, or the encoder does not support this stride or width.
    """
    if name.startswith(TIMM_PREFIX):
        if width != 1.0:
            raise ValueError("Encoders of timm have no width; choose another of its models.")
        return TimmEncoder(name.removeprefix(TIMM_PREFIX), output_stride)
    if name not in ENCODERS:
        raise ValueError(
            f"There is no encoder {name!r}; there are {', '.join(ENCODERS)} and timm:NAME."
        )
    return ENCODERS[name](output_stride=output_stride, width=width)


def load_pretrained(encoder: Encoder) -> None:
    """Fill an encoder of PRETRAINED with its ImageNet weights; see `load_imagenet_weights`."""
    if not isinstance(encoder, EfficientNetLite):
        raise ValueError(f"There are no installable weights for {type(encoder).__name__}.")
    load_imagenet_weights(encoder)
