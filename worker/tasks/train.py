"""A training run: write out the snapshot, run a training process, take in its candidate.

The process runs with a low priority, a memory limit, and all cores but one. It keeps its state in a
local folder, so a run whose worker was killed continues after its last epoch. A cancelled run's
process is killed within seconds.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import shutil
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from app.core.disk import write_whole
from app.core.ids import now
from app.core.problems import Problem
from app.core.process import die_with_parent, lower_priority
from app.jobs.tables import JobState
from app.model_versions.tables import ModelVersion
from app.training.jobs import TRAIN
from app.training.records import drop_leftovers, run_folder
from app.training.tables import TrainingRun
from worker.pipeline.artifact import read_artifact
from worker.pipeline.card import ModelError
from worker.pipeline.vetting import verify
from worker.registry.intake import take_in
from worker.runtime import Runtime
from worker.tasks.lease import JobFailedError, Lease, LostLeaseError, Progress
from worker.tasks.training_data import write_pool, write_replay

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
NICE = 19
WRITTEN_AT, TRAINED_AT = 0.03, 0.97
POOL = "pool"
"""Name of the snapshot among a run's data sets."""
RESUMED = "resumed"


def train(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Train a candidate and store it as a version.

    Raises:
        JobFailedError: the run ended with a reason, or the extra `train` is not installed.
        LostLeaseError: it was cancelled, or another worker has the job.
    """
    asked = TRAIN.read(lease.job)
    with runtime.database.read() as session:
        run = session.get_one(TrainingRun, asked.run_id)
        parent = session.get_one(ModelVersion, (run.parent_name, run.parent_version))
    drop_leftovers(runtime.database, runtime.settings)
    folder = run_folder(runtime.settings, run.id)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        progress("reading", 0.0)
        if not (folder / "recipe.json").exists():
            write_pool(runtime, run, folder / POOL)
            replay = write_replay(runtime, run, folder)
            _write_recipe(runtime, run, parent, folder, replay)
        _supervise(runtime, lease, run, folder, progress)
        _finish(runtime, lease, run, folder, progress)
    except LostLeaseError:
        with runtime.database.read() as session:
            job = session.get_one(type(lease.job), lease.job.id)
        if job.state.final:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    except JobFailedError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _write_recipe(
    runtime: Runtime, run: TrainingRun, parent: ModelVersion, folder: Path, replay: list[Path]
) -> None:
    if parent.digest is None:
        raise JobFailedError(Problem(409, "not-here", "No bytes of the parent are here."))
    try:
        place = runtime.cache.folder(parent.digest, dict(parent.files or {}), weights=True)
    except ModelError as error:
        raise JobFailedError(Problem(409, "not-here", str(error)), retryable=True) from error
    kept = folder / "parent"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(place, kept)
    recipe = {
        "data": str((folder / POOL).absolute()),
        "parent": str(kept.absolute()),
        "replay": [str(one.absolute()) for one in replay],
        "name": run.model_name,
        "version": run.model_version,
        "epochs": run.epochs,
        **runtime.settings.training_recipe,
    }
    write_whole(folder / "recipe.json", json.dumps(recipe).encode())


def _supervise(
    runtime: Runtime, lease: Lease, run: TrainingRun, folder: Path, progress: Progress
) -> None:
    """Run the process to its end and report its progress.

    Raises:
        JobFailedError: it died too often for an accident.
        LostLeaseError: cancelled; the process has ended when this is raised.
    """
    if (folder / "outcome.json").exists():
        return
    process = training_process(folder, runtime.settings.training_memory_bytes)
    try:
        told: dict[str, Any] = {}
        while process.poll() is None:
            time.sleep(POLL_SECONDS)
            told = _record_progress(runtime, lease, run, folder, progress, told)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    if not (folder / "outcome.json").exists():
        last = (folder / "log").read_text("utf-8", "replace").strip().splitlines()[-1:]
        log.error("training ended with %d: %s", process.returncode, last)
        if any("ModuleNotFoundError" in line for line in last):
            detail = "This worker cannot train: install the extra “train” on its machine."
            raise JobFailedError(Problem(503, "cannot-train", detail), retryable=True)
        raise RuntimeError(f"training ended with {process.returncode}")


def training_process(folder: Path, memory_bytes: int) -> subprocess.Popen[bytes]:
    """Start the process that trains with the recipe in a folder; it writes its log there."""
    with (folder / "log").open("ab") as output:
        return subprocess.Popen(  # noqa: S603 (a fixed command)
            [sys.executable, "-s", "-m", "models.loop", str(folder.absolute())],
            cwd=Path(__file__).parents[2],
            env={**_environment(), "OMP_WAIT_POLICY": "PASSIVE"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=partial(_confine, os.getpid(), memory_bytes),
        )


def _environment() -> dict[str, str]:
    kept = ("PATH", "LANG", "HOME", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _confine(parent: int, most: int) -> None:
    die_with_parent(parent)
    os.setsid()
    lower_priority(NICE)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _record_progress(
    runtime: Runtime,
    lease: Lease,
    run: TrainingRun,
    folder: Path,
    progress: Progress,
    before: dict[str, Any],
) -> dict[str, Any]:
    """Record the process's progress; also notices whether the run was cancelled."""
    try:
        found: dict[str, Any] = json.loads((folder / "progress.json").read_text("utf-8"))
    except (OSError, ValueError):
        found = {}
    share = WRITTEN_AT + (TRAINED_AT - WRITTEN_AT) * float(found.get("fraction", 0.0))
    progress(str(found.get("stage", "starting")), share)
    more = len(found.get("curve") or []) > len(before.get("curve") or [])
    with runtime.database.write(durable=False) as session:
        # One more epoch is progress: only attempts that finish no epoch count as failed.
        lease.claim(
            session,
            stage=progress.stage,
            progress=progress.fraction,
            **({"attempts": 0} if more else {}),
        )
        if found:
            row = session.get_one(TrainingRun, run.id)
            row.epoch, row.loss = int(found["epoch"]), found["loss"]
            row.seconds_left, row.curve = found["seconds_left"], found["curve"]
            row.log = logged(row.log or [], found, resumed=not before)
    return found


def logged(log: list[Any], found: dict[str, Any], *, resumed: bool) -> list[Any]:
    """Return the log with new entries: the stage, and the finished epochs.

    Args:
        log: entries as in :class:`app.training.schemas.LogEntry`.
        found: the state that the process reports.
        resumed: whether the process was just restarted after an earlier one was killed.
    """
    at = now().isoformat()
    more: list[dict[str, Any]] = []
    if resumed and log:
        more.append({"at": at, "stage": RESUMED})
    known = max((one["epoch"] for one in log if one.get("epoch")), default=0)
    for record in found.get("curve") or []:
        if record["epoch"] > known:
            score = (record.get("validation_iou") or {}).get(POOL)
            more.append(
                {"at": at, "epoch": record["epoch"], "loss": record["loss"], "score": score}
            )
    stages = [one["stage"] for one in [*log, *more] if one.get("stage")]
    if not stages or stages[-1] != found["stage"]:
        more.append({"at": at, "stage": found["stage"]})
    return [*log, *more]


def _finish(
    runtime: Runtime, lease: Lease, run: TrainingRun, folder: Path, progress: Progress
) -> None:
    outcome: dict[str, Any] = json.loads((folder / "outcome.json").read_text("utf-8"))
    if "problem" in outcome:
        raise JobFailedError(Problem(422, "training-failed", outcome["problem"]))
    made, small = outcome.pop("folder"), outcome.pop("in_8_bits", None)
    if made is not None:
        progress("verifying", TRAINED_AT)
        try:
            outcome["digest"] = _taken_in(runtime, run, Path(made))
        except ModelError as error:
            raise JobFailedError(Problem(422, "training-failed", str(error))) from error
    if small is not None:
        try:
            outcome["digest_in_8_bits"] = _taken_in(runtime, run, Path(small))
        except ModelError as error:  # the candidate is kept without it
            text = f"There is no 8-bit model. {error}"
            said = {"code": "no-8-bits", "text": text, "values": {"why": str(error)}}
            outcome["notes"].append(said)
    with runtime.database.write() as session:
        row = session.get_one(TrainingRun, run.id)
        row.outcome, row.seconds_left = outcome, None
        lease.end(session, JobState.DONE, result=TRAIN.outcome().model_dump(mode="json"))


def _taken_in(runtime: Runtime, run: TrainingRun, place: Path) -> str:
    """Verify the result and make it a version; return its digest. If it fails, it is `broken`.

    Raises:
        ModelError: this name and version exist with other bytes, or a file is invalid.
    """
    fault, measured = None, {}
    try:
        measured = verify(place)
    except ModelError as error:
        fault = str(error)
    artifact = read_artifact(place)
    take_in(runtime, artifact, measured, fault=fault, by=run.created_by_id)
    return artifact.digest
