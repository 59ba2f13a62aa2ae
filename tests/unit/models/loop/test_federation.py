"""Updates of one parent from several sites are averaged, weighted by images; others are refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load
from torch import Tensor

from app.bundles.signing import own_key
from app.bundles.writing import Member, bundle
from app.core.security import SiteKey
from models.loop.averaging import federated
from models.loop.federation import FederationError, federate, read_bundles
from models.training.weights import WEIGHTS_FILE, weights_file
from tests.unit.models.training_runs import config
from worker.pipeline import Architecture, Calibration, InputSpec, ModelCard, PipelineSettings
from worker.pipeline.artifact import read_artifact, require_files

NORTH, SOUTH, STRANGER = (SiteKey(bytes([n]) * 40) for n in range(1, 4))
PARENT = ("tiny@1.0.0", "a" * 64)


def state_of(seed: int, folder: Path) -> dict[str, Tensor]:
    torch.manual_seed(seed)
    return config(folder).network.build().state_dict()


def update(tmp_path: Path, key: SiteKey, seed: int, images: int, **changes: Any) -> Path:
    """Write a bundle as a site exports it, and return its path."""
    about = changes.pop("about", {})
    card: dict[str, Any] = {"pipeline": PipelineSettings(threshold=0.4), **changes}
    run = config(tmp_path)
    weights = weights_file(run.network, state_of(seed, tmp_path))
    folder = tmp_path / f"{seed}-{images}"
    folder.mkdir()
    ModelCard(
        name="tiny-pool",
        version="1.0.0",
        title="Tiny",
        intended_use="Tests.",
        created=date(2026, 1, 1),
        sha256="0" * 64,
        architecture=Architecture(
            name="DeepLabV3+", encoder="lite0", output_stride=16, parameters=1, macs=1
        ),
        input=InputSpec(area=4096),
        calibration=Calibration(temperature=1.5, threshold=card["pipeline"].threshold),
        training={"config": run.model_dump(mode="json"), "parent": PARENT[0]},
        **card,
    ).write(folder)
    said = {
        "name": "tiny-pool",
        "version": "1.0.0",
        "digest": "b" * 64,
        "parent": PARENT[0],
        "parent_digest": PARENT[1],
        "training_images": images,
        **about,
    }
    members = {
        "card.json": Member.of((folder / "card.json").read_bytes()),
        WEIGHTS_FILE: Member.of(weights),
    }
    path = tmp_path / f"{seed}-{images}.bundle.zip"
    about = {"kind": "model", "model": said}
    path.write_bytes(b"".join(bundle(key, "For research", about, members)))
    return path


def test_a_site_weighs_as_much_as_it_has_images() -> None:
    ours = {"weight": torch.tensor([1.0, 2.0]), "steps": torch.tensor(3)}
    theirs = {"weight": torch.tensor([5.0, 2.0]), "steps": torch.tensor(9)}
    mean = federated([ours, theirs], [30, 10])
    assert mean["weight"].tolist() == [2.0, 2.0]
    assert mean["steps"] == 3
    with pytest.raises(ValueError, match="different networks"):
        federated([ours, {"weight": torch.zeros(3), "steps": torch.tensor(1)}], [1, 1])
    with pytest.raises(ValueError, match="number of training images"):
        federated([ours, theirs], [30, 0])


def test_two_sites_updates_become_one_candidate(tmp_path: Path) -> None:
    south = update(tmp_path, SOUTH, 2, 10, pipeline=PipelineSettings(threshold=0.3))
    paths = [update(tmp_path, NORTH, 1, 30), south]
    updates = read_bundles(paths, tmp_path / "work", [own_key(NORTH), own_key(SOUTH)])
    folder = federate(updates, "tiny-federated", "1.0.0", tmp_path / "zoo")
    made = read_artifact(folder)
    require_files(made)
    assert made.card.training["parent"] == PARENT[0]
    assert [one["images"] for one in made.card.training["bundles"]] == [30, 10]
    assert made.card.calibration == Calibration(temperature=1.5, threshold=0.4), "of most images"
    found = load((folder / WEIGHTS_FILE).read_bytes())
    ours, theirs = state_of(1, tmp_path), state_of(2, tmp_path)
    name = next(name for name, value in ours.items() if value.ndim == 4)
    expected = 0.75 * ours[name] + 0.25 * theirs[name]
    assert torch.allclose(found[name], expected, atol=1e-6)


def test_what_is_not_an_update_of_the_same_parent_by_a_trusted_site_is_refused(
    tmp_path: Path,
) -> None:
    ours = update(tmp_path, NORTH, 1, 30)
    trusted = [own_key(NORTH), own_key(SOUTH)]

    def refused(*paths: Path) -> str:
        with pytest.raises(FederationError) as told:
            work = tmp_path / f"work-{len(list(tmp_path.iterdir()))}"
            federate(read_bundles(paths, work, trusted), "x", "1.0.0", tmp_path / "zoo")
        return str(told.value)

    assert "not trusted" in refused(ours, update(tmp_path, STRANGER, 2, 10))
    other = update(tmp_path, SOUTH, 3, 10, about={"parent_digest": "c" * 64})
    assert "one parent" in refused(ours, other)
    none = update(tmp_path, SOUTH, 4, 10, about={"parent_digest": None})
    assert "what it was trained from" in refused(ours, none)
    tuned = update(
        tmp_path, SOUTH, 5, 10, pipeline=PipelineSettings(threshold=0.4, denoise_sigma=1.0)
    )
    assert "different pipelines" in refused(ours, tuned)
    assert "given twice" in refused(ours, ours)
    changed = tmp_path / "changed.zip"
    changed.write_bytes(ours.read_bytes().replace(b'"For research"', b'"No research!"'))
    assert "damaged" in refused(ours, changed)
    assert not (tmp_path / "zoo").exists()
