"""Finding models in folders laid out as `<root>/<name>/<version>/{model.onnx, card.json}`."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from worker.pipeline.card import CARD_FILE, ModelCard, ModelError
from worker.pipeline.network import Network

logger = logging.getLogger(__name__)

DEFAULT_MODEL = "sonoloop-lite2"
"""The model that is taken where none is asked for and it is present."""


@dataclass(frozen=True)
class FoundModel:
    """A model on disk whose card is valid."""

    card: ModelCard
    folder: Path


def model_roots(data_dir: Path | None = None) -> tuple[Path, ...]:
    """Where models are looked for: the site's own folder first, then the shipped zoo.

    Args:
        data_dir: the data folder of the installation; models promoted there are in `models/`.
    """
    shipped = Path(__file__).resolve().parents[2] / "models" / "zoo"
    return (shipped,) if data_dir is None else (data_dir / "models", shipped)


def site_roots() -> tuple[Path, ...]:
    """`model_roots` for a command: of the site in `SONOLOOP_DATA_DIR`, where that is set."""
    data_dir = os.environ.get("SONOLOOP_DATA_DIR")
    return model_roots(Path(data_dir) if data_dir else None)


def version_key(version: str) -> tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]:
    """Sort key with the precedence of Semantic Versioning 2.0.0, clause 11."""
    core, _, pre = version.partition("-")
    parts = tuple((not p.isdigit(), int(p) if p.isdigit() else 0, p) for p in pre.split("."))
    return tuple(int(n) for n in core.split(".")), not pre, parts if pre else ()


def find_models(*roots: Path) -> list[FoundModel]:
    """Models below the roots, sorted by name and then newest version first.

    Where two roots hold the same name and version the earlier root wins. A folder whose card is
    not valid, or not that of its folder's name and version, is passed over with a warning: one
    broken model must not take the others down.
    """
    found: dict[tuple[str, str], FoundModel] = {}
    for root in roots:
        for path in sorted(root.glob(f"*/*/{CARD_FILE}")):
            folder = path.parent
            try:
                card = ModelCard.read(folder)
            except ModelError as error:
                logger.warning("model passed over: %s", error)
                continue
            if (card.name, card.version) != (folder.parent.name, folder.name):
                logger.warning(
                    "model passed over: %s says it is %s %s; rename the folder",
                    path,
                    card.name,
                    card.version,
                )
                continue
            found.setdefault((card.name, card.version), FoundModel(card, folder))
    newest_first = sorted(found.values(), key=lambda m: version_key(m.card.version), reverse=True)
    return sorted(newest_first, key=lambda m: m.card.name)


def find_model(roots: Sequence[Path], name: str | None = None) -> FoundModel:
    """The model asked for: `NAME`, `NAME@VERSION`, or None for the default.

    Raises:
        ModelError: there is no such model; the message lists those that there are.
    """
    models = find_models(*roots)
    wanted, _, version = (name or "").partition("@")
    if not name:
        names = [m.card.name for m in models]
        wanted = DEFAULT_MODEL if DEFAULT_MODEL in names else (names[0] if names else "")
    for model in models:
        if model.card.name == wanted and version in ("", model.card.version):
            return model
    listed = ", ".join(f"{m.card.name}@{m.card.version}" for m in models)
    if not listed:
        where = ", ".join(str(root) for root in roots)
        raise ModelError(f"No model was found in {where}; put one there or export one.")
    raise ModelError(f"There is no model {re.sub(r'[^ -~]', '?', wanted)!r}; there are: {listed}.")


def load_default(
    *roots: Path,
    name: str | None = None,
    providers: Sequence[str] | None = None,
    threads: int | None = None,
) -> Network:
    """Load the model asked for, or the default one; see `find_model` and `Network.load`.

    Without roots the shipped zoo is searched.
    """
    model = find_model(roots or model_roots(), name)
    return Network.load(model.folder, providers=providers, threads=threads)
