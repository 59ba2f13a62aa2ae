"""Opens the resources of a worker process: networks, decoders, tasks.

Importing this takes a second and about 70 MiB, so a worker for uploads does it before the fork, and
other workers with their first job.
"""

import logging

import cv2
from sqlalchemy.exc import DBAPIError

from app.core.blobs import BlobStoreFullError
from app.core.settings import Settings
from worker.memory import limit_background
from worker.pipeline.card import ModelError
from worker.registry.folders import take_in_default, take_in_others
from worker.runtime import Runtime, threads
from worker.tasks.run import finish_all as finish_all
from worker.tasks.run import run as run

log = logging.getLogger(__name__)


def open_runtime(settings: Settings, *, warm: bool, limited: bool) -> Runtime:
    """Open the resources and, if `warm`, the default model.

    Args:
        limited: from now on, this process may use only a limited amount of memory.
    """
    cv2.setNumThreads(threads(settings))
    runtime = Runtime.open(settings)
    if warm:
        _warm(runtime)
    if limited:
        limit_background()
    return runtime


def _warm(runtime: Runtime) -> None:
    try:
        take_in_default(runtime)
    except (DBAPIError, OSError, BlobStoreFullError):
        log.exception("the models in folders could not be taken in; the next start tries again")
    try:
        runtime.network(None)
    except ModelError as error:
        # The worker keeps running: jobs then fail with this reason, and `/readyz` reports it.
        log.error("the default model cannot be loaded: %s", error)


def take_in(runtime: Runtime) -> None:
    """Take in the models in folders, except the default one."""
    try:
        take_in_others(runtime)
    except (DBAPIError, OSError, BlobStoreFullError):
        log.exception("not all models in folders were taken in; the next start tries again")
