"""Ends a worker whose main process is alive but takes no messages, so that it is restarted.

A main process may lose its connection to the broker without noticing. Its children wait for jobs
and keep sending heartbeats, but no job arrives.
"""

import logging
import os
import signal
import threading
from time import monotonic

from celery import Celery
from kombu.exceptions import OperationalError
from redis import RedisError

log = logging.getLogger(__name__)

PING_SECONDS = 20.0
ANSWER_SECONDS = 10.0


def watch_main_process(
    app: Celery, node: str, pid: int, stop: threading.Event, silence: float, grace: float
) -> None:
    """Ping a worker's main process through the broker until ``stop`` is set.

    An unreachable broker says nothing about the worker, so the silence is counted from its return.

    Args:
        app: application of that worker, in one of its child processes.
        node: Celery's name of the worker.
        pid: id of its main process.
        stop: set when this child ends.
        silence: seconds without an answer, while the broker is reachable, after which it is ended.
        grace: seconds that running jobs have to finish before it is killed.
    """
    heard = monotonic()
    while not stop.wait(min(PING_SECONDS, silence / 4)):
        try:
            answered = bool(app.control.ping([node], timeout=ANSWER_SECONDS, limit=1))
        except (OperationalError, RedisError, OSError):
            answered = True
        if answered:
            heard = monotonic()
        elif monotonic() - heard > silence:
            log.error("this worker took no message for %.0f s; ending it", monotonic() - heard)
            os.kill(pid, signal.SIGTERM)
            if not stop.wait(grace):
                os.kill(pid, signal.SIGKILL)
            return
