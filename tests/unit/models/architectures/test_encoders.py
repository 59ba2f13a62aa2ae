"""Encoders: strides, published layouts, weights."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
import torch

from models.architectures.cost import parameter_count
from models.architectures.efficientnet_lite import EfficientNetLite, load_imagenet_weights
from models.architectures.encoders import ENCODERS, build_encoder, load_pretrained
from models.architectures.mobilenet_v2 import MobileNetV2
from models.architectures.resnet import ResNet
from models.architectures.timm_encoder import TimmEncoder, import_timm

needs_timm = pytest.mark.skipif(not find_spec("timm"), reason="timm is not installed")


@pytest.mark.parametrize("output_stride", [8, 16, 32])
@pytest.mark.parametrize("name", ENCODERS)
def test_features_have_the_channels_and_strides_that_they_say(
    name: str, output_stride: int
) -> None:
    encoder = build_encoder(name, output_stride, width=0.125).eval()
    features = encoder(torch.rand(1, 3, 64, 96) * 255)
    assert features.fine.shape == (1, encoder.fine_channels, 16, 24)
    expected = (1, encoder.coarse_channels, 64 // output_stride, 96 // output_stride)
    assert features.coarse.shape == expected


@pytest.mark.parametrize(
    ("variant", "published", "last"),
    [(0, 4_652_008, 320), (1, 5_416_680, 320), (2, 6_092_072, 352)],
)
def test_lite_has_the_published_number_of_weights(variant: int, published: int, last: int) -> None:
    # The head: 1280 features, their norm, 1000 classes.
    head = last * 1280 + 2 * 1280 + 1280 * 1000 + 1000
    assert parameter_count(EfficientNetLite(variant)) == published - head


def test_mobilenetv2_has_the_published_number_of_weights() -> None:
    head = 320 * 1280 + 2 * 1280 + 1280 * 1000 + 1000
    assert parameter_count(MobileNetV2()) == 3_504_872 - head


@pytest.mark.parametrize(
    ("depth", "published", "features"),
    [
        (18, 11_689_512, 512),
        (34, 21_797_672, 512),
        (50, 25_557_032, 2048),
        (101, 44_549_160, 2048),
    ],
)
def test_resnet_has_the_published_number_of_weights(
    depth: int, published: int, features: int
) -> None:
    with torch.device("meta"):
        encoder = ResNet(depth)
    assert parameter_count(encoder) == published - (features * 1000 + 1000)


@pytest.mark.parametrize("variant", [0, 1, 2])
def test_imagenet_weights_fill_every_value_of_the_encoder(variant: int) -> None:
    encoder = EfficientNetLite(variant)
    for value in encoder.state_dict().values():
        value.fill_(-7)
    load_pretrained(encoder)
    # Norm scales near zero occur; a value that was left alone would still be -7.
    assert all((value != -7).any() for value in encoder.state_dict().values())
    assert len({float(v.float().mean()) for v in encoder.state_dict().values()}) > 200


def test_imagenet_weights_do_not_fit_another_width() -> None:
    with pytest.raises(RuntimeError, match="size mismatch"):
        load_imagenet_weights(EfficientNetLite(width=0.5))


def test_encoders_without_installable_weights_say_so() -> None:
    with pytest.raises(ValueError, match="no installable weights for MobileNetV2"):
        load_pretrained(MobileNetV2(width=0.25))


def test_unknown_names_and_strides_are_refused() -> None:
    with pytest.raises(ValueError, match="output stride"):
        EfficientNetLite(output_stride=4)
    with pytest.raises(ValueError, match="no encoder 'resnet19'"):
        build_encoder("resnet19")
    with pytest.raises(ValueError, match="have no width"):
        build_encoder("timm:resnet18", width=0.5)


@needs_timm
@pytest.mark.parametrize("depth", [18, 50])
@pytest.mark.parametrize("output_stride", [8, 16, 32])
def test_resnet_computes_what_timms_computes(depth: int, output_stride: int) -> None:
    torch.manual_seed(depth)
    ours = ResNet(depth, output_stride).eval()
    # Fresh norms pass everything through; these do not.
    for name, value in ours.state_dict().items():
        if name.endswith("running_mean"):
            value.uniform_(-0.1, 0.1)
    theirs = import_timm().create_model(
        f"resnet{depth}", pretrained=False, features_only=True, output_stride=output_stride
    )
    theirs.load_state_dict(ours.state_dict())
    image = torch.rand(1, 3, 64, 96) * 255
    with torch.inference_mode():
        found = ours(image)
        expected = theirs.eval()((image - ours.mean) / ours.std)
    torch.testing.assert_close(found.fine, expected[1])
    torch.testing.assert_close(found.coarse, expected[4])


@needs_timm
@pytest.mark.parametrize("variant", [0, 2])
def test_lite_has_the_layers_of_timms(variant: int) -> None:
    theirs = import_timm().create_model(f"tf_efficientnet_lite{variant}", pretrained=False)
    head = ("conv_head", "bn2", "classifier")
    expected = [p.shape for n, p in theirs.named_parameters() if not n.startswith(head)]
    assert [p.shape for p in EfficientNetLite(variant).parameters()] == expected


@needs_timm
def test_mobilenetv2_has_the_layers_of_timms() -> None:
    theirs = import_timm().create_model("mobilenetv2_100", pretrained=False)
    head = ("conv_head", "bn2", "classifier")
    expected = [p.shape for n, p in theirs.named_parameters() if not n.startswith(head)]
    assert [p.shape for p in MobileNetV2().parameters()] == expected


@needs_timm
@pytest.mark.parametrize(("name", "stride"), [("regnety_002", 16), ("mobilenetv3_small_050", 32)])
def test_any_encoder_of_timm_can_be_named(name: str, stride: int) -> None:
    encoder = build_encoder(f"timm:{name}", stride).eval()
    features = encoder(torch.rand(1, 3, 64, 96) * 255)
    assert features.fine.shape == (1, encoder.fine_channels, 16, 24)
    assert features.coarse.shape == (1, encoder.coarse_channels, 64 // stride, 96 // stride)


@needs_timm
def test_encoders_that_timm_does_not_have_are_refused() -> None:
    with pytest.raises(ValueError, match="no model 'resnet19'"):
        TimmEncoder("resnet19")
    with pytest.raises(ValueError, match="output stride 8"):
        TimmEncoder("vit_tiny_patch16_224", 8)
