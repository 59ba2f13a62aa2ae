"""Any convolutional encoder of timm, by name; timm is an optional package.

Wightman, "PyTorch Image Models". Weights are never downloaded: the encoder starts at random.
"""

from __future__ import annotations

import sys
from types import ModuleType

import torch
from torch import Tensor

from models.architectures.encoder import Encoder, Features, require_output_stride

_TORCHVISION_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_definitions: list[torch.library.Library] = []


class TimmEncoder(Encoder):
    """A timm model's features at 1/4 and 1/output_stride.

    Args:
        name: as in `timm.list_models()`, such as `regnety_004`.
        output_stride: 8, 16 or 32.

    Raises:
        ValueError: timm has no such model, or it does not provide such features.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, name: str, output_stride: int = 16) -> None:
        super().__init__()
        require_output_stride(output_stride)
        timm = import_timm()
        if not timm.is_model(name):
            raise ValueError(f"timm has no model {name!r}; `timm.list_models()` lists them.")
        # Without the argument, models that cannot dilate still work at their own stride.
        dilated = {} if output_stride == 32 else {"output_stride": output_stride}
        try:
            model = timm.create_model(name, pretrained=False, features_only=True, **dilated)
        except (TypeError, RuntimeError, AssertionError, NotImplementedError) as error:
            raise ValueError(
                f"timm's {name} cannot give features at output stride {output_stride}; "
                f"choose 32 or another encoder. ({error})"
            ) from error
        strides, channels = model.feature_info.reduction(), model.feature_info.channels()
        if 4 not in strides or strides[-1] != output_stride:
            raise ValueError(
                f"timm's {name} has features at strides {strides}; a decoder needs 4 and, last, "
                f"{output_stride}."
            )
        self.output_stride = output_stride
        self._fine = strides.index(4)
        self.fine_channels, self.coarse_channels = channels[self._fine], channels[-1]
        self.model = model
        normalisation = model.default_cfg
        for key in ("mean", "std"):
            values = torch.tensor(normalisation[key]).view(1, 3, 1, 1) * 255
            self.register_buffer(key, values, persistent=False)

    def forward(self, image: Tensor) -> Features:
        features = self.model((image - self.mean) / self.std)
        return Features(fine=features[self._fine], coarse=features[-1])


def import_timm() -> ModuleType:
    """Import the package timm.

    Raises:
        ValueError: it is not installed.
    """
    try:
        return _import()
    except ModuleNotFoundError as error:
        raise ValueError(
            "Encoders named timm:NAME need the package timm; install it with: pip install timm"
        ) from error
    except RuntimeError as error:
        # The CUDA build of torchvision beside the CPU build of torch: its Python part registers
        # shapes for operators that its library, which cannot be loaded, would have defined.
        if "torchvision::nms does not exist" not in str(error) or _definitions:
            raise
        for name in [n for n in sys.modules if n.partition(".")[0] in {"torchvision", "timm"}]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for schema in _TORCHVISION_OPERATORS:
            library.define(schema)  # type: ignore[no-untyped-call]
        _definitions.append(library)  # the operators live as long as this object
        return _import()


def _import() -> ModuleType:
    import timm

    module: ModuleType = timm
    return module
