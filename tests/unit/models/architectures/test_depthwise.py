"""The depthwise convolution's own gradients against those of torch.nn.Conv2d."""

import pytest
import torch

from models.architectures.depthwise import DepthwiseConv2d


def plain_of(ours: DepthwiseConv2d) -> torch.nn.Conv2d:
    """Return torch's own convolution with the same weights."""
    plain = torch.nn.Conv2d(
        ours.in_channels,
        ours.out_channels,
        ours.kernel_size,
        stride=ours.stride,
        padding=ours.padding,
        dilation=ours.dilation,
        groups=ours.groups,
        bias=False,
        dtype=ours.weight.dtype,
    )
    plain.load_state_dict(ours.state_dict())
    return plain


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2), (1, 4), (1, 12)])
@pytest.mark.parametrize(("height", "width"), [(16, 24), (17, 19), (20, 16)])
def test_the_gradients_are_those_of_a_plain_convolution(kernel, stride, dilation, height, width):
    generator = torch.Generator().manual_seed(kernel * 100 + stride * 10 + dilation)
    ours = DepthwiseConv2d(6, kernel, stride=stride, dilation=dilation).double()
    plain = plain_of(ours)
    image = torch.randn(2, 6, height, width, generator=generator, dtype=torch.float64)

    results = []
    for convolution in (ours, plain):
        features = image.clone().requires_grad_()
        out = convolution(features)
        out.backward(torch.sin(torch.arange(out.numel(), dtype=torch.float64)).view_as(out))
        results.append((out.detach(), features.grad, convolution.weight.grad))

    for got, expected in zip(*results, strict=True):
        assert got.dtype == expected.dtype
        torch.testing.assert_close(got, expected, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    ("kernel", "stride", "dilation"), [(3, 1, 1), (5, 1, 2), (5, 2, 1), (3, 1, 4), (3, 2, 1)]
)
def test_in_bfloat16_the_gradients_are_as_near_to_the_truth_as_its_numbers(
    kernel, stride, dilation
):
    """Eight bits are 0.4 %. PyTorch's own gradients are no reference: they are sometimes NaN."""
    generator = torch.Generator().manual_seed(5)
    ours = DepthwiseConv2d(32, kernel, stride=stride, dilation=dilation)
    image = torch.randn(4, 32, 32, 32, generator=generator).to(memory_format=torch.channels_last)

    def gradients(convolution, dtype):
        convolution.zero_grad()
        features = image.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
            out = convolution(features.to(dtype))
        out.backward(torch.cos(torch.arange(out.numel()).float()).view_as(out).to(dtype))
        return features.grad, convolution.weight.grad.clone()

    truth = gradients(plain_of(ours), torch.float32)
    got = gradients(ours, torch.bfloat16)
    for ours_, true in zip(got, truth, strict=True):
        assert ours_.dtype == torch.float32
        assert (ours_ - true).norm() <= 0.008 * true.norm()


def test_where_nothing_is_learnt_it_is_a_plain_convolution():
    convolution = DepthwiseConv2d(4, 3).eval()
    image = torch.randn(1, 4, 8, 8, requires_grad=True)
    assert type(convolution(image).grad_fn).__name__ == "ConvolutionBackward0"
