"""`sonoloop live`: outlines on a scanner's live picture, on a page served by this machine."""

from __future__ import annotations

import logging
import os
import socket
from urllib.parse import urlsplit
from uuid import UUID

import click
import uvicorn

from app.core import logs
from app.core.hosts import EVERYWHERE, LOOPBACK
from worker.live.grabber import Grabber
from worker.live.keeping import Keeper
from worker.live.outliner import Outliner
from worker.live.page import Live
from worker.live.source import SourceError, parse
from worker.live.worklist import SendError, Worklist
from worker.pipeline import ModelError, SiteModels

log = logging.getLogger(__name__)

MODEL = "sonoloop-lite2-int8"


@click.command()
@click.argument("source", envvar="SONOLOOP_LIVE_SOURCE")
@click.option("--size", help="For a capture device, WIDTHxHEIGHT; default: the device's choice.")
@click.option(
    "--rate", type=click.IntRange(1, 240), help="For a capture device, frames per second."
)
@click.option("--model", default=MODEL, show_default=True, help="NAME or NAME@VERSION.")
@click.option("--threads", type=click.IntRange(min=1), help="CPU threads; default: all cores.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8010, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--seconds",
    default=10,
    show_default=True,
    type=click.IntRange(1, 60),
    help="How much a cine that is kept holds at most.",
)
@click.option(
    "--server",
    default="http://127.0.0.1:8000",
    show_default=True,
    envvar="SONOLOOP_URL",
    help="The site whose worklist receives kept frames and cines.",
)
@click.option("--project", help="Id of the project there; default: the token's only one.")
def live(
    source: str,
    size: str | None,
    rate: int | None,
    model: str,
    threads: int | None,
    host: str,
    port: int,
    seconds: int,
    server: str,
    project: str | None,
) -> None:
    """Outline lesions on what SOURCE shows, live.

    SOURCE is a capture device (/dev/video0), an address (rtsp://…, http://…) or a video file. The
    page is at the printed link, and open to anyone who has the link. Nothing is stored unless
    somebody keeps it; kept frames go to the worklist of a site, whose token (scopes `segment` and
    `write`) is read from SONOLOOP_TOKEN.
    """
    if host in EVERYWHERE:
        raise click.UsageError("Name one address of this machine as --host, not all of them.")
    logs.configure("INFO")
    logs.catch_uncaught()
    try:
        found = parse(source, size, rate)
        network = SiteModels().load(model, threads=threads, engine=SiteModels().engine)
    except (SourceError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    keeper = Keeper(_worklist(server, project))
    watched = Live(Grabber(found), Outliner(network), keeper, seconds, found.label)
    try:
        listening = socket.create_server((host, port), reuse_port=False)
    except OSError as error:
        raise click.ClickException(
            f"Cannot listen on {host} port {port}: {error.strerror}. Choose another --port."
        ) from error
    port = listening.getsockname()[1]
    hosts = frozenset({*LOOPBACK, host.strip("[]").lower()})
    if host not in LOOPBACK:
        log.warning(
            "the page is open to the network on %s without TLS: anyone with the link can see it",
            host,
        )
    named = f"[{host}]" if ":" in host else host
    click.echo(f"Live: http://{named}:{port}/#{watched.token}")
    config = uvicorn.Config(
        watched.app(hosts),
        log_config=None,
        access_log=False,
        server_header=False,
        ws_max_size=64 * 1024,
        ws_max_queue=8,
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(config).run([listening])


def _worklist(server: str, project: str | None) -> Worklist | None:
    """The site for kept frames, if there is a token for it."""
    token = os.environ.get("SONOLOOP_TOKEN", "").strip()
    if not token:
        log.info("nothing can be kept: SONOLOOP_TOKEN is not set")
        return None
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise click.ClickException(
            f"{server} is not the address of a site; give one like http://host:port."
        )
    try:
        project = str(UUID(project)) if project else None
    except ValueError as error:
        raise click.ClickException(
            "The id of a project looks like 0197…-…; see its page."
        ) from error
    worklist = Worklist(server.rstrip("/"), token, project)
    try:
        worklist.check()
    except SendError as error:
        if error.code != "unreachable":
            raise click.ClickException(f"{server} does not take the token: {error}") from error
        log.warning("%s does not answer yet; what is kept waits until it does", server)
    return worklist
