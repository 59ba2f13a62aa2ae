"""`sonoloop dicom`: the listener for C-STORE, and who may send to it."""

import re
import resource
import signal
import ssl
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType

import click
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app.accounts.cli import Site, on_site, project_named, service_account_named
from app.accounts.principal import principal_of
from app.accounts.tables import User
from app.core import logs
from app.core.audit import SYSTEM
from app.destinations.cli import destination, send
from app.dicom import peers
from app.dicom.health import BEAT_SECONDS, record_health, spool_of
from app.dicom.tables import DicomPeer
from app.jobs.waiting import state_of
from app.local_labels.case_rule import rule_problem
from app.projects.tables import DEFAULT_PROJECT, Project
from app.site_settings.records import follow

MOST_MEMORY = 2 * 1024**3
"""Memory that the listener may use beyond what it uses when it starts."""
_AE_TITLE = re.compile(r"[\x21-\x5b\x5d-\x7e]([\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?")


class AeTitle(click.ParamType[str]):
    """1 to 16 characters without backslash (PS3.5 6.2)."""

    name = "ae title"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not _AE_TITLE.fullmatch(value.strip()):
            self.fail("an AE title has 1 to 16 characters of ASCII, no backslash", param, ctx)
        return value.strip()


AE_TITLE = AeTitle()


@click.group()
def dicom() -> None:
    """Images from scanners and PACS; docs/operations.md describes how to connect one."""


dicom.add_command(destination)
dicom.add_command(send)


@dicom.group()
def peer() -> None:
    """Manage peers that may send by C-STORE."""


@peer.command("add")
@click.argument("ae_title", type=AE_TITLE)
@click.option("--account", required=True, help="Name of the service account that owns the images.")
@click.option("--project", help="Name of the project that the images go to.")
@click.option(
    "--commit",
    "commits",
    is_flag=True,
    help="Answer storage commitment with success. Sonoloop keeps no original: only for a sender "
    "whose images another archive keeps.",
)
@click.option("--host", help="Where the peer itself listens, for answers to storage commitment.")
@click.option("--port", type=click.IntRange(1, 65535))
@on_site
def add_peer(
    site: Site,
    ae_title: str,
    account: str,
    project: str | None,
    commits: bool,
    host: str | None,
    port: int | None,
) -> None:
    """Allow the application entity with this title to send."""
    if (host is None) != (port is None):
        raise click.ClickException("An address needs both: --host and --port.")
    address = (host, port) if host and port else None
    with site.database.write() as session:
        into = project_named(session, project) if project is not None else DEFAULT_PROJECT
        owner = service_account_named(session, account)
        peers.put(
            session, site.key, SYSTEM, ae_title, owner, into, commits=commits, address=address
        )
        session.flush()
        if peers.by_ae_title(session, ae_title) is None:
            raise click.ClickException(
                "The service account is not a member of the project, or is deactivated."
            )
    click.echo(f"{ae_title} may send.")


@peer.command("list")
@on_site
def list_peers(site: Site) -> None:
    """Show all peers."""
    query = (
        select(DicomPeer, User.name, Project.name)
        .join(User, User.id == DicomPeer.account_id)
        .join(Project, Project.id == DicomPeer.project_id)
        .order_by(DicomPeer.ae_title)
    )
    with site.database.read() as session:
        for row, account, project in session.execute(query):
            commits = "commits" if row.commits else "does not commit"
            where = f"{row.host} {row.port}" if row.host else "no address"
            click.echo(f"{row.ae_title}\t{account}\t{project}\t{commits}\t{where}")


@peer.command("remove")
@click.argument("ae_title", type=AE_TITLE)
@on_site
def remove_peer(site: Site, ae_title: str) -> None:
    """Stop accepting images from a peer."""
    with site.database.write() as session:
        if not peers.remove(session, site.key, SYSTEM, ae_title):
            raise click.ClickException(f"{ae_title} is not on the list.")
    click.echo(f"{ae_title} may not send any more.")


@dicom.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="0 picks a free port.")
@click.option("--ae-title", type=AE_TITLE, help="The AE title that peers must call.")
@click.option("--tls-certificate", type=click.Path(path_type=Path, exists=True))
@click.option("--tls-key", type=click.Path(path_type=Path, exists=True))
@click.option("--tls-ca", type=click.Path(path_type=Path, exists=True))
@on_site
def listen(
    site: Site,
    host: str | None,
    port: int | None,
    ae_title: str | None,
    tls_certificate: Path | None,
    tls_key: Path | None,
    tls_ca: Path | None,
) -> None:
    """Receive images by C-STORE until stopped; the options default to SONOLOOP_DICOM_….

    `sonoloop serve` does this itself if SONOLOOP_DICOM_PORT is set.
    """
    # pynetdicom is slow to import, and no other command needs it.
    from app.dicom.listener import Limits, Listener
    from app.dicom.spool import Spool

    settings = site.settings
    logs.configure(settings.log_level)
    state = state_of(site)
    files = (
        tls_certificate or settings.dicom_tls_certificate,
        tls_key or settings.dicom_tls_key,
        tls_ca or settings.dicom_tls_ca,
    )
    context = tls(*files)
    stopped = _until_stopped()
    _bound_memory()
    folder = spool_of(settings.data_dir)
    spool = Spool(state, folder, settings.dicom_spool_bytes)
    spool.start()
    try:
        listener = Listener(
            state,
            spool,
            ae_title or settings.dicom_ae_title,
            (
                host or settings.dicom_host,
                settings.dicom_port or 11112 if port is None else port,
            ),
            Limits(settings.dicom_associations),
            context,
            tls_to_peers(*files),
        )
    except OSError as error:
        spool.stop()
        raise click.ClickException(f"Cannot listen: {error.strerror}.") from error
    try:
        click.echo(f"Listening on port {listener.port}{' (TLS)' if context else ''}.")
        while not stopped.is_set():
            if spool.alive:
                with suppress(OSError):  # a full disk: waiting files are still handed on
                    record_health(folder)
            stopped.wait(BEAT_SECONDS)
            with suppress(DBAPIError):  # settings stay as they are until the database is back
                follow(state)
    finally:
        listener.stop()
        spool.stop()
        state.close()


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--account", required=True, help="Name of the service account that owns the images.")
@click.option("--project", help="Name of the project that the images go to.")
@click.option(
    "--settle",
    type=click.FloatRange(min=0),
    default=3.0,
    show_default=True,
    help="Seconds without change after which a file counts as complete.",
)
@click.option("--once", is_flag=True, help="Exit once nothing is left in the folder.")
@click.option(
    "--case-rule",
    metavar="RULE",
    help=(
        "Reads the case out of a picture's name, such as 'US_{case}_*': * is any part, ? one "
        "character. Default: the project's rule."
    ),
)
@on_site
def watch(
    site: Site,
    folder: Path,
    account: str,
    project: str | None,
    settle: float,
    once: bool,
    case_rule: str | None,
) -> None:
    """Import files that are dropped into FOLDER until stopped: DICOM and pictures.

    A file is moved to FOLDER/done once it is an image, or to FOLDER/failed, with the reason beside
    it, if it cannot become one.
    """
    from app.dicom.watching import Watch

    problem = rule_problem(case_rule) if case_rule is not None else None
    if problem:
        raise click.BadParameter(problem, param_hint="--case-rule")
    logs.configure(site.settings.log_level)
    state = state_of(site)
    stopped = _until_stopped()
    with state.database.read() as session:
        into = project_named(session, project) if project is not None else DEFAULT_PROJECT
        owner = service_account_named(session, account)
        principal = principal_of(session, owner)
    if not owner.active or into not in principal.projects:
        raise click.ClickException("The service account is not a member of the project.")
    watching = Watch(state, principal.entering(into), folder, settle, case_rule)
    try:
        while not stopped.is_set():
            watching.step()
            if once and watching.idle:
                break
            stopped.wait(min(1.0, max(0.1, settle)))
    finally:
        state.close()


def _until_stopped() -> threading.Event:
    """Return an event that SIGINT and SIGTERM set."""
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return stopped


def _bound_memory() -> None:
    """Limit memory, so that a peer that announces a unit of 4 GiB loses its association but does
    not exhaust the machine: pynetdicom reads whole units, whatever size was negotiated."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MOST_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


def tls(certificate: Path | None, key: Path | None, ca: Path | None) -> ssl.SSLContext | None:
    """Return the context of a TLS server, at least version 1.2, or None without a certificate.

    Raises:
        click.ClickException: the files are unusable.
    """
    if certificate is None:
        if key or ca:
            raise click.ClickException("TLS needs a certificate: --tls-certificate.")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
        if ca is not None:
            context.load_verify_locations(ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise click.ClickException(f"The certificate cannot be used: {error}.") from error
    return context


def tls_to_peers(
    certificate: Path | None, key: Path | None, ca: Path | None
) -> ssl.SSLContext | None:
    """Return the context of associations to peers, with the same certificate; None without one."""
    if certificate is None:
        return None
    context = ssl.create_default_context(cafile=ca)
    context.load_cert_chain(certificate, key)
    return context
