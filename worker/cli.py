"""`sonoloop worker`: a worker machine."""

import click

from app.core.security import SiteKeyError
from app.core.settings import get_settings
from app.status.site import DatabaseNotReadyError, require_site_key


@click.command()
@click.option("--concurrency", type=click.IntRange(min=1), help="Processes; default by settings.")
def worker(concurrency: int | None) -> None:
    """Take jobs from the queue until told to stop (SIGTERM finishes the job in hand first)."""
    settings = get_settings()
    if not settings.redis_url:
        raise click.ClickException(
            "SONOLOOP_REDIS_URL is not set. `sonoloop serve` starts a broker and a worker by "
            "itself; a worker of its own needs the address of the broker."
        )
    try:
        require_site_key(settings)
    except (SiteKeyError, DatabaseNotReadyError) as error:
        raise click.ClickException(str(error)) from error
    from worker.main import app  # the network stack is loaded only now

    app.worker_main(
        [
            "--quiet",
            "worker",
            "--pool=prefork",
            f"--concurrency={concurrency or settings.worker_concurrency}",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            f"--loglevel={settings.log_level}",
        ]
    )
