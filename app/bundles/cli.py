"""`sonoloop bundle`: a signed model update or pool, sent from one site to another."""

from collections.abc import Iterable
from pathlib import Path

import click
from sqlalchemy import select

from app.accounts.cli import Site, acting_admin, on_site
from app.bundles import service
from app.bundles.schemas import NewBundleKey
from app.bundles.signing import own_key
from app.bundles.tables import BundleKey
from app.core.disk import replacing
from app.core.logs import escape
from app.core.problems import Problem
from app.core.uploads import Upload
from app.exports import service as exports
from app.exports.schemas import ExportFilters, ExportOrder
from app.exports.tables import ExportFormat
from app.images.tables import Split
from app.jobs.waiting import state_of, wait
from app.model_versions.tables import Standing

AS = click.option("--as", "email", metavar="EMAIL", help="The admin to act as; default: the first.")
PROJECT = click.option("--project", help="Name of the project; required if there are several.")


@click.group()
def bundle() -> None:
    """Signed bundles that go from one site to another."""


@bundle.command("key")
@on_site
def show_key(site: Site) -> None:
    """Show this site's public key, for the admins of other sites to trust."""
    click.echo(own_key(site.key))


@bundle.command("trust")
@click.argument("key", metavar="KEY")
@click.option("--name", required=True, help="Name of the site.")
@AS
@on_site
def trust(site: Site, key: str, name: str, email: str | None) -> None:
    """Accept bundles signed with KEY from now on. Compare it by telephone first."""
    with site.database.write() as session:
        principal = acting_admin(session, email, None, anywhere=True)
        service.trust(session, site.key, principal, NewBundleKey(key=key, name=name))
    click.echo(f"Bundles of {escape(name)} are accepted from now on.")


@bundle.command("distrust")
@click.argument("name", metavar="NAME")
@AS
@on_site
def distrust(site: Site, name: str, email: str | None) -> None:
    """Stop accepting bundles from the site NAME. What came from it is kept."""
    with site.database.write() as session:
        principal = acting_admin(session, email, None, anywhere=True)
        query = select(BundleKey.id).where(BundleKey.name == name, BundleKey.revoked_at.is_(None))
        key_id = session.scalar(query)
        if key_id is None:
            raise click.ClickException("No such site is trusted; see `sonoloop bundle list`.")
        service.revoke(session, site.key, principal, key_id)
    click.echo(f"Bundles of {escape(name)} are no longer accepted.")


@bundle.command("list")
@on_site
def list_bundles(site: Site) -> None:
    """Show the trusted sites and what came from them."""
    with site.database.read() as session:
        trusted = service.keys(session, site.key).items
        if not trusted:
            click.echo("No site is trusted yet; see `sonoloop bundle trust --help`.")
        for key in trusted:
            click.echo(escape(f"trusted  {key.name}: {key.key}"))
        for one in service.recent(session):
            what = one.model or (f"import {one.import_id}" if one.import_id else "")
            why = one.problem.detail if one.problem else one.reason or ""
            said = f"{one.created_at:%Y-%m-%d}  {one.site or 'unknown'}: {one.state} {what} {why}"
            click.echo(escape(said.rstrip()))


@bundle.command("export")
@click.argument("name", metavar="NAME@VERSION", required=False)
@click.option("--pool", is_flag=True, help="Export the project's pool instead of a model.")
@click.option(
    "--split",
    "splits",
    type=click.Choice([split.value for split in Split]),
    multiple=True,
    help="Parts of the pool; default: all.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The bundle to write; must not exist yet.",
)
@PROJECT
@AS
@on_site
def export_bundle(
    site: Site,
    name: str | None,
    pool: bool,
    splits: tuple[str, ...],
    out: Path,
    project: str | None,
    email: str | None,
) -> None:
    """Write a signed bundle: the version NAME@VERSION with its weights and the rows of its
    evaluation but without any image, or the pool with its images.

    For a pool, the site must be running: its worker writes the archive.
    """
    if pool == (name is not None):
        raise click.UsageError("Name a model's version, or give --pool.")
    if out.exists():
        raise click.ClickException(f"{out} is there already; choose another name.")
    state = state_of(site)
    try:
        if name is not None:
            with state.database.write() as session:
                principal = acting_admin(session, email, None, anywhere=True)
                pieces = service.model_bundle(session, state, principal, name)
            _write(out, pieces)
        else:
            with state.database.write() as session:
                principal = acting_admin(session, email, project)
                order = ExportOrder(
                    format=ExportFormat.PNG,
                    filters=ExportFilters(splits=[Split(one) for one in splits] or list(Split)),
                    lesion_names=False,
                )
                made = exports.create(session, state, principal, order)
                export_id, job_id = made.id, made.job_id
            wait(state, job_id, "export")
            with state.database.write() as session:
                done = exports.find(session, export_id)
                pieces = service.pool_bundle(session, state, principal, done)
            _write(out, pieces)
            with state.database.write() as session:
                exports.remove(session, state, principal, export_id)
    except Problem as problem:
        raise click.ClickException(problem.detail) from problem
    finally:
        state.close()
    click.echo(f"{out}: {out.stat().st_size:,} bytes, signed by {own_key(site.key)}")


@bundle.command("import")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--name", help="Name of its model here, if its own is taken.")
@PROJECT
@AS
@on_site
def import_bundle(
    site: Site, path: Path, name: str | None, project: str | None, email: str | None
) -> None:
    """Import the bundle in PATH: a model becomes a candidate, a pool an import of the project.

    The site must be running: its worker checks the signature and verifies the model.
    """
    state = state_of(site)
    try:
        with state.database.read() as session:
            principal = acting_admin(session, email, project)
        with path.open("rb") as source:
            job_id = service.accept(state, principal, Upload.of(source), name, None)
        wait(state, job_id, "bundle")
        found = service.seen(state, job_id)
    except Problem as problem:
        raise click.ClickException(problem.detail) from problem
    finally:
        state.close()
    if found.import_id is not None:
        click.echo(
            f"The pool of {escape(found.site or '')} is checked as import {found.import_id}; look "
            "at it on the page of imports, and apply it there as approved."
        )
        return
    if found.standing is not Standing.USABLE:
        raise click.ClickException(
            f"{found.model} is {found.standing}: {escape(found.reason or '')}"
        )
    click.echo(
        f"{found.model} of {escape(found.site or '')} is here and verified; the gate says whether "
        "it may serve."
    )


def _write(out: Path, pieces: Iterable[bytes]) -> None:
    try:
        with replacing(out) as file:
            for piece in pieces:
                file.write(piece)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}.") from error
