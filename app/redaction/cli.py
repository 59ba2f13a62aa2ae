"""`sonoloop search-text`: look for text in pictures that were stored without a search."""

import click

from app.accounts.cli import Site, acting_admin, on_site
from app.core.state import State
from app.jobs.waiting import state_of, wait
from app.redaction import search
from app.redaction.schemas import NewTextSearch


@click.command("search-text")
@click.option(
    "--black-out",
    is_flag=True,
    help="Permanently black out what surely is text; default: mark it all for people to judge.",
)
@click.option("--status", is_flag=True, help="Report how many images would be searched, and stop.")
@click.option("--cancel", is_flag=True, help="Stop the running search; its findings are kept.")
@click.option("--as", "email", metavar="EMAIL", help="The admin to act as; default: the first.")
@click.option("--project", help="Name of the project; required if there are several.")
@on_site
def search_text(
    site: Site, black_out: bool, status: bool, cancel: bool, email: str | None, project: str | None
) -> None:
    """Look for text in stored images that were never searched.

    Early versions stored images without searching them; exports refuse these. The site must be
    running: its worker searches. If the command is interrupted, the search goes on.
    """
    if status + cancel + black_out > 1:
        raise click.UsageError("Use one of --black-out, --status and --cancel at a time.")
    state = state_of(site)
    try:
        with state.database.write() as session:
            principal = acting_admin(session, email, project)
            if cancel:
                search.cancel(session, state, principal)
            elif not status:
                job_id = search.order(
                    session, state, principal, NewTextSearch(black_out=black_out)
                ).id
        if not status and not cancel:
            wait(state, job_id, "search")
        click.echo(_said(state, email, project))
    finally:
        state.close()


def _said(state: State, email: str | None, project: str | None) -> str:
    with state.database.read() as session:
        found = search.details(session, acting_admin(session, email, project))
    counts = found.counts
    waiting = f"{found.unsearched} images are not searched for text."
    if found.job is None:
        return waiting
    return (
        f"Last search ({found.job.state.value}): {counts.searched} of {counts.total} images "
        f"searched, text suspected in {counts.marked}, blacked out in {counts.blacked_out}. "
        f"{waiting}"
    )
