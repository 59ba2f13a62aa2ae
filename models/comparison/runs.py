"""Training or loading each method, and measuring it; finished work is not repeated."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.core.disk import write_whole
from models.classical import METHODS, ClassicalNetwork
from models.classical.fit import fit
from models.comparison import records
from models.comparison.config import CompareConfig, MethodConfig
from models.comparison.timing import Timing
from models.data.samples import Sample
from models.evaluation.consistency import PairAgreement, agreements, groups_of_views
from models.evaluation.per_image import ImageResult, evaluate_samples
from models.packaging.export import CardNotes, export_checkpoint
from models.training.checkpoint import Checkpoint
from models.training.config import ConfigError, TrainConfig
from models.training.trainer import Trainer
from worker.pipeline import (
    ModelCard,
    ModelError,
    Network,
    PipelineSettings,
    SiteModels,
)

RESULTS_FILE = "results.json"
SETTINGS_FILE = "settings.json"
TIMING_FILE = "timing.json"
CONSISTENCY_FILE = "consistency.json"
_MODEL_FOLDER = "model"
_VERSION = "1.0.0"

Report = Callable[[str, float], None]
"""Called with the current activity and its completed share, 0 to 1."""


class NotRun(Exception):  # noqa: N818 - it says what is missing, nothing went wrong
    """A row is not finished, and finishing it was not requested."""


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
    """Results of the images that show a lesion."""
    lesion_free: list[ImageResult]
    """Results of the other images."""
    pairs: list[PairAgreement]
    """Agreement on near-identical views among the validation images."""
    timing: Timing | None = None
    """None before the time was measured."""
    repeats: tuple[Measured, ...] = ()
    """The same training with other seeds, as far as it is done."""


class Runs:
    """The methods of a comparison in one folder, with a subfolder for each.

    If a folder of records is given, trainings finished elsewhere are read from it, and those
    finished here are written to it.
    """

    def __init__(
        self,
        config: CompareConfig,
        folder: Path,
        training: Sequence[Sample],
        validation: Sequence[Sample],
        records_folder: Path | None = None,
    ) -> None:
        self.config = config
        self.folder = folder
        self.records = records_folder
        self.training = training
        self.validation = validation

    def measure(self, method: MethodConfig, report: Report, *, work: bool = True) -> Measured:
        """Train or load a method, if necessary, and run it on the validation images.

        Args:
            method: a method of the comparison.
            report: called with the progress.
            work: False only reads finished results.

        Raises:
            NotRun: something is left to do and `work` is False.
            CheckpointError, ConfigError, DataError, ExportError, ModelError, TrainingDiverged:
                as training, export and evaluation raise them.
        """
        if method.network is None or self.records is None:
            return self._measured(method, report, work=work)
        try:
            found = self._measured(method, report, work=False)
        except NotRun:
            if (recorded := self._recorded(method)) is not None:
                return recorded
            found = self._measured(method, report, work=work)
        self._record(found)
        return found

    def _measured(self, method: MethodConfig, report: Report, *, work: bool) -> Measured:
        network, settings = self.loaded(method, report, work=work)
        return self._row(
            method,
            network.card,
            settings,
            self._evaluate(method, network, settings, report, work=work),
            self._pairs(method, network, settings, report, work=work),
            self._saved_timing(method, network, settings),
        )

    def _row(
        self,
        method: MethodConfig,
        card: ModelCard,
        settings: PipelineSettings,
        results: list[ImageResult],
        pairs: list[PairAgreement],
        timing: Timing | None,
    ) -> Measured:
        trained = self.config.method(method.of) if method.of else method
        steps = None
        if trained.network is not None:
            run = self.config.training_of(trained, self.training)
            steps = self.config.steps_of(run, self.training)
        return Measured(
            method=method,
            kind=_kind(method),
            card=card,
            settings=settings,
            steps=steps,
            results=[one for one in results if one.metrics.truth],
            lesion_free=[one for one in results if not one.metrics.truth],
            pairs=pairs,
            timing=timing,
        )

    def _recorded(self, method: MethodConfig) -> Measured | None:
        """Return a training finished elsewhere, or None if the record is of something else."""
        assert self.records is not None  # noqa: S101 - asked for where there is one
        content = records.read(self.records, method.name)
        if content is None:
            return None
        try:
            card = ModelCard.model_validate(content["card"])
            run = TrainConfig.model_validate(card.training.get("config"))
            settings = method.settings(PipelineSettings.for_card(card))
            if run != self.config.training_of(method, self.training):
                return None
            if content["key"] != self._key_with_views(card, settings):
                return None
            return self._row(
                method,
                card,
                settings,
                [
                    ImageResult.from_json(sample, values)
                    for sample, values in zip(self.validation, content["images"], strict=True)
                ],
                [PairAgreement(**values) for values in content["pairs"]],
                Timing(**content["timing"]) if content["timing"] else None,
            )
        except (KeyError, TypeError, ValueError):
            return None

    def _record(self, row: Measured) -> None:
        assert self.records is not None  # noqa: S101 - asked for where there is one
        by_id = {id(one.sample): one for one in (*row.results, *row.lesion_free)}
        key = self._key_with_views(row.card, row.settings)
        before = records.read(self.records, row.method.name) or {}
        # Keep a time that was measured before.
        kept = before.get("timing") if before.get("key") == key else None
        content = {
            "key": key,
            "card": row.card.model_dump(mode="json"),
            "images": [by_id[id(sample)].to_json() for sample in self.validation],
            "pairs": [asdict(pair) for pair in row.pairs],
            "timing": asdict(row.timing) if row.timing else kept,
        }
        records.write(self.records, row.method.name, content)

    def _key_with_views(self, card: ModelCard, settings: PipelineSettings) -> str:
        return _key(self._key(card, settings), self.config.near_duplicates)

    def repeats(self, method: MethodConfig) -> tuple[Measured, ...]:
        """Return the same training with other seeds, as far as it is done.

        Raises:
            As :meth:`measure`.
        """
        done = []
        for again in method.repeats():
            with suppress(NotRun):
                done.append(self.measure(again, lambda _what, _share: None, work=False))
        return tuple(done)

    def loaded(
        self, method: MethodConfig, report: Report, *, work: bool = True
    ) -> tuple[Network, PipelineSettings]:
        """Return the method as the pipeline runs it, trained here if necessary, and its settings.

        Raises:
            As :meth:`measure`.
        """
        base = self.config.method(method.of) if method.of else method
        if base.network is not None:
            network = self._trained(base, report, work=work)
        elif base.classical is not None:
            network = self._classical(base.name, base.classical, report, work=work)
        else:
            network = SiteModels().load(base.model, threads=self.config.threads)
        for area in (base.input_area, method.input_area):
            network = network.with_area(area) if area else network
        try:
            return network, method.settings(PipelineSettings.for_card(network.card))
        except ValidationError as error:
            raise ConfigError(f"{method.name} has settings that do not fit: {error}") from error

    def time(self, method: MethodConfig, report: Report) -> None:
        """Measure a finished method's time on a few images and store it.

        Raises:
            As :meth:`measure`.
        """
        network, settings = self.loaded(method, report, work=False)
        report(f"{method.name}: timing", 0.0)
        timing = Timing.of(self.validation, network, settings)
        key = self._key(network.card, settings)
        _write(self.folder / method.name / TIMING_FILE, {"key": key, **asdict(timing)})

    def _saved_timing(
        self, method: MethodConfig, network: Network, settings: PipelineSettings
    ) -> Timing | None:
        saved = _read(self.folder / method.name / TIMING_FILE)
        if saved.pop("key", None) != self._key(network.card, settings):
            return None
        return Timing(**saved)

    def _trained(self, method: MethodConfig, report: Report, *, work: bool) -> Network:
        config = self.config.training_of(method, self.training)
        folder = self.folder / method.name
        models = folder / _MODEL_FOLDER
        ready = models / method.name / _VERSION
        # The card marks it as done: a checkpoint is many times the size of the model.
        if _trained_by(ready) != config:
            if not work:
                raise NotRun
            trainer = Trainer(config, folder)
            total = trainer.steps_per_epoch * config.epochs

            def show(epoch: int, step: int, steps: int, _loss: float) -> None:
                report(f"{method.name}: training", (epoch * steps + step) / total)

            trainer.run(show)
            report(f"{method.name}: export", 0.0)
            last = Checkpoint.read(trainer.checkpoint_path)
            curve = self._curve(last.curves, trainer.steps_per_epoch)
            export_checkpoint(last, self._notes(method, curve), models)
        return Network.load(ready, threads=self.config.threads)

    def _curve(
        self, curves: Sequence[dict[str, Any]], steps_per_epoch: int
    ) -> list[dict[str, float]]:
        """Return the validation curve: mean lesion IoU over all images by optimisation steps."""
        counts = Counter(sample.source for sample in self.validation)
        return [
            {
                "steps": record["epoch"] * steps_per_epoch,
                "lesion_iou": sum(iou * counts[name] for name, iou in scores.items())
                / counts.total(),
            }
            for record in curves
            if (scores := record.get("validation_iou"))
        ]

    def _notes(self, method: MethodConfig, curve: list[dict[str, float]]) -> CardNotes:
        assert method.network is not None  # noqa: S101 - only networks are trained
        return CardNotes(
            name=method.name,
            version=_VERSION,
            title=method.network.title,
            intended_use="A row of a comparison; not for use on patients.",
            architecture=method.network.title,
            encoder=method.network.encoder_title,
            command="sonoloop compare",
            training={"validation_curve": curve},
        )

    def _classical(self, name: str, method: str, report: Report, *, work: bool) -> Network:
        path = self.folder / name / SETTINGS_FILE
        key = _key(method, self.config.input_area, self.config.fit_images, _ids(self.training))
        saved = _read(path)
        if saved.get("key") == key:
            chosen = METHODS[method].model_validate(saved["settings"])
            return ClassicalNetwork(name, chosen, self.config.input_area)
        if not work:
            raise NotRun
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
        self,
        method: MethodConfig,
        network: Network,
        settings: PipelineSettings,
        report: Report,
        *,
        work: bool,
    ) -> list[ImageResult]:
        path = self.folder / method.name / RESULTS_FILE
        key = self._key(network.card, settings)
        saved = _read(path)
        if saved.get("key") == key:
            return [
                ImageResult.from_json(sample, values)
                for sample, values in zip(self.validation, saved["images"], strict=True)
            ]
        if not work:
            raise NotRun
        done = 0

        def show() -> None:
            nonlocal done
            done += 1
            report(f"{method.name}: measuring", done / len(self.validation))

        results = evaluate_samples(self.validation, network, settings, show)
        _write(path, {"key": key, "images": [result.to_json() for result in results]})
        return results

    def _pairs(
        self,
        method: MethodConfig,
        network: Network,
        settings: PipelineSettings,
        report: Report,
        *,
        work: bool,
    ) -> list[PairAgreement]:
        path = self.folder / method.name / CONSISTENCY_FILE
        names = self.config.near_duplicates
        key = self._key_with_views(network.card, settings)
        saved = _read(path)
        if saved.get("key") == key:
            return [PairAgreement(**values) for values in saved["pairs"]]
        if not work:
            raise NotRun
        lesions = (s for s in self.validation if s.source in names and s.mask is not None)
        groups = groups_of_views(lesions)
        report(f"{method.name}: near-identical views", 0.0)
        pairs = agreements(groups, network, settings)
        _write(path, {"key": key, "pairs": [asdict(pair) for pair in pairs]})
        return pairs

    def _key(self, card: ModelCard, settings: PipelineSettings) -> str:
        """Return a digest of everything that the figures on the validation images depend on."""
        return _key(
            card.sha256,
            card.files,
            card.calibration.model_dump(mode="json"),
            card.input.area,
            settings.model_dump(mode="json"),
            _ids(self.validation),
        )


def _key(*parts: object) -> str:
    """Return a digest of everything that a stored result depends on: a change makes it stale."""
    content = json.dumps([installed_version("sonoloop"), *parts])
    return hashlib.sha256(content.encode()).hexdigest()


def _trained_by(model: Path) -> TrainConfig | None:
    """Return the configuration that an exported model was trained with, or None without a model."""
    try:
        return TrainConfig.model_validate(ModelCard.read(model).training.get("config"))
    except (ModelError, ValidationError):
        return None


def _kind(method: MethodConfig) -> str:
    if method.network is not None:
        return "network"
    if method.classical is not None:
        return "classical"
    return "model" if method.model is not None else "variant"


def require_samples(training: Sequence[Sample], validation: Sequence[Sample]) -> None:
    """Refuse a comparison without images.

    Raises:
        ConfigError: there is no training or no validation image.
    """
    if not training or not validation:
        raise ConfigError("The folds of the sources hold no image to train or to measure on.")


def _ids(samples: Sequence[Sample]) -> list[str]:
    return [f"{sample.source}/{sample.id}" for sample in samples]


def _read(path: Path) -> dict[str, Any]:
    """Return a stored JSON object, or an empty one if no complete one exists."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(content).encode())
