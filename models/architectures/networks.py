"""The networks that a configuration can name, each with its settings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from torch import nn

from models.architectures.deeplabv2 import PAPER_RATES, DeepLabV2
from models.architectures.deeplabv3plus import DeepLabV3Plus
from models.architectures.encoders import (
    PRETRAINED,
    build_encoder,
    is_encoder,
    load_pretrained,
)
from models.architectures.fcn8s import FCN8s
from models.architectures.patch_cnn import PATCH_STRIDE, PatchCNN
from models.architectures.unet import UNet
from worker.pipeline.card import MOST_CLASSES

OutputStride = Literal[8, 16, 32]
Rates = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]


class _Network(BaseModel, ABC):
    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: int = Field(default=1, ge=1, le=1 + MOST_CLASSES)
    """Channels of the logits: 1 for a lesion of any class; else background and one per class. A
    training configuration derives it from its classes."""

    @abstractmethod
    def build(self) -> nn.Module:
        """Build with random weights: RGB [N,3,H,W] in 0..255 to logits [N,channels,H,W]."""

    @property
    @abstractmethod
    def title(self) -> str:
        """The network's name as papers write it."""

    @property
    def encoder_title(self) -> str:
        """The encoder's name, or `none` if the network has no separate encoder."""
        return "none"

    @property
    def stride(self) -> int:
        """Input px per px of the coarsest map that preserves position."""
        raise NotImplementedError

    @property
    def pretrained(self) -> bool:
        """Whether :meth:`start` loads weights."""
        return False

    def start(self, network: nn.Module) -> None:
        """Load the initial training weights into a network of :meth:`build`."""


class _WithEncoder(_Network):
    encoder: str
    """A key of `models.architectures.encoders.ENCODERS`, or `timm:NAME`."""
    width: float = Field(default=1.0, gt=0)
    """Factor of the encoder's channels."""
    output_stride: OutputStride
    imagenet: bool
    """Start the encoder from ImageNet; for EfficientNet-Lite of width 1."""

    @model_validator(mode="after")
    def _encoder_can_be_had(self) -> Self:
        if not is_encoder(self.encoder):
            raise ValueError(
                f"there is no encoder {self.encoder!r}; see models/architectures/encoders.py"
            )
        if self.imagenet and (self.encoder not in PRETRAINED or self.width != 1.0):
            raise ValueError(
                f"no ImageNet weights install for {self.encoder} of width {self.width:g}; set "
                f"imagenet: false, or take {', '.join(sorted(PRETRAINED))}"
            )
        return self

    @property
    def encoder_title(self) -> str:
        """The encoder's name in configurations."""
        return self.encoder

    @property
    def stride(self) -> int:
        """The encoder's stride."""
        return self.output_stride

    @property
    def pretrained(self) -> bool:
        """Whether the encoder starts from ImageNet."""
        return self.imagenet

    def start(self, network: nn.Module) -> None:
        """Load the encoder's ImageNet weights if `imagenet` is set."""
        if self.imagenet:
            encoder = network.get_submodule("encoder")
            load_pretrained(encoder)  # type: ignore[arg-type]


class DeepLabV3PlusConfig(_WithEncoder):
    """DeepLabV3+."""

    architecture: Literal["deeplabv3plus"] = "deeplabv3plus"
    encoder: str = "efficientnet-lite0"
    output_stride: OutputStride = 16
    head_channels: int = Field(default=128, ge=8)
    atrous_rates: Rates = (3, 6, 9)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    imagenet: bool = True
    presence: bool = False
    """Whether to add a head that predicts whether there is a lesion at all."""
    presence_candidate: bool = False
    """Whether this head also uses the features where the network would outline something."""

    @property
    def title(self) -> str:
        """The name used in the paper."""
        return "DeepLabV3+"

    def build(self) -> DeepLabV3Plus:
        """Build the network with random weights."""
        return DeepLabV3Plus(
            build_encoder(self.encoder, self.output_stride, self.width),
            head_channels=self.head_channels,
            atrous_rates=self.atrous_rates,
            dropout=self.dropout,
            presence=self.presence,
            presence_candidate=self.presence_candidate,
            outputs=self.channels,
        )


class DeepLabV2Config(_WithEncoder):
    """DeepLab with summed atrous branches."""

    architecture: Literal["deeplabv2"] = "deeplabv2"
    encoder: str = "resnet50"
    output_stride: OutputStride = 8
    atrous_rates: Rates = PAPER_RATES
    imagenet: bool = False

    @property
    def title(self) -> str:
        """The name and number used in the literature."""
        return "DeepLab v2"

    def build(self) -> DeepLabV2:
        """Build the network with random weights."""
        encoder = build_encoder(self.encoder, self.output_stride, self.width)
        return DeepLabV2(encoder, atrous_rates=self.atrous_rates, outputs=self.channels)


class UNetConfig(_Network):
    """U-Net."""

    architecture: Literal["unet"] = "unet"
    base_channels: int = Field(default=64, ge=4)

    @property
    def title(self) -> str:
        """The name used in the paper."""
        return "U-Net"

    @property
    def stride(self) -> int:
        """The stride at the bottom of the U."""
        return 16

    def build(self) -> UNet:
        """Build the network with random weights."""
        return UNet(self.base_channels, self.channels)


class FCN8sConfig(_Network):
    """FCN-8s on VGG-16."""

    architecture: Literal["fcn8s"] = "fcn8s"
    width: float = Field(default=1.0, gt=0)
    classifier_channels: int = Field(default=4096, ge=8)
    dropout: float = Field(default=0.5, ge=0, lt=1)

    @property
    def title(self) -> str:
        """The name used in the paper."""
        return "FCN-8s"

    @property
    def encoder_title(self) -> str:
        """VGG-16 with batch norm."""
        return "vgg16"

    @property
    def stride(self) -> int:
        """The stride after the fifth pooling."""
        return 32

    def build(self) -> FCN8s:
        """Build the network with random weights."""
        return FCN8s(self.classifier_channels, self.width, self.dropout, self.channels)


class PatchCNNConfig(_Network):
    """The network that classifies patches."""

    architecture: Literal["patch-cnn"] = "patch-cnn"
    base_channels: int = Field(default=32, ge=4)
    dropout: float = Field(default=0.5, ge=0, lt=1)

    @property
    def title(self) -> str:
        """The kind of network, as it has no name."""
        return "Patch CNN"

    @property
    def stride(self) -> int:
        """Distance of the patches."""
        return PATCH_STRIDE

    def build(self) -> PatchCNN:
        """Build the network with random weights."""
        return PatchCNN(self.base_channels, self.dropout, self.channels)


def _architecture(value: Any) -> str:
    """Return the tag of a network; older configurations, with only one network, have none."""
    found = (
        value.get("architecture", "deeplabv3plus")
        if isinstance(value, dict)
        else getattr(value, "architecture", "")
    )
    return str(found)


NetworkConfig = Annotated[
    Annotated[DeepLabV3PlusConfig, Tag("deeplabv3plus")]
    | Annotated[DeepLabV2Config, Tag("deeplabv2")]
    | Annotated[UNetConfig, Tag("unet")]
    | Annotated[FCN8sConfig, Tag("fcn8s")]
    | Annotated[PatchCNNConfig, Tag("patch-cnn")],
    Discriminator(_architecture),
]
"""Any of the networks; `architecture` selects it, by default DeepLabV3+."""
