"""`sonoloop serve`: everything on one machine, in the foreground."""

import asyncio
import errno
import socket
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from app.core.settings import Settings
from app.serve.console import Console
from app.serve.limits import BACKLOG
from app.serve.preparing import PrepareError
from app.serve.supervisor import StartError, Supervisor
from app.site.lock import AlreadyRunningError, hold
from app.site.readiness import local_url


@click.command()
@click.option("--host", help="Address to listen on (SONOLOOP_HOST).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 picks a free one.")
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Folder of all data."
)
def serve(**options: Any) -> None:
    """Run the whole product on this machine until Ctrl-C or SIGTERM."""
    given = {name: value for name, value in options.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise click.ClickException(unusable(error)) from error
    try:
        with hold(settings.data_dir) as announce, listen(settings) as listener:
            bound = settings.model_copy(update={"port": listener.getsockname()[1]})
            announce(bound.url, local_url(bound))
            asyncio.run(Supervisor(bound, listener, Console()).run())
    except (AlreadyRunningError, StartError, PrepareError) as error:
        raise click.ClickException(str(error)) from error
    except PermissionError as error:
        raise click.ClickException(
            f"The data folder cannot be used: {error}. Choose another with SONOLOOP_DATA_DIR."
        ) from error


def unusable(error: ValidationError) -> str:
    """Return the variables whose values cannot be used, without the values themselves."""
    lines = [
        f"  SONOLOOP_{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}"
        for item in error.errors()
    ]
    return "\n".join(["Settings that cannot be used:", *lines])


def listen(settings: Settings) -> socket.socket:
    """Open the listening socket of the api.

    Raises:
        StartError: the port is taken or may not be used.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        where = f"{settings.host} port {settings.port}"
        if error.errno == errno.EADDRINUSE:
            raise StartError(
                f"Something else already listens on {where}. Stop it, or choose another port: "
                f"SONOLOOP_PORT={settings.port + 1} make run"
            ) from error
        raise StartError(f"Cannot listen on {where}: {error.strerror}.") from error
