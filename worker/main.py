"""The Celery application of a worker: signals that open and close a process's runtime."""

import gc
import logging
import math
import os
import threading
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import cv2
from celery.signals import (
    setup_logging,
    task_failure,
    worker_before_create_process,
    worker_process_init,
    worker_process_shutdown,
)
from sqlalchemy.exc import DBAPIError

from app.core import logs
from app.core.blobs import BlobStoreFullError
from app.core.broker import (
    BACKGROUND_QUEUE,
    INTERACTIVE_TASK,
    JOB_TASK,
    LONG_JOB_TASK,
    QUEUES,
    SEGMENT_QUEUE,
    TRAIN_QUEUE,
    TRAIN_TASK,
    celery_app,
)
from app.core.ids import new_id, now
from app.core.settings import get_settings
from app.status.records import BEAT_SECONDS, beat, farewell
from worker.decoding import warm_up
from worker.memory import MOST_KEPT_KIB, limit_background, rest
from worker.pipeline.card import ModelError
from worker.registry.folders import take_in_default, take_in_others
from worker.runtime import Runtime, threads
from worker.tasks.deaths import died
from worker.tasks.run import finish_all, run

log = logging.getLogger(__name__)

PARENT_CHECK_SECONDS = 1.0
HARD_LIMIT_SECONDS = 10
"""After the soft limit, at which a job ends with a reason, its process is killed and replaced."""

app = celery_app(get_settings())
_JOB_SECONDS = get_settings().job_time_limit_seconds
_DRAWING_SECONDS = math.ceil(get_settings().interactive_seconds)
_runtime: Runtime | None = None
_stop = threading.Event()
_worker_id = new_id()
_warm = True
"""Whether processes load the default model before their first job. One that answers people who
draw loads it at the first question, half a second later than the next: most sites draw on few days
of the week, and a network takes a hundred megabytes."""
_name = "worker"
"""What this process is called in its heartbeat: `train` where training comes here."""
_limited = False
"""Whether imports and exports alone come here, which may take a limited amount of memory."""
_decodes = True
"""Whether uploads come here, so that the process that decodes is started before the first."""


def start(queues: Sequence[str], concurrency: int, log_level: str) -> None:
    """Take jobs from these queues (names of `QUEUES`) until told to stop."""
    global _warm, _decodes, _limited, _name
    _name = "train" if "train" in queues else "worker"
    _warm = _decodes = "segment" in queues
    _limited = all(name == "background" for name in queues)
    app.worker_main(
        [
            "--quiet",
            "worker",
            "--pool=prefork",
            f"--hostname={'-'.join(queues)}-{os.getpid()}@%h",
            f"--queues={','.join(QUEUES[name] for name in queues)}",
            f"--concurrency={concurrency}",
            f"--max-memory-per-child={MOST_KEPT_KIB}",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            f"--loglevel={log_level}",
        ]
    )


@setup_logging.connect  # type: ignore[untyped-decorator]
def _logging(**_: Any) -> None:
    logs.configure(get_settings().log_level)
    logs.catch_uncaught()
    logging.getLogger("celery.app.trace").setLevel(logging.WARNING)
    logging.getLogger("celery.worker.strategy").setLevel(logging.WARNING)


@worker_before_create_process.connect  # type: ignore[untyped-decorator]
def _share(**_: Any) -> None:
    # What is there before the fork is never looked at by the children's collectors, which would
    # write to every page of it and end its being shared.
    gc.collect()
    gc.freeze()


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _open(**_: Any) -> None:
    # The GPU is first touched here, after the fork: a CUDA context does not survive one.
    global _runtime, _worker_id
    settings = get_settings()
    cv2.setNumThreads(threads(settings))
    _runtime, _worker_id = Runtime.open(settings), new_id()
    try:
        if _warm:
            take_in_default(_runtime)
    except (DBAPIError, OSError, BlobStoreFullError):
        log.exception("the models in folders could not be taken in; the next start tries again")
    try:
        if _warm:
            _runtime.network(None)
    except ModelError as error:
        # The worker stays: jobs then fail with this reason, and `/readyz` says so.
        log.error("the default model cannot be loaded: %s", error)
    if _decodes:
        warm_up()
    if _limited:
        limit_background()
    threading.Thread(target=_beat, args=(_runtime, os.getppid()), daemon=True).start()


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def _close(**_: Any) -> None:
    finish_all()
    _stop.set()
    if _runtime is not None:
        try:
            with _runtime.database.write() as session:
                farewell(session, _worker_id)
        except DBAPIError:
            log.warning("the database is away; this worker's heartbeat will simply grow old")
        _runtime.close()


def _beat(runtime: Runtime, parent: int) -> None:
    """Say that this process lives; end it when its parent is gone.

    A child whose parent was killed would otherwise wait for work for ever. Its job, if it has
    one, is given to another worker when the lease runs out.
    """
    started, name = now(), f"{_name}-{os.getpid()}"
    beats, first = 0.0, True
    while True:
        if beats <= 0:
            beats = BEAT_SECONDS
            rest()
            try:
                models, provider = runtime.loaded()
                with runtime.database.write() as session:
                    beat(session, _worker_id, name, started, models, provider)
            except DBAPIError:
                log.warning("no heartbeat: the database is away")
            if first and _warm:
                _take_in(runtime)
            first = False
        if _stop.wait(PARENT_CHECK_SECONDS):
            return
        beats -= PARENT_CHECK_SECONDS
        if os.getppid() != parent:
            os._exit(1)


def _take_in(runtime: Runtime) -> None:
    try:
        take_in_others(runtime)
    except (DBAPIError, OSError, BlobStoreFullError):
        log.exception("not all models in folders were taken in; the next start tries again")


@task_failure.connect  # type: ignore[untyped-decorator]
def _failed(sender: Any, task_id: str, exception: BaseException, **_: Any) -> None:
    if sender.name in (JOB_TASK, LONG_JOB_TASK, TRAIN_TASK):
        died(get_settings(), UUID(task_id), exception)


@app.task(  # type: ignore[untyped-decorator]
    name=JOB_TASK,
    bind=True,
    soft_time_limit=_JOB_SECONDS,
    time_limit=_JOB_SECONDS + HARD_LIMIT_SECONDS,
)
def job_task(task: Any, _: str = "") -> None:
    """Run the job whose turn it is. Messages of older versions name one, which does not count."""
    run(runtime(), SEGMENT_QUEUE, UUID(task.request.id))


@app.task(name=LONG_JOB_TASK, bind=True)  # type: ignore[untyped-decorator]
def long_job_task(task: Any, _: str = "") -> None:
    """The same with jobs that may take hours."""
    run(runtime(), BACKGROUND_QUEUE, UUID(task.request.id))


@app.task(name=TRAIN_TASK, bind=True)  # type: ignore[untyped-decorator]
def train_task(task: Any, _: str = "") -> None:
    """The same with jobs that train."""
    run(runtime(), TRAIN_QUEUE, UUID(task.request.id))


@app.task(  # type: ignore[untyped-decorator]
    name=INTERACTIVE_TASK,
    soft_time_limit=_DRAWING_SECONDS,
    time_limit=_DRAWING_SECONDS + HARD_LIMIT_SECONDS,
)
def interactive_task(request_id: str, question: dict[str, Any]) -> None:
    """Answer somebody who draws, for as long as they wait."""
    from worker.tasks.interactive import answer

    answer(runtime(), UUID(request_id), question)


def runtime() -> Runtime:
    """What this process holds.

    Raises:
        RuntimeError: the process is no worker.
    """
    if _runtime is None:
        raise RuntimeError("this process was not initialised; start it with `sonoloop worker`")
    return _runtime
