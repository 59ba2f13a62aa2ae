"""`sonoloop export`: the training pool as a file that the running site's worker makes."""

from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import select

from app.accounts.cli import Site, acting_admin, on_site
from app.accounts.service import parse_email
from app.accounts.tables import User
from app.core.disk import replacing
from app.exports import service
from app.exports.schemas import ExportFilters, ExportOrder, SuspectedTextRule
from app.exports.tables import ExportFormat
from app.images.tables import ImageState, Split
from app.jobs.waiting import state_of, wait

DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
STATES = [state.value for state in ImageState if state != ImageState.UNLABELLED]


@click.command()
@click.option(
    "--format", "kind", type=click.Choice([kind.value for kind in ExportFormat]), required=True
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The ZIP to write; must not exist yet.",
)
@click.option("--from", "since", type=DAY, help="Approved on or after this moment, UTC.")
@click.option("--to", "until", type=DAY, help="Approved before this moment, UTC.")
@click.option("--model", help="NAME or NAME@VERSION that drew the mask or that it started from.")
@click.option("--annotator", metavar="EMAIL", help="Who drew the mask.")
@click.option("--state", "states", type=click.Choice(STATES), multiple=True, default=["approved"])
@click.option("--split", "splits", type=click.Choice([s.value for s in Split]), multiple=True)
@click.option(
    "--lesion-names/--no-lesion-names",
    default=True,
    help="Names of lesions are free text that people typed.",
)
@click.option(
    "--suspected-text",
    type=click.Choice([rule.value for rule in SuspectedTextRule]),
    default=SuspectedTextRule.LEAVE_OUT.value,
    show_default=True,
    help=(
        "Images with an area that looks like text and that nobody has judged; including them is "
        "recorded as your decision."
    ),
)
@click.option("--project", help="Name of the project; required if there are several.")
@click.option("--as", "email", metavar="EMAIL", help="The admin to act as; default: the first.")
@click.option("--keep", is_flag=True, help="Also keep the export on the site.")
@on_site
def export(
    site: Site,
    kind: str,
    out: Path,
    since: datetime | None,
    until: datetime | None,
    model: str | None,
    annotator: str | None,
    states: tuple[str, ...],
    splits: tuple[str, ...],
    lesion_names: bool,
    suspected_text: str,
    project: str | None,
    email: str | None,
    keep: bool,
) -> None:
    """Export approved masks with their images; docs/formats.md describes the formats.

    The site must be running: its worker writes the archive.
    """
    if out.exists():
        raise click.ClickException(f"{out} is there already; choose another name.")
    state = state_of(site)
    try:
        with state.database.read() as session:
            principal = acting_admin(session, email, project)
            drawn_by = None
            if annotator:
                query = select(User.id).where(User.email == parse_email(annotator))
                drawn_by = session.scalar(query)
                if drawn_by is None:
                    raise click.ClickException(f"There is nobody with the email {annotator}.")
        filters = ExportFilters(
            approved_from=since.replace(tzinfo=UTC) if since else None,
            approved_to=until.replace(tzinfo=UTC) if until else None,
            model=model,
            annotator_id=drawn_by,
            states=[ImageState(name) for name in states],
            splits=[Split(name) for name in splits] or list(Split),
        )
        order = ExportOrder(
            format=ExportFormat(kind),
            filters=filters,
            lesion_names=lesion_names,
            suspected_text=SuspectedTextRule(suspected_text),
        )
        with state.database.write() as session:
            made = service.create(session, state, principal, order)
        wait(state, made.job_id, "export")
        with state.database.read() as session:
            done = service.find(session, made.id)
            size = done.size_bytes or 0
            pieces = service.archive(session, state.blobs, done, 0, size)
        with replacing(out) as file:
            for piece in pieces:
                file.write(piece)
        if not keep:
            with state.database.write() as session:
                service.remove(session, state, principal, made.id)
        counts = done.counts
        click.echo(f"{out}: {counts['images']} images, {size:,} bytes, SHA-256 {done.sha256}")
        if counts["suspected_text"]:
            click.echo(
                f"Left out: {counts['suspected_text']} images of which an area looks like text. "
                "Judge them in the worklist, or use --suspected-text include."
            )
        if counts["suspected_text_included"]:
            click.echo(
                f"Included as you said: {counts['suspected_text_included']} images of which an "
                "area looks like text and nobody has judged it."
            )
    finally:
        state.close()
