"""A network that classifies patches: is the middle of this patch lesion?

Ciresan et al., "Deep Neural Networks Segment Neuronal Membranes in Electron Microscopy Images"
(NIPS 2012): convolutions and max-pooling down to one vector per patch, then fully connected
layers. It runs over the whole image at once, with its fully connected layers as convolutions, which
gives the same values as cutting out every patch, and trains on all patches of an image together
(Long et al., "Fully Convolutional Networks", CVPR 2015, sections 3.1 and 3.4).
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from models.architectures.encoder import enlarge

PATCH_SIZE = 68
"""Side of a patch, px."""
PATCH_STRIDE = 8
"""Distance of neighbouring patches, px."""
_MARGIN = (PATCH_SIZE - PATCH_STRIDE) // 2
_PIXEL_MEAN = 127.5
_PIXEL_SCALE = 127.5


class PatchCNN(nn.Module):
    """RGB image [N,3,H,W] in 0..255 to lesion logits [N,1,H,W]; H and W multiples of 8.

    Patches that extend beyond the image see its edge repeated.

    Args:
        base_channels: channels of the first convolution.
        dropout: dropout before the last layer.
        outputs: channels of the logits.
    """

    def __init__(self, base_channels: int = 32, dropout: float = 0.5, outputs: int = 1) -> None:
        super().__init__()
        first, second, third = base_channels, base_channels * 3 // 2, base_channels * 2
        hidden = base_channels * 8
        # Nothing is padded within a patch: 68 -> 64 -> 32 -> 28 -> 14 -> 12 -> 6 -> 1.
        self.layers = nn.Sequential(
            *_stage(3, first, 5),
            *_stage(first, second, 5),
            *_stage(second, third, 3),
            nn.Conv2d(third, hidden, 6, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Conv2d(hidden, outputs, 1),
        )

    def patches(self, image: Tensor) -> Tensor:
        """Return the logits of the patches that lie within the image.

        Args:
            image: [N,3,H,W] in 0..255, H and W at least PATCH_SIZE.

        Returns:
            [N,1,h,w]; element (i, j) belongs to the patch whose corner is at (8 i, 8 j).
        """
        out: Tensor = self.layers((image - _PIXEL_MEAN) / _PIXEL_SCALE)
        return out

    def forward(self, image: Tensor) -> Tensor:
        padded = functional.pad(image, (_MARGIN,) * 4, mode="replicate")
        return enlarge(self.patches(padded), PATCH_STRIDE)


def _stage(inputs: int, outputs: int, kernel: int) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, kernel, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
    ]
