"""One api process: `python -m app.serve.api [--fd N]`.

`sonoloop serve` opens the listening socket once and hands it to every api process, so no client is
refused when a process dies: connections wait in the socket until another process accepts them.
"""

import os
import resource
import socket
from typing import Any, cast

from app.core.imports import lasting_imports

with lasting_imports():
    import click
    import uvicorn
    from fastapi import FastAPI

    from app.core import logs
    from app.core.process import wait_until_closed
    from app.core.security import SiteKeyError
    from app.core.settings import Settings, get_settings
    from app.main import create_app
    from app.serve.connections import ConnectionRegistry, Limits
    from app.serve.limits import BACKLOG, DRAIN_SECONDS
    from app.site.records import DatabaseNotReadyError, require_site_key

OTHER_FILES = 512
"""Open files of an api process besides its connections: database, blobs, uploads under way."""


class Server(uvicorn.Server):
    """Ends open event streams first: they would delay the stop up to the limit."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking connections, let requests finish, then end."""
        state = getattr(self._app.state, "sonoloop", None)
        if state is not None:
            state.events.closing.set()
        await super().shutdown(sockets)


def build_server(settings: Settings) -> Server:
    """Build the api and the uvicorn server that runs it."""
    app = create_app(settings)
    proxied = bool(settings.public_url) or "FORWARDED_ALLOW_IPS" in os.environ
    proxies = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1") if proxied else ""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,  # the app has set up logging for the whole process
        access_log=False,  # the app writes its own line, without query strings
        server_header=False,
        # Anybody can write `X-Forwarded-For`: it is trusted only if there is a proxy, and only
        # from the addresses in FORWARDED_ALLOW_IPS, by default this machine's.
        proxy_headers=proxied,
        http=cast(Any, ConnectionRegistry(Limits.of(settings), proxies).protocol),
        ws="none",
        backlog=BACKLOG,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    return Server(config, app)


def allow_open_files(wanted: int) -> None:
    """Raise this process's limit on open files to what it needs, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


@click.command()
@click.option("--fd", type=int, help="Listening socket, already open, instead of host and port.")
@click.option("--after", type=int, help="Reading end of a pipe; begin when it is closed.")
def main(fd: int | None, after: int | None) -> None:
    """Run one api process on SONOLOOP_HOST and SONOLOOP_PORT, or on a socket handed down."""
    settings = get_settings()
    logs.configure(settings.log_level)
    logs.catch_uncaught()
    if after is not None:
        wait_until_closed(after)
    try:
        require_site_key(settings)
    except (SiteKeyError, DatabaseNotReadyError) as error:
        raise click.ClickException(str(error)) from error
    allow_open_files(settings.connections + OTHER_FILES)
    # socket(fileno=…) detects that it is TCP; otherwise asyncio leaves Nagle's algorithm on.
    sockets = [socket.socket(fileno=fd)] if fd is not None else None
    build_server(settings).run(sockets)


if __name__ == "__main__":
    main()
