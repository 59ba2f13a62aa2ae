"""The work of each kind of job.

Each is imported for its first job, so that a worker that only segments loads nothing else.

A work is a function of the runtime, the lease and the progress. It reads its parameters through its
kind (``KIND.read(lease.job)``), reports its progress, and calls ``lease.end`` in the transaction
that stores its result. It may leave storing to a function that it returns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.bundles.jobs import BUNDLE
from app.deployments.jobs import MODEL_IMPORT, MODEL_VERIFY, RERUN
from app.drift.jobs import DRIFT
from app.evaluations.jobs import EVALUATE
from app.exports.jobs import EXPORT
from app.hooks.jobs import HOOK
from app.imports.jobs import IMPORT
from app.jobs.kinds import Kind
from app.jobs.tables import JobKind
from app.masks.jobs import MEASURE
from app.redaction.jobs import REDACT, TEXT_SEARCH
from app.retention.jobs import RETENTION
from app.reviews.jobs import AGREEMENT, CONSENSUS
from app.segment.jobs import INGEST, PREDICT, PREDICT_FRAMES, SEGMENT
from app.sending.jobs import SEND
from app.shadows.jobs import SHADOW
from app.suggestions.jobs import PROPAGATE
from app.training.jobs import TRAIN
from worker.runtime import Runtime
from worker.tasks.lease import Lease, Progress

Finish = Callable[[], None]
Work = Callable[[Runtime, Lease, Progress], Finish | None]


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of job and how to import its work."""

    kind: Kind[Any, Any]
    load: Callable[[], Work]


def _ingest() -> Work:
    from worker.tasks.ingest import ingest

    return ingest


def _predict() -> Work:
    from worker.tasks.predict import predict

    return predict


def _predict_frames() -> Work:
    from worker.tasks.predict_frames import predict_frames

    return predict_frames


def _propagate() -> Work:
    from worker.tasks.propagate import propagate

    return propagate


def _segment() -> Work:
    from worker.tasks.segment import segment

    return segment


def _measure() -> Work:
    from worker.tasks.measure import measure

    return measure


def _agreement() -> Work:
    from worker.tasks.agreement import agreement

    return agreement


def _consensus() -> Work:
    from worker.tasks.consensus import consensus

    return consensus


def _redact() -> Work:
    from worker.tasks.redact import redact

    return redact


def _text_search() -> Work:
    from worker.tasks.text_search import search_text

    return search_text


def _send() -> Work:
    from worker.tasks.send import send

    return send


def _hook() -> Work:
    from worker.tasks.hook import call

    return call


def _export() -> Work:
    from worker.tasks.export import export

    return export


def _import() -> Work:
    from worker.tasks.imports import import_labels

    return import_labels


def _import_model() -> Work:
    from worker.tasks.models import import_model

    return import_model


def _verify_model() -> Work:
    from worker.tasks.models import verify_model

    return verify_model


def _import_bundle() -> Work:
    from worker.tasks.bundle import import_bundle

    return import_bundle


def _train() -> Work:
    from worker.tasks.train import train

    return train


def _evaluate() -> Work:
    from worker.tasks.evaluate import evaluate

    return evaluate


def _rerun() -> Work:
    from worker.tasks.rerun import rerun

    return rerun


def _drift() -> Work:
    from worker.tasks.drift import drift

    return drift


def _shadow() -> Work:
    from worker.tasks.shadow import shadow

    return shadow


def _retention() -> Work:
    from worker.tasks.retention import retain

    return retain


TASKS: dict[JobKind, Task] = {
    task.kind.name: task
    for task in (
        Task(INGEST, _ingest),
        Task(PREDICT, _predict),
        Task(PREDICT_FRAMES, _predict_frames),
        Task(PROPAGATE, _propagate),
        Task(SEGMENT, _segment),
        Task(MEASURE, _measure),
        Task(AGREEMENT, _agreement),
        Task(CONSENSUS, _consensus),
        Task(REDACT, _redact),
        Task(TEXT_SEARCH, _text_search),
        Task(SEND, _send),
        Task(HOOK, _hook),
        Task(EXPORT, _export),
        Task(IMPORT, _import),
        Task(MODEL_IMPORT, _import_model),
        Task(MODEL_VERIFY, _verify_model),
        Task(BUNDLE, _import_bundle),
        Task(TRAIN, _train),
        Task(EVALUATE, _evaluate),
        Task(RERUN, _rerun),
        Task(SHADOW, _shadow),
        Task(DRIFT, _drift),
        Task(RETENTION, _retention),
    )
}
