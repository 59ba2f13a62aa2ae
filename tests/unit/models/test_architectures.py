"""The networks: shapes, published layout, cost."""

import pytest
import torch

from models.architectures.deeplabv3plus import (
    DeepLabV3Plus,
    multiply_accumulates,
    parameter_count,
)
from models.architectures.efficientnet_lite import EfficientNetLite, load_imagenet_weights


@pytest.mark.parametrize("output_stride", [8, 16, 32])
@pytest.mark.parametrize("size", [(32, 32), (64, 96), (160, 32)])
def test_logits_have_the_size_of_the_input(output_stride: int, size: tuple[int, int]) -> None:
    network = DeepLabV3Plus(width=0.25, head_channels=8, output_stride=output_stride).eval()
    image = torch.rand(2, 3, *size) * 255
    features = network.encoder(image)
    assert features.fine.shape[2:] == (size[0] // 4, size[1] // 4)
    assert features.coarse.shape[2:] == (size[0] // output_stride, size[1] // output_stride)
    assert network(image).shape == (2, 1, *size)


def test_lite0_has_the_published_number_of_weights() -> None:
    # 4,652,008 of EfficientNet-Lite0 less its head: 1280 features, their norm, 1000 classes.
    head = 320 * 1280 + 2 * 1280 + 1280 * 1000 + 1000
    assert parameter_count(EfficientNetLite()) == 4_652_008 - head


def test_imagenet_weights_fill_every_value_of_the_encoder() -> None:
    encoder = EfficientNetLite(output_stride=16)
    for value in encoder.state_dict().values():
        value.fill_(-7)
    load_imagenet_weights(encoder)
    # Norm scales near zero occur; a value that was left alone would still be -7.
    assert all((value != -7).any() for value in encoder.state_dict().values())
    assert len({float(v.float().mean()) for v in encoder.state_dict().values()}) > 200


def test_imagenet_weights_do_not_fit_another_width() -> None:
    with pytest.raises(RuntimeError, match="size mismatch"):
        load_imagenet_weights(EfficientNetLite(width=0.5))


def test_unknown_output_stride_is_refused() -> None:
    with pytest.raises(ValueError, match="output stride"):
        EfficientNetLite(output_stride=4)


def test_cost_counts_each_convolution() -> None:
    convolution = torch.nn.Conv2d(3, 8, 3, stride=2, padding=1)
    # 8 channels at 16×16 positions, each 3·3·3 products.
    assert multiply_accumulates(convolution, 32, 32) == 8 * 16 * 16 * 27
    network = DeepLabV3Plus(width=0.25, head_channels=8)
    cost = [multiply_accumulates(network, side, side) for side in (64, 128)]
    # Four times the pixels: four times the cost but for the image-level branch.
    assert cost[1] == pytest.approx(4 * cost[0], rel=0.01)
    assert network.training
