"""The meaning of a network's output channels: from class logits to the logit of any lesion."""

from __future__ import annotations

import torch
from torch import Tensor


def lesion_logits(logits: Tensor) -> Tensor:
    """Return the logit of a lesion of any class.

    Args:
        logits: [N,1,…], returned unchanged; or [N,C,…], channel 0 for background and one for each
            class, which softmax turns into probabilities.

    Returns:
        [N,1,…]; its sigmoid is the sum of the classes' probabilities.
    """
    if logits.shape[1] == 1:
        return logits
    return torch.logsumexp(logits[:, 1:], dim=1, keepdim=True) - logits[:, :1]
