"""Finding models in folders laid out as `<root>/<name>/<version>/{model.onnx, card.json}`."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from worker.pipeline.card import CARD_FILE, MODEL_FILE, ModelCard, ModelError
from worker.pipeline.engines import EngineName
from worker.pipeline.network import Network, require_sha256
from worker.pipeline.vetting import vet

logger = logging.getLogger(__name__)

DEFAULT_MODEL = "sonoloop-lite2"
"""The model that is used when none is requested, if it is present."""


@dataclass(frozen=True)
class FoundModel:
    """A model on disk whose card is valid."""

    card: ModelCard
    folder: Path


def model_roots(data_dir: Path | None = None) -> tuple[Path, ...]:
    """The folders of models: the site's own first, then the shipped zoo.

    Args:
        data_dir: the data folder of the installation; models promoted there are in `models/`.
    """
    shipped = Path(__file__).resolve().parents[2] / "models" / "zoo"
    return (shipped,) if data_dir is None else (data_dir / "models", shipped)


def version_key(version: str) -> tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]:
    """Sort key with the precedence of Semantic Versioning 2.0.0, clause 11."""
    core, _, pre = version.partition("-")
    parts = tuple((not p.isdigit(), int(p) if p.isdigit() else 0, p) for p in pre.split("."))
    return tuple(int(n) for n in core.split(".")), not pre, parts if pre else ()


def find_models(*roots: Path) -> list[FoundModel]:
    """Models below the roots, sorted by name and then newest version first; see `survey`."""
    models, problems = survey(*roots)
    for problem in problems:
        if problem not in _said:
            _said.add(problem)
            logger.warning("model passed over: %s", problem)
    return models


_said: set[str] = set()


def survey(*roots: Path) -> tuple[list[FoundModel], list[str]]:
    """Models below the roots as `find_models` returns them, and what is wrong with the others.

    A folder is skipped if its card is invalid or does not match the folder's name and version: one
    broken model must not take the others down. If two roots hold the same name and version with the
    same content, the earlier root's is used. If the contents differ, that is an error, and the
    later root's keeps serving: the shipped one was there before a site added its own.
    """
    found: dict[tuple[str, str], FoundModel] = {}
    problems: list[str] = []
    for root in roots:
        for path in sorted(root.glob(f"*/*/{CARD_FILE}")):
            folder = path.parent
            try:
                card = ModelCard.read(folder)
            except ModelError as error:
                problems.append(str(error))
                continue
            if (card.name, card.version) != (folder.parent.name, folder.name):
                problems.append(f"{path} says it is {card.name} {card.version}; rename the folder.")
                continue
            key = (card.name, card.version)
            other = found.get(key)
            if other is not None and other.card.sha256 != card.sha256:
                problems.append(
                    f"{other.folder} and {folder} both say that they are {card.name} "
                    f"{card.version}, and differ; {folder} serves. Give the other a version of "
                    "its own."
                )
                del found[key]
            found.setdefault(key, FoundModel(card, folder))
    newest_first = sorted(found.values(), key=lambda m: version_key(m.card.version), reverse=True)
    return sorted(newest_first, key=lambda m: m.card.name), problems


def is_shipped(folder: Path) -> bool:
    """Whether a model was shipped with the software, and so verified before."""
    return folder.absolute().is_relative_to(model_roots()[-1])


def load(
    found: FoundModel,
    providers: Sequence[str] | None = None,
    threads: int | None = None,
    engine: EngineName = "onnxruntime",
    cache_folder: Path | None = None,
    callers: int = 1,
) -> Network:
    """`Network.load`; a site's own model must first pass `vetting.vet`.

    `auto` means ONNX Runtime for a site's own model, as it is vetted on that.

    Raises:
        ModelError: it cannot be loaded or must not serve.
    """
    if not is_shipped(found.folder):
        require_sha256(found.folder / MODEL_FILE, found.card.sha256)
        vet(found.folder, found.card)
        engine = "onnxruntime" if engine == "auto" else engine
    return Network.load(found.folder, providers, threads, engine, cache_folder, callers)


def find_model(roots: Sequence[Path], name: str | None = None) -> FoundModel:
    """Return the requested model: `NAME`, `NAME@VERSION`, or None for the default.

    Raises:
        ModelError: there is no such model; the message lists the available ones.
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
    """Load the requested model, or the default one; see `find_model` and `Network.load`.

    Without roots, the shipped zoo is searched.
    """
    return load(find_model(roots or model_roots(), name), providers, threads)
