"""A version's files and the digest over all of them.

The card names the SHA-256 of every other file, so that the digest follows from the card alone, and
whoever loads a file checks it against the card. It is that of the listing which
``sha256sum $(ls) | sha256sum`` makes in the model's folder, names in the order of their bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from worker.pipeline.card import CARD_FILE, MODEL_FILE, ModelCard, ModelError, file_sha256


@dataclass(frozen=True)
class Artifact:
    """A model's files in a folder.

    Attributes:
        files: SHA-256 by name, the card's among them.
        digest: of all of them.
    """

    folder: Path
    card: ModelCard
    files: dict[str, str]
    digest: str


def read_artifact(folder: Path) -> Artifact:
    """The contents that a model's folder declares; only the card is read.

    Raises:
        ModelError: there is no valid card, or it names a file twice.
    """
    card = ModelCard.read(folder)
    if {CARD_FILE, MODEL_FILE} & card.files.keys():
        raise ModelError(f"{folder / CARD_FILE} lists {CARD_FILE} or {MODEL_FILE} among `files`.")
    own = {CARD_FILE: file_sha256(folder / CARD_FILE), MODEL_FILE: card.sha256}
    files = dict(sorted({**own, **card.files}.items()))
    return Artifact(folder, card, files, digest_of(files))


def digest_of(files: dict[str, str]) -> str:
    """The digest of a version by the SHA-256 of each of its files."""
    listing = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    return hashlib.sha256(listing.encode()).hexdigest()


def require_files(artifact: Artifact) -> None:
    """Refuse an artifact of which a file is missing or is not the one that the card describes.

    Raises:
        ModelError: names the first.
    """
    for name, expected in artifact.files.items():
        path = artifact.folder / name
        if not path.is_file():
            raise ModelError(f"{name} is missing, which the card lists; export the model again.")
        if file_sha256(path) != expected:
            raise ModelError(
                f"{name} is not the file that the card describes (SHA-256 differs); it is cut "
                "short or was changed. Export the model again."
            )
