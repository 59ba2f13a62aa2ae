"""`sonoloop worker`: runs workers on a machine."""

import click

from app.core.broker import QUEUES
from app.core.imports import lasting_imports
from app.core.process import wait_until_closed
from app.core.security import SiteKeyError
from app.core.settings import get_settings
from app.site.records import DatabaseNotReadyError, require_site_key


@click.command()
@click.option(
    "--queue",
    "queues",
    multiple=True,
    type=click.Choice(list(QUEUES)),
    help="Only jobs of this queue; may be given several times. Default: all.",
)
@click.option("--concurrency", type=click.IntRange(min=1), help="Processes; default by settings.")
@click.option(
    "--end-when-idle",
    "idle_seconds",
    type=click.FloatRange(min=1),
    help="Exit after this many seconds without a job; whoever started it watches the queue.",
)
@click.option(
    "--after", type=int, hidden=True, help="Reading end of a pipe; begin when it is closed."
)
def worker(
    queues: tuple[str, ...],
    concurrency: int | None,
    idle_seconds: float | None,
    after: int | None,
) -> None:
    """Run jobs until stopped (on SIGTERM, finish the current job first).

    One process runs one job at a time. An export takes minutes and a doctor who draws waits for
    milliseconds, so if several people use the site, give the queues `segment`, `interactive` and
    `background` to different workers.
    """
    settings = get_settings()
    if not settings.redis_url:
        raise click.ClickException(
            "SONOLOOP_REDIS_URL is not set. `sonoloop serve` starts a broker and its workers by "
            "itself; a worker of its own needs the address of the broker."
        )
    wanted = queues or tuple(QUEUES)
    with lasting_imports():
        from worker import main

        main.prepare(wanted)
    if after is not None:
        wait_until_closed(after)
    try:
        require_site_key(settings)
    except (SiteKeyError, DatabaseNotReadyError) as error:
        raise click.ClickException(str(error)) from error
    processes = concurrency or settings.worker_concurrency
    main.start(wanted, processes, settings.log_level, idle_seconds)
