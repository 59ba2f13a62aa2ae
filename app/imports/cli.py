"""`sonoloop import`: a folder or a ZIP of images and labels, checked and stored by the site."""

import tempfile
import zipfile
from pathlib import Path
from typing import IO

import click
from rich.console import Console
from rich.table import Table

from app.accounts.cli import Site, acting_admin, on_site
from app.core.logs import escape
from app.core.uploads import digest_file
from app.imports import service
from app.imports.schemas import ImportReport
from app.imports.tables import ImportAs
from app.jobs.waiting import state_of, wait

SHOWN = 20


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--apply", "store", is_flag=True, help="Store what is good; else only report.")
@click.option("--approved", is_flag=True, help="They are signed already and enter the pool.")
@click.option("--project", help="Name of the project; needed where there are several.")
@click.option("--as", "email", metavar="EMAIL", help="The admin to act as; default: the first.")
@on_site
def import_labels(
    site: Site, path: Path, store: bool, approved: bool, project: str | None, email: str | None
) -> None:
    """Import images with masks, labelme, COCO or an export from PATH, a folder or a ZIP.

    Without --apply nothing is stored. The site must be running: its worker reads the files.
    """
    state = state_of(site)
    try:
        with state.database.read() as session:
            principal = acting_admin(session, email, project)
        with tempfile.TemporaryFile() as file:
            source = path.open("rb") if path.is_file() else _packed(path, file)
            with source:
                size, sha256 = digest_file(source)
                import_id = service.accept(state, principal, source, size, sha256, None)
        with state.database.read() as session:
            found = service.find(session, import_id)
        try:
            wait(state, found.job_id, "check")
        finally:
            with state.database.read() as session:
                report = service.find(session, import_id).checked
            if report:  # also where nothing in it can be used
                _show(ImportReport.model_validate(report))
        checked = ImportReport.model_validate(report)
        if store:
            stored_as = ImportAs.APPROVED if approved else ImportAs.SUBMITTED
            with state.database.write() as session:
                found = service.apply(session, state, principal, import_id, stored_as)
            wait(state, found.job_id, "store")
            with state.database.read() as session:
                applied = ImportReport.model_validate(service.find(session, import_id).applied)
            click.echo(
                f"Stored: {applied.new_images} images, {applied.new_revisions} revisions of images "
                f"that were here; {applied.unchanged} were here already."
            )
        with state.database.write() as session:
            service.remove(session, state, principal, import_id)
        if checked.bad:
            raise click.ClickException(f"{checked.bad} files cannot be used; see above.")
    finally:
        state.close()


def _packed(folder: Path, file: IO[bytes]) -> IO[bytes]:
    """The folder's regular files as a ZIP, stored; links are not followed."""
    with zipfile.ZipFile(file, "w", strict_timestamps=False) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                archive.write(path, path.relative_to(folder).as_posix())
    file.seek(0)
    return file


def _show(report: ImportReport) -> None:
    click.echo(
        f"{report.layout}: {report.labels} labels with {report.lesions} lesions, "
        f"{report.without_lesion} without; {report.new_images} new images, "
        f"{report.new_revisions} new revisions, {report.unchanged} here already, "
        f"{report.kept_aside} kept aside, {report.bad} bad."
    )
    if not report.findings:
        return
    table = Table("file", "why")
    for finding in report.findings[:SHOWN]:
        table.add_row(escape(finding.name), escape(finding.reason))
    Console(markup=False, emoji=False).print(table)
    more = len(report.findings) - SHOWN + report.more_findings
    if more > 0:
        click.echo(f"… and {more} more.")
