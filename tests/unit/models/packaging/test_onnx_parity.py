"""Every architecture computes the same in ONNX as in PyTorch, at sizes it was not traced at."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models.packaging.export import PARITY_TOLERANCE, parity, to_onnx
from tests.unit.models.small_networks import SMALL, settled

SIZES = ((64, 64), (96, 224), (288, 32))


@pytest.mark.parametrize("name", sorted(SMALL.keys() - {"deeplabv3plus"}))  # test_onnx_export
def test_logits_agree_at_three_sizes(name: str) -> None:
    torch.manual_seed(2)
    network = settled(SMALL[name].build())
    last = [m for m in network.modules() if isinstance(m, nn.Conv2d)][-1]
    with torch.no_grad():  # logits as large as trained ones, so that a difference shows
        last.weight *= 4 / network(torch.rand(2, 3, 96, 96) * 255).std()
    graph = to_onnx(network)
    differences = parity(network, graph, SIZES)
    assert len(differences) == 3
    assert max(differences.values()) <= PARITY_TOLERANCE
