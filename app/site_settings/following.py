"""Lets an api process pick up settings that another one changed."""

import asyncio
import logging

from starlette.concurrency import run_in_threadpool

from app.core.state import State
from app.site_settings.records import follow

log = logging.getLogger(__name__)
EVERY_SECONDS = 1.0


async def follow_forever(state: State) -> None:
    """Check once a second until cancelled; a failed check is logged and repeated."""
    while True:
        try:
            await run_in_threadpool(follow, state)
        except Exception:
            log.exception("the site's settings could not be read; the next look tries again")
        await asyncio.sleep(EVERY_SECONDS)
