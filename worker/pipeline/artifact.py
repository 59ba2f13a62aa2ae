"""A version's files and the digest over all of them.

The card holds the SHA-256 of every other file, so the digest follows from the card alone, and code
that loads a file checks it against the card. In the model's folder, with names in byte order,
``sha256sum $(ls) | sha256sum`` prints the same digest.
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
        files: SHA-256 by name, including the card's.
        digest: digest over all of them.
    """

    folder: Path
    card: ModelCard
    files: dict[str, str]
    digest: str


def read_artifact(folder: Path) -> Artifact:
    """Return the contents that a model's folder declares; reads only the card.

    Raises:
        ModelError: there is no valid card, or it lists a file twice.
    """
    card = ModelCard.read(folder)
    if {CARD_FILE, MODEL_FILE} & card.files.keys():
        raise ModelError(f"{folder / CARD_FILE} lists {CARD_FILE} or {MODEL_FILE} among `files`.")
    own = {CARD_FILE: file_sha256(folder / CARD_FILE), MODEL_FILE: card.sha256}
    files = dict(sorted({**own, **card.files}.items()))
    return Artifact(folder, card, files, digest_of(files))


def digest_of(files: dict[str, str]) -> str:
    """Return the digest of a version from the SHA-256 of each of its files."""
    listing = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    return hashlib.sha256(listing.encode()).hexdigest()


def require_files(artifact: Artifact) -> None:
    """Refuse an artifact if a file is missing or is not the one that the card describes.

    Raises:
        ModelError: a file is missing or differs; the message names the first such file.
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
