"""Asks a server that runs on this machine whether it is ready."""

import json
import urllib.error
import urllib.request
from typing import Any

from app.core.settings import Settings


def local_url(settings: Settings) -> str:
    """Return the api's address on this machine, without any proxy."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def fetch_readiness(url: str) -> dict[str, Any] | None:
    """Return the answer of ``/readyz``, or None if there is none."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/readyz", timeout=5) as response:
            content = response.read()
    except urllib.error.HTTPError as error:
        content = error.read()
    except OSError:
        return None
    try:
        report = json.loads(content)
    except ValueError:
        return None
    return report if isinstance(report, dict) and "checks" in report else None
