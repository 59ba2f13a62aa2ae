"""DeepLabV3+ for one foreground class, or several.

Chen et al., "Encoder-Decoder with Atrous Separable Convolution for Semantic Image Segmentation"
(ECCV 2018). Two departures: the default atrous rates suit feature maps of 16×16 (a 256×256 input
at output stride 16), where the paper's 18 would see only padding; and the image-level branch is
added after the projection instead of being tiled and concatenated, which is the same linear map
without a size-dependent Expand in the exported graph.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.architectures.channels import lesion_logits
from models.architectures.encoder import Encoder, enlarge
from models.architectures.inverted_residual import ConvNorm, DepthwiseNorm

_SKIP_CHANNELS = 32
_LOGITS_SCALE = 10.0
"""Scales the largest lesion logit to the magnitude of the other features."""
_LEAST_WEIGHT = 1e-4
"""Minimum sum of the weights of all places, for images where nothing looks like a lesion."""


class AtrousSpatialPyramid(nn.Module):
    """Parallel 1×1 and atrous depthwise-separable 3×3 branches plus image-level context."""

    def __init__(self, inputs: int, outputs: int, rates: Sequence[int], dropout: float) -> None:
        super().__init__()
        self.branches = nn.ModuleList([ConvNorm(inputs, outputs)])
        for rate in rates:
            self.branches.append(_separable(inputs, outputs, dilation=rate))
        # No batch norm on the pooled branch: it sees one value per channel and image.
        self.context = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(inputs, outputs, 1),
            nn.ReLU6(inplace=True),
            nn.Conv2d(outputs, outputs, 1, bias=False),
        )
        self.project = nn.Conv2d(outputs * len(self.branches), outputs, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.dropout = nn.Dropout(dropout)

    def forward(self, features: Tensor) -> Tensor:
        pyramid = torch.cat([branch(features) for branch in self.branches], dim=1)
        mixed = self.norm(self.project(pyramid) + self.context(features))
        out: Tensor = self.dropout(functional.relu6(mixed))
        return out


class PresenceHead(nn.Module):
    """Predicts whether the image shows a lesion: one logit from features of the whole image.

    The mean describes the kind of view, and the maximum lets a small lesion count as much as a
    large one. The lesion logits are used without gradient: presence must not reshape outlines.

    Attributes:
        candidate: a separate term of the logit from the encoder's features where the network would
            outline something; None for a head without it. It starts at zero, so that a head trained
            without it continues from its earlier predictions.
    """

    _HIDDEN = 64

    def __init__(
        self, pyramid_channels: int, coarse_channels: int, dropout: float, candidate: bool = False
    ) -> None:
        super().__init__()
        self.local = ConvNorm(pyramid_channels, self._HIDDEN)
        self.whole = nn.Linear(coarse_channels, self._HIDDEN)
        self.mix = nn.Linear(3 * self._HIDDEN + 2, self._HIDDEN)
        self.dropout = nn.Dropout(dropout)
        self.answer = nn.Linear(self._HIDDEN, 1)
        self.candidate: nn.Sequential | None = None
        if candidate:
            last = nn.Linear(self._HIDDEN, 1)
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
            self.candidate = nn.Sequential(
                nn.Linear(coarse_channels, self._HIDDEN), nn.ReLU6(), nn.Dropout(dropout), last
            )

    def forward(self, pyramid: Tensor, coarse: Tensor, logits: Tensor) -> Tensor:
        """Return [N] from pyramid and encoder maps [N,C,h,w] and logits [N,1,H/4,W/4]."""
        local = self.local(pyramid)
        lesion = logits.detach()
        seen = torch.cat(
            [
                local.mean(dim=(2, 3)),
                local.amax(dim=(2, 3)),
                functional.relu6(self.whole(coarse.mean(dim=(2, 3)))),
                lesion.amax(dim=(2, 3)) / _LOGITS_SCALE,
                lesion.sigmoid().mean(dim=(2, 3)),
            ],
            dim=1,
        )
        mixed = self.dropout(functional.relu6(self.mix(seen)))
        said: Tensor = self.answer(mixed)[:, 0]
        if self.candidate is not None:
            said = said + self.candidate(_inside(coarse, lesion))[:, 0]
        return said


def _inside(coarse: Tensor, logits: Tensor) -> Tensor:
    """Return the mean [N,C] of a map [N,C,h,w] where logits [N,1,k·h,k·w] are highest.

    It is weighted by squared probabilities, so that the many background pixels count little even
    if there is no lesion at all.
    """
    step = logits.shape[-1] // coarse.shape[-1]
    weight = functional.avg_pool2d(logits.sigmoid().square(), step)
    total = weight.sum(dim=(2, 3)).clamp(min=_LEAST_WEIGHT)
    return (coarse * weight).sum(dim=(2, 3)) / total


class DeepLabV3Plus(nn.Module):
    """RGB image [N,3,H,W] in 0..255 to lesion logits [N,1,H,W]; H and W multiples of 32.

    With several outputs the logits are [N,C,H,W], channel 0 for background.

    Attributes:
        presence: the head for :meth:`with_presence`; None for a network without one.
    """

    def __init__(
        self,
        encoder: Encoder,
        *,
        head_channels: int = 128,
        atrous_rates: Sequence[int] = (3, 6, 9),
        dropout: float = 0.1,
        presence: bool = False,
        presence_candidate: bool = False,
        outputs: int = 1,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.pyramid = AtrousSpatialPyramid(
            encoder.coarse_channels, head_channels, atrous_rates, dropout
        )
        self.skip = ConvNorm(encoder.fine_channels, _SKIP_CHANNELS)
        self.decoder = nn.Sequential(
            _separable(head_channels + _SKIP_CHANNELS, head_channels),
            _separable(head_channels, head_channels),
        )
        self.classifier = nn.Conv2d(head_channels, outputs, 1)
        self.presence = (
            PresenceHead(head_channels, encoder.coarse_channels, dropout, presence_candidate)
            if presence
            else None
        )

    def forward(self, image: Tensor) -> Tensor:
        _, _, logits = self._maps(image)
        return enlarge(logits, 4)

    def with_presence(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits [N,C,H,W], and the logit [N] that the image shows any lesion."""
        if self.presence is None:
            raise ValueError("The network has no presence head.")
        pyramid, coarse, logits = self._maps(image)
        return enlarge(logits, 4), self.presence(pyramid, coarse, lesion_logits(logits))

    def _maps(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the pyramid's and the encoder's coarse map, and the lesion logits at 1/4."""
        features = self.encoder(image)
        pyramid = self.pyramid(features.coarse)
        coarse = enlarge(pyramid, self.encoder.output_stride // 4)
        decoded = self.decoder(torch.cat([coarse, self.skip(features.fine)], dim=1))
        return pyramid, features.coarse, self.classifier(decoded)


class WithPresence(nn.Module):
    """A network whose `forward` is :meth:`DeepLabV3Plus.with_presence`, as training calls it."""

    def __init__(self, network: DeepLabV3Plus) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        return self.network.with_presence(image)


def _separable(inputs: int, outputs: int, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(
        DepthwiseNorm(inputs, 3, dilation=dilation),
        ConvNorm(inputs, outputs),
    )
