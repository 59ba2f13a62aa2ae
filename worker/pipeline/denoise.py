"""Gaussian low-pass on the network input (Li et al. 2021, section "Image denoising": sigma 2)."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray


def denoise(image: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    """Blur uint8 [H,W] or [H,W,3] with a Gaussian of `sigma` px; 0 returns the image unchanged."""
    if sigma == 0:
        return image
    blurred = cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return cast(NDArray[np.uint8], blurred)
