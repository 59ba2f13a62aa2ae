"""An evaluation: run both versions on the images of the frozen sets, then apply the gate.

A row is written as soon as its image is measured, and is never measured again: a killed job
continues with the next image, and another candidate reuses the rows of the serving version.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from app.core.problems import Problem
from app.evaluations.jobs import EVALUATE
from app.evaluations.tables import Evaluation, EvaluationRow, FrozenSet, outline_key
from app.jobs.tables import JobState
from worker.evaluation.by_class import names_here
from worker.evaluation.measure import measure
from worker.evaluation.outlines import outlines_png
from worker.evaluation.rows import (
    Rows,
    Signed,
    Version,
    class_figures,
    pairs_of,
    row_of,
    rows_of,
    signed,
)
from worker.evaluation.verdict import MOST_TIME, Facts, judge, time_ratio
from worker.pipeline import BrokenModelError, ModelError, Network
from worker.pipeline.card import Calibration
from worker.runtime import Runtime
from worker.tasks.lease import JobFailedError, Lease, Progress

TIMED = 12
"""Number of images on which both versions are timed, alternately, as a machine's load varies."""
REPEATS, ROUNDS = 4, 5
"""Runs of each version per image, and how often these may be repeated. The shortest run counts:
other work on the machine only makes a run longer.
"""
WORST = 20
COMPARED_AT, TIMED_AT = 0.9, 0.95


def evaluate(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Measure what has not been measured yet, and reach a verdict.

    Raises:
        LostLeaseError: cancelled, or another worker has the job; the rows are kept.
        JobFailedError: one of the versions cannot be used.
    """
    asked = EVALUATE.read(lease.job)
    with runtime.database.read() as session:
        evaluation = session.get_one(Evaluation, asked.evaluation_id)
        wanted = [UUID(one) for one in evaluation.set_ids]
        sets = session.scalars(select(FrozenSet).where(FrozenSet.id.in_(wanted))).all()
    before: Version = (evaluation.serving_name, evaluation.serving_version)
    after: Version = (evaluation.model_name, evaluation.model_version)
    networks = {version: _network(runtime, version) for version in (before, after)}
    _measure(runtime, lease, progress, sets, networks)
    with runtime.database.read() as session:
        rows = rows_of(session, sets, [before, after])
    facts = Facts(
        calibrated=_both(networks, lambda n: n.card.calibration != Calibration()),
        guarded=_both(networks, lambda n: n.domain is not None),
        presence=_both(networks, lambda n: n.card.presence is not None),
        times=_times(runtime, progress, rows, networks[before], networks[after]),
    )
    verdict = judge(pairs_of(rows, sets, before, after), facts)
    verdict["skipped"] = sum(len(one.items) for one in sets) - len(rows) // 2
    verdict["classes"] = class_figures(rows, sets, before, after)
    verdict["worst"] = _worst(rows, before, after)
    progress("drawing", TIMED_AT)
    _draw(runtime, evaluation.id, verdict["worst"], networks[before], networks[after])
    with runtime.database.write() as session:
        session.get_one(Evaluation, evaluation.id).verdict = verdict
        lease.end(session, JobState.DONE, result={"duplicate": False})


def _network(runtime: Runtime, version: Version) -> Network:
    try:
        return runtime.network("@".join(version))
    except ModelError as error:
        problem = Problem(409, "model-unusable", str(error))
        raise JobFailedError(problem, retryable=True) from error


def _both(networks: dict[Version, Network], has: Callable[[Network], bool]) -> tuple[bool, bool]:
    before, after = (has(one) for one in networks.values())
    return before, after


def _measure(
    runtime: Runtime,
    lease: Lease,
    progress: Progress,
    sets: Sequence[FrozenSet],
    networks: dict[Version, Network],
) -> None:
    with runtime.database.read() as session:
        known = set(rows_of(session, sets, list(networks)))
    words: dict[tuple[UUID, Version], dict[str, str]] = {}
    items = [(of.id, UUID(mask), group) for of in sets for mask, group in of.items]
    for number, (set_id, mask_id, group) in enumerate(items):
        progress("comparing", COMPARED_AT * number / len(items))
        missing = [v for v in networks if (set_id, mask_id, v) not in known]
        if not missing:
            continue
        one = signed(runtime, mask_id)
        if one is None:
            continue
        rows = []
        for version in missing:
            place = (one.project_id, version)
            if place not in words:
                words[place] = names_here(runtime, one.project_id, networks[version])
            rows.append(row_of(one, networks[version], set_id, group, words[place]))
        with runtime.database.write(durable=False) as session:
            # One more image is progress: only attempts that measure no image count as failed.
            lease.claim(session, attempts=0, stage="comparing", progress=progress.fraction)
            for row in rows:
                if session.get(EvaluationRow, _key(row)) is None:
                    session.add(row)


def _key(row: EvaluationRow) -> tuple[UUID, str, str, UUID]:
    return row.set_id, row.model_name, row.model_version, row.mask_id


def _times(
    runtime: Runtime, progress: Progress, rows: Rows, before: Network, after: Network
) -> list[tuple[float, float]]:
    """Return pairs of milliseconds, each the shortest of several runs.

    The first picture warms both up and does not count. The versions alternate, and each goes first
    equally often, so that other work on the machine affects both. If the second seems too slow,
    both run again, up to `ROUNDS` times: a version that is really slower stays slower.
    """
    progress("timing", COMPARED_AT)
    ids = list(dict.fromkeys(mask_id for _, mask_id, _ in sorted(rows, key=str)))
    step = max(1, len(ids) // (TIMED + 1))
    shortest: dict[UUID, tuple[float, float]] = {}
    for _ in range(ROUNDS):
        for mask_id in ids[::step][: TIMED + 1]:
            one = signed(runtime, mask_id)
            if one is None:
                continue
            known = list(shortest.get(mask_id, (math.inf, math.inf)))
            try:
                for number in range(REPEATS):
                    for which in (0, 1) if number % 2 else (1, 0):
                        network = (before, after)[which]
                        found = measure(one.frame, one.truth, network).milliseconds
                        known[which] = min(known[which], found)
            except BrokenModelError:
                continue  # the rows record it
            shortest[mask_id] = (known[0], known[1])
        times = list(shortest.values())[1:]
        if not times or time_ratio(times) <= MOST_TIME:
            break
    return times


def _worst(rows: Rows, before: Version, after: Version) -> list[dict[str, object]]:
    """Return the images on which the candidate lost most: a lower IoU, or new false outlines."""
    found = []
    for (set_id, mask_id, version), old in rows.items():
        new = rows.get((set_id, mask_id, after))
        if version == before and new is not None and new.iou < old.iou:
            found.append((new.iou - old.iou, str(mask_id), set_id, old, new))
    return [
        {
            "set_id": str(set_id),
            "mask_id": mask_id,
            "image_id": str(old.image_id),
            "frame_index": old.frame_index,
            "before": old.iou,
            "after": new.iou,
            "missed": new.missed,
            "false_outline": new.outlined and old.truth_px == 0,
        }
        for _, mask_id, set_id, old, new in sorted(found, key=lambda one: one[:2])[:WORST]
    ]


def _draw(
    runtime: Runtime,
    evaluation_id: UUID,
    worst: list[dict[str, object]],
    before: Network,
    after: Network,
) -> None:
    """Draw only the outlines; the page lays them over the picture if its reader may see that."""
    for item in worst:
        mask_id = UUID(str(item["mask_id"]))
        one = signed(runtime, mask_id)
        if one is None:
            continue
        for whose, network in (("before", before), ("after", after)):
            png = outlines_png(_mask(one, network), one.truth)
            runtime.blobs.put(outline_key(evaluation_id, mask_id, whose), png)


def _mask(one: Signed, network: Network) -> NDArray[np.bool_]:
    try:
        return measure(one.frame, one.truth, network).mask
    except BrokenModelError:
        return np.zeros_like(one.truth)
