"""`weights.safetensors` beside a model's graph: the starting point of fine-tuning.

An ONNX graph has its norms folded in and cannot be trained further. The file holds the averaged
weights that the graph was exported from, under the names of the network's `state_dict`, and in its
metadata, under `network`, the network's configuration as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from safetensors.torch import save
from torch import Tensor

from models.architectures.networks import NetworkConfig

WEIGHTS_FILE = "weights.safetensors"
LARGEST_BYTES = 30_000_000
"""A larger file is written in half precision."""


def weights_file(network: NetworkConfig, state: Mapping[str, Tensor]) -> bytes:
    """Return the content of the file.

    Only kernels are written in half precision: biases and the norms' statistics are small, and a
    variance may exceed the range of 16 bits.
    """
    metadata = {"network": network.model_dump_json()}
    content = save({name: value.contiguous() for name, value in state.items()}, metadata)
    if len(content) > LARGEST_BYTES:
        halved = {name: _half(value).contiguous() for name, value in state.items()}
        content = save(halved, metadata)
    return content


def _half(value: Tensor) -> Tensor:
    return value.to(torch.float16) if value.is_floating_point() and value.ndim > 1 else value
