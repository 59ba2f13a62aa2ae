"""The networks: shapes, published layouts, cost, and what each output pixel sees."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.architectures.cost import multiply_accumulates, parameter_count
from models.architectures.deeplabv2 import DeepLabV2, SummedAtrousPyramid
from models.architectures.deeplabv3plus import AtrousSpatialPyramid
from models.architectures.fcn8s import FCN8s
from models.architectures.patch_cnn import PATCH_SIZE, PATCH_STRIDE, PatchCNN
from models.architectures.resnet import ResNet
from models.architectures.unet import UNet
from tests.unit.models.small_networks import SMALL, settled


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("size", [(32, 32), (64, 96), (160, 32)])
def test_logits_have_the_size_of_the_input(name: str, size: tuple[int, int]) -> None:
    network = SMALL[name].build().eval()
    assert network(torch.rand(2, 3, *size) * 255).shape == (2, 1, *size)


@pytest.mark.parametrize("name", SMALL)
def test_every_value_is_reached_by_the_loss(name: str) -> None:
    torch.manual_seed(0)
    network = SMALL[name].build().train()
    network(torch.rand(2, 3, 64, 64) * 255).square().mean().backward()
    unreached = [n for n, p in network.named_parameters() if p.grad is None]
    assert not unreached


def test_vgg16_has_the_published_number_of_weights() -> None:
    # VGG-16's 138,357,544 minus its last layer (4096 features, 1000 classes). Here batch norm,
    # with two values for each of the 4,224 convolution channels, replaces their biases.
    vgg16 = 138_357_544 - (4096 * 1000 + 1000) + 4_224
    # One class: scores of 4096, 512 and 256 channels, and two deconvolutions of 4×4.
    heads = (4096 + 1) + (512 + 1) + (256 + 1) + 2 * 16
    with torch.device("meta"):
        network = FCN8s()
    assert parameter_count(network) == vgg16 + heads


def test_unet_has_the_published_number_of_weights() -> None:
    # 31,031,745 for three input channels and one class as in the paper, with biases. Batch norm,
    # with two values for each of the 5,888 channels of padded convolutions, replaces them here.
    assert parameter_count(UNet()) == 31_031_745 + 5_888


def test_deeplabv2_adds_one_convolution_per_rate_to_its_resnet() -> None:
    with torch.device("meta"):
        network = DeepLabV2(ResNet(50, output_stride=8))
    assert parameter_count(network) == 23_508_032 + 4 * (2048 * 9 + 1)


def test_patch_cnn_has_the_weights_of_its_table() -> None:
    convolutions = 75 * 32 + 25 * 32 * 48 + 9 * 48 * 64 + 36 * 64 * 256
    norms = 2 * (32 + 48 + 64 + 256)
    assert parameter_count(PatchCNN()) == convolutions + norms + 256 + 1


def reach(layer: nn.Module, channels: int, side: int = 63) -> set[tuple[int, int]]:
    """Return offsets (row, column) from the middle where the input changes the output's middle."""
    image = torch.rand(1, channels, side, side, requires_grad=True)
    middle = side // 2
    layer.eval()(image)[..., middle, middle].sum().backward()
    assert image.grad is not None
    rows, columns = np.nonzero(image.grad.abs().sum(dim=(0, 1)).numpy() > 0)
    return {(int(r) - middle, int(c) - middle) for r, c in zip(rows, columns, strict=True)}


@pytest.mark.parametrize("rate", [1, 3, 6, 9, 12, 18, 24])
def test_an_atrous_branch_sees_nine_points_at_its_rate(rate: int) -> None:
    expected = {(r, c) for r in (-rate, 0, rate) for c in (-rate, 0, rate)}
    separable = AtrousSpatialPyramid(4, 8, [rate], 0.0).branches[1]
    summed = SummedAtrousPyramid(4, 1, [rate]).branches[0]
    for branch in (separable, summed):
        nn.init.constant_(next(branch.parameters()), 0.1)  # so that no ReLU hides a point
        assert reach(branch, 4) == expected


def test_the_summed_pyramid_sees_its_four_rates_and_is_their_sum() -> None:
    pyramid = SummedAtrousPyramid(4, 1, (6, 12, 18, 24))
    offsets = reach(pyramid, 4)
    assert len(offsets) == 1 + 4 * 8
    assert {abs(r) for r, _ in offsets} == {0, 6, 12, 18, 24}
    features = torch.rand(1, 4, 63, 63)
    by_hand = sum((branch(features) for branch in pyramid.branches), torch.zeros(()))
    torch.testing.assert_close(pyramid(features), by_hand)


def test_dilation_keeps_the_view_of_a_resnet_that_strides() -> None:
    """The deep features of stride 8 see as far as those of stride 32, at 16 times the density."""
    views = []
    for output_stride in (32, 8):
        encoder = ResNet(18, output_stride, width=0.125).eval()
        image = (torch.rand(1, 3, 512, 512) * 255).requires_grad_()
        coarse = encoder(image).coarse
        middle = coarse.shape[-1] // 2
        coarse[..., middle, middle].sum().backward()
        assert image.grad is not None
        columns = np.flatnonzero(image.grad.abs().sum(dim=(0, 1, 2)).numpy())
        views.append(int(columns[-1] - columns[0] + 1))
    # With random weights, the ends of a view depend on which units are active.
    assert views[1] == pytest.approx(views[0], rel=0.15)
    assert views[0] > 300


def test_patch_cnn_gives_what_cutting_out_each_patch_gives() -> None:
    torch.manual_seed(1)
    network = settled(PatchCNN(base_channels=4))
    assert isinstance(network, PatchCNN)
    image = torch.rand(1, 3, 96, 128) * 255
    with torch.inference_mode():
        whole = network.patches(image)
        for row, column in ((0, 0), (2, 5), (3, 7)):
            top, left = row * PATCH_STRIDE, column * PATCH_STRIDE
            patch = image[..., top : top + PATCH_SIZE, left : left + PATCH_SIZE]
            alone = network.patches(patch)
            assert alone.shape == (1, 1, 1, 1)
            torch.testing.assert_close(alone[0, 0, 0, 0], whole[0, 0, row, column])


def test_patch_cnn_puts_a_patch_where_its_middle_is() -> None:
    network = settled(PatchCNN(base_channels=4))
    flipped: Tensor = functional.pad(torch.rand(1, 3, 64, 64), (0, 0)) * 255
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.copy_((module.weight + module.weight.flip(3)) / 2)
        torch.testing.assert_close(
            network(flipped.flip(3)).flip(3), network(flipped), rtol=1e-4, atol=1e-4
        )


def test_fcn_starts_by_enlarging_bilinearly() -> None:
    network = FCN8s(classifier_channels=8, width=0.0625)
    score = torch.rand(1, 1, 8, 8)
    expected = functional.interpolate(score, scale_factor=2, mode="bilinear")
    inner = (..., slice(2, -2), slice(2, -2))
    torch.testing.assert_close(network.up_pool5(score)[inner], expected[inner])


def test_cost_counts_each_convolution() -> None:
    convolution = nn.Conv2d(3, 8, 3, stride=2, padding=1)
    # 8 channels at 16×16 positions, each 3·3·3 products.
    assert multiply_accumulates(convolution, 32, 32) == 8 * 16 * 16 * 27
    # Each of 3·32·32 inputs goes into 2·2 pixels of 8 channels.
    assert multiply_accumulates(nn.ConvTranspose2d(3, 8, 2, stride=2), 32, 32) == 3 * 1024 * 32
    network = SMALL["deeplabv3plus"].build()
    cost = [multiply_accumulates(network, side, side) for side in (64, 128)]
    # Four times the pixels cost four times as much, except in the image-level branch.
    assert cost[1] == pytest.approx(4 * cost[0], rel=0.01)
    assert network.training
