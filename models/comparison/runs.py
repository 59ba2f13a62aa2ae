"""Training or loading each method, and measuring it; what is done is not done again."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from models.checkpoint import Checkpoint
from models.classical import METHODS, ClassicalNetwork
from models.classical.fit import fit
from models.comparison.config import CompareConfig, MethodConfig
from models.config import ConfigError
from models.data import Sample
from models.evaluation import ImageResult, evaluate_samples
from models.export import CardNotes, export_checkpoint
from models.trainer import Trainer
from worker.pipeline import ModelCard, Network, PipelineSettings, load_default, model_roots

RESULTS_FILE = "results.json"
SETTINGS_FILE = "settings.json"
_MODEL_FOLDER = "model"
_VERSION = "1.0.0"

Report = Callable[[str, float], None]
"""Called with what is being done and the share of it, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A method with its figures on every validation image."""

    method: MethodConfig
    kind: str
    """`network`, `classical`, `model` or `variant`."""
    card: ModelCard
    settings: PipelineSettings
    steps: int | None
    """Optimisation steps of a network that was trained here."""
    results: list[ImageResult]


class Runs:
    """The methods of a comparison in one folder, a folder for each."""

    def __init__(
        self,
        config: CompareConfig,
        folder: Path,
        training: Sequence[Sample],
        validation: Sequence[Sample],
    ) -> None:
        self.config = config
        self.folder = folder
        self.training = training
        self.validation = validation
        self._steps: dict[str, int] = {}

    def measure(self, method: MethodConfig, report: Report) -> Measured:
        """Train or load a method, if that is left to do, and run it on the validation images.

        Raises:
            CheckpointError, ConfigError, DataError, ExportError, ModelError, TrainingDiverged:
                as training, export and evaluation raise them.
        """
        base = self.config.method(method.of) if method.of else method
        network = self.network(base, report)
        settings = method.pipeline or PipelineSettings.for_card(network.card)
        return Measured(
            method=method,
            kind=_kind(method),
            card=network.card,
            settings=settings,
            steps=self._steps.get(base.name),
            results=self._evaluate(method, network, settings, report),
        )

    def network(self, method: MethodConfig, report: Report) -> Network:
        """The method as the pipeline runs it; trained here if it is to be."""
        if method.network is not None:
            return self._trained(method, report)
        if method.classical is not None:
            return self._classical(method.name, method.classical, report)
        data_dir = os.environ.get("SONOLOOP_DATA_DIR")
        roots = model_roots(Path(data_dir) if data_dir else None)
        return load_default(*roots, name=method.model, threads=self.config.threads)

    def _trained(self, method: MethodConfig, report: Report) -> Network:
        config = self.config.training_of(method, len(self.training))
        folder = self.folder / method.name
        trainer = Trainer(config, folder)
        total = trainer.steps_per_epoch * config.epochs
        self._steps[method.name] = total
        models = folder / _MODEL_FOLDER
        ready = models / method.name / _VERSION
        if trainer.epoch < config.epochs or not (ready / "card.json").exists():

            def show(epoch: int, step: int, steps: int, _loss: float) -> None:
                report(f"{method.name}: training", (epoch * steps + step) / total)

            trainer.run(show)
            report(f"{method.name}: export", 0.0)
            export_checkpoint(Checkpoint.read(trainer.checkpoint_path), self._notes(method), models)
        return Network.load(ready, threads=self.config.threads)

    def _notes(self, method: MethodConfig) -> CardNotes:
        assert method.network is not None  # noqa: S101 - only networks are trained
        return CardNotes(
            name=method.name,
            version=_VERSION,
            title=method.network.title,
            intended_use="A row of a comparison; not for use on patients.",
            architecture=method.network.title,
            encoder=method.network.encoder_title,
            command="sonoloop compare",
        )

    def _classical(self, name: str, method: str, report: Report) -> Network:
        path = self.folder / name / SETTINGS_FILE
        key = self._key(method, self.config.input_area, self.config.fit_images, _ids(self.training))
        saved = _read(path)
        if saved.get("key") == key:
            chosen = METHODS[method].model_validate(saved["settings"])
            return ClassicalNetwork(name, chosen, self.config.input_area)
        images = min(self.config.fit_images, len(self.training))
        total, done = images * len(METHODS[method].grid()), 0

        def show() -> None:
            nonlocal done
            done += 1
            report(f"{name}: choosing settings", done / total)

        chosen, scores = fit(
            method, self.training, self.config.input_area, self.config.fit_images, show
        )
        settings = chosen.model_dump(mode="json")
        _write(path, {"key": key, "settings": settings, "training_iou": scores})
        return ClassicalNetwork(name, chosen, self.config.input_area)

    def _evaluate(
        self, method: MethodConfig, network: Network, settings: PipelineSettings, report: Report
    ) -> list[ImageResult]:
        path = self.folder / method.name / RESULTS_FILE
        key = self._key(network.card.sha256, settings.model_dump_json(), _ids(self.validation))
        saved = _read(path)
        if saved.get("key") == key:
            return [
                ImageResult.from_json(sample, values)
                for sample, values in zip(self.validation, saved["images"], strict=True)
            ]
        done = 0

        def show() -> None:
            nonlocal done
            done += 1
            report(f"{method.name}: measuring", done / len(self.validation))

        results = evaluate_samples(self.validation, network, settings, show)
        _write(path, {"key": key, "images": [result.to_json() for result in results]})
        return results

    def _key(self, *parts: object) -> str:
        """What a stored result hangs on; another one makes it be done again."""
        content = json.dumps([installed_version("sonoloop"), *parts], default=str)
        return hashlib.sha256(content.encode()).hexdigest()


def _kind(method: MethodConfig) -> str:
    if method.network is not None:
        return "network"
    if method.classical is not None:
        return "classical"
    return "model" if method.model is not None else "variant"


def require_samples(training: Sequence[Sample], validation: Sequence[Sample]) -> None:
    """Refuse a comparison on nothing.

    Raises:
        ConfigError: a side has no image.
    """
    if not training or not validation:
        raise ConfigError("The folds of the sources hold no image to train or to measure on.")


def _ids(samples: Sequence[Sample]) -> list[str]:
    return [f"{sample.source}/{sample.id}" for sample in samples]


def _read(path: Path) -> dict[str, Any]:
    """A stored JSON object; empty where there is none that is whole."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".result-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(content, stream)
    Path(temporary).replace(path)
