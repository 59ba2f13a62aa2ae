"""`sonoloop import`: a folder or a ZIP of images and labels that the site checks and stores."""

import tempfile
import zipfile
from pathlib import Path
from typing import IO
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table

from app.accounts.cli import Site, acting_admin, on_site
from app.core.logs import escape
from app.core.uploads import Upload
from app.imports import service
from app.imports.schemas import Apply, ImportReport
from app.imports.tables import ImportAs
from app.jobs.waiting import state_of, wait
from app.label_sets.records import ClassHandling, ClassMapping, Vocabulary, folded, vocabulary_of

SHOWN = 20


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--apply", "store", is_flag=True, help="Store what is valid; default: only report.")
@click.option(
    "--map",
    "maps",
    metavar="FOUND=CLASS",
    multiple=True,
    help=(
        "Put a class of the archive into one of the project's label set, into leave-out or into "
        "refuse; =CLASS is for labels without a class. May be given several times."
    ),
)
@click.option("--approved", is_flag=True, help="The labels are already signed and enter the pool.")
@click.option("--project", help="Name of the project; required if there are several.")
@click.option("--as", "email", metavar="EMAIL", help="The admin to act as; default: the first.")
@on_site
def import_labels(
    site: Site,
    path: Path,
    store: bool,
    maps: tuple[str, ...],
    approved: bool,
    project: str | None,
    email: str | None,
) -> None:
    """Import images with masks, labelme, COCO or an export from PATH, a folder or a ZIP.

    Without --apply nothing is stored. The site must be running: its worker reads the files.
    """
    state = state_of(site)
    try:
        with state.database.read() as session:
            principal = acting_admin(session, email, project)
            asked = _mapping(vocabulary_of(session, principal.project), maps)
        with tempfile.TemporaryFile() as file:
            source = path.open("rb") if path.is_file() else _packed(path, file)
            with source:
                import_id = service.accept(state, principal, Upload.of(source), None)
        with state.database.read() as session:
            found = service.find(session, import_id)
        try:
            wait(state, found.job_id, "check")
        finally:
            with state.database.read() as session:
                report = service.find(session, import_id).checked
            if report:  # even if nothing in it is usable
                _show(ImportReport.model_validate(report))
        checked = ImportReport.model_validate(report)
        with state.database.read() as session:
            mapping = ClassMapping(vocabulary_of(session, principal.project), asked)
        unmapped = mapping.unknown(checked.classes)
        _show_classes(checked, mapping)
        if store and unmapped:
            raise click.ClickException(
                "The label set has no such class. Say where each goes, such as "
                f"--map '{unmapped[0]}={next(iter(mapping.words.classes.values())).name}', or "
                f"--map '{unmapped[0]}=leave-out'."
            )
        if store:
            stored_as = ImportAs.APPROVED if approved else ImportAs.SUBMITTED
            with state.database.write() as session:
                wish = Apply.model_validate({"stored_as": stored_as, "mapping": asked})
                found = service.apply(session, state, principal, import_id, wish)
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


def _mapping(words: Vocabulary, maps: tuple[str, ...]) -> dict[str, str]:
    """Parse FOUND=CLASS options: ids of classes, or a handling, by found name."""
    by_name = {folded(one.name): one.id for one in words.classes.values() if not one.archived_at}
    asked = {}
    for entry in maps:
        found, equals, name = entry.rpartition("=")
        target = name if name in list(ClassHandling) else by_name.get(folded(name))
        if not equals or target is None:
            known = ", ".join([*(one.name for one in words.classes.values()), *ClassHandling])
            raise click.BadParameter(f"{entry}: after the = comes one of {known}.")
        asked[found.strip()] = str(target)
    return asked


def _show_classes(report: ImportReport, mapping: ClassMapping) -> None:
    """Show the archive's names of lesions and the classes they map to."""
    if not any(report.classes):
        return
    table = Table("class in the archive", "lesions", "images", "goes to")
    for name, count in sorted(report.classes.items()):
        target = mapping.of(name)
        known = mapping.words.classes.get(target) if isinstance(target, UUID) else None
        goes = known.name if known else str(target or "not said yet")
        called = escape(name) or "none said"
        table.add_row(called, str(count.lesions), str(count.images), goes)
    Console(markup=False, emoji=False).print(table)


def _packed(folder: Path, file: IO[bytes]) -> IO[bytes]:
    """Pack the folder's regular files into an uncompressed ZIP; links are not followed."""
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
