"""The training loss against hand-computed values."""

import math

import pytest
import torch

from models.data.labels import IGNORED
from models.training.loss import dice_bce_loss, hardest_background_loss, presence_loss


def test_undecided_logits_cost_log_two_plus_the_soft_dice() -> None:
    labels = torch.zeros(1, 4, 4, dtype=torch.uint8)
    labels[0, :2] = 1
    # Probability 1/2 everywhere: intersection 4, sums 8 and 8, smoothing 1.
    expected = math.log(2) + 1 - (2 * 4 + 1) / (8 + 8 + 1)
    assert dice_bce_loss(torch.zeros(1, 1, 4, 4), labels).item() == pytest.approx(expected)


def test_right_and_sure_costs_nothing_wrong_and_sure_much() -> None:
    labels = torch.randint(0, 2, (2, 8, 8), dtype=torch.uint8)
    logits = (labels.float() * 2 - 1)[:, None] * 30
    assert dice_bce_loss(logits, labels).item() == pytest.approx(0, abs=1e-4)
    assert dice_bce_loss(-logits, labels).item() > 10


def test_pixels_outside_the_image_carry_no_loss_and_no_gradient() -> None:
    labels = torch.randint(0, 2, (1, 8, 8), dtype=torch.uint8)
    labels[:, 4:] = IGNORED
    logits = torch.randn(1, 1, 8, 8, requires_grad=True)
    changed = logits.detach().clone()
    changed[:, :, 4:] += 9
    assert torch.allclose(dice_bce_loss(logits, labels), dice_bce_loss(changed, labels))
    dice_bce_loss(logits, labels).backward()
    assert logits.grad is not None
    assert not logits.grad[:, :, 4:].any()
    assert logits.grad[:, :, :4].all()


def test_a_view_without_a_lesion_may_cost_less_and_one_with_a_lesion_what_it_did() -> None:
    labels = torch.zeros(2, 8, 8, dtype=torch.uint8)
    labels[0, :3] = 1
    logits = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    with_lesion, free = (dice_bce_loss(logits[i : i + 1], labels[i : i + 1]) for i in (0, 1))
    found = dice_bce_loss(logits, labels, lesion_free_weight=0.1)
    assert found.item() == pytest.approx(((with_lesion + 0.1 * free) / 2).item(), rel=1e-5)


def test_hardest_background_is_what_looks_most_like_a_lesion_where_there_is_none() -> None:
    labels = torch.zeros(2, 20, 20, dtype=torch.uint8)
    labels[1, :5] = 1
    logits = torch.full((2, 1, 20, 20), -30.0)
    logits[0, 0, 3, :4] = 5.0  # a hundredth of the view
    logits[1] = 30.0  # has a lesion: does not count
    expected = math.log1p(math.exp(5)) / 2
    assert hardest_background_loss(logits, labels).item() == pytest.approx(expected, rel=1e-4)
    labels[0, 3, :4] = IGNORED
    assert hardest_background_loss(logits, labels).item() == pytest.approx(0, abs=1e-4)


def test_presence_is_asked_of_views_with_a_lesion_and_without_and_not_of_slivers() -> None:
    labels = torch.zeros(3, 100, 100, dtype=torch.uint8)
    labels[0, :20] = 1
    labels[1, 0, 0] = 1  # a sliver
    presence = torch.tensor([2.0, 9.0, -1.0])
    expected = (math.log1p(math.exp(-2)) + math.log1p(math.exp(-1))) / 3
    assert presence_loss(presence, labels).item() == pytest.approx(expected, rel=1e-5)
