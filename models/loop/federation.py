"""Combine updates of one parent from several sites into one candidate."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor

from models.architectures.networks import NetworkConfig
from models.loop.averaging import federated
from models.packaging.export import CardNotes, export_checkpoint
from models.training.checkpoint import Checkpoint
from models.training.config import TrainConfig
from models.training.weights import WEIGHTS_FILE
from worker.formats.bundle import Bundle, BundleError
from worker.pipeline.card import CARD_FILE, ModelCard, ModelError, file_sha256
from worker.pipeline.domain import DOMAIN_FILE
from worker.pipeline.settings import PipelineSettings

MOST_BYTES = 2 * 1024**3
_NETWORK: TypeAdapter[NetworkConfig] = TypeAdapter(NetworkConfig)


class FederationError(Exception):
    """The updates cannot be averaged; the message says why."""


@dataclass(frozen=True)
class Update:
    """The update from one site.

    Attributes:
        folder: folder with card, weights and perhaps a training domain.
        parent: the model it was trained from, `NAME@VERSION` and digest.
        images: number of training images.
        digest: digest of the bundle's manifest.
    """

    folder: Path
    card: ModelCard
    network: NetworkConfig
    weights: dict[str, Tensor]
    parent: tuple[str, str]
    images: int
    digest: str


def read_update(file: IO[bytes], folder: Path, trusted: Sequence[str]) -> Update:
    """Read a bundle after checking its signature and digests.

    Args:
        folder: an empty folder; the required files are written into it.
        trusted: public keys of sites.

    Raises:
        FederationError: the bundle is not signed by one of them, or holds no update.
    """
    try:
        bundle = Bundle(file, MOST_BYTES)
        if bundle.key not in trusted:
            raise FederationError(
                f"The bundle is signed by {bundle.key[:60]}, which is not trusted; name it with "
                "--trust where its site told you this key."
            )
        manifest = bundle.require_signature()
        if manifest.model is None or WEIGHTS_FILE not in manifest.files:
            raise FederationError("A bundle holds no weights; have a version with weights sent.")
        for name in (CARD_FILE, WEIGHTS_FILE, DOMAIN_FILE):
            if name in manifest.files:
                with (folder / name).open("wb") as target:
                    for piece in bundle.pieces(manifest, name):
                        target.write(piece)
        card = ModelCard.read(folder)
        with safe_open(folder / WEIGHTS_FILE, framework="pt") as stream:
            network = _NETWORK.validate_json((stream.metadata() or {}).get("network", ""))
            weights = {key: stream.get_tensor(key).float() for key in stream.keys()}  # noqa: SIM118 - no mapping
    except (BundleError, ModelError) as error:
        raise FederationError(str(error)) from error
    except (SafetensorError, ValidationError) as error:
        raise FederationError("The weights of a bundle cannot be read.") from error
    said = manifest.model
    if not said.parent or not said.parent_digest or said.training_images < 1:
        raise FederationError(
            f"{said.name} {said.version} does not say what it was trained from, or on how many "
            "images; average what `Train a model` or `sonoloop loop run` made."
        )
    parent = (said.parent, said.parent_digest)
    return Update(folder, card, network, weights, parent, said.training_images, bundle.digest)


def federate(updates: Sequence[Update], name: str, version: str, zoo: Path) -> Path:
    """Write the weighted mean of the updates as a candidate's folder, `zoo/<name>/<version>`.

    It has the pipeline stages that the updates share with their parent; temperature, threshold,
    presence model and training domain are those of the site with the most images.

    Raises:
        FederationError: parents, networks or pipelines differ, or an update is given twice.
    """
    first = max(updates, key=lambda one: one.images)
    for one in updates:
        if one.parent != first.parent:
            raise FederationError(
                f"One update is of {first.parent[0]} and one of {one.parent[0]}, or of other bytes "
                "of that name; average updates of one parent."
            )
        if one.network != first.network or one.card.class_names != first.card.class_names:
            raise FederationError("The updates are of different networks or classes.")
        ours, theirs = ((_stages(c), c.input) for c in (first.card, one.card))
        if ours != theirs:
            raise FederationError(
                "The updates have different pipelines; average what keeps its parent's."
            )
    if len({one.digest for one in updates}) < len(updates):
        raise FederationError("An update was given twice.")
    try:
        weights = federated([one.weights for one in updates], [one.images for one in updates])
    except ValueError as error:
        raise FederationError(f"The updates cannot be averaged: {error}.") from error
    return _write(first, updates, weights, name, version, zoo)


def _stages(card: ModelCard) -> PipelineSettings:
    """The pipeline without the threshold, which each site fits to its own network."""
    return card.pipeline.model_copy(update={"threshold": 0.5})


def _write(
    first: Update,
    updates: Sequence[Update],
    weights: dict[str, Tensor],
    name: str,
    version: str,
    zoo: Path,
) -> Path:
    before = first.card
    try:
        config = TrainConfig.model_validate(before.training["config"])
    except (KeyError, ValidationError) as error:
        raise FederationError("The card of an update does not say how it was trained.") from error
    notes = _notes(first, updates, name, version)
    checkpoint = Checkpoint(
        config=config, epochs=0, network={}, average=weights, optimizer={}, schedule={}
    )
    export_checkpoint(checkpoint, notes, zoo)
    folder = zoo / name / version
    card = ModelCard.read(folder)
    files = dict(card.files)
    if (first.folder / DOMAIN_FILE).is_file():
        shutil.copyfile(first.folder / DOMAIN_FILE, folder / DOMAIN_FILE)
        files[DOMAIN_FILE] = file_sha256(folder / DOMAIN_FILE)
    updated: dict[str, Any] = {
        "files": files,
        "calibration": before.calibration,
        "pipeline": before.pipeline,
        "presence": before.presence,
        "training": {
            **card.training,
            "parent": first.parent[0],
            "bundles": [{"manifest": one.digest, "images": one.images} for one in updates],
        },
    }
    ModelCard.model_validate(card.model_copy(update=updated).model_dump()).write(folder)
    return folder


def _notes(first: Update, updates: Sequence[Update], name: str, version: str) -> CardNotes:
    before = first.card
    try:
        return CardNotes(
            name=name,
            version=version,
            title=f"Average of {len(updates)} sites' updates of {first.parent[0]}",
            intended_use=before.intended_use,
            architecture=before.architecture.name,
            encoder=before.architecture.encoder,
            command="sonoloop federate",
            input_area=before.input.area,
            tta=before.pipeline.tta,
            data={
                "federated": [one.images for one in updates],
                "parent": before.data.get("parent"),
            },
            licences=before.licences,
            limits=before.limits,
        )
    except ValidationError as error:
        raise FederationError(
            "A name has small letters, figures and hyphens, and a version is like 1.0.0."
        ) from error


def read_bundles(paths: Sequence[Path], work: Path, trusted: Sequence[str]) -> list[Update]:
    """Read the updates from bundle files.

    Raises:
        FederationError: as in :func:`read_update`; the message names the file.
    """
    found = []
    for number, path in enumerate(paths):
        folder = work / f"{number}" / "update"
        folder.mkdir(parents=True)
        try:
            with path.open("rb") as file:
                found.append(read_update(file, folder, trusted))
        except OSError as error:
            raise FederationError(f"{path} cannot be read: {error.strerror}.") from error
        except FederationError as error:
            raise FederationError(f"{path}: {error}") from error
    return found
