"""An api process picks up what another one changed."""

import asyncio
import logging

from starlette.concurrency import run_in_threadpool

from app.core.state import State
from app.site_settings.records import follow

log = logging.getLogger(__name__)
EVERY_SECONDS = 1.0


async def follow_forever(state: State) -> None:
    """Look once a second until cancelled; a look that fails is logged and tried again."""
    while True:
        try:
            await run_in_threadpool(follow, state)
        except Exception:
            log.exception("the site's settings could not be read; the next look tries again")
        await asyncio.sleep(EVERY_SECONDS)
