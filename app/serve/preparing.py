"""Preparing the data in a separate process, which frees its memory before anything serves.

Migration needs much memory that the supervisor, which runs for months, never needs again.
"""

import asyncio
import json
import os
import sys
from functools import partial

from app.core.process import die_with_parent
from app.core.settings import Settings


class PrepareError(Exception):
    """The data cannot be served; the message says what to do."""


async def prepare(settings: Settings) -> str | None:
    """As :func:`app.serve.prepare.prepare`.

    Raises:
        PrepareError: any of its errors.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "app.serve.prepare", "--json"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ
        | {
            "SONOLOOP_DATA_DIR": str(settings.data_dir.absolute()),
            # The address in use, for the first admin's link.
            "SONOLOOP_HOST": settings.host,
            "SONOLOOP_PORT": str(settings.port),
        },
        start_new_session=True,
        preexec_fn=partial(die_with_parent, os.getpid()),
    )
    said, _ = await process.communicate()
    try:
        result = json.loads(said)
    except ValueError:
        raise PrepareError(
            f"Preparing the data failed (exit code {process.returncode}); see the lines above."
        ) from None
    if result["problem"] is not None:
        raise PrepareError(result["problem"])
    link: str | None = result["link"]
    return link
