"""`sonoloop sweep`: housekeeping on demand."""

from datetime import timedelta

import click

from app.core.settings import get_settings
from app.core.state import State
from app.housekeeping.orphans import drop_orphans
from app.housekeeping.sweeper import sweep_jobs


@click.command()
@click.option(
    "--older-than",
    type=click.FloatRange(min=0),
    help="Seconds; default SONOLOOP_ORPHAN_GRACE_SECONDS. Younger orphans may be results that a "
    "worker is just writing: use 0 only while no worker runs.",
)
def sweep(older_than: float | None) -> None:
    """Take back jobs of dead workers and delete files that no row references.

    The api does this itself every few seconds and minutes; the command is for an admin who does not
    want to wait.
    """
    settings = get_settings()
    if not settings.redis_url:
        raise click.ClickException("SONOLOOP_REDIS_URL is not set; use the running site's.")
    state = State.open(settings)
    try:
        sweep_jobs(state)
        grace = settings.orphan_grace_seconds if older_than is None else older_than
        dropped = drop_orphans(state, timedelta(seconds=grace))
    finally:
        state.close()
    click.echo(f"{dropped} orphan files deleted.")
