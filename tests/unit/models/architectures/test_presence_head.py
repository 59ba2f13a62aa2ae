"""A network with a presence head answers whether there is a lesion, in training and in ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from pydantic import ValidationError

from models.architectures.deeplabv3plus import DeepLabV3Plus
from models.architectures.networks import DeepLabV3PlusConfig
from models.packaging.export import parity, to_onnx
from models.training.initial import blended
from models.training.trainer import Trainer
from tests.unit.models.small_networks import SMALL, settled
from tests.unit.models.training_runs import config, same

WITHOUT = SMALL["deeplabv3plus-resnet18"]
WITH = DeepLabV3PlusConfig.model_validate({**WITHOUT.model_dump(), "presence": True})
LOOKING = WITH.model_copy(update={"presence_candidate": True})


@pytest.mark.parametrize("head", [WITH, LOOKING])
def test_the_head_changes_no_outline(head: DeepLabV3PlusConfig) -> None:
    torch.manual_seed(1)
    network = settled(head.build())
    assert isinstance(network, DeepLabV3Plus)
    image = torch.rand(2, 3, 64, 96) * 255
    logits, presence = network.with_presence(image)
    assert torch.equal(logits, network(image))
    assert presence.shape == (2,)
    network.zero_grad()
    presence.sum().backward()
    assert network.classifier.weight.grad is None  # presence does not reshape outlines


def test_a_network_without_the_head_says_so() -> None:
    network = WITHOUT.build()
    with pytest.raises(ValueError, match="presence"):
        network.with_presence(torch.zeros(1, 3, 64, 64))


def test_the_graph_gives_presence_as_its_third_output() -> None:
    torch.manual_seed(2)
    network = settled(LOOKING.build())
    graph = to_onnx(network)
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    assert [output.name for output in session.get_outputs()] == ["logits", "embedding", "presence"]
    assert max(parity(network, graph, ((64, 64), (96, 32))).values()) < 1e-3
    found = session.run(["presence"], {"image": np.zeros((3, 3, 32, 64), np.float32)})[0]
    assert found.shape == (3,)


def test_training_starts_from_weights_without_the_head_and_teaches_it(
    dataset: Path, tmp_path: Path
) -> None:
    first = Trainer(config(dataset, network=WITHOUT, epochs=1), tmp_path / "first")
    first.run()
    second = Trainer(
        config(
            dataset,
            network=WITH,
            epochs=1,
            initial_checkpoint=first.checkpoint_path,
            augment={"lesion_free": 0.2, "removed": 0.3},
            hardest_weight=0.3,
        ),
        tmp_path / "second",
    )
    start = {name: value.clone() for name, value in second.network.state_dict().items()}
    shared = {name: value for name, value in start.items() if not name.startswith("presence.")}
    assert same(shared, first.average.state_dict())
    second.run()
    assert not torch.equal(start["presence.answer.weight"], second.network.presence.answer.weight)  # type: ignore[union-attr]


def test_a_head_that_looks_at_the_outline_goes_on_from_one_that_did_not(
    dataset: Path, tmp_path: Path
) -> None:
    first = Trainer(config(dataset, network=WITH, epochs=1), tmp_path / "first")
    first.run()
    second = Trainer(
        config(dataset, network=LOOKING, epochs=1, initial_checkpoint=first.checkpoint_path),
        tmp_path / "second",
    )
    image = torch.rand(2, 3, 64, 64) * 255
    before, after = (
        network.eval().with_presence(image)[1]  # type: ignore[operator]
        for network in (first.average, second.average)
    )
    assert torch.allclose(before, after)
    second.run()
    head = second.network.presence.candidate  # type: ignore[union-attr]
    assert head is not None and head[-1].weight.any()  # type: ignore[union-attr]


def test_only_the_head_learns_where_only_it_is_to(dataset: Path, tmp_path: Path) -> None:
    first = Trainer(config(dataset, network=WITHOUT, epochs=1), tmp_path / "first")
    first.run()
    second = Trainer(
        config(
            dataset,
            network=WITH,
            epochs=1,
            initial_checkpoint=first.checkpoint_path,
            only_presence=True,
            augment={"lesion_free": 0.4},
        ),
        tmp_path / "second",
    )
    start = {name: value.clone() for name, value in second.network.state_dict().items()}
    second.run()
    for state in (second.network.state_dict(), second.average.state_dict()):
        changed = {name for name, value in state.items() if not torch.equal(value, start[name])}
        assert changed
        assert all(name.startswith("presence.") for name in changed)


def test_a_blend_starts_between_its_parents(dataset: Path, tmp_path: Path) -> None:
    run = Trainer(config(dataset, network=WITH, epochs=1), tmp_path / "run")
    run.run()
    parent = {
        name: value + 1.0 if value.is_floating_point() else value
        for name, value in run.average.state_dict().items()
        if not name.startswith("presence.")
    }
    found = blended(run.average.state_dict(), parent, 0.25)
    network = WITH.build()
    network.load_state_dict(found)
    for name, value in run.average.state_dict().items():
        shift = 0.75 if name in parent and value.is_floating_point() else 0.0
        assert torch.allclose(found[name].float(), value.float() + shift, atol=1e-5)


def test_a_run_starts_from_the_mean_of_others_with_the_head_of_those_that_have_one(
    dataset: Path, tmp_path: Path
) -> None:
    runs = []
    for seed, network in ((1, LOOKING), (2, WITHOUT)):
        run = Trainer(config(dataset, network=network, seed=seed, epochs=1), tmp_path / str(seed))
        run.run()
        runs.append(run)
    one, other = (run.average.state_dict() for run in runs)
    again = Trainer(
        config(
            dataset,
            network=LOOKING,
            initial_checkpoint=runs[0].checkpoint_path,
            initial_others=(runs[1].checkpoint_path,),
        ),
        tmp_path / "again",
    )
    for name, value in again.network.state_dict().items():
        if value.is_floating_point():
            wanted = (one[name] + other[name]) / 2 if name in other else one[name]
            assert torch.allclose(value, wanted, atol=1e-6)


def test_a_blend_needs_both_parents(dataset: Path) -> None:
    with pytest.raises(ValidationError, match="initial_blend needs"):
        config(dataset, initial_blend=0.5, initial_model="sonoloop-lite2")
    with pytest.raises(ValidationError, match="presence: true"):
        config(dataset, network=WITHOUT, only_presence=True)
    with pytest.raises(ValidationError, match="initial_others needs"):
        config(dataset, initial_others=("last.pt",))
