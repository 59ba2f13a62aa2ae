"""The Celery application of a worker: signals that open and close a process's runtime.

Networks, decoders and tasks are imported with the first job, except by workers for uploads: most
workers are idle most of the time, and the imports are most of an idle worker's memory.
"""

from __future__ import annotations

import gc
import logging
import math
import os
import signal
import threading
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID

from celery.signals import (
    setup_logging,
    task_failure,
    task_postrun,
    task_prerun,
    worker_before_create_process,
    worker_process_init,
    worker_process_shutdown,
)
from celery.utils.nodenames import gethostname, nodename
from sqlalchemy.exc import DBAPIError

from app.core import logs
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
from app.core.database import Database
from app.core.ids import new_id, now
from app.core.settings import get_settings
from app.status.records import BEAT_SECONDS, record_heartbeat, remove_heartbeat
from worker.memory import MOST_KEPT_KIB, rest
from worker.watchdog import watch_main_process

if TYPE_CHECKING:
    from worker.runtime import Runtime

log = logging.getLogger(__name__)

PARENT_CHECK_SECONDS = 1.0
HARD_LIMIT_SECONDS = 10
"""Time after the soft limit, at which a job ends with a reason, until its process is killed and
replaced.
"""

app = celery_app(get_settings())
_JOB_SECONDS = get_settings().job_time_limit_seconds
_DRAWING_SECONDS = math.ceil(get_settings().interactive_seconds)
_runtime: Runtime | None = None
_database: Database | None = None
_stop = threading.Event()
_worker_id = new_id()
_warm = True
"""Whether this worker handles uploads: it starts the decoders' fork server, and its processes load
the default model before their first job. Other workers import and load with their first message.
"""
_name = "worker"
"""The name of this process in its heartbeat: `train` if training runs here."""
_node = ""
"""Celery's name of this worker."""
_limited = False
"""Whether only imports and exports run here, which may use a limited amount of memory."""
_idle_seconds: float | None = None
"""This worker ends after this many seconds without a job; None means never."""
_jobs = 0
_last_job = monotonic()


def prepare(queues: Sequence[str]) -> None:
    """Import what the jobs of these queues need, once for all processes before the fork."""
    global _warm
    _warm = "segment" in queues
    if _warm:
        from worker.decoding import share_server

        share_server()
        import worker.holding  # noqa: F401


def start(
    queues: Sequence[str], concurrency: int, log_level: str, idle_seconds: float | None = None
) -> None:
    """Run jobs from these queues (names of `QUEUES`) until stopped, or idle for too long.

    Call :func:`prepare` with the same queues first.
    """
    global _limited, _name, _node, _idle_seconds
    _node = nodename(f"{'-'.join(queues)}-{os.getpid()}", gethostname())
    _name = "train" if "train" in queues else "worker"
    _limited = all(name == "background" for name in queues)
    _idle_seconds = idle_seconds
    app.worker_main(
        [
            "--quiet",
            "worker",
            "--pool=prefork",
            f"--hostname={_node}",
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
    # Freeze existing objects, so that the children's garbage collectors skip them: collecting would
    # write to every page of theirs, and the pages would no longer be shared.
    gc.collect()
    gc.freeze()


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _open(**_: Any) -> None:
    # The GPU is first used here, after the fork: a CUDA context does not survive a fork.
    global _database, _worker_id, _last_job
    _database, _worker_id, _last_job = Database(get_settings().database), new_id(), monotonic()
    if _warm:
        runtime()
    threading.Thread(target=_send_heartbeats, args=(_database, os.getppid()), daemon=True).start()
    silence, grace = get_settings().worker_silence_seconds, _JOB_SECONDS + HARD_LIMIT_SECONDS
    watched = (app, _node, os.getppid(), _stop, silence, grace)
    threading.Thread(target=watch_main_process, args=watched, daemon=True).start()


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def _close(**_: Any) -> None:
    if _runtime is not None:
        from worker.holding import finish_all

        finish_all()
    _stop.set()
    if _database is not None:
        try:
            with _database.write() as session:
                remove_heartbeat(session, _worker_id)
        except DBAPIError:
            log.warning("the database is away; this worker's heartbeat will simply grow old")
    if _runtime is not None:
        _runtime.close()


@task_prerun.connect  # type: ignore[untyped-decorator]
def _begin(**_: Any) -> None:
    global _jobs
    _jobs += 1


@task_postrun.connect  # type: ignore[untyped-decorator]
def _end(**_: Any) -> None:
    global _jobs, _last_job
    _jobs, _last_job = _jobs - 1, monotonic()


def _is_idle() -> bool:
    return _idle_seconds is not None and _jobs == 0 and monotonic() - _last_job > _idle_seconds


def _send_heartbeats(database: Database, parent: int) -> None:
    """Send heartbeats; end this process when its parent is gone, and both when no jobs come.

    A child whose parent was killed would otherwise wait for work forever. Its job, if it has one,
    goes to another worker when the lease expires.
    """
    started, name = now(), f"{_name}-{os.getpid()}"
    beats, first = 0.0, True
    while True:
        if beats <= 0:
            beats = BEAT_SECONDS
            rest()
            try:
                models, provider = _runtime.loaded() if _runtime is not None else ([], None)
                with database.write(durable=False) as session:
                    record_heartbeat(session, _worker_id, name, started, models, provider)
            except DBAPIError:
                log.warning("no heartbeat: the database is away")
            if first and _warm and _runtime is not None:
                from worker.holding import take_in

                take_in(_runtime)
            first = False
        if _stop.wait(PARENT_CHECK_SECONDS):
            return
        beats -= PARENT_CHECK_SECONDS
        if os.getppid() != parent:
            os._exit(1)
        if _is_idle():
            os.kill(parent, signal.SIGTERM)  # it stops taking messages and ends this process
            return


@task_failure.connect  # type: ignore[untyped-decorator]
def _failed(sender: Any, task_id: str, exception: BaseException, **_: Any) -> None:
    if sender.name in (JOB_TASK, LONG_JOB_TASK, TRAIN_TASK):
        from worker.tasks.deaths import died

        died(get_settings(), UUID(task_id), exception)


@app.task(  # type: ignore[untyped-decorator]
    name=JOB_TASK,
    bind=True,
    soft_time_limit=_JOB_SECONDS,
    time_limit=_JOB_SECONDS + HARD_LIMIT_SECONDS,
)
def job_task(task: Any, _: str = "") -> None:
    """Run the job whose turn it is. Messages from older versions name a job, which is ignored."""
    _run(SEGMENT_QUEUE, task)


@app.task(name=LONG_JOB_TASK, bind=True)  # type: ignore[untyped-decorator]
def long_job_task(task: Any, _: str = "") -> None:
    """The same for jobs that may take hours."""
    _run(BACKGROUND_QUEUE, task)


@app.task(name=TRAIN_TASK, bind=True)  # type: ignore[untyped-decorator]
def train_task(task: Any, _: str = "") -> None:
    """The same for jobs that train."""
    _run(TRAIN_QUEUE, task)


@app.task(  # type: ignore[untyped-decorator]
    name=INTERACTIVE_TASK,
    soft_time_limit=_DRAWING_SECONDS,
    time_limit=_DRAWING_SECONDS + HARD_LIMIT_SECONDS,
)
def interactive_task(request_id: str, question: dict[str, Any]) -> None:
    """Answer a request of a person who draws, while they wait."""
    from worker.tasks.interactive import answer

    answer(runtime(), UUID(request_id), question)


def _run(queue: str, task: Any) -> None:
    opened = runtime()
    from worker.holding import run

    run(opened, queue, UUID(task.request.id))


def runtime() -> Runtime:
    """Return this process's runtime; opened at the first use.

    Raises:
        RuntimeError: the process is not a worker.
    """
    global _runtime
    if _database is None:
        raise RuntimeError("this process was not initialised; start it with `sonoloop worker`")
    if _runtime is None:
        from worker.holding import open_runtime

        _runtime = open_runtime(get_settings(), warm=_warm, limited=_limited)
    return _runtime
