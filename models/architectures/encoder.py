"""The interface between encoders and decoders, and the bilinear upsampling that decoders share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

INPUT_MULTIPLE = 32
"""Height and width of every network's input are multiples of this."""


@dataclass(frozen=True, slots=True)
class Features:
    """Feature maps of one batch: `fine` at 1/4 and `coarse` at 1/output_stride resolution."""

    fine: Tensor
    coarse: Tensor


class Encoder(nn.Module, ABC):
    """RGB image [N,3,H,W] in 0..255 to feature maps; H and W multiples of 32.

    Each encoder normalises the image as its published weights require.

    Attributes:
        output_stride: input px per px of the coarse map; later strides are replaced by dilation.
        fine_channels: channels of the map at 1/4.
        coarse_channels: channels of the map at 1/output_stride.
    """

    output_stride: int
    fine_channels: int
    coarse_channels: int

    @abstractmethod
    def forward(self, image: Tensor) -> Features:
        """Return fine and coarse features of the image."""


def require_output_stride(output_stride: int) -> None:
    """Refuse a stride that no encoder supports.

    Raises:
        ValueError: it is not 8, 16 or 32.
    """
    if output_stride not in (8, 16, 32):
        raise ValueError(f"The output stride must be 8, 16 or 32, not {output_stride}.")


def enlarge(features: Tensor, factor: int) -> Tensor:
    """Upsample [N,C,H,W] bilinearly by a whole factor, keeping pixel corners."""
    if factor == 1:
        return features
    return functional.interpolate(
        features, scale_factor=float(factor), mode="bilinear", align_corners=False
    )
