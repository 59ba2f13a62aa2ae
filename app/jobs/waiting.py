"""Waiting for a job at the command line, with a progress bar."""

import logging
import time
from uuid import UUID

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from app.accounts.cli import Site
from app.core.settings import Settings
from app.core.state import State
from app.jobs.tables import Job, JobState
from app.site_settings.records import follow

POLL_SECONDS = 0.5
NO_WORKER_SECONDS = 15
NO_BROKER = "redis://127.0.0.1:1/0"
"""An address without a broker: the running site's sweeper sends messages about queued jobs."""


def state_of(site: Site) -> State:
    """Open a command's resources; the broker of `sonoloop serve` is unknown to other processes."""
    settings: Settings = site.settings
    if not settings.redis_url:
        settings = settings.model_copy(update={"redis_url": NO_BROKER})
        logging.getLogger("app.core.broker").setLevel(logging.ERROR)  # no broker is expected there
    state = State.open(settings)
    follow(state)
    return state


def wait(state: State, job_id: UUID, words: str) -> None:
    """Show a job's progress until it is done.

    Raises:
        click.ClickException: it failed or was cancelled.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    started, told = time.monotonic(), False
    with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task(words, total=1.0)
        while True:
            with state.database.read() as session:
                job = session.get_one(Job, job_id)
            bar.update(task, completed=job.progress)
            if job.state.final:
                break
            waits = job.state == JobState.QUEUED and not told
            if waits and time.monotonic() - started > NO_WORKER_SECONDS:
                console.print("Still waiting for a worker. Does `sonoloop serve` run?")
                told = True
            time.sleep(POLL_SECONDS)
    if job.state != JobState.DONE:
        problem = job.problem or {}
        raise click.ClickException(str(problem.get("detail", "The job was cancelled.")))
