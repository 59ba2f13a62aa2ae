"""``sonoloop dicom destination`` and ``sonoloop dicom send``."""

import sys
from typing import IO
from uuid import UUID

import click
from pydantic import SecretStr, ValidationError
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.cli import Site, acting_admin, on_site, project_named
from app.core.audit import SYSTEM
from app.core.logs import escape
from app.core.problems import Problem
from app.destinations import service
from app.destinations.schemas import NewDestination
from app.images.tables import Frame, Image
from app.jobs.waiting import state_of
from app.projects.tables import DEFAULT_PROJECT, Project
from app.sending.service import send as queue
from app.sending.tables import Delivery, Destination, Protocol


@click.group()
def destination() -> None:
    """The PACS that results go to."""


@destination.command("add")
@click.option("--name", required=True)
@click.option("--project", help="Name of the project; default: the first.")
@click.option("--ae-title", help="Host of the PACS, for C-STORE.")
@click.option("--calling-ae-title", default="SONOLOOP", show_default=True)
@click.option("--host")
@click.option("--port", type=int)
@click.option("--tls", is_flag=True, help="C-STORE over TLS; the certificate is checked.")
@click.option(
    "--ca-file",
    type=click.File("r"),
    help="PEM of the authorities that its certificate is checked against; default: the machine's.",
)
@click.option("--url", help="URL of a DICOMweb service, for STOW-RS instead.")
@click.option(
    "--authorization",
    is_flag=True,
    help="Read the value of an Authorization header, such as “Basic …”, from standard input.",
)
@click.option(
    "--object", "objects", multiple=True, type=click.Choice(["seg", "sr", "sc", "pr"]), default=None
)
@click.option("--on-approval", is_flag=True, help="Send every result approved from now on.")
@on_site
def add(
    site: Site,
    name: str,
    project: str | None,
    ae_title: str | None,
    calling_ae_title: str,
    host: str | None,
    port: int | None,
    tls: bool,
    ca_file: IO[str] | None,
    url: str | None,
    authorization: bool,
    objects: tuple[str, ...],
    on_approval: bool,
) -> None:
    """Let a project send results to a PACS under the patient's name."""
    secret = sys.stdin.readline().strip() if authorization else None
    try:
        new = NewDestination(
            name=name,
            protocol=Protocol.STOW_RS if url else Protocol.C_STORE,
            ae_title=ae_title,
            calling_ae_title=calling_ae_title,
            host=host,
            port=port,
            tls=tls,
            ca_certificate=ca_file.read() if ca_file else None,
            url=url,
            authorization=SecretStr(secret) if secret else None,
            objects=list(objects) or ["seg", "sr", "sc"],
            on_approval=on_approval,
        )
    except ValidationError as error:
        raise click.ClickException(str(error.errors()[0]["msg"])) from None
    with site.database.write() as session:
        into = project_named(session, project) if project is not None else DEFAULT_PROJECT
        try:
            service.create(session, site.key, SYSTEM, into, new)
        except Problem as problem:
            raise click.ClickException(problem.detail) from None
    click.echo(f"Results may go to {escape(name)}.")


@destination.command("list")
@on_site
def list_destinations(site: Site) -> None:
    """Show all destinations."""
    table = Table("project", "name", "where", "objects", "on approval")
    with site.database.read() as session:
        query = select(Project.name, Destination).join(
            Destination, Destination.project_id == Project.id
        )
        for project, row in session.execute(query.order_by(Project.name, Destination.name)):
            where = row.url or f"{row.ae_title}@{row.host}:{row.port}"
            cells = (project, row.name, where, " ".join(row.objects), str(row.on_approval))
            table.add_row(*(escape(cell) for cell in cells))
    Console(markup=False, emoji=False).print(table)


@destination.command("remove")
@click.option("--name", required=True)
@click.option("--project", help="Name of the project; default: the first.")
@on_site
def remove(site: Site, name: str, project: str | None) -> None:
    """Remove a PACS and the record of what was sent there."""
    with site.database.write() as session:
        into = project_named(session, project) if project is not None else DEFAULT_PROJECT
        service.remove(session, site.key, SYSTEM, named(session, into, name))
    click.echo(f"Nothing goes to {escape(name)} any more.")


@click.command()
@click.option("--to", "name", required=True, help="Name of the destination.")
@click.option("--project", help="Name of the project; required if there are several.")
@click.option("--image", "image_ids", multiple=True, type=click.UUID, help="Default: all.")
@click.option("--again", is_flag=True, help="Also send what was delivered before.")
@click.option("--as", "email", metavar="EMAIL", help="The admin to act as; default: the first.")
@on_site
def send(
    site: Site,
    name: str,
    project: str | None,
    image_ids: tuple[UUID, ...],
    again: bool,
    email: str | None,
) -> None:
    """Send approved results to a PACS; the running site's worker does it.

    Safe to repeat: what was delivered is not sent again unless --again is given.
    """
    state = state_of(site)
    queued = refused = 0
    try:
        with state.database.write() as session:
            admin = acting_admin(session, email, project)
            where = named(session, admin.project, name)
            for image in _approved(session, admin.project, where.id, image_ids, again=again):
                try:
                    queued += bool(queue(session, state, image, where, admin.user.id))
                except Problem as problem:
                    if image_ids:
                        raise click.ClickException(f"{image.id}: {problem.detail}") from None
                    refused += 1
    except Problem as problem:
        raise click.ClickException(problem.detail) from None
    finally:
        state.close()
    click.echo(f"{queued} images are queued.")
    if refused:
        click.echo(f"{refused} did not come as DICOM and stay.")


def named(session: Session, project_id: UUID, name: str) -> Destination:
    """Return a project's destination.

    Raises:
        click.ClickException: there is none of that name; the message lists the existing ones.
    """
    rows = session.scalars(select(Destination).where(Destination.project_id == project_id)).all()
    for row in rows:
        if row.name == name:
            return row
    there = ", ".join(escape(row.name) for row in rows) or "none yet"
    raise click.ClickException(f"There is no such destination. There are: {there}.")


def _approved(
    session: Session,
    project_id: UUID,
    destination_id: UUID,
    image_ids: tuple[UUID, ...],
    *,
    again: bool,
) -> list[Image]:
    """Return images with undelivered approved results; with `again`, all approved images."""
    query = select(Image).where(
        Image.project_id == project_id,
        Image.id.in_(select(Frame.image_id).where(Frame.approved_mask_id.is_not(None))),
    )
    if image_ids:
        query = query.where(Image.id.in_(image_ids))
    if not again:
        there = select(Delivery.mask_id).where(
            Delivery.destination_id == destination_id, Delivery.delivered_at.is_not(None)
        )
        open_frames = select(Frame.image_id).where(
            Frame.approved_mask_id.is_not(None), Frame.approved_mask_id.not_in(there)
        )
        query = query.where(Image.id.in_(open_frames))
    return list(session.scalars(query.order_by(Image.id)))
