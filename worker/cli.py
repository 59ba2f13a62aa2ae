"""`sonoloop worker`: a worker machine."""

import click

from app.core.settings import get_settings


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
